//! Histories of invented fleets, in files and on a PostgreSQL server.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

mod browse;
mod changes;
mod disks;
mod files;
#[path = "../../../report/examples/fleet/generator.rs"]
mod generator;
mod kept;
mod kills;
mod known;
mod overview;
mod servers;
mod writers;

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use wardline_contract::products::NotCovered;
use wardline_contract::{Grade, UpdateStatus};
use wardline_fixtures::postgres::Postgres;
use wardline_history::{History, HistoryError, Prepared, Scan, Store};
use wardline_report::{Format, FormatOptions, ReportPart, TargetReport};

/// Runs each of these tests with a history in a file, and with one on a server.
macro_rules! in_both {
    ($($test:ident),+ $(,)?) => {
        mod in_a_file {
            $(#[test]
            fn $test() {
                super::$test(&crate::Place::file());
            })+
        }
        mod on_a_server {
            $(#[test]
            fn $test() {
                if let Some(place) = crate::Place::server() {
                    super::$test(&place);
                }
            })+
        }
    };
}
use in_both;

/// An empty place for the history of one test.
struct Place {
    store: Store,
    /// The history's folder, if it is a file.
    _folder: Option<tempfile::TempDir>,
    /// The history's database, if it is on a server.
    database: String,
}

impl Place {
    fn file() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("new/folder/history.sqlite").into();
        Place { store, _folder: Some(folder), database: String::new() }
    }

    /// `None` where no server is installed.
    fn server() -> Option<Place> {
        let server = server()?;
        let database = server.create_database();
        let store = store(&server.url("postgres", &database));
        Some(Place { store, _folder: None, database })
    }

    /// Runs a statement in the database behind the history's back. Returns the first value.
    fn sql(&self, sqlite: &str, postgresql: &str) -> String {
        match self.store.file() {
            Some(file) => {
                let database = rusqlite::Connection::open(file).unwrap();
                let mut statement = database.prepare(sqlite).unwrap();
                let mut rows = statement.query([]).unwrap();
                rows.next().unwrap().map(|row| row.get(0).unwrap()).unwrap_or_default()
            }
            None => server().unwrap().sql(&self.database, postgresql),
        }
    }

    /// The number of scans that did not end.
    fn unfinished(&self) -> u64 {
        let count = self.sql(
            "SELECT CAST(count(*) AS TEXT) FROM scan WHERE ended IS NULL",
            "SELECT count(*) FROM wardline.scan WHERE ended IS NULL",
        );
        count.parse().unwrap()
    }
}

/// The server of this process; `None` where none is installed.
fn server() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    SERVER.get_or_init(Postgres::start).as_ref()
}

fn store(text: &str) -> Store {
    Store::parse(text.as_ref()).unwrap()
}

/// The time at which a scan of these tests is made, in days.
fn day(day: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs((20_000 + day) * 86_400)
}

/// Adds a scan of these machines. Returns its number.
fn add(store: &Store, when: u64, machines: &[TargetReport]) -> i64 {
    try_add(store, when, machines).unwrap()
}

fn try_add(store: &Store, when: u64, machines: &[TargetReport]) -> Result<i64, HistoryError> {
    let mut writer = History::create(store)?.begin(&generator::head(), day(when));
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

/// Machines with few findings, as many as take several transactions.
fn many(machines: std::ops::Range<u64>) -> Vec<TargetReport> {
    let first = machine("");
    let named = |number: u64| {
        let (name, location) = (format!("machine{number}"), format!("/evidence/{number}"));
        let mut machine = TargetReport { name, ..first.clone() };
        machine.source.location = location;
        machine.updates.iter_mut().for_each(|update| update.reason = format!("Reason {}.", number % 50));
        machine
    };
    machines.map(named).collect()
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
