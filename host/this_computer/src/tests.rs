//! On Windows, or in Wine: what any Windows has, and files of our own.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::io::Read as _;

use super::*;

const WINDOWS_NT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";

fn windows_nt() -> Key {
    Key::open(Root::LocalMachine, WINDOWS_NT, true).unwrap().unwrap()
}

fn text(value: &Value) -> String {
    let ValueData::Bytes(bytes) = &value.data else { panic!("{value:?}") };
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect::<Vec<_>>();
    String::from_utf16(&units).unwrap().trim_end_matches('\0').to_owned()
}

#[test]
fn values_are_read_by_name_and_by_number() {
    let key = windows_nt();
    let root = key.value("systemroot").unwrap().unwrap();
    assert_eq!(root.kind, 1);
    assert!(std::env::var("SystemRoot").unwrap().eq_ignore_ascii_case(&text(&root)));
    assert_eq!(key.value("None of this name").unwrap(), None);

    let room = key.room_for_values().unwrap();
    let all = (0..).map_while(|index| key.value_at(index, room).unwrap()).collect::<Vec<_>>();
    for value in &all {
        let named = key.value(&value.name).unwrap().unwrap();
        assert_eq!((named.kind, &named.data), (value.kind, &value.data), "{}", value.name);
    }
    assert!(all.iter().any(|value| value.name.eq_ignore_ascii_case("SystemRoot")));
    assert!(key.info().unwrap().last_written > 0);
}

#[test]
fn subkeys_are_listed_and_what_is_not_there_is_absent() {
    let key = Key::open(Root::LocalMachine, r"SOFTWARE\Microsoft", false).unwrap().unwrap();
    let names = (0..).map_while(|index| key.subkey_name(index).unwrap()).collect::<Vec<_>>();
    assert!(names.iter().any(|name| name.eq_ignore_ascii_case("Windows NT")), "{names:?}");
    for path in [r"SOFTWARE\None of this name", "SOFTWARE\0", r"SOFTWARE\Microsoft\Windows NT\None\None"] {
        assert!(Key::open(Root::LocalMachine, path, true).unwrap().is_none(), "{path:?}");
    }
    assert!(Key::open(Root::Users, ".DEFAULT", false).unwrap().is_some());
}

#[test]
fn keys_and_files_have_security_descriptors() {
    // Revision 1, self-relative.
    let is_descriptor =
        |bytes: &[u8]| bytes.first() == Some(&1) && bytes.get(3).is_some_and(|control| control & 0x80 != 0);
    assert!(is_descriptor(&windows_nt().security().unwrap()));
    let drive = Drive::new('C').unwrap();
    for path in ["", "windows"] {
        assert!(is_descriptor(&drive.security(path).unwrap()), "{path}");
    }
}

#[test]
fn files_are_found_listed_and_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    std::fs::write(folder.path().join("Größe.txt"), "text").unwrap();
    let path = folder.path().to_str().unwrap();
    let (drive, path) = path.split_once(r":\").unwrap();
    let drive = Drive::new(drive.chars().next().unwrap()).unwrap();

    let found = drive.find(&format!(r"{path}\größe.TXT")).unwrap().unwrap();
    assert!(!found.is_folder && found.size == 4 && found.modified > 0, "{found:?}");
    assert!(drive.find(path).unwrap().unwrap().is_folder);
    assert!(drive.find("").unwrap().unwrap().is_folder);
    for absent in ["none", r"none\none", "Größe.txt\\none", "a?", "nul"] {
        assert_eq!(drive.find(&format!(r"{path}\{absent}")).unwrap(), None, "{absent}");
    }

    let (mut names, more) = drive.list(path, 10).unwrap();
    names.sort_by(|one, other| one.name.cmp(&other.name));
    let shown = names.iter().map(|listed| (listed.name.as_str(), listed.is_folder)).collect::<Vec<_>>();
    assert_eq!((shown.as_slice(), more), ([("Größe.txt", false), ("inner", true)].as_slice(), false));
    assert!(drive.list(path, 1).unwrap().1);

    let mut content = String::new();
    drive.open(&format!(r"{path}\Größe.txt")).unwrap().read_to_string(&mut content).unwrap();
    assert_eq!(content, "text");
    assert!(!drive.file_system().unwrap().is_empty());
    assert_eq!((Drive::new('ä'), Drive::new('1')), (None, None));
}
