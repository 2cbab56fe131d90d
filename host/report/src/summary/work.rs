//! The work that a scan leaves to be done: what to install, what to change, and what could not be looked at, each with the
//! machines that it concerns.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use wardline_contract::{Grade, UpdateStatus};

use super::fail_on::FailOn;
use super::install::{Install, InstallKey};
use super::machines::Machines;
use super::texts::kept;
use crate::decision::Waived;
use crate::model::{ActionReport, CheckReport, ConditionState, TargetReport, UpdatesState};
use crate::not_judged::{NotJudged, not_judged_lines};
use crate::remedies::{Remedies, in_words};
use crate::replaced::Replaced;
use crate::terms::severity_rank;
use crate::waived::WaivedFinding;
use crate::words;

/// The maximum number of updates, and of checks, that are listed. The largest catalogs have fewer; a report from elsewhere may
/// have any number.
const MAX_LISTED: usize = 20_000;
/// The maximum number of reasons for gaps that are distinguished.
const MAX_GAPS: usize = 40;
/// The maximum number of checks that a gap names.
const TITLES: usize = 3;

/// A check that failed somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Plugin and check: `os.guest-account`.
    pub id: SmolStr,
    pub mbsa: Option<u32>,
    pub family: SmolStr,
    pub title: SmolStr,
    /// The worst grade.
    pub grade: Grade,
    #[serde(skip)]
    pub machines: Machines,
    /// The remedy, if it is the same on all machines.
    pub remedy: Option<SmolStr>,
    /// Whether machines have different remedies.
    pub remedies_differ: bool,
}

/// The kinds of gaps, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// The machine could not be opened.
    NotOpened,
    /// Updates were not judged.
    NotJudged,
    /// Checks or updates could not be scanned.
    Unable,
    /// Nothing but what texts tell is known.
    Texts,
    /// Part of the evidence may be old or damaged.
    Evidence,
    /// The operator's policy denied questions.
    Policy,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub kind: GapKind,
    /// What, and why. For people.
    pub reason: SmolStr,
    #[serde(skip)]
    pub machines: Machines,
}

/// An update to install, or a setting to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkItem {
    Install(Install),
    Change(Change),
}

/// A piece of work that the operator waived. The machines are in it; the same work may be left to be done on others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedWork {
    pub item: WorkItem,
    pub waived: Waived,
}

impl WaivedWork {
    pub fn machines(&self) -> &Machines {
        match &self.item {
            WorkItem::Install(install) => &install.machines,
            WorkItem::Change(change) => &change.machines,
        }
    }

    fn each_machines(&mut self, machines: &mut dyn FnMut(&mut Machines)) {
        match &mut self.item {
            WorkItem::Install(install) => install.each_machines(machines),
            WorkItem::Change(change) => machines(&mut change.machines),
        }
    }

    fn key(&self) -> WaivedKey {
        match &self.item {
            WorkItem::Install(install) => WaivedKey::Install(install.key(), self.waived.source.clone()),
            WorkItem::Change(change) => WaivedKey::Change(change.id.clone(), self.waived.source.clone()),
        }
    }
}

/// Identifies a piece of work and its waiver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum WaivedKey {
    Install(InstallKey, SmolStr),
    Change(SmolStr, SmolStr),
}

/// One entry of a machine's [`Work`], without the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkEntry {
    Install(Install),
    Change(Change),
    Gap(Gap),
    Waived(WaivedWork),
}

impl WorkEntry {
    /// The number of the update that it is about, which depends on the scan.
    pub fn update_number(&mut self) -> Option<&mut u32> {
        match self {
            WorkEntry::Install(install) | WorkEntry::Waived(WaivedWork { item: WorkItem::Install(install), .. }) => {
                Some(&mut install.number)
            }
            WorkEntry::Change(_) | WorkEntry::Gap(_) | WorkEntry::Waived(_) => None,
        }
    }
}

/// The work that one machine, or all of them, leave to be done.
#[derive(Clone, Debug, Default)]
pub struct Work {
    pub install: Vec<Install>,
    pub change: Vec<Change>,
    pub gaps: Vec<Gap>,
    /// The work that is waived: not in `install` and `change` for the same machines.
    pub waived: Vec<WaivedWork>,
    /// Whether there are more updates, checks or reasons than are listed.
    pub truncated: bool,
    install_places: HashMap<InstallKey, usize>,
    change_places: HashMap<SmolStr, usize>,
    waived_places: HashMap<WaivedKey, usize>,
}

impl Work {
    /// Collects one machine's work. `report` is without the findings that are waived, `whole` has them.
    pub(super) fn of(whole: &TargetReport, report: &TargetReport) -> Work {
        let mut work = Work::default();
        let replaced = Replaced::of(whole);
        for finding in whole.waived() {
            let (item, waived) = match finding {
                WaivedFinding::Update(update, waived) if update.status == UpdateStatus::Missing => {
                    (WorkItem::Install(Install::new(update, &replaced)), waived)
                }
                WaivedFinding::Check(check, waived) if FailOn::of_check(check.grade).is_some() => {
                    (WorkItem::Change(change(check, &[])), waived)
                }
                WaivedFinding::Update(..) | WaivedFinding::Check(..) => continue,
            };
            let cut = |text: &Option<SmolStr>| text.as_deref().map(kept);
            let waived = Waived {
                source: kept(&waived.source),
                reason: cut(&waived.reason),
                owner: cut(&waived.owner),
                expires: cut(&waived.expires),
            };
            work.add_waived(WaivedWork { item, waived }, &mut |_| {});
        }
        for update in report.updates.iter().filter(|update| update.status == UpdateStatus::Missing) {
            work.add_install(Install::new(update, &replaced), &mut |_| {});
        }
        let remedies = Remedies::of(report);
        for (place, check) in report.checks.iter().enumerate() {
            if FailOn::of_check(check.grade).is_some() {
                work.add_change(change(check, remedies.check(place)));
            }
        }
        gaps(report, &mut |kind, reason| {
            work.add_gap(Gap { kind, reason: kept(&reason), machines: Machines::default() });
        });
        work
    }

    /// Adds the work of the machine at `place`.
    pub(crate) fn add(&mut self, machine: Work, name: &SmolStr, place: u32) {
        for install in machine.install {
            self.add_install(install, &mut |own| own.add(name, place));
        }
        for change in machine.change {
            if let Some(own) = self.add_change(change) {
                own.add(name, place);
            }
        }
        for gap in machine.gaps {
            if let Some(own) = self.add_gap(gap) {
                own.add(name, place);
            }
        }
        for waived in machine.waived {
            self.add_waived(waived, &mut |own| own.add(name, place));
        }
        self.truncated |= machine.truncated;
    }

    /// Takes one machine's work apart, and leaves whether there is more of it.
    pub(super) fn take_entries(&mut self) -> Vec<WorkEntry> {
        let work = std::mem::take(self);
        self.truncated = work.truncated;
        let install = work.install.into_iter().map(WorkEntry::Install);
        let change = work.change.into_iter().map(WorkEntry::Change);
        let gaps = work.gaps.into_iter().map(WorkEntry::Gap);
        let waived = work.waived.into_iter().map(WorkEntry::Waived);
        install.chain(change).chain(gaps).chain(waived).collect()
    }

    /// Adds an entry of the machines at these places. Their names follow with [`Work::name`].
    pub(super) fn add_entry(&mut self, entry: WorkEntry, places: &[u32]) {
        let add = &mut |machines: &mut Machines| machines.extend(places);
        match entry {
            WorkEntry::Install(install) => self.add_install(install.numbered(), add),
            WorkEntry::Change(change) => self.add_change(change).into_iter().for_each(add),
            WorkEntry::Gap(gap) => self.add_gap(gap).into_iter().for_each(add),
            WorkEntry::Waived(WaivedWork { item: WorkItem::Install(install), waived }) => {
                self.add_waived(WaivedWork { item: WorkItem::Install(install.numbered()), waived }, add);
            }
            WorkEntry::Waived(waived) => self.add_waived(waived, add),
        }
    }

    /// Puts the machines of each entry in their order, and names the first ones.
    pub(super) fn name(&mut self, name: &dyn Fn(u32) -> Option<SmolStr>) {
        let name = &mut |machines: &mut Machines| machines.name(name);
        self.install.iter_mut().for_each(|install| install.each_machines(name));
        self.change.iter_mut().for_each(|change| name(&mut change.machines));
        self.gaps.iter_mut().for_each(|gap| name(&mut gap.machines));
        self.waived.iter_mut().for_each(|waived| waived.each_machines(name));
    }

    /// Adds an update, or what is known of it on another machine or for another product. Passes each list of machines that the one
    /// which lacks it belongs to to `machines`.
    fn add_install(&mut self, mut install: Install, machines: &mut dyn FnMut(&mut Machines)) {
        let key = install.key();
        match self.install_places.get(&key) {
            Some(place) => {
                if let Some(own) = self.install.get_mut(*place) {
                    own.merge(install, machines);
                }
            }
            None if self.install.len() == MAX_LISTED => self.truncated = true,
            None => {
                install.each_machines(machines);
                self.install_places.insert(key, self.install.len());
                self.install.push(install);
            }
        }
    }

    fn add_change(&mut self, change: Change) -> Option<&mut Machines> {
        match self.change_places.get(&change.id) {
            Some(place) => {
                let own = self.change.get_mut(*place)?;
                if FailOn::of_check(change.grade) > FailOn::of_check(own.grade) {
                    own.grade = change.grade;
                }
                own.remedies_differ |= change.remedies_differ || own.remedy != change.remedy;
                own.remedy = own.remedy.take().filter(|_| !own.remedies_differ);
                Some(&mut own.machines)
            }
            None if self.change.len() == MAX_LISTED => {
                self.truncated = true;
                None
            }
            None => {
                self.change_places.insert(change.id.clone(), self.change.len());
                self.change.push(change);
                self.change.last_mut().map(|own| &mut own.machines)
            }
        }
    }

    fn add_waived(&mut self, mut waived: WaivedWork, machines: &mut dyn FnMut(&mut Machines)) {
        let key = waived.key();
        match self.waived_places.get(&key) {
            Some(place) => match (self.waived.get_mut(*place).map(|own| &mut own.item), waived.item) {
                (Some(WorkItem::Install(own)), WorkItem::Install(other)) => own.merge(other, machines),
                (Some(WorkItem::Change(own)), _) => machines(&mut own.machines),
                (Some(WorkItem::Install(_)) | None, _) => {}
            },
            None if self.waived.len() == MAX_LISTED => self.truncated = true,
            None => {
                waived.each_machines(machines);
                self.waived_places.insert(key, self.waived.len());
                self.waived.push(waived);
            }
        }
    }

    fn add_gap(&mut self, gap: Gap) -> Option<&mut Machines> {
        match self.gaps.iter().position(|own| own.kind == gap.kind && own.reason == gap.reason) {
            Some(place) => self.gaps.get_mut(place).map(|own| &mut own.machines),
            None if self.gaps.len() == MAX_GAPS => {
                self.truncated = true;
                None
            }
            None => {
                self.gaps.push(gap);
                self.gaps.last_mut().map(|own| &mut own.machines)
            }
        }
    }

    /// Returns what to install, the most urgent first: by rating, then by the number of machines.
    pub fn installs(&self) -> Vec<&Install> {
        let mut sorted: Vec<&Install> = self.install.iter().collect();
        sorted.sort_by_key(|install| (severity_rank(install.severity), std::cmp::Reverse(install.machines.count())));
        sorted
    }

    /// Returns what to change, the most urgent first.
    pub fn changes(&self) -> Vec<&Change> {
        let mut sorted: Vec<&Change> = self.change.iter().collect();
        sorted.sort_by_key(|change| std::cmp::Reverse((FailOn::of_check(change.grade), change.machines.count())));
        sorted
    }

    /// Returns the gaps, the largest first.
    pub fn gaps(&self) -> Vec<&Gap> {
        let mut sorted: Vec<&Gap> = self.gaps.iter().collect();
        sorted.sort_by_key(|gap| (gap.kind, std::cmp::Reverse(gap.machines.count())));
        sorted
    }
}

fn change(check: &CheckReport, actions: &[&ActionReport]) -> Change {
    let remedy = in_words(actions);
    Change {
        id: kept(&check.id),
        mbsa: check.mbsa,
        family: kept(&check.family),
        title: kept(&check.title),
        grade: check.grade,
        machines: Machines::default(),
        remedy: Some(remedy.as_str()).filter(|remedy| !remedy.is_empty()).map(kept),
        remedies_differ: false,
    }
}

/// Passes on what could not be looked at on a machine, each reason once.
fn gaps(report: &TargetReport, add: &mut dyn FnMut(GapKind, String)) {
    if report.source.kind.is_none() {
        let reason = report.error.clone().unwrap_or_else(|| "the reason is not known".to_owned());
        return add(GapKind::NotOpened, reason);
    }
    let untold: Vec<_> =
        report.updates_judged().iter().filter(|judged| judged.state == UpdatesState::NotJudged).collect();
    let told = untold.iter().map(|judged| NotJudged {
        family: Some(&judged.family),
        products: &judged.products,
        reason: judged.reason.as_deref().unwrap_or_default(),
    });
    for line in not_judged_lines(told) {
        add(GapKind::NotJudged, line);
    }
    let said = |text: &str| {
        let reasons = untold.iter().filter_map(|judged| judged.reason.as_deref());
        reasons.filter(|reason| !reason.is_empty()).any(|reason| text.contains(reason))
    };
    let unable = report.checks.iter().filter(|check| check.grade == Grade::UnableToScan && !said(&check.summary));
    let mut by_summary: Vec<(&str, Vec<&str>)> = Vec::new();
    for check in unable {
        match by_summary.iter_mut().find(|(summary, _)| *summary == check.summary) {
            Some((_, titles)) => titles.push(check.title.as_str()),
            None => by_summary.push((&check.summary, vec![check.title.as_str()])),
        }
    }
    for (summary, titles) in by_summary {
        add(GapKind::Unable, format!("{}: {summary}", first_of(&titles, TITLES)));
    }
    if let Some(update) = report.updates.iter().find(|update| update.status == UpdateStatus::UnableToScan) {
        add(GapKind::Unable, format!("security updates of {}: {}", update.product, update.reason));
    }
    for condition in &report.source.conditions {
        match condition.state {
            ConditionState::Recovered => {}
            ConditionState::Stale | ConditionState::Damaged => {
                add(GapKind::Evidence, format!("{} {}", condition.part, words::condition(condition)));
            }
            ConditionState::Text => {
                let tells = condition.reason.as_deref().unwrap_or("little");
                add(GapKind::Texts, format!("a text tells only {tells}"));
            }
        }
    }
    if report.denied.iter().any(|denied| denied.by_policy) {
        add(GapKind::Policy, "the policy denied questions".to_owned());
    }
}

/// Formats the first names of a list: `a, b, c and 2 more`.
fn first_of(names: &[&str], most: usize) -> String {
    let shown = names.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
