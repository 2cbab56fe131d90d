//! A plugin that is terminated reports nothing and does not affect later conversations.

use wardline_contract::{Examination, Outcome};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, Setup, ending};
use crate::{Law, Trial, VettedPlugin};

/// The number of parts into which a conversation's fuel is divided; the conversation is terminated after each of them.
const PARTS: u64 = 6;

/// A conversation that runs out of fuel, at any step, has the outcome [`Outcome::OutOfFuel`] and neither findings nor actions;
/// later conversations are the same as without it.
///
/// If the reduced fuel is enough after all, the findings are the same as with plenty.
#[derive(Clone, Copy, Debug)]
pub struct OutOfFuel;

impl Law for OutOfFuel {
    fn name(&self) -> &'static str {
        "ended-by-fuel-says-nothing"
    }

    fn explanation(&self) -> &'static str {
        "A plugin that runs out of fuel, at any step, reports no findings, and the next conversation is not affected. Half of an \
         assessment would look like a clean one."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let limits = (1..PARTS).map(|part| plain.fuel / PARTS * part).chain([1, plain.fuel.saturating_sub(1)]);
        for limit in limits {
            let Ok(examiner) = (plugin.with_fuel)(&limit) else { continue };
            let starved = Setup { examiner: examiner.as_ref(), fuel_limit: Some(limit), ..attempt.unmodified() };
            let converse = || attempt.converse_with(starved, target.name(), &|question| target.answer(question));
            let ended = converse();
            let wrong = if ended.outcome == Outcome::Ok {
                (!same(&ended, &plain)).then(|| "it reports other findings than with enough fuel".to_owned())
            } else if ended.outcome != Outcome::OutOfFuel {
                Some(format!("it ends as {}", ending(&ended)))
            } else {
                let silent = ended.actions.is_empty() && is_empty(&ended);
                (!silent).then(|| "it reports findings although it ran out of fuel".to_owned())
            };
            let wrong =
                wrong.or_else(|| (!same(&converse(), &ended)).then(|| "it ends differently when repeated".to_owned()));
            if let Some(wrong) = wrong {
                let what = format!("With {limit} fuel instead of {}, {wrong}.", plain.fuel);
                let case = attempt.case_of(starved, target.name(), ended);
                return attempt.broken(what, vec![attempt.case(plain), case]);
            }
            let next = attempt.plain();
            if !same(&next, &plain) {
                let what =
                    format!("After a conversation that ran out of fuel at {limit}, the next conversation differs.");
                return attempt.broken(what, vec![attempt.case(plain), attempt.case(next)]);
            }
        }
        attempt.kept()
    }
}

fn is_empty(examination: &Examination) -> bool {
    let found = &examination.assessment;
    found.products.is_empty() && found.checks.is_empty() && found.updates.is_empty()
}

fn same(one: &Examination, other: &Examination) -> bool {
    (one.outcome, &one.assessment, &one.actions, &one.exchanges)
        == (other.outcome, &other.assessment, &other.actions, &other.exchanges)
}
