//! The state of hives: the conditions reported for a dirty hive, or for one that can be read only in part.

use std::fs;
use std::path::{Path, PathBuf};

use wardline_contract::RegistryKey;
use wardline_fixtures::{Value, WindowsVolume};

use super::*;
use crate::budget::{Budget, DEFAULT_TARGET_MEMORY};
use crate::{Condition, State};

const KEY: &str = r"HKLM\SOFTWARE\Vendor";

/// A volume whose SOFTWARE hive is modified.
struct Changed {
    directory: TempDir,
    software: PathBuf,
}

impl Changed {
    fn new(built: &WindowsVolume) -> Changed {
        let directory = tempfile::tempdir().unwrap();
        built.write_to(directory.path()).unwrap();
        let software = directory.path().join("WINDOWS/system32/config/software");
        let software = if software.exists() { software } else { find(directory.path()) };
        Changed { directory, software }
    }

    fn log(&self, suffix: &str) -> PathBuf {
        let mut path = self.software.clone().into_os_string();
        path.push(suffix);
        path.into()
    }

    fn open(self) -> Target {
        Target { volume: Volume::open(self.directory.path(), None).unwrap(), _directory: self.directory }
    }
}

/// Returns the hive's path as the volume spells it.
fn find(root: &Path) -> PathBuf {
    let below = |folder: &Path, name: &str| {
        let entries = fs::read_dir(folder).unwrap().flatten();
        entries.map(|entry| entry.path()).find(|path| path.file_name().unwrap().eq_ignore_ascii_case(name)).unwrap()
    };
    let windows = ["windows", "winnt"].into_iter().find_map(|name| {
        fs::read_dir(root)
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.file_name().unwrap().eq_ignore_ascii_case(name))
    });
    ["system32", "config", "software"].iter().fold(windows.unwrap(), |folder, name| below(&folder, name))
}

fn state_of(target: &Target) -> (Answer, Vec<State>) {
    let answer = target.value(KEY, "state");
    let of_software = |condition: &Condition| condition.part.to_lowercase().ends_with(r"\config\software");
    (answer, target.volume.conditions().into_iter().filter(of_software).map(|condition| condition.state).collect())
}

/// A modification of the hive or one of its logs.
enum Change {
    Nothing,
    Remove(&'static str),
    Empty(&'static str),
    Pipe(&'static str),
    Folder(&'static str),
    Cut(&'static str, u64),
    Lengthen(&'static str, u64),
    Flip(&'static str, usize),
    /// Another timestamp in the base block, with a correct checksum.
    OtherTime(&'static str),
}

fn change(changed: &Changed, change: &Change) {
    match *change {
        Change::Nothing => {}
        Change::Remove(suffix) => fs::remove_file(changed.log(suffix)).unwrap(),
        Change::Empty(suffix) => fs::write(changed.log(suffix), "").unwrap(),
        Change::Pipe(suffix) => {
            let path = changed.log(suffix);
            let _ = fs::remove_file(&path);
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }
        Change::Folder(suffix) => {
            let _ = fs::remove_file(changed.log(suffix));
            fs::create_dir(changed.log(suffix)).unwrap();
        }
        Change::Cut(suffix, less) => {
            let file = fs::OpenOptions::new().write(true).open(changed.log(suffix)).unwrap();
            file.set_len(file.metadata().unwrap().len() - less).unwrap();
        }
        Change::Lengthen(suffix, length) => {
            fs::OpenOptions::new().write(true).open(changed.log(suffix)).unwrap().set_len(length).unwrap();
        }
        Change::Flip(suffix, at) => {
            let mut bytes = fs::read(changed.log(suffix)).unwrap();
            bytes[at] ^= 1;
            fs::write(changed.log(suffix), bytes).unwrap();
        }
        Change::OtherTime(suffix) => {
            let mut bytes = fs::read(changed.log(suffix)).unwrap();
            bytes[12] ^= 1;
            let sum = wardline_fixtures::hive::base_block_checksum(&bytes);
            bytes[508..512].copy_from_slice(&sum.to_le_bytes());
            fs::write(changed.log(suffix), bytes).unwrap();
        }
    }
}

/// The rules are those of the sections "Dirty state of a hive" and "Format of transaction log files" of Suhanov's specification.
/// The contents of a missing or unreadable log are unknown.
#[cfg(unix)]
#[test]
fn a_hive_that_was_not_written_to_the_end_says_how_it_came_to_its_state() {
    let before = || text("before");
    let after = || text("after");
    let [nt, modern] = [WindowsVolume::windows_2000_server, WindowsVolume::windows_10];
    type Case = (fn() -> WindowsVolume, Change, fn() -> Answer, Result<u32, (u32, &'static str)>);
    let cases: Vec<Case> = vec![
        (nt, Change::Nothing, after, Ok(1)),
        (nt, Change::Remove(".LOG"), before, Err((0, "no transaction log exists"))),
        (nt, Change::Empty(".LOG"), before, Err((0, "the transaction logs are empty"))),
        (nt, Change::Pipe(".LOG"), before, Err((0, "the transaction log .LOG cannot be read: "))),
        (nt, Change::Folder(".LOG"), before, Err((0, "the transaction log .LOG cannot be read: "))),
        (nt, Change::Cut(".LOG", 1), before, Err((0, "the transaction log .LOG is damaged: it is truncated"))),
        (
            nt,
            Change::Lengthen(".LOG", 1 << 30),
            before,
            Err((0, "the transaction log .LOG cannot be read: it is too large")),
        ),
        (nt, Change::Flip(".LOG", 100), before, Err((0, "the transaction log .LOG is damaged: its base block"))),
        (nt, Change::Flip(".LOG", 512), before, Err((0, "the transaction log .LOG is damaged: bad signature"))),
        (nt, Change::OtherTime(".LOG"), before, Err((0, "the transaction logs belong to another state"))),
        (modern, Change::Nothing, after, Ok(1)),
        (modern, Change::Remove(".LOG1"), before, Err((0, "the transaction logs are empty"))),
        (modern, Change::Remove(".LOG2"), after, Err((1, "the transaction log .LOG2 is missing"))),
        (modern, Change::Pipe(".LOG1"), before, Err((0, "the transaction log .LOG1 cannot be read: "))),
        (modern, Change::Pipe(".LOG2"), after, Err((1, "the transaction log .LOG2 cannot be read: "))),
        (modern, Change::Pipe(".LOG"), after, Ok(1)),
        (modern, Change::Cut(".LOG1", 1), before, Err((0, "0 of 1 log entries are applied, the next is incomplete"))),
        (
            modern,
            Change::Flip(".LOG1", 700),
            before,
            Err((0, "0 of 1 log entries are applied, the next is incomplete")),
        ),
    ];
    for (index, (built, what, value, state)) in cases.into_iter().enumerate() {
        let changed = Changed::new(&built().registry(KEY, "state", "before").registry_in_log(KEY, "state", "after"));
        change(&changed, &what);
        let (answer, states) = state_of(&changed.open());
        assert_eq!(answer, value(), "{index}");
        match (state, &states[..]) {
            (Ok(entries), [state]) => assert_eq!(*state, State::Recovered { entries }, "{index}"),
            (Err((entries, start)), [State::Stale { entries: applied, reason }]) => {
                assert_eq!(*applied, entries, "{index}");
                assert!(reason.starts_with(start), "{index}: {reason}");
            }
            other => panic!("{index}: {other:?}"),
        }
    }
}

#[cfg(unix)]
#[test]
fn the_logs_of_a_hive_that_was_written_to_the_end_are_not_looked_at() {
    for suffix in [".LOG", ".LOG1", ".LOG2"] {
        let changed = Changed::new(&WindowsVolume::windows_10().registry(KEY, "state", "before"));
        change(&changed, &Change::Pipe(suffix));
        assert_eq!(state_of(&changed.open()), (text("before"), Vec::new()), "{suffix}");
    }
}

#[test]
fn a_hive_that_is_too_short_says_so() {
    let changed = Changed::new(&WindowsVolume::windows_10().registry(KEY, "state", "before"));
    change(&changed, &Change::Cut("", 4096));
    let (_, states) = state_of(&changed.open());
    let [State::Damaged { reason }] = &states[..] else { panic!("{states:?}") };
    assert!(reason.starts_with("the file is truncated: "), "{reason}");
}

#[test]
fn hives_that_nobody_asks_about_have_no_state() {
    let changed = Changed::new(&WindowsVolume::windows_10().registry_in_log(KEY, "state", "after"));
    assert_eq!(changed.open().volume.conditions(), []);
}

fn listing(target: &Target) -> RegistryKey {
    known!(target.key(KEY), RegistryKey)
}

/// Returns the offset of the signature in the cell of the value or key with this name.
pub(super) fn cell_of(hive: &[u8], signature: &[u8; 2], head: usize, name: &str) -> usize {
    (4096..hive.len() - head - name.len())
        .find(|at| hive[*at..].starts_with(signature) && hive[at + head..].starts_with(name.as_bytes()))
        .unwrap()
}

fn vendor() -> WindowsVolume {
    WindowsVolume::windows_10()
        .registry(KEY, "first", 1)
        .registry(KEY, "second", "a text that does not stand in the value itself")
        .registry(KEY, "third", 3)
        .registry(&format!(r"{KEY}\Below"), "x", 1)
        .registry(&format!(r"{KEY}\Beside"), "x", 1)
}

/// The values expected in a listing.
type Listed = Vec<(&'static str, RegistryData)>;

#[test]
fn one_odd_member_does_not_cost_a_key_its_listing() {
    let number = RegistryData::Dword;
    let words = || RegistryData::Text("a text that does not stand in the value itself".to_owned());
    type Spoil = fn(&mut Vec<u8>);
    let cases: [(&str, Spoil, Listed, &[&str], bool); 5] = [
        (
            "nothing",
            |_| {},
            vec![("first", number(1)), ("second", words()), ("third", number(3))],
            &["Below", "Beside"],
            false,
        ),
        (
            "a value's signature",
            |hive| {
                let at = cell_of(hive, b"vk", 20, "first");
                hive[at] = b'x';
            },
            vec![("second", words()), ("third", number(3))],
            &["Below", "Beside"],
            true,
        ),
        (
            "the length of a value's name",
            |hive| {
                let at = cell_of(hive, b"vk", 20, "first");
                hive[at + 3] = 0xff;
            },
            vec![("second", words()), ("third", number(3))],
            &["Below", "Beside"],
            true,
        ),
        (
            "where a value's data are",
            |hive| {
                let at = cell_of(hive, b"vk", 20, "second");
                hive[at + 8..at + 12].copy_from_slice(&0x7fff_0000u32.to_le_bytes());
            },
            vec![("first", number(1)), ("second", RegistryData::Other(1)), ("third", number(3))],
            &["Below", "Beside"],
            false,
        ),
        (
            "a subkey's signature",
            |hive| {
                let at = cell_of(hive, b"nk", 76, "Below");
                hive[at] = b'x';
            },
            vec![("first", number(1)), ("second", words()), ("third", number(3))],
            &["Beside"],
            true,
        ),
    ];
    for (what, spoil, values, subkeys, truncated) in cases {
        let changed = Changed::new(&vendor());
        let mut hive = fs::read(&changed.software).unwrap();
        spoil(&mut hive);
        fs::write(&changed.software, hive).unwrap();
        let target = changed.open();
        let listed = listing(&target);
        let found = listed.values.iter().map(|value| (value.name.as_str(), value.data.clone())).collect::<Vec<_>>();
        assert_eq!((found, listed.truncated), (values, truncated), "{what}");
        assert_eq!(listed.subkeys, subkeys, "{what}");
        let conditions = target.volume.conditions();
        match &conditions[..] {
            [] => assert_eq!(what, "nothing"),
            [Condition { state: State::Damaged { reason }, .. }] => {
                assert!(reason.starts_with(r"HKLM\SOFTWARE\Vendor: the hive "), "{what}: {reason}");
            }
            other => panic!("{what}: {other:?}"),
        }
        // Existing members are never reported as absent.
        for name in ["first", "second", "third"] {
            assert_ne!(target.value(KEY, name), Answer::Absent, "{what}: {name}");
        }
        for name in ["Below", "Beside"] {
            assert_ne!(target.key(&format!(r"{KEY}\{name}")), Answer::Absent, "{what}: {name}");
        }
    }
}

#[test]
fn values_that_are_too_large_are_listed_without_their_data() {
    let target = target(
        &vendor()
            .registry(KEY, "huge", Value::Raw(3, vec![7; 1_300_000]))
            .registry(KEY, "large", Value::Raw(3, vec![7; 700_000]))
            .registry(KEY, "large too", Value::Raw(3, vec![7; 700_000]))
            .registry(KEY, "last", 4),
    );
    let listed = listing(&target);
    assert_eq!((listed.values.len(), listed.subkeys.len(), listed.truncated), (7, 2, false));
    let data = |name: &str| &listed.values.iter().find(|value| value.name == name).unwrap().data;
    assert_eq!(*data("huge"), RegistryData::Other(3));
    assert!(matches!(data("large"), RegistryData::Binary(bytes) if bytes.len() == 700_000));
    assert_eq!(*data("large too"), RegistryData::Other(3));
    assert_eq!(*data("last"), RegistryData::Dword(4));
    assert!(is_unreadable(&target.value(KEY, "huge")));
    assert!(matches!(target.value(KEY, "large too"), Answer::Known(_)));
    assert_eq!(target.volume.conditions(), []);
}

/// Memory temporarily held by others says nothing about the target.
#[test]
fn a_hive_that_there_was_no_room_for_is_opened_once_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let built = WindowsVolume::windows_10().registry(KEY, "state", "found").file(r"%ProgramFiles%\a.txt", "a");
    built.write_to(directory.path()).unwrap();
    let budget = Budget::new(DEFAULT_TARGET_MEMORY);
    let volume = Volume::open_within(directory.path(), None, &budget).unwrap();
    let question = || Question::RegistryValue(RegistryValueName { key: KEY.to_owned(), name: "state".to_owned() });
    let file = || Question::File(r"%programfiles%\a.txt".to_owned());
    // None, and too little.
    for left in [0, 2 << 10] {
        let held = budget.charge(DEFAULT_TARGET_MEMORY - budget.held() - left).unwrap();
        let Answer::Unreadable(reason) = volume.answer(&question()) else { panic!("{left}: read") };
        assert!(reason.contains("--target-memory"), "{left}: {reason}");
        assert!(is_unreadable(&volume.answer(&file())), "{left}");
        drop(held);
    }
    assert_eq!(volume.answer(&question()), text("found"));
    known!(volume.answer(&file()), File);
}

/// Names that Windows' upper-case table treats as equal, or as different.
#[test]
fn keys_and_files_are_found_by_windows_own_capitals() {
    let target = target(
        &WindowsVolume::windows_10()
            .registry(r"HKLM\SOFTWARE\Πωλητής", "Ποσό", 1)
            .registry(r"HKLM\SOFTWARE\ⴀბ", "x", 1)
            .file(r"C:\Πωλητής.txt", "x")
            .file(r"C:\ᲐᲑ.txt", "x"),
    );
    for (key, found) in [("Πωλητής", true), ("ΠΩΛΗΤΉς", true), ("ΠΩΛΗΤΉΣ", false), ("Ⴀბ", true), ("ႠᲑ", false)]
    {
        let answer = target.key(&format!(r"HKLM\SOFTWARE\{key}"));
        assert_eq!(answer != Answer::Absent, found, "{key}: {answer:?}");
    }
    assert_eq!(target.value(r"HKLM\SOFTWARE\Πωλητής", "ΠΟΣΌ"), number(1));
    for (path, found) in
        [(r"C:\Πωλητής.TXT", true), (r"C:\πωλητής.txt", true), (r"C:\ΠΩΛΗΤΉΣ.txt", false), (r"C:\აბ.txt", false)]
    {
        let answer = target.text(path);
        assert_eq!(answer != Answer::Absent, found, "{path}: {answer:?}");
    }
}
