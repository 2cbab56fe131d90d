//! Which actions of the report become steps, and which updates are left out.

use std::collections::{BTreeMap, HashSet};

use wardline_contract::{FindingId, Grade, UpdateStatus};
use wardline_report::{ActionReport, TargetReport, UpdateReport};

use super::leave_out::superseded;
use super::plan::{LeftOut, ShownFinding, WhyLeftOut};
use super::service_pack::{self, Effect, Planned};

/// The actions that need not be done.
pub(super) struct LeftOuts<'a> {
    machine: &'a TargetReport,
    /// Indices of updates.
    seen: HashSet<usize>,
    pub(super) rows: Vec<LeftOut>,
}

impl<'a> LeftOuts<'a> {
    pub(super) fn of(machine: &'a TargetReport) -> Self {
        LeftOuts { machine, seen: HashSet::new(), rows: Vec::new() }
    }

    /// Returns the actions that remain.
    pub(super) fn sift(&mut self, planned: &[Planned]) -> Vec<&'a ActionReport> {
        let machine = self.machine;
        let mut wanted: Vec<&ActionReport> = Vec::new();
        for action in &machine.actions {
            if machine.check(action.mends).is_some_and(|check| check.grade == Grade::Passed || check.waived.is_some()) {
                continue;
            }
            let Some(update) = machine.update(action.mends) else {
                wanted.push(action);
                continue;
            };
            if update.waived.is_some() {
                continue;
            }
            let is_pack = service_pack::planned(&action.operation).is_some();
            let included = update
                .installation
                .as_ref()
                .filter(|_| !is_pack)
                .is_some_and(|known| planned.iter().any(|planned| planned.effect(known) == Effect::Includes));
            match not_missing(update.status) {
                Some(reason) => self.leave_out(action, WhyLeftOut::NotMissing, reason.to_owned()),
                None if included => {
                    let reason = "The service pack that will be installed includes it.".to_owned();
                    self.leave_out(action, WhyLeftOut::Included, reason);
                }
                None => wanted.push(action),
            }
        }
        let mut places: Vec<usize> = wanted.iter().filter_map(|action| update_place(action)).collect();
        places.sort_unstable();
        places.dedup();
        let updates: Vec<&UpdateReport> = places.iter().filter_map(|&place| machine.updates.get(place)).collect();
        let newer: BTreeMap<usize, &UpdateReport> = places
            .iter()
            .zip(superseded(&updates))
            .filter_map(|(&place, by)| Some((place, *updates.get(by?)?)))
            .collect();
        wanted.retain(|action| {
            let Some(by) = update_place(action).and_then(|place| newer.get(&place)) else { return true };
            let article = by.kb.as_deref().map(|article| format!(" ({article})")).unwrap_or_default();
            let reason = format!("{}{article} supersedes it and will be installed.", by.bulletin);
            self.leave_out(action, WhyLeftOut::Superseded, reason);
            false
        });
        wanted
    }

    fn leave_out(&mut self, action: &ActionReport, why: WhyLeftOut, reason: String) {
        if let Some(place) = update_place(action)
            && let Some(update) = self.machine.updates.get(place)
            && self.seen.insert(place)
        {
            self.rows.push(LeftOut { finding: ShownFinding::of_update(place, update), why, reason });
        }
    }
}

fn update_place(action: &ActionReport) -> Option<usize> {
    match action.mends {
        FindingId::Update(place) => Some(place as usize),
        FindingId::Check(_) => None,
    }
}

fn not_missing(status: UpdateStatus) -> Option<&'static str> {
    match status {
        UpdateStatus::Superseded => Some("The report says that a newer update supersedes it."),
        UpdateStatus::Installed => Some("The report says that it is installed."),
        UpdateStatus::Included => Some("The report says that the service pack includes it."),
        UpdateStatus::PendingRestart => Some("The report says that it takes effect when the machine restarts."),
        UpdateStatus::Missing | UpdateStatus::Note | UpdateStatus::Warning | UpdateStatus::UnableToScan => None,
    }
}
