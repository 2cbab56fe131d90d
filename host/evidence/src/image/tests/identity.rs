//! Hives that do not belong in their place, and keys that cannot be absent.

use wardline_fixtures::hive::{HiveBuilder, HiveVersion};
use wardline_fixtures::{Hive, Value, WindowsVolume};

use super::*;

const SID: &str = "S-1-5-21-1078081533-842925246-1202660629-500";
const SELECT: &str = r"HKLM\SYSTEM\Select";
const CURRENT: &str = r"HKLM\SYSTEM\CurrentControlSet";

/// The path of each hive.
fn place(hive: &Hive) -> String {
    match hive {
        Hive::Software => r"%windir%\system32\config\software".to_owned(),
        Hive::System => r"%windir%\system32\config\system".to_owned(),
        Hive::Sam => r"%windir%\system32\config\SAM".to_owned(),
        Hive::Security => r"%windir%\system32\config\SECURITY".to_owned(),
        Hive::Default => r"%windir%\system32\config\default".to_owned(),
        Hive::User(_) => r"C:\Documents and Settings\Administrator\NTUSER.DAT".to_owned(),
    }
}

/// Questions that the hive answers, each with a key that it may lack.
fn questions(hive: &Hive) -> Vec<Question> {
    let key = |path: &str| Question::RegistryKey(path.to_owned());
    match hive {
        Hive::Software => vec![
            Question::System,
            Question::Profiles,
            key(r"HKLM\SOFTWARE\Vendor"),
            key(r"HKCR\.xyz"),
            key(r"HKLM\SOFTWARE\Microsoft\Updates"),
            Question::RegistryPermissions(r"HKLM\SOFTWARE\Vendor".to_owned()),
            Question::File(r"%programfiles%\nothing.dll".to_owned()),
        ],
        Hive::System => vec![
            Question::System,
            Question::Services,
            Question::Service("W3SVC".to_owned()),
            Question::Shares,
            Question::Accounts,
            key(r"HKLM\SYSTEM\CurrentControlSet\Control\Vendor"),
            key(r"HKLM\SYSTEM\MountedDevices"),
            Question::RegistryPermissions(r"HKLM\SYSTEM\CurrentControlSet\Control\Vendor".to_owned()),
        ],
        Hive::Sam => vec![Question::Accounts, Question::Groups, Question::PasswordPolicy],
        Hive::Security => vec![Question::AuditPolicy, key(r"HKLM\SECURITY\Policy\Secrets\DefaultPassword")],
        Hive::Default => vec![key(r"HKU\.DEFAULT\Software\Vendor"), key(r"HKU\S-1-5-18\Vendor")],
        Hive::User(_) => vec![key(&format!(r"HKU\{SID}\Software\Vendor")), key(&format!(r"HKU\{SID}\Identities"))],
    }
}

fn hives() -> [Hive; 6] {
    [Hive::Software, Hive::System, Hive::Sam, Hive::Security, Hive::Default, Hive::User(SID.to_owned())]
}

fn is_user(hive: &Hive) -> bool {
    matches!(hive, Hive::Default | Hive::User(_))
}

fn assert_unreadable(target: &Target, questions: &[Question], case: &str) {
    for question in questions {
        let answer = target.ask(question.clone());
        assert!(is_unreadable(&answer), "{case}: {question:?}: {answer:?}");
    }
}

#[test]
fn a_hive_in_the_place_of_another_answers_nothing() {
    let volume = WindowsVolume::windows_2000_server();
    let built = volume.hives();
    for here in hives() {
        for put in hives() {
            // One user's hive cannot be distinguished from another's.
            if here == put || (is_user(&here) && is_user(&put)) {
                continue;
            }
            let target = target(&volume.clone().file(&place(&here), built[&put].build()));
            assert_unreadable(&target, &questions(&here), &format!("{put:?} in the place of {here:?}"));
        }
    }
}

#[test]
fn an_empty_hive_answers_nothing() {
    let empty = HiveBuilder::new("EMPTY", HiveVersion::V1_3).build();
    for here in hives() {
        let target = target(&WindowsVolume::windows_2000_server().file(&place(&here), empty.clone()));
        assert_unreadable(&target, &questions(&here), &format!("an empty hive in the place of {here:?}"));
    }
}

#[test]
fn the_reason_says_what_the_hive_is() {
    let volume = WindowsVolume::windows_2000_server();
    let user = volume.hives()[&Hive::User(SID.to_owned())].build();
    let target = target(&volume.file(&place(&Hive::Software), user));
    let Answer::Unreadable(reason) = target.key(r"HKLM\SOFTWARE\Vendor") else { panic!("read") };
    assert_eq!(
        reason.to_lowercase(),
        r"winnt\system32\config\software is not a software hive: no key microsoft\windows nt\currentversion; it is the hive of a user"
    );
}

#[test]
fn a_users_classes_are_no_other_hive() {
    let classes = format!(r"HKU\{SID}_Classes\CLSID");
    let file =
        r"C:\Documents and Settings\Administrator\Local Settings\Application Data\Microsoft\Windows\UsrClass.dat";
    let volume = WindowsVolume::windows_xp();
    for (hive, built) in volume.hives() {
        let target = target(&volume.clone().file(file, built.build()));
        assert!(is_unreadable(&target.key(&classes)), "{hive:?}");
    }
    // Windows XP may leave it empty, or with only ClickOnce's data.
    let mut builder = HiveBuilder::new("UsrClass.dat", HiveVersion::V1_5);
    assert_eq!(target(&volume.clone().file(file, builder.build())).key(&classes), Answer::Absent);
    builder.key(r"Software\Microsoft\Windows\CurrentVersion\Deployment");
    assert_eq!(target(&volume.file(file, builder.build())).key(&classes), Answer::Absent);
}

/// The contents of `Select`, compared with the kernel, which boots from `ControlSet%03d`.
#[test]
fn a_control_set_that_is_not_there_is_not_empty() {
    let volume = WindowsVolume::windows_2000_server;
    let set = |value: Value| volume().registry(SELECT, "Current", value);
    for (case, volume) in [
        ("0", set(Value::Dword(0))),
        ("3", set(Value::Dword(3))),
        ("1000", set(Value::Dword(1000))),
        ("-1", set(Value::Dword(u32::MAX))),
        ("text", set("1".into())),
        ("qword", set(Value::Raw(11, vec![1, 0, 0, 0, 0, 0, 0, 0]))),
        ("binary", set(Value::Binary(vec![1, 0, 0, 0]))),
        ("two bytes", set(Value::Raw(4, vec![1, 0]))),
        ("no value", volume().without_registry_value(SELECT, "Current")),
        // The control set that Windows would boot from next is irrelevant.
        ("Default only", volume().without_registry_value(SELECT, "Current").registry(SELECT, "Default", 1)),
        ("no key", volume().without_registry_key(SELECT)),
        ("no Control", volume().without_registry_key(&format!(r"{CURRENT}\Control"))),
        ("no Services", volume().without_registry_key(&format!(r"{CURRENT}\Services"))),
        ("neither", volume().without_registry_key(r"HKLM\SYSTEM\ControlSet001")),
    ] {
        assert_unreadable(&target(&volume), &questions(&Hive::System), case);
    }
    let target = target(&set(Value::Dword(3)));
    let Answer::Unreadable(reason) = target.ask(Question::Services) else { panic!("read") };
    assert_eq!(
        reason,
        r"HKLM\SYSTEM\Select names control set 3 as current, but the key HKLM\SYSTEM\ControlSet003 does not exist"
    );
}

#[test]
fn the_current_control_set_may_have_four_digits() {
    let volume = WindowsVolume::windows_2000_server();
    let mut system = volume.hives()[&Hive::System].clone();
    system.set("Select", "Current", Value::Dword(1000));
    system.set(r"ControlSet1000\Control\Lsa", "RestrictAnonymous", Value::Dword(1));
    system.key(r"ControlSet1000\Services\EventLog");
    let target = target(&volume.file(&place(&Hive::System), system.build()));
    assert_eq!(target.value(&format!(r"{CURRENT}\Control\Lsa"), "RestrictAnonymous"), number(1));
}

/// Keys that Windows NT 4 to 11 have, each with a subkey that may be absent.
#[test]
fn what_is_below_a_key_that_every_windows_has_is_not_absent_without_it() {
    for (missing, asked) in [
        (r"HKLM\SOFTWARE\Classes", r"HKCR\.xyz"),
        (r"HKLM\SOFTWARE\Microsoft\Windows", r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate"),
        (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion", r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run"),
        (
            r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon",
            r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon",
        ),
        (
            r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList",
            r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1",
        ),
        (r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa", r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0"),
        (r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa", r"HKLM\SYSTEM\ControlSet001\Control\Lsa\MSV1_0"),
        (
            r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager",
            r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Nothing",
        ),
        (r"HKLM\SECURITY\Policy\Secrets", r"HKLM\SECURITY\Policy\Secrets\DefaultPassword"),
        (r"HKU\.DEFAULT\Control Panel", r"HKU\.DEFAULT\Control Panel\Desktop"),
    ] {
        let whole = target(&WindowsVolume::windows_2000_server());
        assert!(!is_unreadable(&whole.key(asked)), "{asked}");
        let target = target(&WindowsVolume::windows_2000_server().without_registry_key(missing));
        let answer = target.key(asked);
        assert!(is_unreadable(&answer), "{missing}: {asked}: {answer:?}");
        // Only questions below it are affected.
        known!(target.ask(Question::Volumes), Volumes);
        assert_eq!(target.key(r"HKLM\SOFTWARE\Vendor"), Answer::Absent, "{missing}");
    }
    for (missing, question) in [
        (r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList", Question::Profiles),
        (r"HKLM\SECURITY\Policy\PolAdtEv", Question::AuditPolicy),
        (r"HKLM\SAM\SAM\Domains\Account\Users", Question::Accounts),
        (r"HKLM\SAM\SAM\Domains\Account\Aliases", Question::Groups),
        (r"HKLM\SAM\SAM\Domains\Builtin", Question::Groups),
        (r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", Question::Accounts),
        (r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", Question::System),
    ] {
        let target = target(&WindowsVolume::windows_2000_server().without_registry_key(missing));
        assert!(is_unreadable(&target.ask(question.clone())), "{missing}: {question:?}");
    }
}

#[test]
fn what_only_some_windows_have_may_be_absent() {
    let target = target(
        &WindowsVolume::windows_2000_server().without_registry_key(&format!(r"{CURRENT}\Services\LanmanServer")),
    );
    assert_eq!(known!(target.ask(Question::Shares), Shares), []);
    assert_eq!(target.key(r"HKLM\SYSTEM\ControlSet003\Control\Lsa"), Answer::Absent);
    assert_eq!(target.key(r"HKLM\SYSTEM\ControlSet002\Control\Lsa\MSV1_0"), Answer::Absent);
    assert_eq!(target.key(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix"), Answer::Absent);
}

#[test]
fn an_audit_policy_without_a_value_is_unreadable() {
    let target =
        target(&WindowsVolume::windows_2000_server().without_registry_value(r"HKLM\SECURITY\Policy\PolAdtEv", ""));
    assert!(is_unreadable(&target.ask(Question::AuditPolicy)));
}

#[test]
fn services_without_a_service_are_unreadable() {
    let mut volume = WindowsVolume::windows_2000_server();
    for service in ["LanmanServer", "LanmanWorkstation", "TlntSvr", "Tcpip"] {
        volume = volume.without_registry_key(&format!(r"{CURRENT}\Services\{service}"));
    }
    let target = target(&volume.without_registry_value(&format!(r"{CURRENT}\Services\Eventlog"), "Type"));
    assert!(is_unreadable(&target.ask(Question::Services)));
}
