//! Running machines, played by Samba, with the same machines as folders have.

use std::time::Duration;

use tempfile::TempDir;
use wardline_contract::PasswordQuality;
use wardline_fixtures::samba::{PASSWORD, Samba, Served};
use wardline_fixtures::{Account, Pe, Profile, Service};
use wardline_live::{Address, Credentials, Limits};

use super::*;
use crate::budget::{Budget, DEFAULT_TARGET_MEMORY};
use crate::{Condition, SourceKind, State};

/// The key that is taken for `HKLM`: Samba answers some of Windows' own keys from tables.
const TOP: &str = r"SOFTWARE\Machine\";

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), call: Duration::from_secs(10), machine: Duration::from_secs(120) };

struct Running {
    volume: Volume,
    samba: Samba,
    folder: Volume,
    _directories: [TempDir; 2],
}

fn credentials(samba: &Samba) -> (Address, Credentials) {
    let address = Address::parse(&format!("127.0.0.1:{}", samba.port())).unwrap();
    (address, Credentials::new(samba.user(), PASSWORD).unwrap())
}

/// Starts a machine; `None` if the test skips.
fn running(built: &WindowsVolume) -> Option<Running> {
    running_without(built, "a key that no machine has")
}

/// Starts a machine that does not show its keys below one.
fn running_without(built: &WindowsVolume, hidden: &str) -> Option<Running> {
    let (directory, server) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    built.write_to(directory.path()).unwrap();
    let registry = built.registry_file(&format!("HKEY_LOCAL_MACHINE\\{}", TOP.trim_end_matches('\\')));
    let is_shown = |key: &&str| !key.starts_with(&format!("[HKEY_LOCAL_MACHINE\\{TOP}{hidden}"));
    let registry = registry.split_inclusive("\n\n").filter(is_shown).collect::<String>();
    let served = Served { volume: Some(directory.path()), registry: Some(&registry), ..Served::default() };
    let samba = Samba::start(server.path(), &served)?;
    let (address, credentials) = credentials(&samba);
    let budget = Budget::new(DEFAULT_TARGET_MEMORY);
    let volume = Volume::open_live_below(&address, &credentials, LIMITS, TOP, &budget).unwrap();
    let folder = Volume::open(directory.path(), Some("target".to_owned())).unwrap();
    Some(Running { volume, samba, folder, _directories: [directory, server] })
}

#[test]
fn a_running_machine_answers_as_its_folder_does() {
    let machine = WindowsVolume::windows_10()
        .file(r"C:\Tools\agent.exe", Pe::version(7, 1, 2, 3).build())
        .file(r"C:\Tools\notes.txt", "Größe")
        .service(Service::new("Agent"))
        .profile(Profile::of_sid("scott", "S-1-5-21-1-2-3-1001"));
    let Some(running) = running(&machine) else { return };
    assert_eq!((running.volume.name(), running.volume.origin().kind), ("127.0.0.1", SourceKind::Live));
    let text = |path: &str| Question::Text(TextRange { path: path.to_owned(), offset: 1, length: 100 });
    let value = |key: &str, name: &str| {
        Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() })
    };
    let key = |path: &str| Question::RegistryKey(path.to_owned());
    for question in [
        Question::System,
        Question::Services,
        Question::Service("Agent".to_owned()),
        Question::Groups,
        Question::Shares,
        Question::AuditPolicy,
        Question::PasswordPolicy,
        Question::Profiles,
        value(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion", "CurrentBuild"),
        value(r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", "ProductType"),
        value(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion", "None"),
        value(r"HKLM\SOFTWARE\None", "None"),
        key(r"HKLM\SOFTWARE\None"),
        key(r"HKLM\SAM\SAM"),
        key(r"HKLM\SECURITY\Policy"),
        key(r"HKLM\SECURITY\Policy\Secrets\DefaultPassword"),
        // The user is not logged on: the hive in the profile is read.
        key(r"HKU\S-1-5-21-1-2-3-1001\Software\Microsoft\Windows\CurrentVersion"),
        key(r"HKU\S-1-5-21-1-2-3-1001\Software\None"),
        key(r"HKU\S-1-5-21-1-2-3-1002\Software"),
        key("HKLM"),
        key("HKCC\\Software"),
        Question::File(r"C:\Tools\agent.exe".to_owned()),
        Question::FileVersion(r"C:\Tools\AGENT.EXE".to_owned()),
        Question::File(r"C:\Tools\none.exe".to_owned()),
        Question::File(r"C:\Tools".to_owned()),
        Question::File(r"D:\Tools\agent.exe".to_owned()),
        Question::File(r"%windir%\system32\ntoskrnl.exe".to_owned()),
        Question::Directory(r"C:\Tools".to_owned()),
        Question::Directory(r"C:\None".to_owned()),
        text(r"C:\Tools\notes.txt"),
        text(r"%windir%\system32\config\SAM"),
    ] {
        let without_time = |answer: Answer| match answer {
            // Samba does not keep it.
            Answer::Known(Fact::RegistryKey(mut key)) => {
                key.last_written = 0;
                key.subkeys.sort();
                key.values.sort_by(|one, other| one.name.cmp(&other.name));
                Answer::Known(Fact::RegistryKey(key))
            }
            Answer::Known(Fact::Services(mut services)) => {
                services.sort_by(|one, other| one.name.cmp(&other.name));
                Answer::Known(Fact::Services(services))
            }
            answer => answer,
        };
        let (live, folder) = (running.volume.answer(&question), running.folder.answer(&question));
        assert_eq!(without_time(live), without_time(folder), "{question:?}");
    }
    assert_eq!(running.volume.conditions(), []);
    assert!(running.volume.bytes_read().unwrap() > 0);
}

#[test]
fn an_answer_is_the_same_as_long_as_the_machine_is_examined() {
    let Some(running) = running(&WindowsVolume::windows_10().file(r"C:\a.txt", "first")) else { return };
    let ask = |path: &str| running.volume.answer(&Question::Directory(path.to_owned()));
    let before = ask(r"C:\");
    std::fs::write(running._directories[0].path().join("b.txt"), "second").unwrap();
    assert_eq!(ask(r"c:\"), before);
}

#[test]
fn a_machine_that_is_lost_is_reported_as_such() {
    let Some(mut running) = running(&WindowsVolume::windows_10()) else { return };
    assert!(matches!(running.volume.answer(&Question::System), Answer::Known(_)));
    running.samba.kill();
    assert!(is_unreadable(&running.volume.answer(&Question::Shares)));
    assert!(is_unreadable(&running.volume.answer(&Question::Directory(r"C:\".to_owned()))));
    let conditions = running.volume.conditions();
    let [Condition { part, state: State::Damaged { .. } }] = conditions.as_slice() else { panic!("{conditions:?}") };
    assert_eq!(part, "connection");
}

#[test]
fn accounts_come_from_the_running_machine_s_own_database() {
    let machine = WindowsVolume::windows_10().account(Account::new("scott", 1001).enabled());
    let Some(running) = running(&machine) else { return };
    let names = |volume: &Volume| {
        let accounts = known!(volume.answer(&Question::Accounts), Accounts);
        accounts.iter().map(|account| (account.name.clone(), account.rid, account.disabled)).collect::<Vec<_>>()
    };
    // Samba keeps no class names, so the passwords' hashes cannot be read; the rest is the same.
    assert_eq!(names(&running.volume), names(&running.folder));
}

#[test]
fn a_machine_that_keeps_its_database_back_is_asked_for_accounts() {
    let Some(running) = running_without(&WindowsVolume::windows_10(), "SAM") else { return };
    // These are Samba's own.
    let accounts = known!(running.volume.answer(&Question::Accounts), Accounts);
    let own = accounts.iter().find(|account| account.name == running.samba.user()).unwrap();
    assert!(!own.disabled && own.password_set.is_some() && own.password == PasswordQuality::Unknown, "{own:?}");
    let groups = known!(running.volume.answer(&Question::Groups), Groups);
    assert!(groups.iter().all(|group| group.sid.starts_with("S-1-5-")), "{groups:?}");
    let policy = known!(running.volume.answer(&Question::PasswordPolicy), PasswordPolicy);
    assert_eq!((policy.minimum_length, policy.lockout_threshold), (5, 0), "{policy:?}");
    assert_eq!(running.volume.conditions(), []);
}
