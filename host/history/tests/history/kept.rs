//! What is kept of scans, and what it costs.

use wardline_history::{History, Keep, ScanChoice};

use crate::{add, day, fleet, json, machines};

#[test]
fn a_scan_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/folder/history.sqlite");
    // Written in several transactions.
    let fleet = fleet(0..280);
    assert_eq!(add(&file, 0, &fleet), 1);
    let history = History::open(&file).unwrap();
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert!(json(&machines(&history, &scan)) == json(&fleet));
    assert_eq!((scan.totals.machines, scan.date().as_str()), (280, "2024-10-04T00:00:00Z"));
    let missing: usize = fleet
        .iter()
        .flat_map(|machine| &machine.updates)
        .filter(|update| update.status == wardline_contract::UpdateStatus::Missing)
        .count();
    assert_eq!(scan.totals.missing, missing as u64);
}

#[test]
fn what_did_not_change_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let mut fleet = fleet(0..60);
    add(&file, 0, &fleet);
    let first = file.metadata().unwrap().len();
    for when in 1..15 {
        let place = usize::try_from(when).unwrap() * 7 % fleet.len();
        for machine in &mut fleet[place..(place + 3).min(60)] {
            machine.checks.iter_mut().take(2).for_each(|check| check.summary = format!("It changed on day {when}."));
            machine.coverage.known += 1;
        }
        add(&file, when, &fleet);
    }
    let size = file.metadata().unwrap().len();
    assert!(size < 2 * first, "15 scans take {size} bytes, the first one {first}");
}

#[test]
fn scans_are_found_by_number_place_and_day() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    for when in [0, 1, 4] {
        add(&file, when, &fleet(0..2));
    }
    let history = History::open(&file).unwrap();
    let found =
        |name: &str| history.scan(name.parse().unwrap()).map(|scan| scan.number).map_err(|error| error.to_string());
    let table =
        [("latest", 3), ("previous", 2), ("1", 1), ("#2", 2), ("2024-10-05", 2), ("2024-10-07", 2), ("2030-01-01", 3)];
    for (name, number) in table {
        assert_eq!(found(name), Ok(number), "{name}");
    }
    for (name, complaint) in [
        ("9", "no scan 9: it has 3 scans, 1 to 3; `wardline history list` shows them"),
        ("2024-10-03", "no scan until 2024-10-03: it has 3 scans"),
    ] {
        assert!(found(name).unwrap_err().contains(complaint), "{name}: {:?}", found(name));
    }
    for name in ["", "0", "-1", "last", "2024-02-30"] {
        assert!(name.parse::<ScanChoice>().is_err(), "{name}");
    }
}

#[test]
fn pruning_gives_back_the_space_of_old_scans_and_keeps_the_others_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let last = fleet(40..44);
    add(&file, 0, &fleet(0..40));
    add(&file, 5, &last);
    add(&file, 9, &last);
    let mut history = History::create(&file).unwrap();
    let pruned = history.prune(Keep::Since(day(4)), day(10)).unwrap();
    assert_eq!((pruned.removed, pruned.kept, pruned.unfinished), (1, 2, 0));
    assert!(pruned.size < pruned.size_before / 2, "{pruned:?}");
    let scan = history.scan(ScanChoice::Number(2)).unwrap();
    assert!(json(&machines(&history, &scan)) == json(&last));
    // However old it is, the last scan stays.
    let pruned = history.prune(Keep::Since(day(1000)), day(1000)).unwrap();
    assert_eq!((pruned.removed, pruned.kept), (1, 1));
    // Numbers are not used again.
    drop(history);
    assert_eq!(add(&file, 11, &last), 4);
}
