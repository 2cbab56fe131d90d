//! Values that identify the release of Windows: in undocumented forms, and contradicting each other.

use wardline_contract::{Role, SystemInfo};
use wardline_fixtures::{Role as FixtureRole, Value, WindowsVolume};

use super::*;

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const CONTROL_WINDOWS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Windows";
const OPTIONS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions";

/// The text in NT 4 to Server 2003.
const OBSOLETE: &str = "1.511.1 () (Obsolete data - do not use)";

fn system(volume: &WindowsVolume) -> SystemInfo {
    known!(target(volume).ask(Question::System), System)
}

/// Checks that the reason contains each of these texts.
fn assert_refused(case: &str, volume: &WindowsVolume, named: &[&str]) {
    let target = target(volume);
    let Answer::Unreadable(reason) = target.ask(Question::System) else { panic!("{case}: read") };
    for name in named {
        assert!(reason.contains(name), "{case}: {reason}");
    }
    // Facts that do not depend on it are still available.
    known!(target.ask(Question::Services), Services);
    known!(target.key(CURRENT_VERSION), RegistryKey);
    known!(target.ask(Question::AuditPolicy), AuditPolicy);
}

/// Based on `CmpSetVersionData` and `ExpInitializeExecutive` of the kernel: the name is built from the number as
/// `Service Pack %u%c, v.%u`.
#[test]
fn service_packs_have_two_witnesses() {
    let volume = WindowsVolume::windows_2000_server;
    let with = |name: Option<&str>, number: Value| {
        let volume = name.map_or_else(volume, |name| volume().service_pack_name(name));
        volume.registry(CONTROL_WINDOWS, "CSDVersion", number)
    };
    for (name, number, pack) in [
        (None, 0, 0),
        (Some(""), 0, 0),
        (Some("Service Pack 2"), 0x200, 2),
        (Some("Service Pack 6"), 0x600, 6),
        (Some("Service Pack 6a"), 0x601, 6),
        (Some("Service Pack 2, v.2149"), 0x0865_0200, 2),
        (Some("Dodatek Service Pack 3"), 0x300, 3),
    ] {
        let system = system(&with(name, Value::Dword(number)));
        assert_eq!(system.service_pack, pack, "{name:?}");
        assert_eq!(system.service_pack_name.as_deref(), name.filter(|name| !name.is_empty()), "{name:?}");
    }
    let both = [r"Windows NT\CurrentVersion\CSDVersion", r"Control\Windows\CSDVersion", "0x"];
    for (name, number) in [
        (None, 0x200),
        (Some(""), 0x200),
        (None, 0x1),
        (None, u32::MAX),
        (Some("Service Pack 2"), 0),
        (Some("Service Pack 2"), 0x300),
        (Some("Service Pack 2"), 2),
        (Some("Service Pack 99"), 0x200),
    ] {
        assert_refused(&format!("{name:?} {number:#x}"), &with(name, Value::Dword(number)), &both);
    }
    for (name, number) in [
        (Some("none"), Value::Dword(0)),
        (Some(OBSOLETE), Value::Dword(0x100)),
        (Some("Service Pack -2"), Value::Dword(0x200)),
        (Some("Service Pack 4294967298"), Value::Dword(0x200)),
        (None, "512".into()),
        (None, Value::Raw(11, vec![0; 8])),
        (Some("Service Pack 2"), Value::Binary(vec![0, 2, 0, 0])),
    ] {
        assert_refused(&format!("{name:?} {number:?}"), &with(name, number), &["CSDVersion", "expected"]);
    }
    let binary = volume().registry(CURRENT_VERSION, "CSDVersion", Value::Binary(vec![2]));
    assert_refused("binary name", &binary, &["CSDVersion", "expected REG_SZ"]);
    // A volume with only one of the two.
    let one = volume().service_pack(4).without_registry_value(CONTROL_WINDOWS, "CSDVersion");
    assert_eq!(system(&one).service_pack, 4);
}

/// Nothing else depends on these values, so one of another type is simply not reported.
#[test]
fn what_stands_beside_the_release_does_not_cost_it() {
    const NLS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\Language";
    const NAME: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";
    let expected = system(&WindowsVolume::windows_7());
    for value in [Value::Dword(7), Value::Binary(vec![7; 4]), Value::multi(["7"]), Value::None] {
        let with = |key: &str, name: &str| system(&WindowsVolume::windows_7().registry(key, name, value.clone()));
        for name in ["BuildLab", "BuildLabEx"] {
            assert_eq!(with(CURRENT_VERSION, name), expected, "{name} {value:?}");
        }
        let unnamed = SystemInfo { product_name: "Microsoft Windows".to_owned(), ..expected.clone() };
        assert_eq!(with(CURRENT_VERSION, "ProductName"), unnamed, "{value:?}");
        let nameless = SystemInfo { computer_name: None, ..expected.clone() };
        assert_eq!(with(NAME, "ComputerName"), nameless, "{value:?}");
        // The default language may differ from that of the installation.
        let silent = SystemInfo { language: None, ..expected.clone() };
        assert_eq!(with(NLS, "InstallLanguage"), silent, "{value:?}");
        for name in ["CurrentVersion", "CurrentBuildNumber", "CSDVersion"] {
            let volume = WindowsVolume::windows_7().registry(CURRENT_VERSION, name, value.clone());
            assert_refused(&format!("{value:?}"), &volume, &[name, "expected REG_SZ"]);
        }
        let volume = WindowsVolume::windows_7().registry(OPTIONS, "ProductType", value.clone());
        assert_refused(&format!("{value:?}"), &volume, &["ProductType", "expected REG_SZ"]);
    }
}

#[test]
fn builds_have_more_than_one_witness() {
    let set = |volume: WindowsVolume, name: &str, value: Value| volume.registry(CURRENT_VERSION, name, value);
    let only_build = |volume: WindowsVolume, value: Value| {
        set(volume.without_registry_value(CURRENT_VERSION, "CurrentBuildNumber"), "CurrentBuild", value)
    };
    for (volume, build) in [
        (set(WindowsVolume::windows_nt4_server(), "CurrentBuild", OBSOLETE.into()), 1381),
        (set(WindowsVolume::windows_xp(), "CurrentBuild", OBSOLETE.into()), 2600),
        (set(WindowsVolume::windows_xp(), "BuildLab", "2600.xpsp_sp3_gdr.090804-1435".into()), 2600),
        (set(WindowsVolume::windows_7(), "BuildLabEx", "7601.17727.amd64fre.win7sp1_gdr.111118-2330".into()), 7601),
        (set(WindowsVolume::windows_10(), "BuildLab", "19041.vb_release.191206-1406".into()), 19045),
        (set(WindowsVolume::windows_11(), "BuildLabEx", "22621.1.amd64fre.ni_release.220506-1250".into()), 22631),
        (only_build(WindowsVolume::windows_7(), "7601".into()), 7601),
        // Text of another form is ignored.
        (set(WindowsVolume::windows_7(), "BuildLab", "private build".into()), 7601),
    ] {
        assert_eq!(system(&volume).build, build);
    }
    for (case, volume, named) in [
        ("obsolete data", only_build(WindowsVolume::windows_xp(), OBSOLETE.into()), ["CurrentBuildNumber", "missing"]),
        (
            "two builds",
            set(WindowsVolume::windows_10(), "CurrentBuild", "19044".into()),
            ["CurrentBuildNumber is 19045", "CurrentBuild there is 19044"],
        ),
        (
            "another lab",
            set(WindowsVolume::windows_7(), "BuildLab", "9600.winblue_r3.140827-1500".into()),
            ["build 7601", "BuildLab there is 9600"],
        ),
        (
            "a later lab",
            set(WindowsVolume::windows_10(), "BuildLabEx", "22621.1.amd64fre.ni_release.220506-1250".into()),
            ["build 19045", "BuildLabEx there is 22621"],
        ),
        (
            "the build of another release",
            set(WindowsVolume::windows_2000_server(), "CurrentBuildNumber", "2600".into()),
            ["version 5.0", "build 2600"],
        ),
        (
            "the version of another release",
            set(WindowsVolume::windows_xp(), "CurrentVersion", "6.1".into()),
            ["version 6.1", "build 2600"],
        ),
        (
            "Windows 10 without its numbers",
            WindowsVolume::windows_10()
                .without_registry_value(CURRENT_VERSION, "CurrentMajorVersionNumber")
                .without_registry_value(CURRENT_VERSION, "CurrentMinorVersionNumber"),
            ["version 6.3", "build 19045"],
        ),
        (
            "two versions",
            set(WindowsVolume::windows_10(), "CurrentVersion", "5.2".into()),
            ["CurrentMajorVersionNumber", "CurrentVersion there is 5.2"],
        ),
    ] {
        assert_refused(case, &volume, &named);
    }
}

#[test]
fn a_value_of_another_form_is_not_read_as_far_as_it_goes() {
    for (name, value) in [
        ("CurrentBuildNumber", "2195 (Uniprocessor Free)".into()),
        ("CurrentBuildNumber", "".into()),
        ("CurrentBuildNumber", "-2195".into()),
        ("CurrentBuildNumber", "+2195".into()),
        ("CurrentBuildNumber", "0".into()),
        ("CurrentBuildNumber", "0x893".into()),
        ("CurrentBuildNumber", "2195.1".into()),
        ("CurrentBuildNumber", "4294969491".into()),
        ("CurrentBuildNumber", "99999999999999999999".into()),
        ("CurrentBuildNumber", Value::Dword(2195)),
        ("CurrentVersion", "".into()),
        ("CurrentVersion", "5".into()),
        ("CurrentVersion", "5.0 beta".into()),
        ("CurrentVersion", "-5.0".into()),
        ("CurrentVersion", "5.0.2195".into()),
        ("CurrentVersion", Value::Dword(5)),
        ("CurrentMajorVersionNumber", "10".into()),
        ("CurrentMajorVersionNumber", Value::Dword(5)),
        ("UBR", "4170".into()),
        ("UBR", Value::Dword(u32::MAX)),
        ("UBR", Value::Raw(11, vec![1, 0, 0, 0, 0, 0, 0, 0])),
    ] {
        let case = format!("{name} {value:?}");
        // If there is a major version without a minor one, the latter is reported as missing.
        let named = if matches!(value, Value::Dword(5)) && name.contains("Major") { "Minor" } else { name };
        assert_refused(&case, &WindowsVolume::windows_2000_server().registry(CURRENT_VERSION, name, value), &[named]);
    }
    assert_eq!(system(&WindowsVolume::windows_10().revision(4170)).revision, Some(4170));
    let padded = WindowsVolume::windows_2000_server().registry(CURRENT_VERSION, "CurrentBuildNumber", "2195 ");
    assert_eq!(system(&padded).build, 2195);
    for (stored, language) in [("0407", Some(0x0407)), ("040C", Some(0x040c)), ("german", None), ("+407", None)] {
        let key = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\Language";
        let volume = WindowsVolume::windows_2000_server().registry(key, "InstallLanguage", stored);
        assert_eq!(system(&volume).language, language, "{stored}");
    }
}

#[test]
fn the_role_and_the_architecture_have_two_witnesses() {
    let typed = |role, installed: &str, edition: &str| {
        WindowsVolume::windows_server_2022()
            .role(role)
            .registry(CURRENT_VERSION, "InstallationType", installed)
            .registry(CURRENT_VERSION, "EditionID", edition)
    };
    use FixtureRole::{DomainController, Server, Workstation};
    for (role, installed, edition, expected) in [
        (Workstation, "Client", "Professional", Role::Workstation),
        (Workstation, "Embedded", "Embedded", Role::Workstation),
        (Server, "Server Core", "ServerStandard", Role::Server),
        (DomainController, "Server", "ServerStandard", Role::DomainController),
        // Windows 10 multi-session.
        (Server, "Client", "ServerRdsh", Role::Workstation),
    ] {
        assert_eq!(system(&typed(role, installed, edition)).role, expected, "{installed} {edition}");
    }
    for (role, installed) in
        [(Workstation, "Server"), (Workstation, "Server Core"), (Server, "Client"), (DomainController, "Client")]
    {
        let volume = typed(role, installed, "Professional");
        assert_refused(installed, &volume, &["ProductType is", "InstallationType is"]);
    }
    let lab = |flavour: &str| format!("7601.17727.{flavour}.win7sp1_gdr.111118-2330");
    for flavour in ["amd64fre", "amd64chk", "unknown"] {
        let volume = WindowsVolume::windows_7().registry(CURRENT_VERSION, "BuildLabEx", lab(flavour));
        assert_eq!(system(&volume).architecture.as_deref(), Some("AMD64"), "{flavour}");
    }
    let volume = WindowsVolume::windows_7().registry(CURRENT_VERSION, "BuildLabEx", lab("x86fre"));
    assert_refused("x86", &volume, &["PROCESSOR_ARCHITECTURE is AMD64", "BuildLabEx is x86"]);
}

/// The accounts of a domain controller are not in its SAM.
#[test]
fn accounts_are_not_the_computers_where_its_role_is_unknown() {
    for volume in [
        WindowsVolume::windows_2000_server().registry(OPTIONS, "ProductType", "Other"),
        WindowsVolume::windows_2000_server().registry(OPTIONS, "ProductType", Value::Dword(1)),
        WindowsVolume::windows_2000_server().without_registry_value(OPTIONS, "ProductType"),
        WindowsVolume::windows_2000_server().role(FixtureRole::DomainController).registry(
            CURRENT_VERSION,
            "CurrentVersion",
            "4.0 or 5.0",
        ),
    ] {
        let target = target(&volume);
        for question in [Question::Accounts, Question::Groups, Question::PasswordPolicy] {
            let answer = target.ask(question);
            assert!(is_unreadable(&answer), "{answer:?}");
        }
    }
    let nt4 = WindowsVolume::windows_nt4_server().role(FixtureRole::DomainController);
    known!(target(&nt4).ask(Question::Accounts), Accounts);
}
