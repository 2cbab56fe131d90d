//! A higher revision takes no update away.

use wardline_contract::{Assessment, Examination, Outcome, UpdateFinding, UpdateStatus};
use wardline_evidence::recording::Recording;

use super::attempt::Attempt;
use super::serviced::{Judged, converse_at, in_place, revisions, system_with_revision};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// At each revision of the machine's own build, an update that was in place at a lower one is not missing, and does not wait for
/// a restart.
///
/// The revisions are those that the updates of the machine's products raise it to, and its own. Everything else is as it was.
#[derive(Clone, Copy, Debug)]
pub struct NewerRevision;

impl Law for NewerRevision {
    fn name(&self) -> &'static str {
        "higher-revision-adds-nothing-missing"
    }

    fn explanation(&self) -> &'static str {
        "An update that is in place at one revision of Windows is in place at every higher one of the same build. Otherwise \
         installing an update would make another one missing, and a patched machine would be called vulnerable."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some((system, own)) = system_with_revision(target) else { return attempt.not_tried() };
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let revisions = revisions(&system, own, &plain.assessment, plugin.updates);
        if revisions.len() < 2 {
            return attempt.not_tried();
        }
        let mut before: Option<(u32, Examination)> = None;
        for revision in revisions {
            let now = converse_at(&attempt, revision);
            // A plugin that fails breaks another law.
            if now.outcome != Outcome::Ok {
                continue;
            }
            if let Some((lower, then)) = &before
                && let Some(lost) = lost(&in_place(&then.assessment, plugin.updates), &now.assessment)
            {
                let what = format!(
                    "At revision {revision} of build {}, {} is {}; at revision {lower} it was in place.",
                    system.build,
                    words::update(&lost.0, &attempt.names),
                    words::case_name(&lost.1),
                );
                return attempt.broken(what, vec![attempt.case(then.clone()), attempt.case(now)]);
            }
            before = Some((revision, now));
        }
        attempt.kept()
    }
}

/// Returns an update that was in place and is not any more.
pub(super) fn lost(in_place: &[UpdateFinding], now: &Assessment) -> Option<(UpdateFinding, UpdateStatus)> {
    let now = Judged::new(now);
    in_place.iter().find_map(|finding| {
        let status = now.status(finding)?;
        matches!(status, UpdateStatus::Missing | UpdateStatus::PendingRestart).then(|| (finding.clone(), status))
    })
}
