//! The same plugin, prepared with other updates.

use std::collections::HashSet;

use wardline_contract::{Answer, Examination, Examiner, Outcome, Question, Update};
use wardline_evidence::Source as _;

use super::attempt::{Attempt, Setup};

/// A plugin prepared with updates that a law made.
pub(super) struct Variant<'u> {
    /// The error is the failure to prepare.
    examiner: Result<Box<dyn Examiner>, String>,
    updates: &'u [Update],
}

impl<'u> Variant<'u> {
    pub(super) fn of(attempt: &Attempt<'_>, updates: &'u [Update]) -> Self {
        Variant { examiner: (attempt.plugin.prepare)(updates), updates }
    }

    /// Holds the conversation about the unmodified target. A plugin that cannot be prepared with these updates ends without
    /// findings.
    pub(super) fn converse(&self, attempt: &Attempt<'_>) -> Examination {
        self.converse_with(attempt, &|question| attempt.target.answer(question))
    }

    /// The same about the target with these answers instead of its own.
    pub(super) fn converse_with(&self, attempt: &Attempt<'_>, answer: &dyn Fn(&Question) -> Answer) -> Examination {
        match &self.examiner {
            Ok(_) => attempt.converse_with(self.setup(attempt), attempt.target.name(), answer),
            Err(reason) => Examination::nothing(Outcome::Incompatible, Some(reason.clone())),
        }
    }

    pub(super) fn setup<'s>(&'s self, attempt: &Attempt<'s>) -> Setup<'s> {
        let examiner = self.examiner.as_ref().map_or(attempt.plugin.examiner, |examiner| examiner.as_ref());
        Setup { examiner, updates: self.updates, fuel_limit: None }
    }
}

/// Numbers that none of these updates has.
pub(super) fn free_numbers(updates: &[Update]) -> impl Iterator<Item = u32> + use<> {
    let taken: HashSet<u32> = updates.iter().map(|update| update.number).collect();
    let first = taken.iter().max().map_or(1, |highest| highest.wrapping_add(1));
    (0..=u32::MAX).map(move |step| first.wrapping_add(step)).filter(move |number| !taken.contains(number))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn update(number: u32) -> Update {
        Update { bulletin: format!("EX-{number:03}"), ..Update::numbered(number) }
    }

    #[test]
    fn free_numbers_are_free_whatever_is_taken() {
        for (taken, expected) in [(&[][..], [1, 2]), (&[1, 7], [8, 9]), (&[0, u32::MAX], [1, 2])] {
            let updates: Vec<_> = taken.iter().copied().map(update).collect();
            assert!(free_numbers(&updates).take(2).eq(expected), "{taken:?}");
        }
    }
}
