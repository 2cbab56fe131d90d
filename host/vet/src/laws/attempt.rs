//! Holding conversations about a target and its variations, counting them, and recording the one that breaks a law.

use std::cell::Cell;

use wardline_contract::compare::Names;
use wardline_contract::{Answer, Ask, Examination, Examiner, Outcome, Question, Target, Update, names};
use wardline_evidence::Source;
use wardline_evidence::recording::{Conversation, Recording};

use super::words;
use crate::{Case, CounterExample, Trial, VettedPlugin};

/// One law, one plugin, one target.
pub(super) struct Attempt<'a> {
    pub(super) plugin: &'a VettedPlugin<'a>,
    pub(super) target: &'a Recording,
    /// Names of findings about the plugin's updates.
    pub(super) names: Names<'a>,
    cases: Cell<u64>,
}

/// How the plugin that holds a conversation was set up: as it is vetted, or with one thing changed.
#[derive(Clone, Copy)]
pub(super) struct Setup<'a> {
    pub(super) examiner: &'a dyn Examiner,
    pub(super) updates: &'a [Update],
    pub(super) fuel_limit: Option<u64>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(plugin: &'a VettedPlugin<'a>, target: &'a Recording) -> Self {
        Attempt { plugin, target, names: Names::new(plugin.updates), cases: Cell::new(0) }
    }

    pub(super) fn unmodified(&self) -> Setup<'a> {
        Setup { examiner: self.plugin.examiner, updates: self.plugin.updates, fuel_limit: None }
    }

    /// Holds the conversation about the unmodified target.
    pub(super) fn plain(&self) -> Examination {
        self.converse(&|question| self.target.answer(question))
    }

    /// The same, if it ends well, for laws that compare with it: a plugin that fails on the unmodified target breaks
    /// [`NeverFails`](super::NeverFails), and leaves the other laws nothing to compare.
    pub(super) fn plain_and_well(&self) -> Option<Examination> {
        Some(self.plain()).filter(|examination| examination.outcome == Outcome::Ok)
    }

    /// Holds the conversation about the target with these answers instead of its own.
    pub(super) fn converse(&self, answer: &dyn Fn(&Question) -> Answer) -> Examination {
        self.converse_with(self.unmodified(), self.target.name(), answer)
    }

    /// `answer` must return equal answers for equal questions: a recording has to be able to hold them.
    pub(super) fn converse_with(
        &self,
        setup: Setup<'_>,
        name: &str,
        answer: &dyn Fn(&Question) -> Answer,
    ) -> Examination {
        self.cases.set(self.cases.get() + 1);
        let target = Target { name: name.to_owned() };
        let answer = |question: &Question, _| answer(question);
        setup.examiner.examine(&target, self.plugin.options, &Ask::new(self.plugin.grants, &answer))
    }

    /// A recording of exactly what was asked, with the conversation in it.
    pub(super) fn case(&self, examination: Examination) -> Case {
        self.case_of(self.unmodified(), self.target.name(), examination)
    }

    pub(super) fn case_of(&self, setup: Setup<'_>, name: &str, examination: Examination) -> Case {
        let VettedPlugin { options, grants, .. } = self.plugin;
        let answers = examination.exchanges.iter().filter(|(question, _)| grants.check(question).is_ok()).cloned();
        let target = Recording::new(name, self.target.origin().location, answers);
        let conversation = Conversation::new(setup.examiner, options, setup.updates, grants, &examination);
        let conversation = Conversation { fuel_limit: setup.fuel_limit, ..conversation.on_its_own(setup.updates) };
        Case { target, conversation, examination }
    }

    pub(super) fn kept(&self) -> Trial {
        Trial { cases: self.cases.get(), broken: None }
    }

    /// The trial of a target that the law cannot be tried on.
    pub(super) fn not_tried(&self) -> Trial {
        Trial { cases: 0, broken: None }
    }

    pub(super) fn broken(&self, what: String, cases: Vec<Case>) -> Trial {
        Trial { cases: self.cases.get(), broken: Some(CounterExample { what, cases }) }
    }
}

/// The distinct questions of a conversation, in the order first asked, with their names folded.
pub(super) fn distinct_questions(examination: &Examination) -> Vec<Question> {
    let mut seen = std::collections::HashSet::new();
    let questions = examination.exchanges.iter().map(|(question, _)| names::folded(question));
    questions.filter(|question| seen.insert(question.clone())).collect()
}

/// The outcome of a conversation that should have ended well: `trapped (resume: unreachable)`.
pub(super) fn ending(examination: &Examination) -> String {
    let detail = examination.detail.as_deref().map(|detail| format!(" ({})", words::short(detail)));
    format!("{}{}", examination.outcome.word(), detail.unwrap_or_default())
}

/// At most `most` of the items, evenly spread; always the same ones.
pub(super) fn spread<T>(items: Vec<T>, most: usize) -> Vec<T> {
    let all = items.len();
    if all <= most {
        return items;
    }
    let chosen = items.into_iter().enumerate().filter(|(place, _)| place * most / all != (place + 1) * most / all);
    chosen.map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_spread_has_as_many_as_it_may_and_reaches_the_end() {
        for (all, most) in [(0, 3), (1, 3), (3, 3), (4, 3), (100, 7), (7, 1), (5, 0)] {
            let chosen = spread((0..all).collect(), most);
            assert_eq!(chosen.len(), all.min(most), "{most} of {all}");
            if most > 0 {
                assert_eq!(chosen.last().copied(), all.checked_sub(1), "{most} of {all}");
            }
        }
    }
}
