//! Parts of a history that somebody looks at.

use wardline_contract::{Grade, UpdateStatus};
use wardline_history::{ChangeKind, History, ScanChoice};

use crate::{add, machine, with};

#[test]
fn the_past_of_a_machine_is_its_scans_and_what_changed_between_them() {
    use UpdateStatus::{Installed, Missing};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let mut closed = machine("a");
    closed.source.kind = None;
    let scans = [
        vec![with(machine("a"), Missing, Grade::Passed)],
        vec![machine("b"), with(machine("a"), Installed, Grade::Passed)],
        vec![machine("b")],
        vec![with(machine("a"), Missing, Grade::Critical), machine("b")],
        vec![closed],
    ];
    for (machines, when) in scans.iter().zip(0..) {
        add(&file, when, machines);
    }
    let history = History::open(&file).unwrap();
    let (past, total) = history.past_of("a", 0, 10).unwrap();
    let told: Vec<_> = past
        .iter()
        .map(|past| {
            let kinds = past.changes.as_ref().map(|changes| changes.iter().map(|change| change.kind).collect());
            (past.scan.number, past.opened, past.totals.missing, kinds)
        })
        .collect();
    use ChangeKind::{Fixed, New, Returned};
    let expected: Vec<(i64, bool, u64, Option<Vec<ChangeKind>>)> = vec![
        (5, false, 0, None),
        (4, true, 1, Some(vec![Returned, New])),
        (2, true, 0, Some(vec![Fixed])),
        (1, true, 1, None),
    ];
    assert_eq!((told, total), (expected, 4));
    let (past, total) = history.past_of("a", 2, 1).unwrap();
    assert_eq!((past.len(), past[0].scan.number, total), (1, 2, 4));
    assert_eq!((past[0].changes.as_ref().unwrap()[0].kind), Fixed, "the scan before is not among those read");
    assert_eq!(history.past_of("A", 0, 10).unwrap().1, 0);
}

#[test]
fn machines_are_listed_without_their_reports_and_read_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    add(&file, 0, &[machine("a"), machine("b"), machine("a")]);
    let history = History::open(&file).unwrap();
    let listed = history.machines(&history.scan(ScanChoice::LATEST).unwrap()).unwrap();
    assert_eq!(listed.iter().map(|machine| machine.name.as_str()).collect::<Vec<_>>(), ["a", "b", "a"]);
    assert_eq!(history.report_of(&listed[1]).unwrap().source.location, "/evidence/b");
}

#[test]
fn what_reads_together_sees_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    add(&file, 0, &[machine("a")]);
    let history = History::open(&file).unwrap();
    let count = |history: &History| history.scans().unwrap().len();
    let seen = history.snapshot(|| {
        let before = count(&history);
        add(&file, 1, &[machine("b")]);
        Ok((before, count(&history), count(&History::open(&file).unwrap())))
    });
    assert_eq!((seen.unwrap(), count(&history)), ((1, 1, 2), 2));
}
