//! Scans that are written at the same time, do not finish, or meet what they must not touch.

use std::time::{Duration, SystemTime};

use wardline_contract::products::NotCovered;
use wardline_history::{History, HistoryError, Keep, Prepared, ScanChoice, ScanWriter};

use crate::{Place, add, day, fleet, generator, in_both, json, machines, many, try_add};

in_both! {
    scans_that_write_at_the_same_time_lose_nothing,
    a_scan_that_does_not_finish_is_not_part_of_the_history,
    a_run_that_is_finished_twice_is_added_once,
    a_writer_that_another_process_prunes_says_so,
    what_is_being_read_is_not_changed_by_others,
    a_history_of_a_newer_version_is_left_alone,
    names_may_have_any_characters,
}

/// Begins a scan of which something is already written.
fn begin(place: &Place) -> ScanWriter {
    let mut writer = History::create(&place.store).unwrap().begin(&generator::head(), day(1));
    many(0..257).iter().for_each(|machine| writer.append(Prepared::new(machine)).unwrap());
    writer
}

fn scans_that_write_at_the_same_time_lose_nothing(place: &Place) {
    // The first two take several transactions each.
    let fleets = [many(0..270), many(200..470), fleet(0..1)];
    std::thread::scope(|scope| {
        for fleet in &fleets {
            scope.spawn(|| add(&place.store, 0, fleet));
        }
    });
    let history = History::open(&place.store).unwrap();
    let mut found: Vec<_> = history.scans().unwrap().iter().map(|scan| json(&machines(&history, scan))).collect();
    let mut expected = fleets.map(|fleet| json(&fleet)).to_vec();
    found.sort();
    expected.sort();
    assert!(found == expected);
}

fn a_scan_that_does_not_finish_is_not_part_of_the_history(place: &Place) {
    add(&place.store, 0, &fleet(0..2));
    drop(begin(place));
    assert_eq!(place.unfinished(), 0);
    std::mem::forget(begin(place));
    assert_eq!((place.unfinished(), History::open(&place.store).unwrap().scans().unwrap().len()), (1, 1));
    let mut history = History::create(&place.store).unwrap();
    let now = SystemTime::now();
    // It may still be running.
    assert_eq!(history.prune(Keep::Last(9), now).unwrap().unfinished, 0);
    assert_eq!(history.prune(Keep::Last(9), now + Duration::from_secs(2 * 86_400)).unwrap().unfinished, 1);
    assert_eq!(place.unfinished(), 0);
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert!(json(&machines(&history, &scan)) == json(&fleet(0..2)));
}

fn a_run_that_is_finished_twice_is_added_once(place: &Place) {
    let finish = |run: Option<&str>| {
        let mut writer = begin(place);
        if let Some(run) = run {
            writer = writer.of_run(run);
        }
        writer.finish(&NotCovered::default(), 0, day(1)).unwrap()
    };
    let first = finish(Some("a"));
    assert_eq!(finish(Some("a")), first);
    assert_eq!(place.unfinished(), 0);
    let others = [finish(Some("b")), finish(None), finish(None)];
    let scans = History::open(&place.store).unwrap().scans().unwrap();
    assert_eq!(scans.iter().map(|scan| scan.number).collect::<Vec<_>>(), [&[first], &others[..]].concat());
}

fn a_writer_that_another_process_prunes_says_so(place: &Place) {
    let writer = begin(place);
    let later = SystemTime::now() + Duration::from_secs(2 * 86_400);
    History::create(&place.store).unwrap().prune(Keep::Last(1), later).unwrap();
    let error = writer.finish(&Default::default(), 0, day(1)).unwrap_err();
    assert!(matches!(error, HistoryError::Removed { .. }), "{error}");
}

fn what_is_being_read_is_not_changed_by_others(place: &Place) {
    let first = many(0..130);
    add(&place.store, 0, &first);
    add(&place.store, 1, &fleet(0..1));
    let history = History::open(&place.store).unwrap();
    let scan = history.scan(ScanChoice::Number(1)).unwrap();
    let mut read = Vec::new();
    let result = history.read(&scan, &mut |part| {
        if let wardline_report::ReportPart::Target(machine) = part {
            if read.is_empty() {
                History::create(&place.store).unwrap().prune(Keep::Last(1), day(2)).unwrap();
            }
            read.push(*machine);
        }
        std::ops::ControlFlow::Continue(())
    });
    result.unwrap();
    assert!(json(&read) == json(&first));
    assert_eq!(history.scans().unwrap().len(), 1);
}

fn a_history_of_a_newer_version_is_left_alone(place: &Place) {
    add(&place.store, 0, &fleet(0..3));
    place.sql("PRAGMA user_version = 99", "UPDATE wardline.format SET version = 99");
    let contents = || place.store.file().map(|file| std::fs::read(file).unwrap());
    let before = contents();
    for error in [History::open(&place.store).unwrap_err(), try_add(&place.store, 1, &fleet(0..3)).unwrap_err()] {
        assert!(matches!(error, HistoryError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().contains("has version 99 of the format"), "{error}");
    }
    assert!(contents() == before);
}

fn names_may_have_any_characters(place: &Place) {
    let mut odd = fleet(0..3);
    odd[0].name = "a\0b".to_owned();
    odd[1].name = "\u{202e}'; DROP TABLE scan; --".to_owned();
    odd[2].source.location = "/long/".repeat(2_000);
    add(&place.store, 0, &odd);
    add(&place.store, 1, &odd);
    let history = History::open(&place.store).unwrap();
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert!(json(&machines(&history, &scan)) == json(&odd));
    let diff = history.diff(&history.scan(ScanChoice::PREVIOUS).unwrap(), &scan).unwrap();
    assert_eq!((diff.machines.appeared.len(), diff.machines.vanished.len(), diff.changes.len()), (0, 0, 0));
    assert_eq!(history.last_seen().unwrap().len(), 3);
}
