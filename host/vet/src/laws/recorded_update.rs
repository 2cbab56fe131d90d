//! An update that is recorded as installed takes none away.

use std::collections::BTreeSet;

use wardline_contract::{Assessment, Outcome, UpdateFinding, UpdateStatus};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, spread};
use super::newer_revision::lost;
use super::serviced::{Judged, Record, in_place};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of updates recorded in addition, one after the other, per target and record.
const MAX_UPDATES: usize = 8;

/// With one update more recorded as installed, no update becomes missing that was known not to be, and those that were in place
/// still are.
///
/// Recorded are, each for itself, updates of the machine's products, where the plugin reads a record: the packages of component
/// based servicing, or the key `HotFix`. An update about which nothing was known may become missing: a record that had
/// nothing in it proves nothing.
#[derive(Clone, Copy, Debug)]
pub struct RecordedUpdate;

impl Law for RecordedUpdate {
    fn name(&self) -> &'static str {
        "installed-update-adds-nothing-missing"
    }

    fn explanation(&self) -> &'static str {
        "If one more update is recorded as installed, no other becomes missing, and none that was in place stops being so. \
         Otherwise installing an update would make a report worse."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let judged: BTreeSet<u32> = plain.assessment.updates.iter().map(|finding| finding.update).collect();
        let of_machine = plugin.updates.iter().filter(|update| judged.contains(&update.number));
        let articles: Vec<&str> =
            of_machine.map(|update| update.article.trim()).filter(|article| !article.is_empty()).collect();
        let articles = spread(articles, MAX_UPDATES);
        let records = Record::read_in(&plain, target);
        if articles.is_empty() || records.is_empty() {
            return attempt.not_tried();
        }
        let before = in_place(&plain.assessment, plugin.updates);
        for (record, article) in records.iter().flat_map(|record| articles.iter().map(move |article| (record, article)))
        {
            let now = attempt.converse(&|question| record.with(article, question, target.answer(question)));
            if now.outcome != Outcome::Ok {
                continue;
            }
            let worse = lost(&before, &now.assessment).or_else(|| added(&plain.assessment, &now.assessment));
            if let Some((finding, status)) = worse {
                let what = format!(
                    "With {article} recorded as installed as well, {} is {}; without, it was {}.",
                    words::update(&finding, &attempt.names),
                    words::case_name(&status),
                    words::case_name(&finding.status),
                );
                return attempt.broken(what, vec![attempt.case(plain), attempt.case(now)]);
            }
        }
        attempt.kept()
    }
}

/// Returns an update that is missing now, and was known not to be needed by itself.
fn added(plain: &Assessment, now: &Assessment) -> Option<(UpdateFinding, UpdateStatus)> {
    let before = Judged::new(plain);
    let was_known = |status| !matches!(status, UpdateStatus::Missing | UpdateStatus::UnableToScan | UpdateStatus::Note);
    now.updates.iter().filter(|finding| finding.status == UpdateStatus::Missing).find_map(|finding| {
        let status = before.status(finding).filter(|status| was_known(*status))?;
        Some((UpdateFinding { status, ..finding.clone() }, UpdateStatus::Missing))
    })
}
