//! Histories of invented fleets.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod browse;
mod changes;
mod files;
#[path = "../../../report/examples/fleet/generator.rs"]
mod generator;
mod kept;
mod known;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, SystemTime};

use wardline_contract::products::NotCovered;
use wardline_contract::{Grade, UpdateStatus};
use wardline_history::{History, HistoryError, Prepared, Scan};
use wardline_report::{Format, FormatOptions, ReportPart, TargetReport};

/// The time at which a scan of these tests is made, in days.
fn day(day: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs((20_000 + day) * 86_400)
}

/// Adds a scan of these machines. Returns its number.
fn add(file: &Path, when: u64, machines: &[TargetReport]) -> i64 {
    try_add(file, when, machines).unwrap()
}

fn try_add(file: &Path, when: u64, machines: &[TargetReport]) -> Result<i64, HistoryError> {
    let mut writer = History::create(file)?.begin(&generator::head(), day(when));
    for machine in machines {
        writer.append(Prepared::new(machine))?;
    }
    writer.finish(&NotCovered::default(), 0, day(when))
}

/// The machines of a scan.
fn machines(history: &History, scan: &Scan) -> Vec<TargetReport> {
    let mut machines = Vec::new();
    let read = history.read(scan, &mut |part| {
        if let ReportPart::Target(machine) = part {
            machines.push(*machine);
        }
        ControlFlow::Continue(())
    });
    read.unwrap();
    machines
}

/// The machines as JSON, to compare them.
fn json(machines: &[TargetReport]) -> Vec<String> {
    let format = Format::Json.renderer(&FormatOptions::default());
    machines.iter().map(|machine| String::from_utf8(format.target(machine)).unwrap()).collect()
}

fn fleet(machines: std::ops::Range<u64>) -> Vec<TargetReport> {
    machines.map(generator::machine).collect()
}

/// A machine with one check and two updates, all of which are as they should be.
fn machine(name: &str) -> TargetReport {
    let mut machine = (0..).map(generator::machine).find(|machine| machine.source.kind.is_some()).unwrap();
    machine.name = name.to_owned();
    machine.source.location = format!("/evidence/{name}");
    machine.checks.truncate(1);
    machine.updates.truncate(2);
    machine.actions.clear();
    machine.checks.iter_mut().for_each(|check| check.grade = Grade::Passed);
    machine.updates.iter_mut().for_each(|update| update.status = UpdateStatus::Installed);
    machine
}

/// The machine with another status of its first update and another grade of its check.
fn with(mut machine: TargetReport, status: UpdateStatus, grade: Grade) -> TargetReport {
    machine.updates[0].status = status;
    machine.checks[0].grade = grade;
    machine
}
