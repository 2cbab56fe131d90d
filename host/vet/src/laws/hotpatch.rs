//! A hotpatch is as good as the cumulative update that closes the same vulnerabilities.

use wardline_contract::{Examination, Outcome, Update, UpdateFinding, UpdateStatus};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, ending};
use super::serviced::{Judged, at_revision, converse_at, revision_of, system_with_revision};
use super::variant::{Variant, free_numbers};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of missing updates that a hotpatch is added to, per target.
const MAX_UPDATES: usize = 4;

/// Adds to a missing cumulative update a hotpatch: an update with the same CVEs and products, whose build is one lower.
///
/// * At the hotpatch's build, neither is missing.
/// * Below it, at least one of the two is missing, or unable to scan: the hotpatch does not hide that anything is open.
///
/// Tried on updates with CVEs that the plugin judges by the revision: missing at the target's own, and installed at the update's.
#[derive(Clone, Copy, Debug)]
pub struct Hotpatch;

impl Law for Hotpatch {
    fn name(&self) -> &'static str {
        "hotpatch-is-as-good"
    }

    fn explanation(&self) -> &'static str {
        "A machine with a hotpatch does not lack the cumulative update that closes the same vulnerabilities at a higher build, and \
         one with neither still lacks one of them. Otherwise every hotpatched machine would be called vulnerable until it restarts."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some((system, own)) = system_with_revision(target) else { return attempt.not_tried() };
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let mut is_tried = false;
        let missing = plain.assessment.updates.iter().filter(|finding| finding.status == UpdateStatus::Missing);
        for finding in missing.take(MAX_UPDATES) {
            let Some(cumulative) = plugin.updates.iter().find(|update| update.number == finding.update) else {
                continue;
            };
            let row = cumulative.applies_to.iter().find(|row| row.product.name == finding.product);
            let fixed = row.and_then(|row| row.fixed_build.as_deref());
            let Some((build, revision)) = fixed.and_then(|build| Some((build, revision_of(&system, build)?))) else {
                continue;
            };
            if cumulative.cves.is_empty() || revision < own.saturating_add(2) {
                continue;
            }
            let reached = converse_at(&attempt, revision);
            if Judged::new(&reached.assessment).status(finding) != Some(UpdateStatus::Installed) {
                continue;
            }
            is_tried = true;
            let updates = with_hotpatch(plugin.updates, cumulative, finding, build, revision - 1);
            let Some(hotpatch) = updates.last().map(|update| update.number) else { continue };
            let variant = Variant::of(&attempt, &updates);
            for (at, has_it) in [(revision - 1, true), (own, false)] {
                let examination =
                    variant.converse_with(&attempt, &|question| at_revision(question, target.answer(question), at));
                if let Some(wrong) = wrong(&examination, finding, hotpatch, has_it) {
                    let of = words::update(finding, &attempt.names);
                    let what = format!(
                        "With a hotpatch added that closes what {of} closes, at revision {}, and the machine at {at}, {wrong}.",
                        revision - 1
                    );
                    let case = attempt.case_of(variant.setup(&attempt), target.name(), examination);
                    return attempt.broken(what, vec![attempt.case(plain.clone()), case]);
                }
            }
        }
        if is_tried { attempt.kept() } else { attempt.not_tried() }
    }
}

/// The updates, and as the last one the hotpatch.
fn with_hotpatch(
    updates: &[Update],
    cumulative: &Update,
    finding: &UpdateFinding,
    build: &str,
    revision: u32,
) -> Vec<Update> {
    let number = free_numbers(updates).next().unwrap_or_default();
    let mut hotpatch = Update {
        number,
        bulletin: format!("ADDED-{number}"),
        article: String::new(),
        superseded_by: Vec::new(),
        ..cumulative.clone()
    };
    let start = build.rsplit_once('.').map_or("", |(start, _)| start);
    hotpatch.applies_to.retain(|row| row.product.name == finding.product);
    for row in &mut hotpatch.applies_to {
        row.fixed_build = Some(format!("{start}.{revision}"));
    }
    updates.iter().cloned().chain([hotpatch]).collect()
}

/// Describes a wrong result. `has_it` says whether the machine has reached the hotpatch's build.
fn wrong(examination: &Examination, cumulative: &UpdateFinding, hotpatch: u32, has_it: bool) -> Option<String> {
    if examination.outcome != Outcome::Ok {
        return Some(format!("the plugin ends as {}", ending(examination)));
    }
    let judged = Judged::new(&examination.assessment);
    let hotpatch = UpdateFinding { update: hotpatch, ..cumulative.clone() };
    let statuses = [cumulative, &hotpatch].map(|finding| judged.status(finding));
    let any = |wanted| statuses.contains(&Some(wanted));
    match has_it {
        true if any(UpdateStatus::Missing) => Some("one of the two is missing".to_owned()),
        false if !any(UpdateStatus::Missing) && !any(UpdateStatus::UnableToScan) => {
            Some("neither of the two is missing any more".to_owned())
        }
        _ => None,
    }
}
