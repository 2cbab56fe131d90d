//! The actions of a target by what they mend.

use std::collections::HashMap;

use wardline_contract::FindingId;

use crate::model::{ActionReport, TargetReport};
use crate::operations::operation;

/// An index of a target's actions: a report from elsewhere may have any number of actions and findings.
#[derive(Debug)]
pub(crate) struct Remedies<'r> {
    of_checks: HashMap<u32, Vec<&'r ActionReport>>,
    of_updates: HashMap<u32, Vec<&'r ActionReport>>,
}

impl<'r> Remedies<'r> {
    pub(crate) fn of(report: &'r TargetReport) -> Self {
        let mut remedies = Remedies { of_checks: HashMap::new(), of_updates: HashMap::new() };
        for action in &report.actions {
            match action.mends {
                FindingId::Check(place) => remedies.of_checks.entry(place).or_default().push(action),
                FindingId::Update(place) => remedies.of_updates.entry(place).or_default().push(action),
            }
        }
        remedies
    }

    /// Returns the actions that mend the check at `place`.
    pub(crate) fn check(&self, place: usize) -> &[&'r ActionReport] {
        found(&self.of_checks, place)
    }

    /// Returns the actions that mend the update at `place`.
    pub(crate) fn update(&self, place: usize) -> &[&'r ActionReport] {
        found(&self.of_updates, place)
    }
}

fn found<'a, 'r>(actions: &'a HashMap<u32, Vec<&'r ActionReport>>, place: usize) -> &'a [&'r ActionReport] {
    u32::try_from(place).ok().and_then(|place| actions.get(&place)).map(Vec::as_slice).unwrap_or_default()
}

/// Formats actions: `disable the account Guest (501); restart`.
pub(crate) fn in_words(actions: &[&ActionReport]) -> String {
    let mut steps: Vec<String> = actions.iter().map(|action| operation(&action.operation)).collect();
    if actions.iter().any(|action| action.restart) {
        steps.push("restart".to_owned());
    }
    steps.join("; ")
}
