//! A plugin ends well, whatever the answers.

use wardline_contract::Outcome;
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, distinct_questions, ending, spread};
use super::fault::{Fault, Place, broad_places, later_places};
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of variations of one target in which a single answer is faulty.
const MAX_SINGLE: usize = 100;

/// The number of points of the conversation after which everything is faulty, per fault.
const LATER: usize = 3;

/// The outcome is [`Outcome::Ok`] for any answers.
///
/// Answers become absent, denied, unreadable and unsupported; facts lose their texts, lists and optional parts, or have them
/// truncated or duplicated; numbers are the smallest and largest of their type; registry values have another type, and facts
/// another kind than was asked for. Each fault applies to everything at once, to each kind of question, to each hive and drive,
/// to everything after some point, and to single questions.
#[derive(Clone, Copy, Debug)]
pub struct NeverFails;

impl Law for NeverFails {
    fn name(&self) -> &'static str {
        "never-fails"
    }

    fn explanation(&self) -> &'static str {
        "Whatever a target answers, including damaged and forged answers, the plugin ends with findings. A machine that could make \
         it fail would hide all of its weaknesses at once."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let plain = attempt.plain();
        if plain.outcome != Outcome::Ok {
            let what = format!("On the unmodified target, the plugin ends as {}.", ending(&plain));
            return attempt.broken(what, vec![attempt.case(plain)]);
        }
        let questions = distinct_questions(&plain);
        let every = |places: Vec<Place>| {
            places.into_iter().flat_map(|place| Fault::ALL.map(|fault| (place.clone(), fault))).collect::<Vec<_>>()
        };
        let mut variations = every(broad_places(&questions));
        variations.extend(every(later_places(&questions, LATER)));
        variations.extend(spread(every(questions.into_iter().map(Place::Only).collect()), MAX_SINGLE));
        for (place, fault) in variations {
            let examination = attempt.converse(&|question| {
                let answer = target.answer(question);
                if place.holds(question) { fault.of(question, answer) } else { answer }
            });
            if examination.outcome != Outcome::Ok {
                let what = format!(
                    "With {} answered {}, the plugin ends as {}.",
                    place.words(),
                    fault.words(),
                    ending(&examination)
                );
                return attempt.broken(what, vec![attempt.case(examination)]);
            }
        }
        attempt.kept()
    }
}
