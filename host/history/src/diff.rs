//! Compares two scans.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use serde::Serialize;
use wardline_report::FailOn;

use crate::compare::ChangeKind;
use crate::database::Value;
use crate::error::HistoryError;
use crate::finding::{Finding, FindingKey, State};
use crate::findings::{Change, Findings, Reports};
use crate::history::History;
use crate::limits::GROUP;
use crate::read::ScannedMachine;
use crate::scans::Scan;

/// The differences between two scans.
#[derive(Clone, Debug, Serialize)]
pub struct Diff {
    pub from: Scan,
    pub to: Scan,
    pub machines: MachineChanges,
    pub counts: ChangeCounts,
    /// The most urgent first.
    pub changes: Vec<FindingChange>,
}

/// How many findings changed, each counted once per machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangeCounts {
    pub returned: u64,
    pub new: u64,
    pub changed: u64,
    pub unknown: u64,
    pub fixed: u64,
    pub gone: u64,
}

impl ChangeCounts {
    fn of(&mut self, kind: ChangeKind) -> &mut u64 {
        match kind {
            ChangeKind::Returned => &mut self.returned,
            ChangeKind::New => &mut self.new,
            ChangeKind::Changed => &mut self.changed,
            ChangeKind::Unknown => &mut self.unknown,
            ChangeKind::Fixed => &mut self.fixed,
            ChangeKind::Gone => &mut self.gone,
        }
    }
}

/// The machines of both scans, and those of only one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MachineChanges {
    /// How many were opened in both scans, so that their findings could be compared.
    pub compared: u64,
    /// How many of these have changes.
    pub changed: u64,
    /// Those that are only in the second scan.
    pub appeared: Vec<Machine>,
    /// Those that are only in the first scan.
    pub vanished: Vec<Machine>,
    /// Those that could be opened in the first scan, but not in the second.
    pub not_opened: Vec<Machine>,
    /// Those that could be opened in the second scan, but not in the first.
    pub opened_again: Vec<Machine>,
}

/// A machine whose findings are not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    pub name: String,
    pub location: String,
    /// The number of its problems in the scan in which it was opened: updates that are missing or wait for a restart, checks that
    /// failed.
    pub problems: u64,
}

/// A finding that changed in the same way on one or more machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingChange {
    pub kind: ChangeKind,
    pub finding: FindingKey,
    pub title: String,
    /// Null if it was not reported.
    pub before: Option<State>,
    /// Null if it is not reported any more.
    pub after: Option<State>,
    /// In the order of the second scan.
    pub machines: Vec<String>,
}

impl FindingChange {
    /// The level of the problem that there is, or was.
    fn level(&self) -> Option<FailOn> {
        self.after.as_ref().and_then(State::level).or_else(|| self.before.as_ref().and_then(State::level))
    }
}

impl History {
    /// Compares two scans, of which `from` is the earlier one.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn diff(&self, from: &Scan, to: &Scan) -> Result<Diff, HistoryError> {
        self.db.snapshot(|| self.compare(from, to))
    }

    fn compare(&self, from: &Scan, to: &Scan) -> Result<Diff, HistoryError> {
        let (before, after) = (self.results(from)?, self.results(to)?);
        let pairs = Pairs::of(&before, &after);
        let mut findings = Findings::new(&self.db);
        let mut machines = MachineChanges {
            vanished: findings.briefs(&pairs.vanished)?,
            appeared: findings.briefs(&pairs.appeared)?,
            ..MachineChanges::default()
        };
        let opened_only =
            |opened: (bool, bool)| pairs.both.iter().filter(move |(old, new)| (old.opened, new.opened) == opened);
        let not_opened: Vec<_> = opened_only((true, false)).map(|(old, _)| *old).collect();
        machines.not_opened = findings.briefs(&not_opened)?;
        let opened_again: Vec<_> = opened_only((false, true)).map(|(_, new)| *new).collect();
        machines.opened_again = findings.briefs(&opened_again)?;
        let between = self.reports_between(from, to)?;
        let compared: Vec<Pair<'_>> = pairs.both.into_iter().filter(|(old, new)| old.opened && new.opened).collect();
        machines.compared = compared.len() as u64;
        let mut groups = Groups::default();
        for pairs in compared.chunks(GROUP) {
            let reports = pairs.iter().map(|(old, new)| {
                let between = between.get(&new.machine).into_iter().flatten().copied();
                let between = between.filter(|report| ![old.report, new.report].contains(report)).collect();
                Reports { before: old.report, after: new.report, between }
            });
            for (changes, (_, new)) in findings.compare(&reports.collect::<Vec<_>>())?.into_iter().zip(pairs) {
                machines.changed += u64::from(!changes.is_empty());
                changes.into_iter().for_each(|change| groups.add(change, &new.name));
            }
        }
        let (counts, changes) = groups.finish();
        Ok(Diff { from: from.clone(), to: to.clone(), machines, counts, changes })
    }

    /// Returns the reports that machines had in the scans between two others, by the machine's row.
    fn reports_between(&self, from: &Scan, to: &Scan) -> Result<HashMap<i64, Vec<i64>>, HistoryError> {
        let rows = self.db.rows(
            "SELECT DISTINCT result.machine, result.report FROM scan
             JOIN result ON result.scan = scan.id
             WHERE scan.id > ?1 AND scan.id < ?2 AND scan.ended IS NOT NULL AND result.opened <> 0",
            &[Value::Number(from.number), Value::Number(to.number)],
            |row| Ok((row.number(0)?, row.number(1)?)),
        )?;
        let mut reports: HashMap<i64, Vec<i64>> = HashMap::new();
        for (machine, report) in rows {
            reports.entry(machine).or_default().push(report);
        }
        Ok(reports)
    }
}

/// A machine in the earlier and in the later scan.
type Pair<'a> = (&'a ScannedMachine, &'a ScannedMachine);

/// The machines of two scans, paired.
#[derive(Default)]
struct Pairs<'a> {
    both: Vec<Pair<'a>>,
    vanished: Vec<&'a ScannedMachine>,
    appeared: Vec<&'a ScannedMachine>,
}

impl<'a> Pairs<'a> {
    /// Pairs the machines of the same name and location, then those of the same name: evidence may be moved. Several of one name
    /// are paired in their order.
    fn of(before: &'a [ScannedMachine], after: &'a [ScannedMachine]) -> Pairs<'a> {
        let mut by_row: HashMap<i64, VecDeque<usize>> = HashMap::new();
        for (place, machine) in before.iter().enumerate() {
            by_row.entry(machine.machine).or_default().push_back(place);
        }
        let mut old: Vec<Option<&ScannedMachine>> = before.iter().map(Some).collect();
        let mut partners: Vec<Option<&ScannedMachine>> = after
            .iter()
            .map(|machine| by_row.get_mut(&machine.machine)?.pop_front().and_then(|place| old.get_mut(place)?.take()))
            .collect();
        let mut by_name: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (place, machine) in old.iter().enumerate() {
            if let Some(machine) = machine {
                by_name.entry(&machine.name).or_default().push_back(place);
            }
        }
        for (machine, partner) in after.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
            *partner = by_name
                .get_mut(machine.name.as_str())
                .and_then(VecDeque::pop_front)
                .and_then(|place| old.get_mut(place)?.take());
        }
        let mut pairs = Pairs { vanished: old.into_iter().flatten().collect(), ..Pairs::default() };
        for (machine, partner) in after.iter().zip(partners) {
            match partner {
                Some(partner) => pairs.both.push((partner, machine)),
                None => pairs.appeared.push(machine),
            }
        }
        pairs
    }
}

impl Findings<'_> {
    fn briefs(&mut self, machines: &[&ScannedMachine]) -> Result<Vec<Machine>, HistoryError> {
        let mut briefs = Vec::new();
        for machines in machines.chunks(GROUP) {
            self.load(&machines.iter().map(|machine| machine.report).collect::<Vec<_>>())?;
            for machine in machines {
                briefs.push(Machine {
                    name: machine.name.clone(),
                    location: machine.location.clone(),
                    problems: self.problems(machine.report)?,
                });
            }
        }
        Ok(briefs)
    }
}

/// Changes, with the machines on which they are the same.
#[derive(Default)]
pub(crate) struct Groups<'a> {
    counts: ChangeCounts,
    groups: Vec<(ChangeKind, Sides, Vec<&'a str>)>,
    /// Groups by the rows of their pieces: the fast way to find one.
    by_rows: HashMap<(ChangeKind, Option<i64>, Option<i64>), usize>,
    /// Groups by what is told of them: pieces may also differ in their evidence.
    by_name: HashMap<Told, usize>,
}

type Sides = (Option<Rc<Finding>>, Option<Rc<Finding>>);
type Told = (ChangeKind, FindingKey, Option<State>, Option<State>);

impl<'a> Groups<'a> {
    pub(crate) fn add(&mut self, Change { kind, before, after }: Change, machine: &'a str) {
        *self.counts.of(kind) += 1;
        let rows = (kind, before.as_ref().map(|(row, _)| *row), after.as_ref().map(|(row, _)| *row));
        let group = match self.by_rows.get(&rows) {
            Some(group) => *group,
            None => {
                let (before, after) = (before.map(|(_, finding)| finding), after.map(|(_, finding)| finding));
                let Some(key) = after.as_ref().or(before.as_ref()).map(|finding| finding.key.clone()) else { return };
                let state = |side: &Option<Rc<Finding>>| side.as_ref().map(|finding| finding.state.clone());
                let told = (kind, key, state(&before), state(&after));
                let next = self.groups.len();
                let group = *self.by_name.entry(told).or_insert(next);
                if group == next {
                    self.groups.push((kind, (before, after), Vec::new()));
                }
                self.by_rows.insert(rows, group);
                group
            }
        };
        if let Some((.., machines)) = self.groups.get_mut(group) {
            machines.push(machine);
        }
    }

    /// Returns the changes, the most urgent, most severe and most frequent first.
    pub(crate) fn finish(self) -> (ChangeCounts, Vec<FindingChange>) {
        let changes = self.groups.into_iter().filter_map(|(kind, (before, after), machines)| {
            let finding = after.as_ref().or(before.as_ref())?;
            Some(FindingChange {
                kind,
                finding: finding.key.clone(),
                title: finding.title.clone(),
                before: before.as_ref().map(|finding| finding.state.clone()),
                after: after.as_ref().map(|finding| finding.state.clone()),
                machines: machines.into_iter().map(str::to_owned).collect(),
            })
        });
        let mut changes: Vec<FindingChange> = changes.collect();
        changes.sort_by(|one, other| {
            let urgency =
                |change: &FindingChange| (change.kind, std::cmp::Reverse((change.level(), change.machines.len())));
            urgency(one).cmp(&urgency(other)).then_with(|| one.finding.cmp(&other.finding))
        });
        (self.counts, changes)
    }
}
