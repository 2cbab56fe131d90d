//! The overview of a scan, from tallies that were stored with it or later, or not at all.

use std::sync::Arc;

use wardline_history::{History, Keep, Scan, ScanChoice};
use wardline_report::{Summary, Tally, TargetReport, Waived};

use crate::{Place, add, day, fleet, in_both, machine};

in_both! {
    an_overview_is_what_the_reports_say,
    a_scan_of_the_first_version_is_counted_once_for_all,
    tallies_go_with_their_scans,
    a_damaged_tally_is_made_again,
}

/// Machines of all kinds, some of whose findings are waived, and one twice.
fn machines() -> Vec<TargetReport> {
    let mut machines = fleet(0..70);
    let waived =
        Waived { source: "waivers.toml, line 1".into(), reason: Some("old".into()), owner: None, expires: None };
    for (place, machine) in machines.iter_mut().enumerate().filter(|(place, _)| place % 3 == 0) {
        machine.checks.iter_mut().skip(place % 2).step_by(2).for_each(|check| check.waived = Some(waived.clone()));
        machine.updates.iter_mut().step_by(5).for_each(|update| update.waived = Some(waived.clone()));
    }
    machines.push(machines[4].clone());
    machines
}

/// The summary of the machines' reports, added in order.
fn expected(machines: &[TargetReport]) -> (String, Vec<(String, String)>) {
    let mut summary = Summary::default();
    let mut told = Vec::new();
    for machine in machines {
        let mut tally = Tally::new(machine);
        summary.add(tally.clone());
        tally.take_work();
        told.push((format!("{tally:?}"), machine.system.product.clone().unwrap_or_default()));
    }
    (page(&summary), told)
}

/// All of a summary except the work of single machines.
fn page(summary: &Summary) -> String {
    let work = &summary.work;
    let worst: Vec<_> = summary.worst.iter().map(|tally| (&tally.name, tally.numbers())).collect();
    format!(
        "{:#?}\n{:#?}\n{:#?}\n{:#?}\n{worst:#?}\n{:#?}\n{:#?}\n{:?}\n{:?}",
        work.install,
        work.change,
        work.gaps,
        work.waived,
        summary.machines,
        (summary.grades, summary.checks, summary.updates, summary.waived),
        (summary.targets, summary.scanned, summary.incomplete, summary.targets_missing_updates),
        summary.reached,
    )
}

fn found(history: &History, scan: &Scan) -> (String, Vec<(String, String)>) {
    let mut told = Vec::new();
    let tell = &mut |tally: &Tally, system: &Arc<str>| told.push((format!("{tally:?}"), system.to_string()));
    let overview = history.overview(scan, tell).unwrap();
    assert!(overview.catalog.is_some());
    (page(&overview.summary), told)
}

/// Makes a history of the first version of one that has just been written.
fn made_old(place: &Place) {
    place.sql("DROP TABLE tally", "DROP TABLE wardline.tally");
    place.sql("ALTER TABLE scan DROP COLUMN run", "ALTER TABLE wardline.scan DROP COLUMN run");
    place.sql("PRAGMA user_version = 1", "UPDATE wardline.format SET version = 1");
}

fn tallies(place: &Place) -> u64 {
    let count = place.sql("SELECT CAST(count(*) AS TEXT) FROM tally", "SELECT count(*) FROM wardline.tally");
    count.parse().unwrap()
}

fn an_overview_is_what_the_reports_say(place: &Place) {
    let machines = machines();
    add(&place.store, 0, &machines);
    let history = History::open(&place.store).unwrap();
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert!(!history.lacks_tallies(&scan).unwrap());
    let (page, told) = found(&history, &scan);
    let expected = expected(&machines);
    assert_eq!(told, expected.1);
    assert!(page == expected.0, "expected {}\nfound {page}", expected.0);
    // A scan of no machine.
    add(&place.store, 1, &[]);
    let empty = history.scan(ScanChoice::LATEST).unwrap();
    assert_eq!(found(&history, &empty).1.len(), 0);
}

fn a_scan_of_the_first_version_is_counted_once_for_all(place: &Place) {
    let machines = machines();
    add(&place.store, 0, &machines);
    made_old(place);
    let history = History::open(&place.store).unwrap();
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert_eq!(tallies(place), 0);
    assert!(history.lacks_tallies(&scan).unwrap());
    let expected = expected(&machines);
    assert!(found(&history, &scan) == expected);
    // A later scan stores those of its machines, of which some are the same.
    add(&place.store, 1, &machines[..30]);
    assert!(history.lacks_tallies(&scan).unwrap());
    assert!(found(&history, &scan) == expected, "some are stored, others are not");
    history.store_tallies(&scan).unwrap();
    assert!(!history.lacks_tallies(&scan).unwrap());
    assert!(found(&history, &scan) == expected);
}

fn tallies_go_with_their_scans(place: &Place) {
    let machines = machines();
    add(&place.store, 0, &machines[..40]);
    add(&place.store, 1, &machines[30..]);
    let mut history = History::create(&place.store).unwrap();
    let (old, scan) = (history.scan(ScanChoice::PREVIOUS).unwrap(), history.scan(ScanChoice::LATEST).unwrap());
    let before = tallies(place);
    history.prune(Keep::Last(1), day(2)).unwrap();
    assert!(tallies(place) < before);
    assert!(found(&history, &scan) == expected(&machines[30..]));
    // What is gone cannot be counted, and leaves no tallies behind.
    assert!(history.overview(&old, &mut |_, _| ()).is_err());
    let left = tallies(place);
    let _ = history.store_tallies(&old);
    assert_eq!(tallies(place), left);
}

fn a_damaged_tally_is_made_again(place: &Place) {
    let machines = machines();
    add(&place.store, 0, &machines);
    place.sql(
        "UPDATE tally SET body = x'00' WHERE report % 2 = 0",
        "UPDATE wardline.tally SET body = '\\x00' WHERE report % 2 = 0",
    );
    let history = History::open(&place.store).unwrap();
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert!(found(&history, &scan) == expected(&machines));
}

#[test]
fn a_history_of_the_first_version_can_be_read_where_it_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let machines = [machine("a"), machine("b")];
    add(&file.clone().into(), 0, &machines);
    let database = rusqlite::Connection::open(&file).unwrap();
    database
        .execute_batch(
            "DROP TABLE tally; ALTER TABLE scan DROP COLUMN run; PRAGMA user_version = 1; PRAGMA journal_mode = DELETE",
        )
        .unwrap();
    drop(database);
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    // Root writes to it all the same, and brings it up to date.
    std::fs::set_permissions(&file, permissions).unwrap();
    let history = History::open(&file).unwrap();
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert!(found(&history, &scan) == expected(&machines));
    assert_eq!(history.diff(&scan, &scan).unwrap().changes.len(), 0);
}
