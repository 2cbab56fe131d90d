//! Files that are not as they should be, and processes that write at the same time or are killed.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use wardline_history::{History, HistoryError, Keep, Prepared, ScanChoice};

use crate::{add, day, fleet, generator, json, machine, machines, try_add};

#[test]
fn only_a_history_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text"), "This is not a history, but long enough to be taken for one. ".repeat(40)).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    Connection::open(path("other")).unwrap().execute_batch("CREATE TABLE scan (id INTEGER)").unwrap();
    for name in ["text", "other"] {
        let before = std::fs::read(path(name)).unwrap();
        assert!(matches!(History::open(&path(name)), Err(HistoryError::NotAHistory { .. })), "{name}");
        assert!(matches!(History::create(&path(name)), Err(HistoryError::NotAHistory { .. })), "{name}");
        assert!(std::fs::read(path(name)).unwrap() == before, "{name}");
    }
    assert!(matches!(History::open(&path("empty")), Err(HistoryError::NotAHistory { .. })));
    assert!(matches!(History::open(&path("missing")), Err(HistoryError::Missing { .. })));
    assert!(matches!(History::create(folder.path()), Err(HistoryError::Io { .. } | HistoryError::Database { .. })));
    add(&path("empty"), 0, &fleet(0..1));
    assert_eq!(History::open(&path("empty")).unwrap().scans().unwrap().len(), 1);
}

#[test]
fn a_history_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    add(&file, 0, &fleet(0..3));
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&file).unwrap();
    for error in [History::open(&file).unwrap_err(), try_add(&file, 1, &fleet(0..3)).unwrap_err()] {
        assert!(matches!(error, HistoryError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().contains("has version 99 of the format"), "{error}");
    }
    assert!(std::fs::read(&file).unwrap() == before);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_history_and_a_read_only_folder_can_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("histories/history.sqlite");
    add(&file, 0, &fleet(0..3));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let parent = file.parent().unwrap();
    let mode = |mode| std::fs::set_permissions(parent, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o500);
    // Root may write anywhere.
    let is_root = std::fs::write(parent.join("probe"), "").is_ok();
    let scans = History::open(&file).and_then(|history| history.scans()).map(|scans| scans.len());
    let other = History::create(&parent.join("other")).map(|_| ());
    mode(0o700);
    assert_eq!(scans.unwrap(), 1);
    if !is_root {
        assert!(matches!(other, Err(HistoryError::ReadOnly { .. })), "{other:?}");
    }
}

#[test]
fn two_scans_that_write_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    // Each in several transactions.
    let fleets = [fleet(0..270), fleet(200..470), fleet(0..1)];
    std::thread::scope(|scope| {
        for fleet in &fleets {
            let file = &file;
            scope.spawn(move || add(file, 0, fleet));
        }
    });
    let history = History::open(&file).unwrap();
    let mut found: Vec<_> = history.scans().unwrap().iter().map(|scan| json(&machines(&history, scan))).collect();
    let mut expected = fleets.map(|fleet| json(&fleet)).to_vec();
    found.sort();
    expected.sort();
    assert!(found == expected);
}

#[test]
fn a_scan_that_does_not_finish_is_not_part_of_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    add(&file, 0, &fleet(0..2));
    let begun = || {
        let mut writer = History::create(&file).unwrap().begin(&generator::head(), day(1));
        fleet(0..257).iter().for_each(|machine| writer.append(Prepared::new(machine)).unwrap());
        writer
    };
    let unfinished = || -> i64 {
        Connection::open(&file)
            .unwrap()
            .query_row("SELECT count(*) FROM scan WHERE ended IS NULL", [], |row| row.get(0))
            .unwrap()
    };
    drop(begun());
    assert_eq!(unfinished(), 0);
    std::mem::forget(begun());
    assert_eq!((unfinished(), History::open(&file).unwrap().scans().unwrap().len()), (1, 1));
    let mut history = History::create(&file).unwrap();
    let now = std::time::SystemTime::now();
    // It may still be running.
    assert_eq!(history.prune(Keep::Last(9), now).unwrap().unfinished, 0);
    assert_eq!(history.prune(Keep::Last(9), now + Duration::from_secs(2 * 86_400)).unwrap().unfinished, 1);
    assert_eq!(unfinished(), 0);
    let scan = history.scan(ScanChoice::LATEST).unwrap();
    assert!(json(&machines(&history, &scan)) == json(&fleet(0..2)));
}

#[test]
fn a_writer_that_another_process_prunes_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    let mut writer = History::create(&file).unwrap().begin(&generator::head(), day(1));
    fleet(0..257).iter().for_each(|machine| writer.append(Prepared::new(machine)).unwrap());
    let later = std::time::SystemTime::now() + Duration::from_secs(2 * 86_400);
    History::create(&file).unwrap().prune(Keep::Last(1), later).unwrap();
    let error = writer.finish(&Default::default(), 0, day(1)).unwrap_err();
    assert!(matches!(error, HistoryError::Removed { .. }), "{error}");
}

/// The variable by which the test below tells itself that it is the process to be killed.
const VICTIM: &str = "WARDLINE_TEST_HISTORY_TO_WRITE";

#[test]
fn a_process_that_is_killed_loses_no_earlier_scan() {
    // The larger one is written in several transactions.
    let fleets = [1, 300].map(|size| (0..size).map(|place| machine(&place.to_string())).collect::<Vec<_>>());
    if let Some(file) = std::env::var_os(VICTIM) {
        for when in 1.. {
            for fleet in &fleets {
                add(Path::new(&file), when, fleet);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    add(&file, 0, &fleets[0]);
    let mut known = 1;
    for round in 0..8 {
        let name = "files::a_process_that_is_killed_loses_no_earlier_scan";
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact"])
            .env(VICTIM, &file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(120 + 37 * round));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let history = History::open(&file).unwrap();
        let scans = history.scans().unwrap();
        assert!(scans.len() >= known, "{} scans are left of {known}", scans.len());
        known = scans.len();
        for scan in &scans[scans.len().saturating_sub(2)..] {
            assert!([1, 300].contains(&machines(&history, scan).len()));
        }
    }
}

#[test]
fn a_damaged_history_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    add(&file, 0, &fleet(0..4));
    add(&file, 1, &fleet(1..6));
    let sound = std::fs::read(&file).unwrap();
    let mut damaged = 0;
    for round in 0..60_usize {
        let mut bytes = sound.clone();
        let at = 100 + round * (sound.len() - 300) / 60;
        bytes[at..at + 24].iter_mut().for_each(|byte| *byte ^= 0x5a);
        let file = folder.path().join("damaged.sqlite");
        std::fs::write(&file, bytes).unwrap();
        let read = History::open(&file).and_then(|history| {
            for scan in history.scans()? {
                history.read(&scan, &mut |_| ControlFlow::Continue(()))?;
            }
            history.trend(9)?;
            history.known_problems(&fleet(1..2)[0].name, "")
        });
        damaged += usize::from(read.is_err());
    }
    assert!(damaged > 20, "only {damaged} of 60 were noticed");
}
