use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use wardline_contract::{Answer, Fact, Question, RegistryData, RegistryKey, RegistryValueName, Role, SystemInfo};

use super::*;
use crate::budget::DEFAULT_TARGET_MEMORY;
use crate::recording::{self, Recording};
use crate::{OpenError, State, open};

const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";
const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix";
const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

const SERVER: &str = "\
Host Name:         SRV01
OS Name:           Microsoft Windows Server 2022 Standard
OS Version:        10.0.20348 N/A Build 20348
OS Manufacturer:   Microsoft Corporation
OS Configuration:  Standalone Server
OS Build Type:     Multiprocessor Free
System Type:       x64-based PC
Processor(s):      1 Processor(s) Installed.
                   [01]: Intel64 Family 6
Windows Directory: C:\\Windows
System Locale:     en-us;English (United States)
Hotfix(s):         2 Hotfix(s) Installed.
                   [01]: KB5034129
                   [02]: KB5035857
";

const XP: &str = "\
Host Name:         OLD01
OS Name:           Microsoft Windows XP Professional
OS Version:        5.1.2600 Service Pack 2 Build 2600
OS Manufacturer:   Microsoft Corporation
OS Configuration:  Standalone Workstation
System type:       X86-based PC
Hotfix(s):         2 Hotfix(s) Installed.
                   [01]: Q147222
                   [02]: KB911564
";

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn budget() -> Arc<Budget> {
    Budget::new(DEFAULT_TARGET_MEMORY)
}

/// Opens a text as a target.
fn target(text: &str) -> Box<dyn Source> {
    let directory = directory(&[("web01.txt", text)]);
    open(&directory.path().join("web01.txt"), &budget()).unwrap()
}

fn value(target: &dyn Source, key: &str, name: &str) -> Answer {
    target.answer(&Question::RegistryValue(RegistryValueName { key: key.into(), name: name.into() }))
}

fn key(target: &dyn Source, path: &str) -> Answer {
    target.answer(&Question::RegistryKey(path.into()))
}

fn subkeys(target: &dyn Source, path: &str) -> (Vec<String>, bool) {
    match key(target, path) {
        Answer::Known(Fact::RegistryKey(RegistryKey { subkeys, truncated, .. })) => (subkeys, truncated),
        other => panic!("{other:?}"),
    }
}

fn dword(number: u32) -> Answer {
    Answer::Known(Fact::RegistryValue(RegistryData::Dword(number)))
}

fn text(text: &str) -> Answer {
    Answer::Known(Fact::RegistryValue(RegistryData::Text(text.into())))
}

#[test]
fn the_system_is_answered_as_far_as_it_is_told() {
    let target = target(SERVER);
    assert_eq!(target.name(), "web01");
    assert_eq!(target.origin().kind, SourceKind::Text);
    let expected = SystemInfo {
        computer_name: Some("SRV01".into()),
        product_name: "Windows Server 2022 Standard".into(),
        version: "10.0".into(),
        build: 20348,
        revision: None,
        service_pack_name: None,
        service_pack: 0,
        role: Role::Server,
        suites: vec![],
        architecture: Some("AMD64".into()),
        language: Some(0x409),
        windows_folder: r"C:\Windows".into(),
    };
    assert_eq!(target.answer(&Question::System), Answer::Known(Fact::System(expected)));
    for (name, expected) in [
        ("ProductName", text("Windows Server 2022 Standard")),
        ("CurrentBuildNumber", text("20348")),
        ("currentbuild", text("20348")),
        ("CurrentMajorVersionNumber", dword(10)),
        ("UBR", Answer::Unsupported),
        ("InstallationType", Answer::Unsupported),
        ("CurrentVersion", Answer::Unsupported),
    ] {
        assert_eq!(value(&*target, CURRENT_VERSION, name), expected, "{name}");
    }
    for question in [Question::Accounts, Question::Services, Question::File(r"C:\Windows\notepad.exe".into())] {
        assert_eq!(target.answer(&question), Answer::Unsupported);
    }
    assert_eq!(key(&*target, CURRENT_VERSION), Answer::Unsupported);
}

#[test]
fn hotfixes_are_answered_as_servicing_packages_from_vista_on() {
    let target = target(SERVER);
    let names = ["KB5034129", "KB5035857"].map(|kb| format!("Package_for_{kb}~31bf3856ad364e35~amd64~~0.0.0.0"));
    assert_eq!(subkeys(&*target, PACKAGES), (names.to_vec(), false));
    let package = format!(r"{}\{}", PACKAGES.to_lowercase(), names[1]);
    assert_eq!(value(&*target, &package, "currentstate"), dword(112));
    assert_eq!(value(&*target, &package, "InstallClient"), Answer::Unsupported);
    let Answer::Known(Fact::RegistryKey(known)) = key(&*target, &package) else { panic!() };
    assert_eq!((known.values.len(), known.values[0].name.as_str()), (1, "CurrentState"));
    // The package may be installed under the name of a later version.
    let other = format!(r"{PACKAGES}\Package_for_KB5034129~31bf3856ad364e35~amd64~~20348.2227.1.5");
    assert_eq!(value(&*target, &other, "CurrentState"), Answer::Unsupported);
    assert_eq!(key(&*target, HOTFIX), Answer::Unsupported);
    assert_eq!(key(&*target, &format!("{PACKAGES}Pending")), Answer::Unsupported);
}

#[test]
fn hotfixes_are_answered_as_keys_of_their_own_before_vista() {
    let target = target(XP);
    assert_eq!(subkeys(&*target, HOTFIX), (vec!["KB911564".into(), "Q147222".into()], false));
    assert_eq!(value(&*target, &format!(r"{HOTFIX}\q147222"), "Installed"), dword(1));
    assert_eq!(value(&*target, &format!(r"{HOTFIX}\KB917734"), "Installed"), Answer::Absent);
    assert_eq!(value(&*target, CURRENT_VERSION, "CSDVersion"), text("Service Pack 2"));
    assert_eq!(value(&*target, CURRENT_VERSION, "CurrentVersion"), text("5.1"));
    assert_eq!(key(&*target, PACKAGES), Answer::Absent);
    let hidden = self::target(&XP.replace("KB911564", "File 1"));
    assert_eq!(subkeys(&*hidden, HOTFIX), (vec!["Q147222".into()], true));
    assert!(matches!(value(&*hidden, &format!(r"{HOTFIX}\KB911564"), "Installed"), Answer::Unreadable(_)));
}

#[test]
fn what_is_not_told_is_not_absent() {
    let without_list = target(&SERVER.replace("KB50", "none-"));
    assert!(matches!(key(&*without_list, PACKAGES), Answer::Unreadable(reason) if reason.contains("empty")));
    let without_system = target("HotFixID\nKB5034129\n");
    for question in [Question::System, Question::RegistryKey(PACKAGES.into()), Question::RegistryKey(HOTFIX.into())] {
        assert!(matches!(without_system.answer(&question), Answer::Unreadable(_)));
    }
    let version_only = target("Microsoft Windows [Version 10.0.20348.2340]\r\n");
    assert_eq!(key(&*version_only, PACKAGES), Answer::Unsupported);
    assert_eq!(value(&*version_only, CURRENT_VERSION, "UBR"), dword(2340));
    let cut_off = target(&SERVER.replace("2 Hotfix", "12 Hotfix"));
    assert!(subkeys(&*cut_off, PACKAGES).1);
    let tells = "the version 10.0.20348 and 2 of several hotfixes (from systeminfo)".to_owned();
    assert_eq!(cut_off.conditions()[0].state, State::Text { tells });
}

#[test]
fn a_directory_of_texts_is_one_machine() {
    let directory = directory(&[
        ("hotfixes.csv", "\"CSName\",\"HotFixID\"\n\"SRV01\",\"KB5037782\"\n"),
        ("notes.md", "# Installed in March\n\nBy *Anna*.\n"),
        ("systeminfo.txt", SERVER),
        ("ver.txt", "\r\nMicrosoft Windows [Version 10.0.20348.2340]\r\n"),
    ]);
    fs::create_dir(directory.path().join("more")).unwrap();
    let target = open(directory.path(), &budget()).unwrap();
    assert_eq!(subkeys(&*target, PACKAGES).0.len(), 3);
    assert_eq!(value(&*target, CURRENT_VERSION, "UBR"), dword(2340));
    assert_eq!(target.name(), directory.path().file_name().unwrap().to_string_lossy());
    let tells: Vec<_> = target.conditions().into_iter().map(|condition| (condition.part, condition.state)).collect();
    let tells_only = |part: &str, tells: &str| (part.to_owned(), State::Text { tells: tells.to_owned() });
    assert_eq!(
        tells,
        [
            tells_only("hotfixes.csv", "1 hotfix (from Win32_QuickFixEngineering)"),
            tells_only("systeminfo.txt", "the version 10.0.20348 and 2 hotfixes (from systeminfo)"),
            tells_only("ver.txt", "the version 10.0.20348.2340 (from ver or a list)"),
        ]
    );
}

#[test]
fn what_is_not_one_machine_is_refused_by_name() {
    let other = SERVER.replace("SRV01", "SRV02");
    let directories = [
        (vec![("a.txt", SERVER), ("b.txt", other.as_str())], "SRV01, and SRV02"),
        (vec![("a.txt", SERVER), ("b.txt", "KB5034129\nhello\n")], "b.txt: line 2: expected"),
        (vec![("a.txt", "hello"), ("b.json", "{}")], "nor texts about a machine: a.txt: unknown form: expected"),
        (vec![("b.json", "{}")], "no Windows found"),
    ];
    for (files, words) in directories {
        let directory = directory(&files);
        let error = open(directory.path(), &budget()).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
    let directory = directory(&[("odd.txt", "hello"), ("odd.recording", "{"), ("empty", ""), ("large", SERVER)]);
    let error = |name: &str, budget| open(&directory.path().join(name), &budget).err().unwrap();
    for (name, words) in [("odd.txt", "odd.txt: unknown form"), ("odd.recording", "recording"), ("empty", "recording")]
    {
        let error = error(name, budget()).to_string();
        assert!(error.contains(words), "{error}");
    }
    let none: PathBuf = directory.path().join("none");
    assert!(matches!(open(&none, &budget()), Err(OpenError::Recording(_))));
    let error = error("large", Budget::new(1_000)).to_string();
    assert!(error.contains("--target-memory"), "{error}");
}

#[test]
fn links_are_not_followed_out_of_a_directory() {
    #[cfg(unix)]
    {
        let outside = directory(&[("systeminfo.txt", SERVER)]);
        let inside = directory(&[("ver.txt", "10.0.20348.2340")]);
        std::os::unix::fs::symlink(outside.path().join("systeminfo.txt"), inside.path().join("link.txt")).unwrap();
        let target = Texts::open_directory(inside.path(), &budget()).unwrap().unwrap();
        assert_eq!(target.conditions().len(), 1);
    }
}

#[test]
fn a_recording_of_texts_answers_and_says_the_same() {
    let target = target(SERVER);
    let questions = [Question::System, Question::RegistryKey(PACKAGES.into()), Question::Accounts];
    let answers = questions.clone().map(|question| target.answer(&question));
    let mut json = Vec::new();
    recording::write(&mut json, "SRV01", questions.iter().zip(&answers), &target.conditions(), &[]).unwrap();
    let recorded = Recording::parse(&json, Path::new("srv01.recording")).unwrap();
    assert_eq!(questions.map(|question| recorded.answer(&question)), answers);
    assert_eq!(recorded.conditions(), target.conditions());
    assert!(recorded.conditions().iter().all(|condition| condition.state.is_doubtful()));
}

#[test]
fn memory_is_charged_while_a_target_is_held() {
    let budget = budget();
    let directory = directory(&[("web01.txt", SERVER)]);
    let target = open(&directory.path().join("web01.txt"), &budget).unwrap();
    assert!(budget.held() > 0);
    drop(target);
    assert_eq!(budget.held(), 0);
}
