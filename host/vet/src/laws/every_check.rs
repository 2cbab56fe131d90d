//! A plugin reports a finding for each check that it declares.

use std::collections::HashSet;

use wardline_contract::{Answer, Outcome};
use wardline_evidence::recording::Recording;

use super::attempt::Attempt;
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// Each declared check has a finding, both on the unmodified target and on one that has nothing of what the plugin asks for.
/// *Not performed* and *unable to scan* are findings, too.
///
/// A check without a finding does not appear in the report, which a reader takes to mean that it found nothing wrong.
#[derive(Clone, Copy, Debug)]
pub struct EveryCheck;

impl Law for EveryCheck {
    fn name(&self) -> &'static str {
        "reports-every-check"
    }

    fn explanation(&self) -> &'static str {
        "Each declared check has a finding on every target, even if only that it was not performed. A check that is missing from \
         the report looks like one that found nothing wrong."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let bare = attempt.converse(&|_| Answer::Absent);
        let tried = [("On the unmodified target", attempt.plain()), ("If every answer is absent", bare)];
        for (place, examination) in tried {
            // A plugin that fails breaks another law.
            if examination.outcome != Outcome::Ok {
                continue;
            }
            let reported: HashSet<&str> =
                examination.assessment.checks.iter().map(|finding| finding.check.as_str()).collect();
            let silent = plugin.description.checks.iter().find(|check| !reported.contains(check.id.as_str()));
            if let Some(check) = silent {
                let what = format!("{place}, it reports nothing about its check {}.", words::short(&check.id));
                return attempt.broken(what, vec![attempt.case(examination)]);
            }
        }
        attempt.kept()
    }
}
