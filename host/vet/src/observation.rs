//! The observations of a plugin over a fleet: how it ended, what it cost, and what it asked under each of its scopes.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use wardline_contract::names::{folded, text_length};
use wardline_contract::scopes::Scopes;
use wardline_contract::{
    Ask, Description, Examination, Examiner, Grants, Options, Outcome, Question, Scope, Target, Update,
};
use wardline_evidence::{Source, SourceAnswers};

/// The maximum number of distinct questions kept per scope. Stock plugins ask a few hundred; a hostile plugin asks fifty
/// thousand of each target.
const MAX_KEPT: usize = 5_000;

/// The maximum length of a kept question's text, in bytes; longer questions are only counted. Windows paths are at most 32,767
/// characters long.
const LONGEST_KEPT: usize = 32 << 10;

/// The maximum number of questions shown per scope in a report.
const EXAMPLES: usize = 5;

/// The observations of one plugin over a fleet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Observations {
    /// The number of conversations held, one per target.
    pub conversations: u64,
    /// The number of conversations per outcome, for the outcomes that occurred.
    pub outcomes: Vec<OutcomeCount>,
    /// Fuel per conversation.
    pub fuel: Spread,
    /// Peak size of all memories and tables together, in bytes.
    pub memory: Spread,
    /// Rounds of questions per conversation.
    pub rounds: Spread,
    /// Questions per conversation.
    pub questions: Spread,
    /// Size of a conversation's answers as JSON, in bytes.
    pub bytes_in: Spread,
    /// Size of a conversation's questions, findings and actions as JSON, in bytes.
    pub bytes_out: Spread,
    /// Every declared scope, in the order of declaration, with the questions asked under it.
    pub scopes: Vec<ScopeUse>,
    /// Questions outside every declared scope. They were answered `denied`.
    pub undeclared: Asked,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutcomeCount {
    pub outcome: Outcome,
    pub conversations: u64,
}

/// The distribution of a number over conversations, by nearest rank. All zero if there were no conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spread {
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

impl Spread {
    /// ```
    /// # use wardline_vet::observation::Spread;
    /// assert_eq!(Spread::of((1..=200).collect()), Spread { p50: 100, p99: 198, max: 200 });
    /// ```
    pub fn of(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        let rank = |percent: usize| {
            let place = (numbers.len() * percent).div_ceil(100).saturating_sub(1);
            numbers.get(place).copied().unwrap_or_default()
        };
        Spread { p50: rank(50), p99: rank(99), max: rank(100) }
    }
}

/// A declared scope and the questions asked under it.
///
/// A question counts under the narrowest scope that allows it, so the plugin could have done without a scope that has no
/// questions. The exception is a question for permissions, which counts twice: under `permissions` and under the pattern that
/// allows its path.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScopeUse {
    pub scope: Scope,
    #[serde(flatten)]
    pub asked: Asked,
}

impl ScopeUse {
    /// Whether the scope is declared but no question needs it.
    pub fn is_unused(&self) -> bool {
        self.asked.questions == 0
    }
}

/// Questions of one kind over all conversations.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asked {
    /// The number of times a question was asked, over all conversations.
    pub questions: u64,
    /// The number of distinct questions, with names compared case-insensitively.
    pub distinct: u64,
    /// The distinct questions as first asked, sorted by name. At most five thousand are kept, so `distinct` may be larger; JSON
    /// holds the first five, under `examples`.
    #[serde(rename = "examples", serialize_with = "few")]
    pub kept: Vec<Question>,
}

fn few<S: serde::Serializer>(kept: &[Question], serializer: S) -> Result<S::Ok, S::Error> {
    examples(kept).serialize(serializer)
}

/// Returns as many questions as a report shows.
pub fn examples(kept: &[Question]) -> &[Question] {
    &kept[..kept.len().min(EXAMPLES)]
}

/// Runs a plugin on each of `targets`, one after another, and observes it.
///
/// `updates` is what the examiner was prepared with. As in a scan, a question outside its declared scopes is answered `denied`.
///
/// # Examples
///
/// ```no_run
/// # fn example(examiner: &dyn wardline_contract::Examiner, options: &wardline_contract::Options,
/// #     fleet: &[wardline_evidence::recording::Recording]) {
/// let targets = fleet.iter().map(|target| target as &dyn wardline_evidence::Source);
/// let observations = wardline_vet::observation::observe(examiner, options, &[], targets);
/// println!("at most {} fuel", observations.fuel.max);
/// # }
/// ```
pub fn observe<'t>(
    examiner: &dyn Examiner,
    options: &Options,
    updates: &[Update],
    targets: impl IntoIterator<Item = &'t dyn Source>,
) -> Observations {
    let grants = Grants::declared(examiner.description(), updates);
    let mut observer = Observer::new(examiner.description(), updates);
    for source in targets {
        observer.add(&converse(examiner, options, &grants, source));
    }
    observer.finish()
}

/// Holds one conversation, as a scan does.
pub fn converse(examiner: &dyn Examiner, options: &Options, grants: &Grants, source: &dyn Source) -> Examination {
    let target = Target { name: source.name().to_owned() };
    examiner.examine(&target, options, &Ask::new(grants, &SourceAnswers(source)))
}

/// Accumulates conversations into [`Observations`].
#[derive(Debug)]
pub struct Observer {
    /// Each declared scope on its own, from narrow to wide: its index in the declaration, and what it allows.
    scopes: Vec<(usize, Scopes)>,
    uses: Vec<(Scope, Gathered)>,
    undeclared: Gathered,
    /// A cache of the scopes that each folded question counts under.
    known: HashMap<Question, Vec<usize>>,
    outcomes: BTreeMap<&'static str, (Outcome, u64)>,
    numbers: [Vec<u64>; 6],
}

#[derive(Debug, Default)]
struct Gathered {
    questions: u64,
    /// Digests of all questions, for counting; the questions themselves are kept up to the limits above.
    seen: HashSet<u64>,
    kept: Vec<(String, Question)>,
}

impl Gathered {
    fn add(&mut self, question: &Question, folded: &Question) {
        use std::hash::{DefaultHasher, Hash, Hasher};
        self.questions += 1;
        let mut hasher = DefaultHasher::new();
        folded.hash(&mut hasher);
        if self.seen.insert(hasher.finish()) && self.kept.len() < MAX_KEPT && text_length(folded) <= LONGEST_KEPT {
            self.kept.push((format!("{folded:?}"), question.clone()));
        }
    }

    fn finish(mut self) -> Asked {
        self.kept.sort_by(|a, b| a.0.cmp(&b.0));
        Asked {
            questions: self.questions,
            distinct: self.seen.len() as u64,
            kept: self.kept.into_iter().map(|(_, question)| question).collect(),
        }
    }
}

impl Observer {
    /// `updates` is what the plugin was prepared with: the scope `updates` allows what they name.
    pub fn new(description: &Description, updates: &[Update]) -> Self {
        let declared = &description.scopes;
        let mut order: Vec<usize> = (0..declared.len()).collect();
        order.sort_by_key(|&place| std::cmp::Reverse(narrowness(&declared[place])));
        let permissions = declared.contains(&Scope::Permissions);
        let alone = |place: usize| {
            let scope = declared[place].clone();
            // Questions for permissions name a path: they need both a pattern and the permission.
            let with = permissions && matches!(scope, Scope::Registry(_) | Scope::File(_));
            let both: Vec<Scope> = std::iter::once(scope).chain(with.then_some(Scope::Permissions)).collect();
            Scopes::from_scopes(&both, updates)
        };
        Observer {
            scopes: order.into_iter().map(|place| (place, alone(place))).collect(),
            uses: declared.iter().map(|scope| (scope.clone(), Gathered::default())).collect(),
            undeclared: Gathered::default(),
            known: HashMap::new(),
            outcomes: BTreeMap::new(),
            numbers: Default::default(),
        }
    }

    pub fn add(&mut self, examination: &Examination) {
        let Examination { outcome, assessment, actions, exchanges, rounds, fuel, memory, .. } = examination;
        self.outcomes.entry(outcome.word()).or_insert((*outcome, 0)).1 += 1;
        let mut bytes_in = 0;
        let mut bytes_out = json_size(assessment) + json_size(actions);
        for (question, answer) in exchanges {
            bytes_in += json_size(answer);
            bytes_out += json_size(question);
            self.ask(question);
        }
        let numbers = [*fuel, *memory, u64::from(*rounds), exchanges.len() as u64, bytes_in, bytes_out];
        for (all, number) in self.numbers.iter_mut().zip(numbers) {
            all.push(number);
        }
    }

    fn ask(&mut self, question: &Question) {
        let folded = folded(question);
        let found;
        let places = match self.known.get(&folded) {
            Some(places) => places,
            None => {
                found = self.places(question);
                if self.known.len() < MAX_KEPT {
                    self.known.entry(folded.clone()).or_insert_with(|| found.clone())
                } else {
                    &found
                }
            }
        };
        if places.is_empty() {
            self.undeclared.add(question, &folded);
        }
        for &place in places {
            self.uses[place].1.add(question, &folded);
        }
    }

    fn places(&self, question: &Question) -> Vec<usize> {
        let narrowest = self.scopes.iter().find(|(_, scopes)| scopes.check(question).is_ok()).map(|(place, _)| *place);
        let mut places: Vec<usize> = narrowest.into_iter().collect();
        if narrowest.is_some() && matches!(question, Question::RegistryPermissions(_) | Question::FilePermissions(_)) {
            places.extend(self.uses.iter().position(|(scope, _)| *scope == Scope::Permissions));
        }
        places
    }

    pub fn finish(self) -> Observations {
        let [fuel, memory, rounds, questions, bytes_in, bytes_out] = self.numbers;
        Observations {
            conversations: fuel.len() as u64,
            outcomes: self
                .outcomes
                .into_values()
                .map(|(outcome, conversations)| OutcomeCount { outcome, conversations })
                .collect(),
            fuel: Spread::of(fuel),
            memory: Spread::of(memory),
            rounds: Spread::of(rounds),
            questions: Spread::of(questions),
            bytes_in: Spread::of(bytes_in),
            bytes_out: Spread::of(bytes_out),
            scopes: self.uses.into_iter().map(|(scope, asked)| ScopeUse { scope, asked: asked.finish() }).collect(),
            undeclared: self.undeclared.finish(),
        }
    }
}

/// A sort key that is greater for a scope that allows less. `updates` allows exactly what the updates name. Of two patterns,
/// the one with more text before its first wildcard counts as narrower; on a tie, the one without `**`.
fn narrowness(scope: &Scope) -> (usize, bool) {
    match scope {
        Scope::Updates => (usize::MAX, true),
        Scope::Registry(pattern) | Scope::File(pattern) | Scope::Text(pattern) => {
            (pattern.find('*').unwrap_or(pattern.len()), !pattern.contains("**"))
        }
        _ => (0, true),
    }
}

fn json_size(value: &impl Serialize) -> u64 {
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // The contract's types hold nothing that JSON cannot represent, and counting cannot fail.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{Answer, RegistryValueName};

    fn described(scopes: Vec<Scope>) -> Description {
        Description {
            name: "sample".into(),
            version: "1.0.0".into(),
            family: "sample".into(),
            summary: String::new(),
            checks: Vec::new(),
            products: Vec::new(),
            scopes,
            settings: Vec::new(),
        }
    }

    fn value(key: &str) -> Question {
        Question::RegistryValue(RegistryValueName { key: key.into(), name: "Installed".into() })
    }

    fn asked(questions: Vec<Question>) -> Examination {
        let mut examination = Examination::nothing(Outcome::Ok, None);
        examination.exchanges = questions.into_iter().map(|question| (question, Answer::Absent)).collect();
        examination
    }

    #[test]
    fn a_question_counts_under_the_narrowest_scope_that_allows_it() {
        let wide = Scope::Registry(r"HKLM\SOFTWARE\**".into());
        let narrow = Scope::Registry(r"HKLM\SOFTWARE\Acme\*".into());
        let mut observer = Observer::new(&described(vec![wide, narrow, Scope::Accounts]), &[]);
        observer.add(&asked(vec![value(r"HKLM\SOFTWARE\Acme\Agent"), value(r"hklm\software\ACME\agent")]));
        observer.add(&asked(vec![value(r"HKLM\SOFTWARE\Other"), Question::Groups]));
        let seen = observer.finish();
        let counts: Vec<_> = seen.scopes.iter().map(|used| (used.asked.questions, used.asked.distinct)).collect();
        assert_eq!(counts, [(1, 1), (2, 1), (0, 0)]);
        assert_eq!(seen.scopes[1].asked.kept, [value(r"HKLM\SOFTWARE\Acme\Agent")]);
        assert!(seen.scopes[2].is_unused());
        assert_eq!((seen.undeclared.questions, &seen.undeclared.kept[..]), (1, &[Question::Groups][..]));
    }

    #[test]
    fn permissions_count_under_the_path_and_as_permissions() {
        let scopes = vec![Scope::File(r"C:\Inetpub\**".into()), Scope::Permissions];
        let mut observer = Observer::new(&described(scopes), &[]);
        observer.add(&asked(vec![
            Question::FilePermissions(r"C:\Inetpub\wwwroot".into()),
            Question::FilePermissions(r"C:\Secret".into()),
        ]));
        let seen = observer.finish();
        assert!(seen.scopes.iter().all(|used| used.asked.questions == 1));
        assert_eq!(seen.undeclared.questions, 1);
    }

    #[test]
    fn costs_are_spread_over_conversations() {
        let mut observer = Observer::new(&described(Vec::new()), &[]);
        for fuel in 1..=100 {
            observer.add(&Examination { fuel, ..Examination::nothing(Outcome::Ok, None) });
        }
        observer.add(&Examination { fuel: 1_000, ..Examination::nothing(Outcome::Trapped, None) });
        let seen = observer.finish();
        assert_eq!(seen.fuel, Spread { p50: 51, p99: 100, max: 1_000 });
        let outcomes: Vec<_> = seen.outcomes.iter().map(|count| (count.outcome, count.conversations)).collect();
        assert_eq!(outcomes, [(Outcome::Ok, 100), (Outcome::Trapped, 1)]);
    }

    #[test]
    fn a_flood_of_questions_is_counted_and_not_kept() {
        let mut observer = Observer::new(&described(vec![Scope::Registry("HKLM\\**".into())]), &[]);
        let flood = (0..MAX_KEPT + 10).map(|number| value(&format!("HKLM\\{number}"))).collect();
        observer.add(&asked(flood));
        let seen = observer.finish();
        assert_eq!(seen.scopes[0].asked.distinct as usize, MAX_KEPT + 10);
        assert_eq!(seen.scopes[0].asked.kept.len(), MAX_KEPT);
    }
}
