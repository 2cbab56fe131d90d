//! Disks that are full, or cannot be written. Each test runs itself again where its folder is such a disk.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use wardline_fixtures::mounted::{self, FileSystem};
use wardline_history::{History, HistoryError, Keep, ScanChoice};

use crate::{add, fleet, json, machines, many, store, try_add};

/// The variable that has the folder, in the process in which it is on such a disk.
const FOLDER: &str = "WARDLINE_TEST_DISK";

/// The folder on the disk, or `None` in the process that is to begin another one, which runs this test there.
fn folder(test: &str, file_system: FileSystem, prepare: impl FnOnce(&Path)) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let program = std::env::current_exe().unwrap();
    let mut command: Command = mounted::command(folder.path(), file_system, program.as_os_str())?;
    let ran = command.args([test, "--exact", "--nocapture"]).env(FOLDER, folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    None
}

#[test]
fn what_a_full_disk_has_is_kept_and_the_next_scan_with_room_is_added() {
    let test = "disks::what_a_full_disk_has_is_kept_and_the_next_scan_with_room_is_added";
    let Some(folder) = folder(test, FileSystem::Small(3_000), |_| ()) else { return };
    let history = folder.join("history.sqlite").into();
    let filler = folder.join("filler");
    let first = fleet(0..3);
    add(&history, 0, &first);
    std::fs::write(&filler, vec![1; 1_500_000]).unwrap();
    // Names do not compress.
    let error = (1..50).find_map(|when| try_add(&history, when, &many(when * 1_000..when * 1_000 + 600)).err());
    assert!(matches!(error, Some(HistoryError::Full { .. })), "{error:?}");
    let kept = |expected: usize| {
        let history = History::open(&history).unwrap();
        let scans = history.scans().unwrap();
        assert_eq!(scans.len(), expected);
        for scan in &scans {
            assert_eq!(machines(&history, scan).len() as u64, scan.totals.machines);
        }
        let oldest = history.scan(ScanChoice::Number(1)).unwrap();
        assert!(json(&machines(&history, &oldest)) == json(&first));
    };
    let whole = History::open(&history).unwrap().scans().unwrap().len();
    kept(whole);
    let full = History::create(&history).and_then(|mut history| history.prune(Keep::Last(9), SystemTime::now()));
    assert!(matches!(full, Ok(_) | Err(HistoryError::Full { .. })), "{full:?}");
    std::fs::remove_file(filler).unwrap();
    add(&history, 99, &first);
    kept(whole + 1);
}

#[test]
fn a_disk_without_room_for_anything_is_said_to_be_full() {
    let test = "disks::a_disk_without_room_for_anything_is_said_to_be_full";
    let Some(folder) = folder(test, FileSystem::Small(8), |_| ()) else { return };
    let error = try_add(&folder.join("history.sqlite").into(), 0, &fleet(0..1)).unwrap_err();
    assert!(matches!(error, HistoryError::Full { .. }), "{error:?}");
    assert!(error.to_string().ends_with("history.sqlite: cannot be written: no space is left"), "{error}");
}

#[test]
fn a_history_on_a_read_only_disk_is_read_and_nothing_else() {
    let test = "disks::a_history_on_a_read_only_disk_is_read_and_nothing_else";
    let two = [fleet(0..2), fleet(1..4)];
    let prepare = |folder: &Path| {
        for name in ["new.sqlite", "old.sqlite"] {
            let history = folder.join(name).into();
            two.iter().zip(0..).for_each(|(fleet, when)| assert!(add(&history, when, fleet) > 0));
        }
        let old = rusqlite::Connection::open(folder.join("old.sqlite")).unwrap();
        old.execute_batch("DROP TABLE tally; ALTER TABLE scan DROP COLUMN run; PRAGMA user_version = 1").unwrap();
    };
    let Some(folder) = folder(test, FileSystem::ReadOnly, prepare) else { return };
    for name in ["new.sqlite", "old.sqlite"] {
        let file = folder.join(name);
        let history = History::open(&file).unwrap();
        let scans = history.scans().unwrap();
        for (scan, fleet) in scans.iter().zip(&two) {
            assert!(json(&machines(&history, scan)) == json(fleet), "{name}");
            let overview = history.overview(scan, &mut |_, _| ()).unwrap();
            assert_eq!(overview.summary.targets, fleet.len() as u64);
        }
        assert_eq!(history.diff(&scans[0], &scans[1]).unwrap().machines.vanished.len(), 1);
        assert!(matches!(history.store_tallies(&scans[0]), Ok(()) | Err(HistoryError::ReadOnly { .. })));
        let error = try_add(&store(&file.display().to_string()), 2, &two[0]).unwrap_err();
        assert!(matches!(error, HistoryError::ReadOnly { .. }), "{error:?}");
        assert!(error.to_string().contains("cannot be written: it is read-only"), "{error}");
    }
    let error = try_add(&folder.join("other.sqlite").into(), 0, &two[0]).unwrap_err();
    assert!(matches!(error, HistoryError::ReadOnly { .. }), "{error:?}");
}
