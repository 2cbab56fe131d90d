//! The result of each check when a registry value has another type than Windows reads.

use wardline_os::Os;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench};

const LSA: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";
const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
const FIREWALL: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile";
const FIREWALL_POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\StandardProfile";
const UPDATES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
const UPDATES_POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";

fn machine(version: &str, role: Role) -> Bench {
    machine_at(version, 2, role)
}

fn machine_at(version: &str, service_pack: u32, role: Role) -> Bench {
    let system = SystemInfo {
        product_name: "Microsoft Windows".to_owned(),
        service_pack,
        architecture: Some("x86".to_owned()),
        language: Some(0x409),
        ..testing::system(version, 2600, role)
    };
    let service = |name: &str| ServiceInfo {
        name: name.to_owned(),
        display_name: None,
        start: ServiceStart::Automatic,
        account: None,
        image_path: None,
        driver: false,
    };
    ["SharedAccess", "MpsSvc", "wuauserv"]
        .into_iter()
        .fold(Bench::new().fact(Question::System, Fact::System(system)), |bench, name| {
            bench.fact(Question::Service(name.to_owned()), Fact::Service(service(name)))
        })
}

/// The same value as data of all other types that could carry it.
fn in_other_types(value: &RegistryData) -> Vec<RegistryData> {
    match value {
        RegistryData::Dword(number) => vec![
            RegistryData::Text(number.to_string()),
            RegistryData::Text(format!("{number:#x}")),
            RegistryData::ExpandText(number.to_string()),
            RegistryData::MultiText(vec![number.to_string()]),
            RegistryData::Qword(u64::from(*number)),
            RegistryData::Binary(number.to_le_bytes().to_vec()),
            // A REG_DWORD that was cut short arrives so.
            RegistryData::Binary(number.to_le_bytes()[..2].to_vec()),
            RegistryData::Other(5),
            RegistryData::None,
        ],
        RegistryData::Text(text) => vec![
            RegistryData::MultiText(vec![text.clone()]),
            RegistryData::Dword(1),
            RegistryData::Qword(1),
            RegistryData::Qword(0),
            RegistryData::Binary(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            RegistryData::Other(5),
            RegistryData::None,
        ],
        other => panic!("no table for {other:?}"),
    }
}

/// The check, the value, its documented type, and what the check says where the value is of another type.
struct Case {
    source: &'static str,
    check: &'static str,
    machine: Bench,
    key: &'static str,
    name: &'static str,
    documented: RegistryData,
    otherwise: Grade,
}

fn cases() -> Vec<Case> {
    use Grade::{Critical, NonCritical, UnableToScan};
    use Role::{Server, Workstation};
    let dword = RegistryData::Dword;
    let case = |source, check, machine, (key, name), documented, otherwise| Case {
        source,
        check,
        machine,
        key,
        name,
        documented,
        otherwise,
    };
    let restricted = |version| machine(version, Server).value(LSA, "RestrictAnonymous", dword(1));
    vec![
        // The default is open.
        case(
            "Q143474: \"Data Type: REG_DWORD\"",
            "restrict-anonymous",
            machine("4.0", Server),
            (LSA, "RestrictAnonymous"),
            dword(1),
            Critical,
        ),
        case(
            "Q246261: \"Data Type: REG_DWORD\"",
            "restrict-anonymous",
            machine("5.0", Server),
            (LSA, "RestrictAnonymous"),
            dword(2),
            Critical,
        ),
        case(
            "KB823659",
            "restrict-anonymous",
            machine("5.1", Workstation),
            (LSA, "RestrictAnonymous"),
            dword(1),
            NonCritical,
        ),
        // The default is closed, but nothing says that Windows passes over the value.
        case(
            "KB823659",
            "restrict-anonymous",
            restricted("5.2"),
            (LSA, "RestrictAnonymousSAM"),
            dword(1),
            UnableToScan,
        ),
        case(
            "KB823659",
            "restrict-anonymous",
            restricted("10.0"),
            (LSA, "EveryoneIncludesAnonymous"),
            dword(0),
            UnableToScan,
        ),
        // The default is off.
        case(
            "Q324737: \"REG_SZ\"; MSGINA.DLL Features",
            "autologon",
            machine("5.0", Server),
            (WINLOGON, "AutoAdminLogon"),
            RegistryData::Text("0".to_owned()),
            UnableToScan,
        ),
        // The default is on, except on Server 2003.
        case(
            "KB875357; MS-GPFAS 2.2.2",
            "windows-firewall",
            machine("5.1", Workstation),
            (FIREWALL, "EnableFirewall"),
            dword(1),
            UnableToScan,
        ),
        case(
            "MS-GPFAS 2.2.2",
            "windows-firewall",
            machine("10.0", Server),
            (FIREWALL_POLICY, "EnableFirewall"),
            dword(1),
            UnableToScan,
        ),
        case(
            "MS-GPFAS 2.2.2",
            "windows-firewall",
            machine("5.2", Server).value(&FIREWALL.replace("Standard", "Domain"), "EnableFirewall", dword(1)),
            (FIREWALL, "EnableFirewall"),
            dword(1),
            NonCritical,
        ),
        // The default is that nothing happens; from Windows 10 on a workstation installs by itself.
        case(
            "KB328010: \"Reg_DWORD\"",
            "automatic-updates",
            machine("5.1", Workstation),
            (UPDATES, "AUOptions"),
            dword(4),
            NonCritical,
        ),
        case(
            "KB328010",
            "automatic-updates",
            machine("10.0", Workstation),
            (UPDATES, "AUOptions"),
            dword(4),
            UnableToScan,
        ),
        case(
            "KB328010",
            "automatic-updates",
            machine("5.1", Workstation).value(UPDATES, "AUOptions", dword(4)),
            (UPDATES_POLICY, "AUOptions"),
            dword(4),
            UnableToScan,
        ),
        case(
            "KB328010",
            "automatic-updates",
            machine("5.1", Workstation).value(UPDATES, "AUOptions", dword(4)),
            (UPDATES_POLICY, "NoAutoUpdate"),
            dword(0),
            UnableToScan,
        ),
    ]
}

#[test]
fn a_value_of_another_type_is_neither_the_value_nor_passed() {
    for Case { source, check, machine, key, name, documented, otherwise } in cases() {
        let run = machine.clone().value(key, name, documented.clone()).run::<Os>();
        assert_eq!(run.check(check).grade, Grade::Passed, "{source}: {name}: {:?}", run.check(check));
        for data in in_other_types(&documented) {
            let run = machine.clone().value(key, name, data.clone()).run::<Os>();
            let finding = run.check(check);
            assert_eq!(finding.grade, otherwise, "{source}: {name} as {data:?}: {}", finding.summary);
            assert!(finding.summary.contains(&format!("{name} holds ")), "{data:?}: {}", finding.summary);
            assert!(finding.summary.contains(" instead of a REG_"), "{data:?}: {}", finding.summary);
            let value = RegistryValueName { key: key.to_owned(), name: name.to_owned() };
            let asked = |number: &u32| run.exchanges[*number as usize].0 == Question::RegistryValue(value.clone());
            assert!(finding.evidence.iter().any(asked), "{data:?}: the value is no evidence");
        }
    }
}

/// `REG_EXPAND_SZ` is read as `REG_SZ` by `RegGetValue` and `GetProfileInt`; and a `REG_DWORD` of 0 is an empty string in bytes.
#[test]
fn automatic_logon_is_read_as_get_profile_int_reads_it() {
    use Grade::{NonCritical, Passed, UnableToScan};
    let text = |text: &str| RegistryData::Text(text.to_owned());
    for (data, grade) in [
        (text("1"), NonCritical),
        (text(" 1"), NonCritical),
        (text("01"), NonCritical),
        (text("1 "), NonCritical),
        (text("1x"), NonCritical),
        (text("0x1"), NonCritical),
        (text("-1"), NonCritical),
        (text("99999999999999999999999"), NonCritical),
        (RegistryData::ExpandText("1".to_owned()), NonCritical),
        (text("0"), Passed),
        (text(""), Passed),
        (text("x1"), Passed),
        (text("no"), Passed),
        (RegistryData::ExpandText("0".to_owned()), Passed),
        (RegistryData::Dword(0), Passed),
        (RegistryData::Dword(1), UnableToScan),
    ] {
        let run = machine("5.1", Role::Workstation).value(WINLOGON, "AutoAdminLogon", data.clone()).run::<Os>();
        assert_eq!(run.check("autologon").grade, grade, "{data:?}: {}", run.check("autologon").summary);
    }
}

/// A password in clear text is as grave as with an unreadable switch.
#[test]
fn a_password_beside_a_switch_of_another_type_is_critical() {
    let run = machine("5.1", Role::Workstation)
        .value(WINLOGON, "AutoAdminLogon", RegistryData::Dword(1))
        .value(WINLOGON, "DefaultPassword", RegistryData::Text("(withheld)".to_owned()))
        .run::<Os>();
    let finding = run.check("autologon");
    assert_eq!(finding.grade, Grade::Critical);
    assert!(
        finding.summary.contains("AutoAdminLogon holds a number (REG_DWORD) instead of a REG_SZ"),
        "{}",
        finding.summary
    );
}

/// `Hotfix\Q246009\Installed` distinguishes Service Pack 6a from 6; with another type, it proves neither.
#[test]
fn service_pack_6a_is_told_by_a_number_only() {
    const SERVICE_PACK_6A: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q246009";
    for (data, service_pack) in [
        (RegistryData::Dword(1), Some("Service Pack 6a")),
        (RegistryData::Dword(0), Some("Service Pack 6")),
        (RegistryData::Text("1".to_owned()), Some("Service Pack 6 or 6a")),
        (RegistryData::Binary(vec![1, 0, 0, 0]), Some("Service Pack 6 or 6a")),
    ] {
        let bench = machine_at("4.0", 6, Role::Server).value(SERVICE_PACK_6A, "Installed", data.clone());
        let run = bench.run::<Os>();
        let windows = &run.assessment.products[0];
        assert_eq!(windows.service_pack.as_deref(), service_pack, "{data:?}");
    }
}
