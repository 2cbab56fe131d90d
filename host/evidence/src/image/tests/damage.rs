use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use wardline_fixtures::{Damage, Hive, Pe, WindowsVolume};

use super::*;
use crate::budget::{Budget, DEFAULT_TARGET_MEMORY};
use crate::image::VolumeError;
use crate::image::folder::Folder;
use crate::image::storage::Files;

#[test]
fn a_damaged_hive_costs_only_what_stands_in_it() {
    for damage in
        [Damage::Truncated(100), Damage::Truncated(4096), Damage::Empty, Damage::GarbledBins, Damage::NotAHive]
    {
        let target = target(
            &WindowsVolume::windows_2000_server()
                .damaged_hive(Hive::Software, damage)
                .file(r"%windir%\system32\ntdll.dll", Pe::version(5, 0, 2195, 1))
                .file(r"%ProgramFiles%\a.txt", "a"),
        );
        assert!(is_unreadable(&target.ask(Question::System)), "{damage:?}");
        assert!(is_unreadable(&target.key(r"HKLM\SOFTWARE\Microsoft")), "{damage:?}");
        assert!(!known!(target.ask(Question::Services), Services).is_empty(), "{damage:?}");
        assert!(!known!(target.ask(Question::Accounts), Accounts).is_empty(), "{damage:?}");
        // Found by searching.
        assert!(known!(target.file(r"%windir%\system32\ntdll.dll"), File).version.is_some(), "{damage:?}");
        // The registry might name another folder, so the usual one would be a guess.
        assert!(is_unreadable(&target.file(r"%programfiles%\a.txt")), "{damage:?}");
        assert!(is_unreadable(&target.file(r"%programfiles%\b.txt")), "{damage:?}");
    }
}

#[test]
fn the_reason_names_the_hive_and_the_place() {
    let target = target(&WindowsVolume::windows_2000_server().damaged_hive(Hive::Sam, Damage::GarbledBins));
    let Answer::Unreadable(reason) = target.ask(Question::Accounts) else { panic!("read") };
    assert!(reason.to_lowercase().contains(r"winnt\system32\config\sam is damaged at offset 0x"), "{reason}");
    assert!(is_unreadable(&target.ask(Question::Groups)));
    assert!(is_unreadable(&target.ask(Question::PasswordPolicy)));
    known!(target.ask(Question::System), System);
}

#[test]
fn a_truncated_executable_is_unreadable_and_its_neighbour_is_not() {
    let image = Pe::version(5, 0, 2195, 1).build();
    let target = target(
        &WindowsVolume::windows_2000_server()
            .file(r"C:\a.dll", Pe::version(5, 0, 2195, 1))
            .truncated_file(r"C:\a.dll", image.len() / 2)
            .file(r"C:\b.dll", Pe::version(5, 0, 2195, 1)),
    );
    let Answer::Unreadable(reason) = target.file(r"C:\a.dll") else { panic!("read") };
    assert!(reason.starts_with(r"C:\a.dll: damaged PE image: "), "{reason}");
    assert!(is_unreadable(&target.ask(Question::FileVersion(r"C:\a.dll".to_owned()))));
    known!(target.file(r"C:\b.dll"), File);
}

#[test]
fn what_is_no_volume_is_refused_in_a_line_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("file"), "x").unwrap();
    fs::create_dir(at("empty")).unwrap();
    fs::create_dir_all(at("other/Documents")).unwrap();
    type Expected = fn(&VolumeError) -> bool;
    let cases: [(&str, Expected); 4] = [
        ("file", |error| matches!(error, VolumeError::IsFile(_))),
        ("empty", |error| matches!(error, VolumeError::Empty(_))),
        ("other", |error| matches!(error, VolumeError::NoWindows(_))),
        ("nothing", |error| matches!(error, VolumeError::NotFound(_))),
    ];
    for (name, expected) in cases {
        let error = Volume::open(&at(name), None).unwrap_err();
        assert!(expected(&error), "{error:?}");
        let message = error.to_string();
        assert!(message.starts_with(at(name).to_str().unwrap()) && !message.contains('\n'), "{message}");
    }
}

/// A folder that cannot be searched may contain the running Windows: it follows neither that there is none nor that another one is
/// it.
#[cfg(unix)]
#[test]
fn windows_that_cannot_be_seen_is_unreadable() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().unwrap();
    let built = WindowsVolume::windows_2000_server();
    // The change to the volume, the expected error (`None` if the volume is opened), and its text.
    type Made = fn(&Path);
    type Expected = fn(&VolumeError) -> bool;
    let unreadable: Expected = |error| matches!(error, VolumeError::Unreadable { .. });
    let none_seen: Expected = |error| matches!(error, VolumeError::NoneSeen { .. });
    type Row = (&'static str, Made, Option<(Expected, &'static str)>);
    let rows: [Row; 6] = [
        (
            "system32",
            |root| {
                fs::remove_dir_all(root.join("WINNT/system32")).unwrap();
                symlink("/nowhere", root.join("WINNT/system32")).unwrap();
            },
            Some((unreadable, r"WINNT\system32 is a link that leads out of the volume")),
        ),
        (
            "beside another Windows",
            |root| symlink("/nowhere", root.join("WINDOWS")).unwrap(),
            Some((unreadable, "WINDOWS is a link that leads out of the volume")),
        ),
        (
            "under an unusual name",
            |root| {
                fs::remove_dir_all(root.join("WINNT")).unwrap();
                symlink("/nowhere", root.join("WIN2K")).unwrap();
            },
            Some((none_seen, "WIN2K is a link that leads out of the volume")),
        ),
        (
            "one hive",
            |root| {
                let hive = root.join("WINNT/system32/config/software");
                fs::remove_file(&hive).unwrap();
                symlink("/nowhere", hive).unwrap();
            },
            None,
        ),
        ("the system's folder", |root| symlink("/nowhere", root.join("System Volume Information")).unwrap(), None),
        (
            "the system's folder, before an unusual name",
            |root| {
                fs::rename(root.join("WINNT"), root.join("WIN2K")).unwrap();
                symlink("/nowhere", root.join("System Volume Information")).unwrap();
            },
            None,
        ),
    ];
    for (name, made, expected) in rows {
        let root = directory.path().join(name);
        built.write_to(&root).unwrap();
        made(&root);
        let opened = Volume::open(&root, None);
        match (opened, expected) {
            (Ok(_), None) => {}
            (Err(error), Some((is, words))) => {
                assert!(is(&error) && error.to_string().contains(words), "{name}: {error}");
            }
            (opened, _) => panic!("{name}: {opened:?}"),
        }
    }
}

#[test]
fn a_budget_too_small_to_look_for_windows_is_what_is_told() {
    let directory = tempfile::tempdir().unwrap();
    WindowsVolume::windows_2000_server().write_to(directory.path()).unwrap();
    let mut opened = 0;
    for budget in (0..8_000).step_by(50) {
        match Volume::open_within(directory.path(), None, &Budget::new(budget)) {
            Ok(_) => opened += 1,
            Err(error) => {
                assert!(matches!(error, VolumeError::Unreadable { .. }), "{budget}: {error:?}");
                assert!(error.to_string().contains("cannot be listed"), "{budget}: {error}");
            }
        }
    }
    assert!(opened > 0);
}

#[test]
fn a_volume_is_called_as_its_directory_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("WEB01");
    WindowsVolume::windows_2000_server().write_to(&path).unwrap();
    let volume = Volume::open(&path, None).unwrap();
    assert_eq!((volume.name(), volume.origin().location), ("WEB01", path.display().to_string()));
}

const HIVES: [&str; 4] = ["software", "system", "sam", "security"];

fn all_questions() -> Vec<Question> {
    vec![
        Question::System,
        Question::Services,
        Question::Accounts,
        Question::Groups,
        Question::Shares,
        Question::Volumes,
        Question::AuditPolicy,
        Question::PasswordPolicy,
        Question::Profiles,
        Question::RegistryKey(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion".to_owned()),
        Question::RegistryKey(r"HKCR\.txt".to_owned()),
        Question::RegistryPermissions(r"HKLM\SYSTEM\CurrentControlSet\Control".to_owned()),
        Question::File(r"%programfiles%\a.dll".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_question_is_answered_whatever_befell_the_hives(
        changes in prop::collection::vec((0usize..4, any::<prop::sample::Index>(), any::<u8>()), 1..400),
        nt4: bool,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let built = if nt4 { WindowsVolume::windows_nt4_server() } else { WindowsVolume::windows_10() };
        built.write_to(directory.path()).unwrap();
        let folder = Folder::open(directory.path(), Budget::new(DEFAULT_TARGET_MEMORY)).unwrap();
        let files = Files::new(Arc::new(folder));
        let mut hives = HIVES.map(|name| {
            let windows = if nt4 { "winnt" } else { "windows" };
            let place = files.find(&[windows, "system32", "config", name]).ok().unwrap();
            let path = directory.path().join(place.shown.replace('\\', "/"));
            let content = fs::read(&path).unwrap();
            (path, content)
        });
        for (hive, at, byte) in changes {
            let bins = &mut hives[hive].1[4096..];
            bins[at.index(bins.len())] = byte;
        }
        for (path, content) in &hives {
            fs::write(path, content).unwrap();
        }
        let volume = Volume::open(directory.path(), None).unwrap();
        for question in all_questions() {
            let answer = volume.answer(&question);
            prop_assert_eq!(volume.answer(&question), answer);
        }
    }
}
