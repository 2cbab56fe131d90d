//! Validation of everything a plugin returns, before any of it is used.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use wardline_contract::{
    Action, Assessment, Description, FindingId, InstalledProduct, Operation, Outcome, Scope, SettingValue, TestSubject,
    Update,
};

use super::Failure;

/// The maximum length in bytes of a text in a description, a finding or an action.
const LONGEST_TEXT: usize = 16 << 10;

/// The maximum size in bytes of an action as JSON. It may contain the previous data of a registry value.
const LARGEST_ACTION: usize = 256 << 10;

/// The maximum number of checks, products, scopes and settings that a plugin may declare, each.
const MAX_DECLARED: usize = 1000;

/// The maximum size in bytes of all scope patterns together. The time to compare a question with them is proportional to it, in the
/// worst case for each letter of the question.
const LONGEST_PATTERNS: usize = 64 << 10;

/// The names that a plugin's findings may refer to: its own checks, and the updates it was given.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    inner: Arc<Words>,
}

#[derive(Debug)]
struct Words {
    /// The number of columns in each check's table, by check id.
    checks: HashMap<String, usize>,
    updates: HashMap<u32, Shape>,
}

/// The parts of an update that can be referred to.
#[derive(Clone, Debug)]
struct Shape {
    /// The products that it applies to, by name.
    products: Vec<String>,
    files: usize,
    registry: usize,
    applies_to: usize,
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::new(Outcome::InvalidOutput, detail)
}

/// Validates a description.
pub(super) fn description(description: &Description) -> Result<(), Failure> {
    let Description { name, version, family, summary, checks, products, scopes, settings } = description;
    for (what, text) in [("name", name), ("family", family)] {
        if !is_kebab(text) {
            return Err(invalid(format!("describe: bad {what} {text:?}: expected the form some-name")));
        }
    }
    for text in [version, summary].into_iter().chain(products) {
        bounded("describe", text)?;
    }
    for (what, number) in
        [("checks", checks.len()), ("products", products.len()), ("scopes", scopes.len()), ("settings", settings.len())]
    {
        if number > MAX_DECLARED {
            return Err(invalid(format!("describe: {number} {what}: at most {MAX_DECLARED} are allowed")));
        }
    }
    let mut patterns = 0;
    for scope in scopes {
        if let Scope::Registry(pattern) | Scope::File(pattern) | Scope::Text(pattern) = scope {
            patterns += pattern.len();
        }
    }
    if patterns > LONGEST_PATTERNS {
        return Err(Failure::new(
            Outcome::OutputTooLarge,
            format!("describe: scopes of {patterns} bytes: at most {LONGEST_PATTERNS} are allowed"),
        ));
    }
    let mut seen = HashSet::new();
    for check in checks {
        if !is_kebab(&check.id) || !seen.insert(&check.id) {
            return Err(invalid(format!(
                "describe: bad check {:?}: declared twice, or not of the form some-name",
                check.id
            )));
        }
        for text in [&check.title, &check.explanation].into_iter().chain(&check.columns) {
            bounded("describe", text)?;
        }
    }
    let mut seen = HashSet::new();
    for setting in settings {
        if !is_kebab(&setting.name) || !seen.insert(&setting.name) {
            return Err(invalid(format!(
                "describe: bad setting {:?}: declared twice, or not of the form some-name",
                setting.name
            )));
        }
        bounded("describe", &setting.explanation)?;
        match &setting.default {
            SettingValue::Text(text) => bounded("describe", text)?,
            SettingValue::Texts(texts) => texts.iter().try_for_each(|text| bounded("describe", text))?,
            SettingValue::Number(_) | SettingValue::Flag(_) => {}
        }
    }
    Ok(())
}

/// Whether a text consists of lowercase letters, digits and single hyphens, begins with a letter and has at most 64 characters.
fn is_kebab(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('-').all(|word| {
            !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        })
}

fn bounded(call: &str, text: &str) -> Result<(), Failure> {
    match text.len() {
        0..=LONGEST_TEXT => Ok(()),
        length => Err(Failure::new(
            Outcome::OutputTooLarge,
            format!("{call}: a text of {length} bytes: at most {LONGEST_TEXT} are allowed"),
        )),
    }
}

impl Vocabulary {
    pub(super) fn new(description: &Description, updates: &[&Update]) -> Self {
        let checks = description.checks.iter().map(|check| (check.id.clone(), check.columns.len())).collect();
        let updates = updates
            .iter()
            .map(|update| {
                let shape = Shape {
                    products: update.applies_to.iter().map(|entry| entry.product.name.clone()).collect(),
                    files: update.files.len(),
                    registry: update.registry.len(),
                    applies_to: update.applies_to.len(),
                };
                (update.number, shape)
            })
            .collect();
        Vocabulary { inner: Arc::new(Words { checks, updates }) }
    }

    /// Checks that an assessment refers only to things that exist.
    pub(super) fn assessment(&self, assessment: &Assessment, questions: usize) -> Result<(), Failure> {
        let asked = |number: u32| {
            let known = (number as usize) < questions;
            known.then_some(()).ok_or_else(|| {
                invalid(format!("detect: cites question {number} as evidence, but only {questions} were asked"))
            })
        };
        for product in &assessment.products {
            let InstalledProduct { name, version, service_pack, subject } = product;
            bounded("detect", name)?;
            [version, service_pack, subject].into_iter().flatten().try_for_each(|text| bounded("detect", text))?;
        }
        for finding in &assessment.checks {
            let columns = *self.inner.checks.get(&finding.check).ok_or_else(|| {
                invalid(format!("detect: a finding about the check {:?}, which is not declared", finding.check))
            })?;
            bounded("detect", &finding.summary)?;
            finding.subject.iter().try_for_each(|text| bounded("detect", text))?;
            for row in &finding.rows {
                if row.cells.len() != columns {
                    return Err(invalid(format!(
                        "detect: a row of {} cells for the check {:?}, which has {columns} columns",
                        row.cells.len(),
                        finding.check
                    )));
                }
                row.cells.iter().try_for_each(|cell| bounded("detect", cell))?;
            }
            finding.evidence.iter().try_for_each(|&number| asked(number))?;
        }
        let mut judged = HashSet::with_capacity(assessment.updates.len());
        for finding in &assessment.updates {
            let shape = self.update(finding.update, "detect")?;
            bounded("detect", &finding.reason)?;
            let optional = [&finding.subject, &finding.superseded_by];
            optional.into_iter().flatten().try_for_each(|text| bounded("detect", text))?;
            if !shape.products.contains(&finding.product) {
                return Err(invalid(format!(
                    "detect: judges update {} for the product {:?}, to which it does not apply",
                    finding.update, finding.product
                )));
            }
            if !judged.insert((finding.update, &finding.product, &finding.subject)) {
                return Err(invalid(format!(
                    "detect: update {} is judged twice for {:?}",
                    finding.update, finding.product
                )));
            }
            for test in &finding.tests {
                let (place, of) = match test.subject {
                    TestSubject::Registry(place) => (place, shape.registry),
                    TestSubject::FileVersion(place)
                    | TestSubject::FileChecksum(place)
                    | TestSubject::FilePresence(place) => (place, shape.files),
                    TestSubject::Build(place) => (place, shape.applies_to),
                };
                if place as usize >= of {
                    return Err(invalid(format!("detect: update {} has no test {:?}", finding.update, test.subject)));
                }
                test.evidence.map_or(Ok(()), asked)?;
            }
        }
        Ok(())
    }

    /// Checks that actions remedy existing findings.
    pub(super) fn actions(&self, actions: &[Action], assessment: &Assessment) -> Result<(), Failure> {
        for action in actions {
            let (place, of) = match action.mends {
                FindingId::Check(place) => (place, assessment.checks.len()),
                FindingId::Update(place) => (place, assessment.updates.len()),
            };
            if place as usize >= of {
                return Err(invalid(format!("remediate: an action mends {:?}, which was not reported", action.mends)));
            }
            let size = size_of(action);
            if size > LARGEST_ACTION {
                return Err(Failure::new(
                    Outcome::OutputTooLarge,
                    format!("remediate: an action of {size} bytes: at most {LARGEST_ACTION} are allowed"),
                ));
            }
            for operation in std::iter::once(&action.operation).chain(&action.undo) {
                if let Operation::InstallUpdate(install) = operation {
                    self.update(install.update, "remediate")?;
                }
            }
        }
        Ok(())
    }

    fn update(&self, number: u32, call: &str) -> Result<&Shape, Failure> {
        let shape = self.inner.updates.get(&number);
        shape.ok_or_else(|| invalid(format!("{call}: refers to update {number}, which the plugin was not given")))
    }
}

/// Returns the size of an action in bytes as JSON, which is the form it is passed on in.
fn size_of(action: &Action) -> usize {
    struct Counted(usize);
    impl std::io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    match serde_json::to_writer(&mut counted, action) {
        Ok(()) => counted.0,
        Err(_) => usize::MAX,
    }
}
