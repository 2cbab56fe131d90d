use std::path::{Path, PathBuf};
use std::{fs, io};

use wardline_fixtures::advisory::{Fix, Month};

use super::SAMPLE;
use crate::prepared::{Prepared, Unwritten, load_or_read};
use crate::{Limits, Merged};

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(case.catalogs()).unwrap();
        fs::write(case.catalogs().join("mssecure.xml"), SAMPLE).unwrap();
        fs::write(case.catalogs().join("notes.txt"), "no catalog").unwrap();
        case.write_month("5035849");
        case
    }

    fn catalogs(&self) -> PathBuf {
        self.folder.path().join("catalogs")
    }

    fn prepared(&self) -> PathBuf {
        self.folder.path().join("cache/prepared")
    }

    fn write_month(&self, article: &str) {
        let month = Month::new("2024-Mar", "2024-03-12").product("11571", "Windows Server 2019");
        let fix = Fix::new(article, &["11571"]).build("10.0.17763.5576").supersedes("5034768");
        let month = month.cve("CVE-2024-0001").rated("11571", "Critical").exploited().fix(fix);
        fs::write(self.catalogs().join("2024-Mar.xml"), month.cvrf()).unwrap();
    }

    /// Loads or reads the catalogs; what was read is written.
    fn load(&self) -> Loaded {
        let Prepared { merged, skipped, unwritten } =
            load_or_read(&[self.catalogs()], &Limits::default(), &self.prepared()).unwrap();
        let is_loaded = unwritten.is_none();
        Loaded { merged, skipped, is_loaded, written: unwritten.map(Unwritten::write) }
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.prepared()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

struct Loaded {
    merged: Merged,
    skipped: Vec<PathBuf>,
    is_loaded: bool,
    written: Option<io::Result<()>>,
}

#[test]
fn the_second_time_gives_the_same_without_reading_catalogs() {
    let case = Case::new();
    let first = case.load();
    assert!(matches!(first.written, Some(Ok(()))));
    let second = case.load();
    assert!(second.is_loaded);
    assert_eq!(second.merged.updates, first.merged.updates);
    assert_eq!(second.merged.unsupported, first.merged.unsupported);
    assert_eq!(second.merged.catalogs, first.merged.catalogs);
    assert_eq!((second.merged.unresolved, &second.skipped), (first.merged.unresolved, &first.skipped));
    assert_eq!(second.merged.updates.len(), 3);
    assert_eq!(second.skipped, [case.catalogs().join("notes.txt")]);
}

#[test]
fn other_contents_and_other_files_are_read_anew() {
    let case = Case::new();
    case.load();
    // The same size.
    case.write_month("5035850");
    let changed = case.load();
    assert!(!changed.is_loaded);
    assert!(changed.merged.updates.iter().any(|update| update.bulletin == "KB5035850"));
    fs::write(case.catalogs().join("2024-Apr.xml"), Month::new("2024-Apr", "2024-04-09").cvrf()).unwrap();
    assert!(!case.load().is_loaded);
    assert!(case.load().is_loaded);
}

#[test]
fn catalogs_that_change_before_the_writing_are_not_kept() {
    let case = Case::new();
    let prepared = load_or_read(&[case.catalogs()], &Limits::default(), &case.prepared()).unwrap();
    case.write_month("5035850");
    prepared.unwritten.unwrap().write().unwrap();
    assert!(!case.prepared().exists());
}

#[test]
fn a_damaged_or_foreign_file_is_made_anew() {
    let case = Case::new();
    let expected = case.load().merged.updates;
    let file = case.files().remove(0);
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut other_key = whole.clone();
    other_key[20] ^= 1;
    for bytes in [flipped, other_key, whole[..whole.len() - 1].to_vec(), whole[..40].to_vec(), Vec::new()] {
        fs::write(&file, bytes).unwrap();
        let prepared = case.load();
        assert!(!prepared.is_loaded);
        assert_eq!(prepared.merged.updates, expected);
        assert!(case.load().is_loaded);
    }
}

#[test]
fn only_a_few_files_are_kept() {
    let case = Case::new();
    for number in 0..12 {
        case.write_month(&format!("50358{number:02}"));
        case.load();
    }
    assert_eq!(case.files().len(), 8);
    assert!(case.load().is_loaded);
}

#[test]
fn a_folder_that_cannot_be_written_is_no_obstacle() {
    let case = Case::new();
    fs::write(case.folder.path().join("cache"), "a file").unwrap();
    let prepared = case.load();
    assert!(matches!(prepared.written, Some(Err(_))));
    assert_eq!(prepared.merged.updates.len(), 3);
    let error = load_or_read(&[PathBuf::from("no/such/file")], &Limits::default(), Path::new("x")).unwrap_err();
    assert!(error.to_string().contains("cannot be read"));
}
