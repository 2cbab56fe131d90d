//! The differences between two examinations: a name for each thing that a plugin said, which two things belong together, and what
//! differs between them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::hash::Hash;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Action, Assessment, CheckFinding, Examination, FindingId, Outcome, Question, Update, UpdateFinding};

/// The maximum number of characters of a name or value in a difference's sentence.
const LONGEST_SHOWN: usize = 200;

/// The field that decides a finding, which comes before its other fields.
const VERDICTS: [&str; 2] = ["grade", "status"];

/// Which differences between two examinations count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closeness {
    /// All of them: questions, findings and actions are the same, in the same order.
    Exact,
    /// Findings and actions are the same, in any order. Questions do not count: evidence is compared by the question that it
    /// refers to.
    AnyOrder,
    /// Findings are the same, in any order and whatever their evidence. Actions count as the field `remedy` of their finding;
    /// their risks and articles do not count.
    Conclusions,
    /// The second has everything that the first has, and the same fields where the first has them: an expectation.
    Partial,
}

/// A kind of thing that a plugin says, in the order in which differences are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Outcome,
    Question,
    Product,
    Check,
    Update,
    Action,
}

impl Part {
    const WITH_ORDER: [(Part, &str); 4] = [
        (Part::Product, "products"),
        (Part::Check, "checks' findings"),
        (Part::Update, "updates' findings"),
        (Part::Action, "actions"),
    ];
}

/// Everything that a plugin asked and said about a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    pub outcome: Outcome,
    /// In the order asked.
    pub asked: Vec<&'a Question>,
    pub assessment: &'a Assessment,
    pub actions: &'a [Action],
}

impl<'a> From<&'a Examination> for Statement<'a> {
    fn from(examination: &'a Examination) -> Self {
        Statement {
            outcome: examination.outcome,
            asked: examination.exchanges.iter().map(|(question, _)| question).collect(),
            assessment: &examination.assessment,
            actions: &examination.actions,
        }
    }
}

/// Names findings about updates, which findings hold only by number.
#[derive(Clone, Debug, Default)]
pub struct Names<'a>(HashMap<u32, &'a Update>);

impl<'a> Names<'a> {
    /// `updates` are those that the plugin was given.
    pub fn new(updates: &'a [Update]) -> Self {
        Names(updates.iter().map(|update| (update.number, update)).collect())
    }

    /// `update MS01-022 Q296441 (Windows 2000 Server)`; `update number 7 (…)` if no such update is known.
    pub fn update(&self, finding: &UpdateFinding) -> String {
        let subject = finding.subject.as_deref();
        match self.0.get(&finding.update) {
            Some(update) => update_name(&update.bulletin, &update.article, &finding.product, subject),
            None => update_name("number", &finding.update.to_string(), &finding.product, subject),
        }
    }

    /// `action for check guest-account`.
    fn action(&self, action: &Action, assessment: &Assessment) -> String {
        let mended = match action.mends {
            FindingId::Check(place) => {
                let finding = assessment.checks.get(place as usize);
                finding.map(|finding| check_name(&finding.check, finding.subject.as_deref()))
            }
            FindingId::Update(place) => assessment.updates.get(place as usize).map(|finding| self.update(finding)),
        };
        format!("action for {}", mended.as_deref().unwrap_or("no finding"))
    }
}

/// The contract's own name for a case of an enumeration: `not-performed`.
pub fn case_name(case: &impl Serialize) -> String {
    let name = value(case);
    name.as_str().map_or_else(|| name.to_string(), str::to_owned)
}

/// `check guest-account`, `check logging about Default Web Site`.
pub fn check_name(check: &str, subject: Option<&str>) -> String {
    format!("check {check}{}", about(subject))
}

/// `update MS01-022 Q296441 (Windows 2000 Server)`, without what is empty.
pub fn update_name(bulletin: &str, article: &str, product: &str, subject: Option<&str>) -> String {
    let words = ["update", bulletin, article].into_iter().filter(|word| !word.is_empty());
    let product = if product.is_empty() { String::new() } else { format!(" ({product})") };
    format!("{}{product}{}", words.collect::<Vec<_>>().join(" "), about(subject))
}

fn about(subject: Option<&str>) -> String {
    subject.map(|subject| format!(" about {subject}")).unwrap_or_default()
}

/// One thing that a plugin said, or is expected to say. Several entries may have the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    pub part: Part,
    pub name: String,
    /// Its fields, without those that make its name.
    pub value: Value,
}

impl Entry {
    pub fn new(part: Part, name: String, value: &impl Serialize) -> Self {
        Entry { part, name, value: self::value(value) }
    }
}

/// Something that two examinations do not share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub part: Part,
    /// `outcome`, `check guest-account`, `the order of actions`. Holds text of plugin and target: escape it.
    pub name: String,
    /// None if it was added.
    pub before: Option<Value>,
    /// None if it is missing.
    pub after: Option<Value>,
}

/// A field of a [`Difference`] that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'d> {
    /// `grade`; after [`Field::first_place`] `rows[2].cells[0]`.
    pub name: String,
    pub before: Option<&'d Value>,
    pub after: Option<&'d Value>,
}

impl Difference {
    /// The fields that differ, the grade or status first. Empty if it differs as a whole: it is missing or added, or is an outcome
    /// or question.
    pub fn fields(&self) -> Vec<Field<'_>> {
        let (Some(Value::Object(before)), Some(Value::Object(after))) = (&self.before, &self.after) else {
            return Vec::new();
        };
        if self.part == Part::Question {
            return Vec::new();
        }
        let rest = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
        let rest = rest.map(String::as_str).filter(|name| !VERDICTS.contains(name));
        let fields = VERDICTS.into_iter().chain(rest).map(|name| Field {
            name: name.to_owned(),
            before: before.get(name),
            after: after.get(name),
        });
        fields.filter(|field| field.before != field.after).collect()
    }
}

/// `check guest-account: grade is "passed", was "critical"`. On one line, bounded, not escaped.
impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = short(&self.name);
        match (&self.before, &self.after) {
            (_, None) => write!(formatter, "{name} is gone"),
            (None, _) => write!(formatter, "{name} is new"),
            (Some(before), Some(after)) => match self.fields().first().map(Field::first_place) {
                Some(field) => {
                    let text =
                        |value: Option<&Value>| value.map_or("nothing".to_owned(), |value| short(&value.to_string()));
                    write!(formatter, "{name}: {} is {}, was {}", field.name, text(field.after), text(field.before))
                }
                None => {
                    write!(formatter, "{name} is {}, was {}", short(&after.to_string()), short(&before.to_string()))
                }
            },
        }
    }
}

impl<'d> Field<'d> {
    /// The first place within the field that differs.
    #[must_use]
    pub fn first_place(&self) -> Self {
        let mut place = self.clone();
        loop {
            let next = match (place.before, place.after) {
                (Some(Value::Array(before)), Some(Value::Array(after))) => (0..before.len().max(after.len()))
                    .map(|at| (format!("[{at}]"), before.get(at), after.get(at)))
                    .find(|(_, before, after)| before != after),
                (Some(Value::Object(before)), Some(Value::Object(after))) if before.keys().eq(after.keys()) => before
                    .iter()
                    .map(|(name, before)| (format!(".{name}"), Some(before), after.get(name)))
                    .find(|(_, before, after)| before != after),
                _ => None,
            };
            match next {
                Some((step, before, after)) => {
                    place = Field { name: format!("{}{step}", place.name), before, after };
                }
                None => return place,
            }
        }
    }
}

/// Compares what a plugin said before with what it, or another build of it, says after: how it ended, what it asked, its products,
/// findings and actions. Of the questions only the first difference is returned, because later ones follow from it.
pub fn compare(
    before: &Statement<'_>,
    after: &Statement<'_>,
    names: &Names<'_>,
    closeness: Closeness,
) -> Vec<Difference> {
    // Most comparisons are of equal statements.
    if before == after {
        return Vec::new();
    }
    let question = (closeness == Closeness::Exact).then(|| first_question(&before.asked, &after.asked)).flatten();
    let entries = |statement: &Statement<'_>| entries(statement, names, closeness);
    let mut differences = compare_entries(&entries(before), &entries(after), closeness);
    differences.extend(question);
    differences.sort_by_key(|difference| difference.part);
    differences
}

/// Compares entries: each with the one of the same name. Of several with the same name, equal ones belong together where order
/// does not count; the others belong together in their order.
///
/// Takes time in proportion to the number of entries, however many have the same name.
pub fn compare_entries(before: &[Entry], after: &[Entry], closeness: Closeness) -> Vec<Difference> {
    let mut pairs = Pairs { partners: vec![None; before.len()], taken: HashSet::new() };
    if matches!(closeness, Closeness::AnyOrder | Closeness::Conclusions) {
        pairs.add_by(before, after, |entry| entry);
    }
    pairs.add_by(before, after, |entry| (entry.part, entry.name.as_str()));
    let difference = |before: Option<&Entry>, after: Option<&Entry>| {
        let Entry { part, name, .. } = before.or(after)?;
        let value = |entry: Option<&Entry>| entry.map(|entry| entry.value.clone());
        Some(Difference { part: *part, name: name.clone(), before: value(before), after: value(after) })
    };
    let paired = before.iter().zip(&pairs.partners).filter_map(|(before, partner)| {
        let after = partner.and_then(|place| after.get(place));
        let same = after.is_some_and(|after| is_same(&before.value, &after.value, closeness));
        difference(Some(before).filter(|_| !same), after.filter(|_| !same))
    });
    let added = after.iter().enumerate().filter(|(place, _)| !pairs.taken.contains(place));
    let mut differences: Vec<Difference> = paired.collect();
    differences.extend(added.filter_map(|(_, after)| difference(None, Some(after))));
    if closeness == Closeness::Exact {
        differences.extend(Part::WITH_ORDER.into_iter().filter_map(|part| order(part, before, after)));
    }
    differences
}

/// Which entries belong together, by their places.
struct Pairs {
    /// For each entry before, the one after.
    partners: Vec<Option<usize>>,
    /// The entries after that are a partner.
    taken: HashSet<usize>,
}

impl Pairs {
    /// Pairs those without a partner whose keys are equal, in their order.
    fn add_by<'e, K: Hash + Eq>(&mut self, before: &'e [Entry], after: &'e [Entry], key: impl Fn(&'e Entry) -> K) {
        let mut free: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (place, entry) in after.iter().enumerate().filter(|(place, _)| !self.taken.contains(place)) {
            free.entry(key(entry)).or_default().push_back(place);
        }
        for (entry, partner) in before.iter().zip(&mut self.partners).filter(|(_, partner)| partner.is_none()) {
            *partner = free.get_mut(&key(entry)).and_then(VecDeque::pop_front);
            self.taken.extend(*partner);
        }
    }
}

fn is_same(before: &Value, after: &Value, closeness: Closeness) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) if closeness == Closeness::Partial => {
            before.iter().all(|(name, value)| after.get(name) == Some(value))
        }
        _ => before == after,
    }
}

/// The difference if both have the same names in another order.
fn order((part, words): (Part, &str), before: &[Entry], after: &[Entry]) -> Option<Difference> {
    let names = |entries: &[Entry]| -> Vec<String> {
        entries.iter().filter(|entry| entry.part == part).map(|entry| entry.name.clone()).collect()
    };
    let (mut before, mut after) = (names(before), names(after));
    let (first, other) = before.iter().zip(&after).find(|(before, after)| before != after)?;
    let difference = Difference {
        part,
        name: format!("the order of {words}"),
        before: Some(json!(first)),
        after: Some(json!(other)),
    };
    before.sort_unstable();
    after.sort_unstable();
    (before == after).then_some(difference)
}

fn first_question(before: &[&Question], after: &[&Question]) -> Option<Difference> {
    let place = (0..before.len().max(after.len())).find(|&place| before.get(place) != after.get(place))?;
    Some(Difference {
        part: Part::Question,
        name: format!("question {place}, of {} before and {} after", before.len(), after.len()),
        before: before.get(place).map(value),
        after: after.get(place).map(value),
    })
}

fn entries(statement: &Statement<'_>, names: &Names<'_>, closeness: Closeness) -> Vec<Entry> {
    let Statement { outcome, asked, assessment, actions } = statement;
    let questions = |numbers: &[u32]| -> Value {
        numbers.iter().map(|&number| asked.get(number as usize).map_or(Value::Null, value)).collect()
    };
    let check = |finding: &CheckFinding| {
        let mut fields = fields_of(finding, &["check", "subject"]);
        match closeness {
            Closeness::AnyOrder => {
                fields.insert("evidence".to_owned(), questions(&finding.evidence));
            }
            Closeness::Conclusions => {
                fields.remove("evidence");
            }
            Closeness::Exact | Closeness::Partial => {}
        }
        fields
    };
    let update = |finding: &UpdateFinding| {
        let mut fields = fields_of(finding, &["product", "subject"]);
        let tests = finding.tests.iter();
        let tests: Option<Value> = match closeness {
            Closeness::AnyOrder => Some(
                tests
                    .map(|test| json!([test.subject, test.verdict, questions(&Vec::from_iter(test.evidence))]))
                    .collect(),
            ),
            Closeness::Conclusions => {
                fields.remove("update");
                Some(tests.map(|test| json!([test.subject, test.verdict])).collect())
            }
            Closeness::Exact | Closeness::Partial => None,
        };
        fields.extend(tests.map(|tests| ("tests".to_owned(), tests)));
        fields
    };
    let mut remedies: HashMap<FindingId, Vec<Value>> = HashMap::new();
    if closeness == Closeness::Conclusions {
        for Action { mends, operation, undo, restart, .. } in *actions {
            let remedy = json!({ "operation": operation, "undo": undo, "restart": restart });
            remedies.entry(*mends).or_default().push(remedy);
        }
    }
    let mut with_remedy = |mut fields: Map<String, Value>, finding: FindingId| {
        fields.extend(remedies.remove(&finding).map(|remedies| ("remedy".to_owned(), Value::from(remedies))));
        Value::Object(fields)
    };

    let mut entries = vec![Entry::new(Part::Outcome, "outcome".to_owned(), outcome)];
    entries.extend(assessment.products.iter().map(|product| {
        let name = format!("product {}{}", product.name, about(product.subject.as_deref()));
        Entry::new(Part::Product, name, &fields_of(product, &["name", "subject"]))
    }));
    entries.extend((0..).zip(&assessment.checks).map(|(place, finding)| Entry {
        part: Part::Check,
        name: check_name(&finding.check, finding.subject.as_deref()),
        value: with_remedy(check(finding), FindingId::Check(place)),
    }));
    entries.extend((0..).zip(&assessment.updates).map(|(place, finding)| Entry {
        part: Part::Update,
        name: names.update(finding),
        value: with_remedy(update(finding), FindingId::Update(place)),
    }));
    if closeness == Closeness::Conclusions {
        return entries;
    }
    entries.extend(actions.iter().map(|action| {
        let mut fields = fields_of(action, &[]);
        if closeness == Closeness::AnyOrder {
            let mended = match action.mends {
                FindingId::Check(place) => assessment.checks.get(place as usize).map(check),
                FindingId::Update(place) => assessment.updates.get(place as usize).map(update),
            };
            fields.insert("mends".to_owned(), mended.map_or(Value::Null, Value::Object));
        }
        Entry { part: Part::Action, name: names.action(action, assessment), value: Value::Object(fields) }
    }));
    entries
}

/// The contract's types hold nothing that JSON cannot represent.
fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn fields_of(record: &impl Serialize, without: &[&str]) -> Map<String, Value> {
    let Value::Object(mut fields) = value(record) else { return Map::new() };
    without.iter().for_each(|name| drop(fields.remove(*name)));
    fields
}

/// Truncates a text that is part of a sentence.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
