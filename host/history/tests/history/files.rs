//! Files that are not as they should be.

use std::ops::ControlFlow;

use rusqlite::Connection;
use wardline_history::{History, HistoryError};

use crate::{add, fleet};

#[test]
fn only_a_history_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text"), "This is not a history, but long enough to be taken for one. ".repeat(40)).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    Connection::open(path("other")).unwrap().execute_batch("CREATE TABLE scan (id INTEGER)").unwrap();
    for name in ["text", "other"] {
        let before = std::fs::read(path(name)).unwrap();
        assert!(matches!(History::open(path(name)), Err(HistoryError::NotAHistory { .. })), "{name}");
        assert!(matches!(History::create(path(name)), Err(HistoryError::NotAHistory { .. })), "{name}");
        assert!(std::fs::read(path(name)).unwrap() == before, "{name}");
    }
    assert!(matches!(History::open(path("empty")), Err(HistoryError::NotAHistory { .. })));
    assert!(matches!(History::open(path("missing")), Err(HistoryError::Missing { .. })));
    assert!(matches!(History::create(folder.path()), Err(HistoryError::Io { .. } | HistoryError::Database { .. })));
    add(&path("empty").into(), 0, &fleet(0..1));
    assert_eq!(History::open(path("empty")).unwrap().scans().unwrap().len(), 1);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_history_and_a_read_only_folder_can_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("histories/history.sqlite");
    add(&file.clone().into(), 0, &fleet(0..3));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let parent = file.parent().unwrap();
    let mode = |mode| std::fs::set_permissions(parent, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o500);
    // Root may write anywhere.
    let is_root = std::fs::write(parent.join("probe"), "").is_ok();
    let scans = History::open(&file).and_then(|history| history.scans()).map(|scans| scans.len());
    let other = History::create(parent.join("other")).map(|_| ());
    mode(0o700);
    assert_eq!(scans.unwrap(), 1);
    if !is_root {
        assert!(matches!(other, Err(HistoryError::ReadOnly { .. })), "{other:?}");
    }
}

#[test]
fn a_damaged_history_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    add(&file.clone().into(), 0, &fleet(0..4));
    add(&file.clone().into(), 1, &fleet(1..6));
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
