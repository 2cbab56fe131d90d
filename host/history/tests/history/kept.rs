//! The parts of scans that are stored, and their size.

use wardline_history::{History, Keep, ScanChoice};

use crate::{Place, add, day, fleet, in_both, json, machines, many};

in_both! {
    a_scan_is_read_as_it_was_written,
    what_did_not_change_is_stored_once,
    scans_are_found_by_number_place_and_day,
    pruning_gives_back_the_space_of_old_scans_and_keeps_the_others_whole,
}

fn a_scan_is_read_as_it_was_written(place: &Place) {
    // Written in several transactions.
    let fleet = [fleet(0..30), many(0..250)].concat();
    assert_eq!(add(&place.store, 0, &fleet), 1);
    let history = History::open(&place.store).unwrap();
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

fn what_did_not_change_is_stored_once(place: &Place) {
    // Removes nothing.
    let size = || History::create(&place.store).unwrap().prune(Keep::Last(99), day(99)).unwrap().size;
    let mut fleet = fleet(0..24);
    add(&place.store, 0, &fleet);
    let first = size();
    for when in 1..8 {
        let from = usize::try_from(when).unwrap() * 7 % fleet.len();
        for machine in &mut fleet[from..(from + 3).min(24)] {
            machine.checks.iter_mut().take(2).for_each(|check| check.summary = format!("It changed on day {when}."));
            machine.coverage.known += 1;
        }
        add(&place.store, when, &fleet);
    }
    let size = size();
    assert!(size < 2 * first, "8 scans take {size} bytes, the first one {first}");
}

fn scans_are_found_by_number_place_and_day(place: &Place) {
    for when in [0, 1, 4] {
        add(&place.store, when, &fleet(0..2));
    }
    let history = History::open(&place.store).unwrap();
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

fn pruning_gives_back_the_space_of_old_scans_and_keeps_the_others_whole(place: &Place) {
    let last = fleet(40..44);
    add(&place.store, 0, &fleet(0..40));
    add(&place.store, 5, &last);
    add(&place.store, 9, &last);
    let mut history = History::create(&place.store).unwrap();
    let pruned = history.prune(Keep::Since(day(4)), day(10)).unwrap();
    assert_eq!((pruned.removed, pruned.kept, pruned.unfinished), (1, 2, 0));
    // A server keeps the space for what is added next.
    if place.store.file().is_some() {
        assert!(pruned.size < pruned.size_before * 2 / 3, "{pruned:?}");
    }
    let scan = history.scan(ScanChoice::Number(2)).unwrap();
    assert!(json(&machines(&history, &scan)) == json(&last));
    // However old it is, the last scan stays.
    let pruned = history.prune(Keep::Since(day(1000)), day(1000)).unwrap();
    assert_eq!((pruned.removed, pruned.kept), (1, 1));
    // Numbers are not used again.
    drop(history);
    assert_eq!(add(&place.store, 11, &last), 4);
}
