//! Versions of files as read by the Windows on the volume.

use wardline_contract::FileVersion;
use wardline_fixtures::{Damage, Hive, Ne, Pe, WindowsVolume};

use super::*;

const GERMAN: u16 = 0x0407;
const ENGLISH: u16 = 0x0409;
const FRENCH: u16 = 0x040c;
const FILE: &str = r"C:\file.dll";
const LOCALE: &str = r"HKU\.DEFAULT\Control Panel\International";

fn read(volume: &WindowsVolume, content: Vec<u8>) -> (Option<FileVersion>, Option<u16>) {
    let target = target(&volume.clone().file(FILE, content));
    let file = known!(target.ask(Question::FileVersion(FILE.to_owned())), File);
    (file.version, file.language)
}

/// In German, English and French, with the versions 1, 2 and 3.
fn multilingual() -> Vec<u8> {
    let image = Pe::without_version().version_in(GERMAN, 1, 0, 0, 0);
    image.version_in(ENGLISH, 2, 0, 0, 0).version_in(FRENCH, 3, 0, 0, 0).build()
}

#[test]
fn of_several_languages_the_volumes_own_is_read() {
    const NLS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\Language";
    let windows = |language| WindowsVolume::windows_2000_server().language(language);
    for (what, volume, expected) in [
        ("German Windows", windows(GERMAN), GERMAN),
        ("French Windows", windows(FRENCH), FRENCH),
        ("Japanese Windows", windows(0x0411), ENGLISH),
        ("the user's before the system's", windows(GERMAN).registry(LOCALE, "Locale", "0000040C"), FRENCH),
        ("a user's that is none", windows(GERMAN).registry(LOCALE, "Locale", "French"), GERMAN),
        ("texts before programs", windows(GERMAN).registry(NLS, "Default", "040c"), GERMAN),
        (
            "programs' only",
            windows(GERMAN).registry(NLS, "Default", "040c").without_registry_value(NLS, "InstallLanguage"),
            FRENCH,
        ),
    ] {
        let (version, language) = read(&volume, multilingual());
        let expected_version = match expected {
            GERMAN => 1,
            ENGLISH => 2,
            _ => 3,
        };
        assert_eq!(
            (version.map(|version| version.major), language),
            (Some(expected_version), Some(expected)),
            "{what}"
        );
    }
}

#[test]
fn what_languages_the_volume_has_matters_only_where_there_is_a_choice() {
    let unreadable = |hive| WindowsVolume::windows_2000_server().damaged_hive(hive, Damage::GarbledBins);
    let target = target(
        &unreadable(Hive::System)
            .file(r"C:\many.dll", multilingual())
            .file(r"C:\one.dll", Pe::version(5, 0, 0, 0))
            .file(r"C:\neutral.dll", Pe::version(6, 0, 0, 0).language(0).version_in(ENGLISH, 7, 0, 0, 0)),
    );
    assert_names(&target.file(r"C:\many.dll"), r"config\system");
    assert_eq!(known!(target.file(r"C:\one.dll"), File).version.map(|version| version.major), Some(5));
    assert_eq!(known!(target.file(r"C:\neutral.dll"), File).version.map(|version| version.major), Some(6));
    // The user's language takes precedence over the system's, so the system's does not answer the question.
    for (volume, named) in [
        (unreadable(Hive::Default), r"config\default"),
        (WindowsVolume::windows_2000_server().registry(LOCALE, "Locale", 0x0407), "Locale"),
    ] {
        assert_names(&super::target(&volume.file(FILE, multilingual())).file(FILE), named);
    }
}

/// Checks that the answer is unreadable for a reason that contains this text.
fn assert_names(answer: &Answer, named: &str) {
    let Answer::Unreadable(reason) = answer else { panic!("{answer:?}") };
    assert!(reason.to_lowercase().contains(&named.to_lowercase()), "{reason}");
}

#[test]
fn files_that_windows_reads_have_a_version_and_damaged_ones_are_unreadable() {
    let windows = WindowsVolume::windows_2000_server();
    let found = |content| read(&windows, content).0.map(|version| (version.major, version.build));
    assert_eq!(found(Ne::version(3, 10, 511, 0).build()), Some((3, 511)));
    assert_eq!(found(Pe::version(5, 0, 2195, 1).section_offset(0x110).build()), Some((5, 2195)));
    assert_eq!(found(Pe::version(5, 0, 2195, 1).dos_relocations(0x1d).build()), Some((5, 2195)));
    assert_eq!(found(Ne::without_version().build()), None);
    assert_eq!(found(b"@echo off".to_vec()), None);

    let mut damaged = Ne::version(3, 10, 0, 103).build();
    damaged.truncate(540);
    let target = target(&windows.file(FILE, damaged));
    let Answer::Unreadable(reason) = target.file(FILE) else { panic!("read") };
    assert_eq!(reason, r"C:\file.dll: damaged NE executable: the file ends within its version resource");
}

/// The view of a driver without support for Windows' overlay compression (WOF) of a compressed file: its size, and zeros.
#[test]
fn an_executable_of_zeros_is_unreadable_and_no_other_file_of_zeros_is() {
    for (path, unreadable) in [
        (r"C:\zeros.dll", true),
        (r"C:\ZEROS.EXE", true),
        (r"C:\zeros.sys", true),
        (r"C:\zeros.dat", false),
        (r"C:\dll", false),
    ] {
        let target = target(&WindowsVolume::windows_10().file(path, vec![0; 4096]));
        match target.file(path) {
            Answer::Unreadable(reason) if unreadable => {
                assert!(reason.ends_with("the file begins with zeros, expected `MZ`"), "{reason}");
            }
            answer => assert!(!unreadable && known!(answer, File).version.is_none(), "{path}"),
        }
    }
    let empty = target(&WindowsVolume::windows_10().file(FILE, Vec::new()));
    assert_eq!(known!(empty.file(FILE), File).version, None);
}
