//! A target is only read: folders, images and running machines are after every question as they were before.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use wardline_fixtures::samba::{PASSWORD, Samba, Served};
use wardline_fixtures::{NtfsVolume, Pe, Profile, Service};
use wardline_live::{Address, Credentials, Limits};

use super::*;
use crate::budget::{Budget, DEFAULT_TARGET_MEMORY};

fn machine() -> WindowsVolume {
    WindowsVolume::windows_10()
        .file(r"C:\Tools\agent.exe", Pe::version(7, 1, 2, 3).build())
        .file(r"C:\Tools\notes.txt", "text")
        .service(Service::new("Agent"))
        .profile(Profile::of_sid("scott", "S-1-5-21-1-2-3-1001"))
}

/// Asks one question of every kind.
fn ask_everything(source: &dyn Source) {
    let tool = || r"C:\Tools\agent.exe".to_owned();
    let key = || r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion".to_owned();
    for question in [
        Question::System,
        Question::RegistryValue(RegistryValueName { key: key(), name: "CurrentBuild".to_owned() }),
        Question::RegistryKey(key()),
        Question::RegistryKey(r"HKU\S-1-5-21-1-2-3-1001\Software".to_owned()),
        Question::RegistryPermissions(key()),
        Question::File(tool()),
        Question::FileVersion(tool()),
        Question::FilePermissions(tool()),
        Question::Directory(r"C:\Tools".to_owned()),
        Question::Text(TextRange { path: r"C:\Tools\notes.txt".to_owned(), offset: 0, length: 100 }),
        Question::Service("Agent".to_owned()),
        Question::Services,
        Question::Accounts,
        Question::Groups,
        Question::Shares,
        Question::Volumes,
        Question::AuditPolicy,
        Question::PasswordPolicy,
        Question::Profiles,
    ] {
        let _ = source.answer(&question);
    }
}

/// Every file below a folder, with its content, its mode, and when it and its state were changed.
fn state(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, [i64; 4])> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            let content = if about.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
            let times = [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec()];
            found.insert(path.clone(), (content, about.mode(), times));
            if about.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

#[test]
fn folders_and_images_are_as_they_were() {
    let [folder, images] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    machine().write_to(folder.path()).unwrap();
    let image = images.path().join("disk.raw");
    std::fs::write(&image, NtfsVolume::of_folder(folder.path()).unwrap().build()).unwrap();
    let before = [folder.path(), images.path()].map(state);
    for target in [folder.path(), image.as_path()] {
        ask_everything(&*crate::open(target, &Budget::new(DEFAULT_TARGET_MEMORY)).unwrap());
    }
    assert!([folder.path(), images.path()].map(state) == before);
}

#[test]
fn nothing_is_written_to_a_running_machine() {
    let [volume, server] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    machine().write_to(volume.path()).unwrap();
    let keys = "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wardline]\n";
    let served = Served { volume: Some(volume.path()), registry: Some(keys), audited: true, ..Served::default() };
    let Some(samba) = Samba::start(server.path(), &served) else { return };
    let before = state(volume.path());
    let address = Address::parse(&format!("127.0.0.1:{}", samba.port())).unwrap();
    let credentials = Credentials::new(samba.user(), PASSWORD).unwrap();
    let budget = Budget::new(DEFAULT_TARGET_MEMORY);
    ask_everything(&Volume::open_live(&address, &credentials, Limits::default(), &budget).unwrap());
    let (read, changed) = samba.audit().unwrap();
    assert!(read > 5, "{read}");
    assert_eq!(changed, Vec::<String>::new());
    assert!(state(volume.path()) == before);
}
