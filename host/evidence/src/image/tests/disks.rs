//! Disk images with the same machines as folders have.

use std::path::Path;

use tempfile::TempDir;
use wardline_contract::{AccessType, FileInfo};
use wardline_fixtures::shadow::ShadowVolume;
use wardline_fixtures::{NtfsVolume, Pe, Profile, SecurityDescriptor, Service};

use super::*;
use crate::budget::{Budget, DEFAULT_TARGET_MEMORY};
use crate::{Condition, OpenError, SourceKind, State};

const SECTOR: usize = 512;

/// A disk with an MBR and these partitions, each after the other.
fn partitioned(volumes: &[Vec<u8>]) -> Vec<u8> {
    let mut disk = vec![0; 2048 * SECTOR];
    for (number, volume) in volumes.iter().enumerate() {
        let (start, count) = (disk.len() / SECTOR, volume.len() / SECTOR);
        let at = 446 + number * 16;
        disk[at + 4] = 7;
        disk[at + 8..at + 12].copy_from_slice(&(start as u32).to_le_bytes());
        disk[at + 12..at + 16].copy_from_slice(&(count as u32).to_le_bytes());
        disk.extend(volume);
    }
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk
}

fn bitlocker() -> Vec<u8> {
    let mut volume = vec![0; 64 * SECTOR];
    volume[..11].copy_from_slice(b"\xeb\x58\x90-FVE-FS-");
    volume
}

fn ntfs(built: &WindowsVolume) -> NtfsVolume {
    let directory = tempfile::tempdir().unwrap();
    built.write_to(directory.path()).unwrap();
    NtfsVolume::of_folder(directory.path()).unwrap()
}

fn written(bytes: &[u8]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("disk.raw"), bytes).unwrap();
    directory
}

fn open(path: &Path) -> Result<Box<dyn Source>, OpenError> {
    crate::open(path, &Budget::new(DEFAULT_TARGET_MEMORY))
}

fn targets(directory: &TempDir) -> Vec<String> {
    let path = directory.path().join("disk.raw");
    let found = crate::targets(&path, &Budget::new(DEFAULT_TARGET_MEMORY)).unwrap();
    found.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn an_image_answers_as_the_folder_does() {
    let machine = WindowsVolume::windows_10()
        .file(r"C:\Tools\agent.exe", Pe::version(7, 1, 2, 3).build())
        .file(r"C:\Tools\notes.txt", "Größe")
        .service(Service::new("Agent"))
        .profile(Profile::of_sid("scott", "S-1-5-21-1-2-3-1001"));
    let folder = target(&machine);
    let directory = written(&ntfs(&machine).build());
    let image = open(&directory.path().join("disk.raw")).unwrap();
    assert_eq!((image.name(), image.origin().kind), ("disk.raw", SourceKind::Image));
    let text = |path: &str| Question::Text(TextRange { path: path.to_owned(), offset: 1, length: 100 });
    let questions = [
        Question::System,
        Question::Services,
        Question::Service("Agent".to_owned()),
        Question::Accounts,
        Question::Groups,
        Question::Shares,
        Question::AuditPolicy,
        Question::PasswordPolicy,
        Question::Profiles,
        Question::RegistryKey(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion".to_owned()),
        Question::RegistryKey(r"HKU\S-1-5-21-1-2-3-1001".to_owned()),
        Question::RegistryPermissions(r"HKLM\SYSTEM\Select".to_owned()),
        Question::File(r"C:\TOOLS\AGENT.EXE".to_owned()),
        Question::FileVersion(r"%windir%\System32\ntdll.dll".to_owned()),
        Question::File(r"C:\Tools\none.exe".to_owned()),
        Question::File(r"C:\Tools".to_owned()),
        Question::File(r"D:\Tools\agent.exe".to_owned()),
        Question::Directory(r"C:\".to_owned()),
        Question::Directory(r"%SystemRoot%\System32".to_owned()),
        Question::Directory(r"C:\Tools\notes.txt".to_owned()),
        text(r"C:\Tools\notes.txt"),
        text(r"%windir%\System32\config\SAM"),
    ];
    for question in questions {
        let without_time = |answer: Answer| match answer {
            // The writer of the image gives all files the same time.
            Answer::Known(Fact::File(file)) => Answer::Known(Fact::File(FileInfo { modified: None, ..file })),
            answer => answer,
        };
        let expected = without_time(folder.ask(question.clone()));
        assert_eq!(without_time(image.answer(&question)), expected, "{question:?}");
    }
    assert_eq!(image.conditions(), folder.volume.conditions());
    let read = image.bytes_read().unwrap();
    let size = std::fs::metadata(directory.path().join("disk.raw")).unwrap().len();
    assert!(read > 0 && read < size, "{read} of {size}");
}

#[test]
fn an_image_tells_what_a_folder_cannot() {
    let descriptor = SecurityDescriptor::owned_by("S-1-5-32-544").allow("S-1-1-0", 0x001f_01ff);
    let volume = ntfs(&WindowsVolume::windows_10().file(r"C:\Tools\agent.exe", ""));
    let directory = written(&volume.security(r"Tools", descriptor.to_bytes()).build());
    let image = open(&directory.path().join("disk.raw")).unwrap();
    let volumes = known!(image.answer(&Question::Volumes), Volumes);
    assert_eq!(volumes.first().and_then(|volume| volume.file_system.as_deref()), Some("NTFS"));
    let permissions = known!(image.answer(&Question::FilePermissions(r"C:\tools".to_owned())), Permissions);
    assert_eq!(permissions.owner.as_deref(), Some("S-1-5-32-544"));
    let access = permissions.access.unwrap();
    assert_eq!((access[0].access_type, access[0].sid.as_str()), (AccessType::Allow, "S-1-1-0"));
    let none = image.answer(&Question::FilePermissions(r"C:\Tools\agent.exe".to_owned()));
    assert_eq!(none, Answer::Unsupported);
}

#[test]
fn several_windows_volumes_are_several_targets() {
    let machines =
        [WindowsVolume::windows_2000_server(), WindowsVolume::windows_10()].map(|built| ntfs(&built).build());
    let data = NtfsVolume::new().file("data.txt", "").build();
    let directory = written(&partitioned(&[machines[0].clone(), data, machines[1].clone(), bitlocker()]));
    let path = |suffix: &str| directory.path().join(format!("disk.raw{suffix}"));
    assert_eq!(targets(&directory), ["disk.raw#1", "disk.raw#3"]);
    let systems = ["#1", "#3"].map(|suffix| {
        let source = open(&path(suffix)).unwrap();
        assert_eq!(source.name(), format!("disk.raw{suffix}"));
        known!(source.answer(&Question::System), System).windows_folder
    });
    assert_eq!(systems, [r"C:\WINNT", r"C:\Windows"]);
    for (suffix, expected) in [
        ("", "the disk has several volumes with Windows; give one of them: "),
        ("#2", "no Windows found on the disk: partition 2: no Windows"),
        ("#4", "no Windows found on the disk: partition 4: BitLocker is not supported"),
        ("#5", "the disk image has no partition 5; it has 1, 2, 3, 4"),
    ] {
        let error = open(&path(suffix)).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{suffix}: {error}");
    }
}

#[test]
fn one_windows_volume_needs_no_number() {
    let machine = ntfs(&WindowsVolume::windows_10()).build();
    let directory = written(&partitioned(&[bitlocker(), machine]));
    assert_eq!(targets(&directory), ["disk.raw"]);
    assert_eq!(open(&directory.path().join("disk.raw")).unwrap().name(), "disk.raw");
    let none = written(&partitioned(&[bitlocker(), vec![0; 1 << 20]]));
    let error = open(&none.path().join("disk.raw")).map(|_| ()).unwrap_err().to_string();
    let expected = "no Windows found on the disk: partition 1: BitLocker is not supported; partition 2: no file system that is \
                    known";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn a_shadow_copy_is_the_volume_as_it_was() {
    let states = [1, 2, 3].map(|version| {
        let machine = WindowsVolume::windows_10().file(r"C:\Tools\agent.exe", Pe::version(version, 0, 0, 0).build());
        let mut volume = ntfs(&machine).build();
        volume.resize(volume.len().next_multiple_of(1 << 20), 0);
        volume
    });
    let volume = ShadowVolume::new(&states, 0).bytes;
    let version = |path: &Path| {
        let source = open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let answer = source.answer(&Question::FileVersion(r"C:\Tools\agent.exe".to_owned()));
        (source.name().to_owned(), known!(answer, File).version.unwrap().major)
    };
    let whole = written(&volume);
    let named = |directory: &TempDir, suffix: &str| directory.path().join(format!("disk.raw{suffix}"));
    for (suffix, expected) in [("@vss1", 1), ("@vss2", 2), ("", 3)] {
        assert_eq!(version(&named(&whole, suffix)), (format!("disk.raw{suffix}"), expected));
    }
    let error = open(&named(&whole, "@vss3")).map(|_| ()).unwrap_err().to_string();
    assert!(error.ends_with("the volume: cannot be read: shadow copy 3 does not exist: the volume has 2"), "{error}");

    let several = written(&partitioned(&[volume.clone(), volume]));
    assert_eq!(version(&named(&several, "#2@vss1")), ("disk.raw#2@vss1".to_owned(), 1));
    let found = crate::targets(&named(&several, "@vss2"), &Budget::new(DEFAULT_TARGET_MEMORY)).unwrap();
    assert_eq!(found, ["#1@vss2", "#2@vss2"].map(|suffix| named(&several, suffix)));
}

#[test]
fn a_volume_that_windows_would_check_is_doubtful() {
    let machine = ntfs(&WindowsVolume::windows_10()).dirty().file("hiberfil.sys", "HIBR");
    let directory = written(&machine.build());
    let conditions = open(&directory.path().join("disk.raw")).unwrap().conditions();
    let parts = conditions.iter().map(|condition| condition.part.as_str()).collect::<Vec<_>>();
    assert_eq!(parts, ["the volume", "the volume"]);
    assert!(
        matches!(
            &conditions[..],
            [Condition { state: State::Stale { entries: 0, .. }, .. }, Condition { state: State::Damaged { .. }, .. }]
        ),
        "{conditions:?}"
    );
}

#[test]
fn a_file_that_is_no_image_is_a_recording() {
    let directory = written(b"{no recording}");
    assert!(matches!(open(&directory.path().join("disk.raw")), Err(OpenError::Recording(_))));
    assert_eq!(targets(&directory), ["disk.raw"]);
}
