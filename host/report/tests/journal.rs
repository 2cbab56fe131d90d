//! A journal gives back what was finished, whatever happened to its end.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wardline_report::{Journal, JournalError};

// The tests need no head of a report.
#[allow(dead_code)]
#[path = "../examples/fleet/generator.rs"]
mod generator;

fn json(place: usize) -> String {
    serde_json::to_string(&generator::machine(place as u64)).unwrap()
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json.journal");
    (folder, path)
}

/// Begins a journal with these machines, and drops it as a killed process does.
fn begun(path: &Path, places: &[usize]) {
    let mut journal = Journal::open(path, "scan").unwrap();
    for place in places {
        journal.add(*place, &Journal::entry(&generator::machine(*place as u64))).unwrap();
    }
}

#[test]
fn finished_machines_come_back_in_any_order() {
    let (_folder, path) = place();
    begun(&path, &[0, 2]);
    begun(&path, &[1]);
    let journal = Journal::open(&path, "scan").unwrap();
    assert_eq!(journal.len(), 3);
    for place in [2, 0, 1] {
        let report = journal.report(place).unwrap().unwrap();
        assert_eq!(serde_json::to_string(&report).unwrap(), json(place));
    }
    assert!(journal.report(3).unwrap().is_none());
    journal.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn a_journal_is_continued_only_by_its_own_scan() {
    let (_folder, path) = place();
    begun(&path, &[0]);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Journal::open(&path, "other"), Err(JournalError::OtherScan { .. })));
    let held = Journal::open(&path, "scan").unwrap();
    assert!(matches!(Journal::open(&path, "scan"), Err(JournalError::InUse { .. })));
    drop(held);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    for foreign in
        ["{\"schema\":\"wardline.report/1\"}\n".to_owned(), "x".repeat(5000), "0123456789abcdef {}\n".to_owned()]
    {
        std::fs::write(&path, &foreign).unwrap();
        assert!(matches!(Journal::open(&path, "scan"), Err(JournalError::Foreign { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign, "a file of somebody else is left alone");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// A machine that dies leaves the beginning of the file, or zeros where data was not written.
    #[test]
    fn a_damaged_end_costs_only_itself(cut in 0.0..1.0f64, zeros in 0..300usize) {
        let (_folder, path) = place();
        begun(&path, &[0, 1, 2]);
        let whole = std::fs::read(&path).unwrap();
        let header = whole.iter().position(|byte| *byte == b'\n').unwrap();
        let cut = (cut * whole.len() as f64) as usize;
        let mut left = whole[..cut].to_vec();
        if cut > header {
            left.extend(std::iter::repeat_n(0, zeros));
        }
        std::fs::write(&path, &left).unwrap();
        let mut journal = Journal::open(&path, "scan").unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
        prop_assert_eq!(journal.len(), lines);
        journal.add(7, &Journal::entry(&generator::machine(7))).unwrap();
        drop(journal);
        let journal = Journal::open(&path, "scan").unwrap();
        prop_assert_eq!(journal.len(), lines + 1);
        for place in (0..lines).chain([7]) {
            prop_assert_eq!(serde_json::to_string(&journal.report(place).unwrap().unwrap()).unwrap(), json(place));
        }
    }
}
