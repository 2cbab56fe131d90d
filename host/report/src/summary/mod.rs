//! A whole fleet in numbers, accumulated target by target so that no report needs to be kept.

mod counts;
mod fail_on;
mod gate;
mod install;
mod machines;
mod share;
mod stored;
mod tally;
mod texts;
mod work;

use serde::Serialize;
use smol_str::SmolStr;
use wardline_contract::products::NotCovered;
use wardline_contract::{Severity, Update};

pub use self::counts::{CheckCounts, OverallCounts, UpdateCounts};
pub use self::fail_on::FailOn;
pub use self::gate::{GateResult, Reached, WaivedCounts, WaiverProblem, WaiverToReview};
pub(crate) use self::install::InstallKey;
pub use self::install::{Install, OpenCves};
pub use self::machines::Machines;
pub use self::share::{Share, ShareError};
pub use self::tally::Tally;
pub use self::work::{Change, Gap, GapKind, WaivedWork, Work, WorkEntry, WorkItem};
use crate::grade::OverallGrade;

/// The number of worst targets listed in [`Summary::worst`].
const WORST: usize = 20;

/// All targets in numbers.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    pub targets: u64,
    /// Targets that could be opened.
    pub scanned: u64,
    /// Targets that could not be opened.
    pub failed: u64,
    /// Targets that could not be scanned, or not completely.
    pub incomplete: u64,
    /// Targets that were opened and whose updates were not judged, or not all.
    pub updates_not_judged: u64,
    /// Targets with a part of their evidence that may be old or damaged.
    pub doubtful_evidence: u64,
    /// Plugins that were requested but could not be loaded or were refused.
    pub plugins_not_loaded: u64,
    pub grades: OverallCounts,
    pub checks: CheckCounts,
    pub updates: UpdateCounts,
    /// The updates missing on any target, those missing on the most targets first.
    pub missing: Vec<MissingUpdate>,
    pub not_covered: NotCovered,
    pub policy_denied: PolicyDenials,
    /// The findings that are waived, which the numbers above leave out.
    #[serde(skip_serializing_if = "WaivedCounts::is_zero")]
    pub waived: WaivedCounts,
    /// The waivers that are of no effect: they have expired, or waive nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waivers_to_review: Vec<WaiverToReview>,
    /// The conditions for the scan to succeed, and whether they are met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateResult>,
    /// The worst targets, at most twenty, worst first.
    #[serde(skip)]
    pub worst: Vec<Tally>,
    /// The findings at or above each level, in the order of [`FailOn::ALL`].
    #[serde(skip)]
    pub reached: [Reached; 4],
    /// Targets on which an update is missing.
    #[serde(skip)]
    pub targets_missing_updates: u64,
    /// The sum of the targets' [`Tally::judged`], in hundredths of a percent.
    #[serde(skip)]
    pub judged_hundredths: u64,
    /// The updates to install, the settings to change, and the gaps.
    #[serde(skip)]
    pub work: Work,
    /// Every target, in the order of the report.
    #[serde(skip)]
    pub machines: Vec<MachineLine>,
}

impl Summary {
    pub fn new(not_covered: NotCovered) -> Self {
        Summary { not_covered, ..Summary::default() }
    }

    /// Sets the number of plugins that were requested but could not be loaded or were refused.
    #[must_use]
    pub fn without_plugins(mut self, not_loaded: u64) -> Self {
        self.plugins_not_loaded = not_loaded;
        self
    }

    pub fn add(&mut self, mut tally: Tally) {
        self.targets += 1;
        *if tally.opened { &mut self.scanned } else { &mut self.failed } += 1;
        self.incomplete += u64::from(!tally.complete);
        self.updates_not_judged += u64::from(tally.opened && tally.not_judged);
        self.doubtful_evidence += u64::from(tally.doubtful_parts > 0);
        self.grades.add(&tally.overall());
        self.checks.add(&tally.checks);
        self.updates.add(&tally.updates);
        self.policy_denied.questions += tally.policy_denied;
        self.policy_denied.targets += u64::from(tally.policy_denied > 0);
        self.targets_missing_updates += u64::from(tally.updates.missing > 0);
        self.judged_hundredths += tally.judged.hundredths();
        let mut findings = 0;
        for (reached, level) in self.reached.iter_mut().zip(tally.levels).rev() {
            findings += level;
            reached.findings += findings;
            reached.targets += u64::from(findings > 0);
        }
        let waived = tally.waived_updates + tally.waived_checks;
        self.waived.findings += waived;
        self.waived.targets += u64::from(waived > 0);
        let name = SmolStr::from(&tally.name);
        let place = u32::try_from(self.machines.len()).unwrap_or(u32::MAX);
        self.work.add(std::mem::take(&mut tally.work), &name, place);
        self.machines.push(MachineLine {
            name,
            grade: tally.grade,
            complete: tally.complete,
            opened: tally.opened,
            missing: tally.missing,
            pending_restart: tally.updates.pending_restart,
            checks: tally.checks,
            waived: tally.opened.then_some(waived),
        });
        // After those that are equally bad, so that equals keep the order of the targets.
        let place = self.worst.partition_point(|other| badness(other) >= badness(&tally));
        if place < WORST {
            self.worst.truncate(WORST - 1);
            self.worst.insert(place, tally);
        }
    }

    /// Adds entries of work, each with the places of the machines that it is about, counted from 0. The tallies of these machines
    /// have been added without their work.
    pub fn add_work(&mut self, entries: impl IntoIterator<Item = (WorkEntry, Vec<u32>)>) {
        for (entry, places) in entries {
            self.work.add_entry(entry, &places);
        }
        let machines = &self.machines;
        self.work.name(&|place| machines.get(place as usize).map(|machine| machine.name.clone()));
    }

    /// Returns the findings at or above a level.
    pub fn reached(&self, level: FailOn) -> Reached {
        self.reached.get(level as usize).copied().unwrap_or_default()
    }

    /// Returns the share of checks and product families that were judged, averaged over all targets.
    pub fn judged(&self) -> Share {
        Share::average(self.judged_hundredths, self.targets)
    }

    /// Fills in `missing`, once all targets are added.
    pub fn finish(&mut self, updates: &[Update]) {
        let mut targets: Vec<(u32, u64)> =
            self.work.install.iter().map(|install| (install.number, install.machines.count() as u64)).collect();
        targets.sort_unstable();
        let counted = updates.iter().filter_map(|update| {
            let place = targets.binary_search_by_key(&update.number, |(number, _)| *number).ok()?;
            let (_, targets) = targets.get(place)?;
            Some(MissingUpdate {
                number: update.number,
                bulletin: update.bulletin.clone(),
                kb: Some(update.article.clone()).filter(|article| !article.is_empty()),
                title: update.title.clone(),
                severity: update.severity,
                targets: *targets,
            })
        });
        self.missing = counted.collect();
        self.sort_missing();
    }

    /// Like [`Summary::finish`], from the findings alone: the catalog's own rating of an update is not in them, so that its
    /// most severe rating is used.
    pub fn finish_without_catalog(&mut self) {
        let counted = self.work.install.iter().map(|install| MissingUpdate {
            number: install.number,
            bulletin: install.bulletin.to_string(),
            kb: install.kb.as_ref().map(SmolStr::to_string),
            title: install.title.to_string(),
            severity: install.severity,
            targets: install.machines.count() as u64,
        });
        self.missing = counted.collect();
        self.missing.sort_by_key(|update| update.number);
        self.sort_missing();
    }

    fn sort_missing(&mut self) {
        // The sort is stable: equals stay in catalog order.
        self.missing.sort_by_key(|update| std::cmp::Reverse(update.targets));
    }
}

/// A target's row in a table of all targets.
#[derive(Clone, Debug)]
pub struct MachineLine {
    pub name: SmolStr,
    pub grade: OverallGrade,
    pub complete: bool,
    pub opened: bool,
    /// The number of missing updates of each severity, as in [`Tally::missing`].
    pub missing: [u64; 5],
    pub pending_restart: u64,
    pub checks: CheckCounts,
    /// The number of waived findings; `None` if the target could not be opened.
    pub waived: Option<u64>,
}

fn badness(tally: &Tally) -> (std::cmp::Reverse<OverallGrade>, u64) {
    (std::cmp::Reverse(tally.grade), tally.updates.missing + tally.failed_checks())
}

/// Counts of questions denied by the operator's policy: whatever the answers would have shown is not in the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyDenials {
    /// Denied questions, each counted once per plugin and target.
    pub questions: u64,
    /// Targets with at least one denied question.
    pub targets: u64,
}

/// An update that is missing on some target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MissingUpdate {
    pub number: u32,
    pub bulletin: String,
    /// The article; null if the catalog has none.
    pub kb: Option<String>,
    pub title: String,
    pub severity: Severity,
    /// The number of targets it is missing on.
    pub targets: u64,
}
