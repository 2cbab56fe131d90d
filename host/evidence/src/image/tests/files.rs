use wardline_contract::FileVersion;
use wardline_fixtures::{Pe, WindowsVolume};

use super::*;

fn version(major: u16, minor: u16, build: u16, revision: u16) -> FileVersion {
    FileVersion { major, minor, build, revision }
}

#[test]
fn files_have_version_checksum_size_and_language() {
    let image = Pe::version(5, 0, 2195, 3649).language(0x0407).checksum(0x0007_1234);
    let wide = Pe::version(10, 0, 19041, 1348).plus();
    let target = target(
        &WindowsVolume::windows_2000_server()
            .file(r"%windir%\system32\ntdll.dll", image.clone())
            .file(r"C:\tools\wide.exe", wide)
            .file(r"C:\tools\plain.exe", Pe::without_version())
            .file(r"C:\tools\readme.txt", "ab\x01"),
    );
    let file = known!(target.file(r"%SYSTEMROOT%\System32\NTDLL.DLL"), File);
    assert_eq!(file.version, Some(version(5, 0, 2195, 3649)));
    assert_eq!((file.checksum, file.language), (Some(0x0007_1234), Some(0x0407)));
    assert_eq!((file.size, file.modified), (image.build().len() as u64, Some(1_011_096_000)));

    let quick = known!(target.ask(Question::FileVersion(r"C:\winnt\system32\ntdll.dll".to_owned())), File);
    assert_eq!((quick.version, quick.checksum), (file.version, None));

    assert_eq!(known!(target.file(r"C:\tools\wide.exe"), File).version, Some(version(10, 0, 19041, 1348)));
    assert_eq!(known!(target.file(r"C:\tools\plain.exe"), File).version, None);
    let text = known!(target.file(r"C:\tools\readme.txt"), File);
    assert_eq!((text.version, text.checksum), (None, Some(0x6261 + 1 + 3)));
}

#[test]
fn paths_lead_to_known_absent_or_unsupported() {
    let target = target(&WindowsVolume::windows_2000_server().file(r"C:\tools\a.txt", "a"));
    for (path, expected) in [
        (r"C:\tools\b.txt", Answer::Absent),
        (r"C:\tools\a.txt\b.txt", Answer::Absent),
        (r"C:\nowhere\a.txt", Answer::Absent),
        (r"D:\tools\a.txt", Answer::Unsupported),
        (r"%EXCHSRVR%\bin\x.dll", Answer::Unsupported),
        (r"%ProgramFiles(x86)%\x.dll", Answer::Absent),
        (r"C:\tools\..\tools\a.txt", Answer::Unsupported),
    ] {
        assert_eq!(target.file(path), expected, "{path}");
    }
    assert!(is_unreadable(&target.file(r"C:\tools")));
    assert!(is_unreadable(&target.directory(r"C:\tools\a.txt")));
    assert_eq!(target.directory(r"C:\nothing"), Answer::Absent);
    assert_eq!(target.ask(Question::FilePermissions(r"C:\tools".to_owned())), Answer::Unsupported);
}

#[test]
fn programs_have_two_folders_on_64_bit_windows() {
    let target = target(
        &WindowsVolume::windows_7()
            .file(r"%ProgramFiles%\Vendor\a.txt", "64")
            .file(r"%ProgramFiles(x86)%\Vendor\a.txt", "32")
            .file(r"%CommonProgramFiles(x86)%\a.txt", "common 32"),
    );
    assert_eq!(known!(target.text(r"%ProgramFiles%\vendor\a.txt"), Text).text, "64");
    assert_eq!(known!(target.text(r"%programfiles(x86)%\vendor\a.txt"), Text).text, "32");
    assert_eq!(known!(target.text(r"%CommonProgramFiles(X86)%\a.txt"), Text).text, "common 32");
}

#[test]
fn program_folders_are_where_the_registry_says_else_where_they_usually_are() {
    let key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion";
    let file = r"C:\Programme\Gemeinsame Dateien\a.txt";
    let moved = target(
        &WindowsVolume::windows_2000_server()
            .registry(key, "ProgramFilesDir", r"C:\Programme")
            .registry(key, "CommonFilesDir", r"%ProgramFiles%\Gemeinsame Dateien")
            .file(file, "moved"),
    );
    assert_eq!(known!(moved.text(r"%CommonProgramFiles%\a.txt"), Text).text, "moved");

    let elsewhere = target(&WindowsVolume::windows_2000_server().registry(key, "ProgramFilesDir", r"D:\Programs"));
    assert_eq!(elsewhere.file(r"%ProgramFiles%\a.txt"), Answer::Unsupported);

    let unsaid = target(
        &WindowsVolume::windows_2000_server()
            .file(r"C:\Program Files\a.txt", "usual")
            .without_registry_value(key, "ProgramFilesDir"),
    );
    assert_eq!(known!(unsaid.text(r"%ProgramFiles%\a.txt"), Text).text, "usual");
}

#[test]
fn folders_are_listed_in_an_order_of_their_own() {
    let target = target(
        &WindowsVolume::windows_2000_server()
            .file(r"C:\many\b.txt", "")
            .file(r"C:\many\A.txt", "")
            .folder(r"C:\many\c"),
    );
    let listing = known!(target.directory(r"c:\MANY"), Directory);
    let entries = listing.entries.iter().map(|entry| (entry.name.as_str(), entry.directory)).collect::<Vec<_>>();
    assert_eq!(entries, [("A.txt", false), ("b.txt", false), ("c", true)]);
    assert!(!listing.truncated);
    let root = known!(target.directory(r"C:\"), Directory);
    assert!(root.entries.iter().any(|entry| entry.name == "WINNT" && entry.directory));
}

#[test]
fn texts_are_read_in_stretches() {
    let target = target(&WindowsVolume::windows_2000_server().file(r"C:\boot.ini", "[boot loader]\r\ntimeout=30\r\n"));
    let range =
        |offset, length| target.ask(Question::Text(TextRange { path: r"C:\boot.ini".to_owned(), offset, length }));
    assert_eq!(known!(range(1, 4), Text).text, "boot");
    let behind = known!(range(1000, 10), Text);
    assert_eq!((behind.text.as_str(), behind.size), ("", 27));
    assert_eq!(known!(range(0, u32::MAX), Text).text.len(), 27);
}

#[test]
fn a_stretch_that_ends_within_a_character_stays_utf8() {
    let text = format!("{}€ und größer", "x".repeat(65_535));
    let target = target(&WindowsVolume::windows_2000_server().file(r"C:\long.txt", text.as_str()));
    let range =
        |offset, length| target.ask(Question::Text(TextRange { path: r"C:\long.txt".to_owned(), offset, length }));
    let first = known!(range(0, u32::MAX), Text).text;
    assert_eq!((first.len(), first.chars().last()), (65_535 + '\u{fffd}'.len_utf8(), Some('\u{fffd}')));
    assert_eq!(known!(range(65_536, 100), Text).text, "\u{fffd} und größer");
    assert_eq!(known!(range(65_536, 1), Text).text, "\u{fffd}");
}

#[test]
fn no_text_shows_what_protects_accounts() {
    let hive = wardline_fixtures::HiveBuilder::new("SAM", wardline_fixtures::HiveVersion::V1_3).build();
    let target = target(&WindowsVolume::windows_2000_server().file(r"C:\copies\sam.bak", hive));
    for path in [r"%windir%\system32\config\SAM", r"C:\WINNT\System32\CONFIG\nothing", r"C:\copies\sam.bak"] {
        assert!(matches!(target.text(path), Answer::Denied(_)), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_volume_and_not_out_of_it() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    let target = target(
        &WindowsVolume::windows_2000_server()
            .file(r"C:\real\a.txt", "inside")
            .symlink(r"C:\link", "real")
            .symlink(r"C:\absolute", outside.path())
            .symlink(r"C:\upwards", "../../../../../../../../../../etc")
            .symlink(r"C:\file.txt", outside.path().join("secret.txt"))
            .symlink(r"C:\self", "self")
            .symlink(r"C:\dangling", "nothing"),
    );
    assert_eq!(known!(target.text(r"C:\link\A.TXT"), Text).text, "inside");
    for path in [r"C:\absolute\secret.txt", r"C:\upwards\passwd", r"C:\file.txt", r"C:\self", r"C:\dangling"] {
        assert!(is_unreadable(&target.file(path)), "{path}: {:?}", target.file(path));
        assert!(is_unreadable(&target.text(path)), "{path}: {:?}", target.text(path));
    }
    assert!(is_unreadable(&target.directory(r"C:\absolute")));
    assert_eq!(
        known!(target.directory(r"C:\"), Directory).entries.iter().filter(|entry| entry.name == "link").count(),
        1
    );
}

#[cfg(unix)]
#[test]
fn pipes_are_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    WindowsVolume::windows_2000_server().write_to(directory.path()).unwrap();
    let pipe = directory.path().join("pipe.dll");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let target = Target { volume: Volume::open(directory.path(), None).unwrap(), _directory: directory };
    assert!(is_unreadable(&target.file(r"C:\pipe.dll")));
}
