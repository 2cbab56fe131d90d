//! A plugin asks only what it declared.

use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;
use wardline_report::question_in_words;

use super::attempt::{Attempt, distinct_questions, spread};
use super::fault::{Fault, Place, broad_places};
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of variations of one target in which a single answer is changed.
const MAX_SINGLE: usize = 60;

/// Faults that make a plugin look elsewhere: what does not exist, and what cannot be determined.
const LEADING: [Fault; 3] = [Fault::Absent, Fault::Unreadable, Fault::Unsupported];

/// Every question is within a declared scope, both on the unmodified target and where absent or unavailable answers lead the
/// plugin to ask something else.
///
/// The sandbox denies every other question; whoever installs the plugin should know what it tried to learn.
#[derive(Clone, Copy, Debug)]
pub struct AsksOnlyDeclared;

impl Law for AsksOnlyDeclared {
    fn name(&self) -> &'static str {
        "asks-only-what-it-declares"
    }

    fn explanation(&self) -> &'static str {
        "Every question is within the scopes that the plugin declares. People read the declaration before they let a plugin run; \
         a plugin that asks for more hides its purpose, or checks something that it never gets to see."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let plain = attempt.plain();
        let questions = distinct_questions(&plain);
        let every = |places: Vec<Place>| {
            places.into_iter().flat_map(|place| LEADING.map(|fault| (place.clone(), fault))).collect::<Vec<_>>()
        };
        let mut variations = every(broad_places(&questions));
        variations.extend(spread(every(questions.into_iter().map(Place::Only).collect()), MAX_SINGLE));
        let others = variations.into_iter().map(|(place, fault)| {
            attempt.converse(&|question| {
                let answer = target.answer(question);
                if place.holds(question) { fault.of(question, answer) } else { answer }
            })
        });
        for examination in std::iter::once(plain).chain(others) {
            let outside = examination.exchanges.iter().find(|(question, _)| plugin.grants.check(question).is_err());
            if let Some((question, _)) = outside {
                let what =
                    format!("It asks for {}, which none of its declared scopes allows.", question_in_words(question));
                return attempt.broken(what, vec![attempt.case(examination)]);
            }
        }
        attempt.kept()
    }
}
