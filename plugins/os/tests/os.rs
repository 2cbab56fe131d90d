//! The plugin as a whole: what it declares, finds and judges on a bench.

use wardline_os::Os;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench};
use wardline_plugin_tests::catalog_products;

const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q999001";
const SERVICE_PACK_6A: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q246009";

fn machine(version: &str, build: u32, service_pack: u32, role: Role) -> Bench {
    let system = SystemInfo {
        product_name: "Microsoft Windows".to_owned(),
        service_pack,
        architecture: Some("x86".to_owned()),
        language: Some(0x409),
        windows_folder: r"C:\WINNT".to_owned(),
        ..testing::system(version, build, role)
    };
    Bench::new().fact(Question::System, Fact::System(system))
}

/// An update that is detected by one registry value.
fn update(number: u32, product: &str, levels: &[u32], included_in: Option<u32>) -> Update {
    let service_pack = |level: u32| ServicePack { id: level.to_string(), name: format!("level {level}"), level };
    Update {
        bulletin: "MS99-901".to_owned(),
        article: "Q999001".to_owned(),
        package: "Q999001_W2K_SP9_x86_en.EXE".to_owned(),
        severity: Severity::Critical,
        restart: true,
        applies_to: vec![Applicability {
            product: Product { id: "1".to_owned(), name: product.to_owned() },
            service_packs: levels.iter().copied().map(service_pack).collect(),
            included_in: included_in.map(service_pack),
            severity: None,
            fixed_build: None,
        }],
        registry: vec![RegistryTest {
            key: HOTFIX.to_owned(),
            name: "Installed".to_owned(),
            change: Change::Add,
            expected: Some("1".to_owned()),
            comparison: Comparison::Equal,
        }],
        ..testing::update(number)
    }
}

#[test]
fn an_update_is_judged_for_the_edition_and_service_pack_that_are_installed() {
    use UpdateStatus::{Included, Installed, Missing};
    for (product, levels, included_in, installed, expected) in [
        ("Windows 2000 Server", &[10, 20][..], Some(30), false, Some(Missing)),
        ("Windows 2000 Server", &[10, 20], Some(30), true, Some(Installed)),
        ("Windows 2000 Server", &[10], Some(20), false, Some(Included)),
        ("Windows 2000 Server", &[30], None, false, None),
        ("Windows 2000 Professional", &[20], None, false, None),
        ("Windows NT Server 4.0", &[20], None, false, None),
    ] {
        let mut bench = machine("5.0", 2195, 2, Role::Server).updates(vec![update(1, product, levels, included_in)]);
        if installed {
            bench = bench.value(HOTFIX, "Installed", RegistryData::Dword(1));
        }
        let run = bench.run::<Os>();
        assert_eq!(run.update(1).map(|finding| finding.status), expected, "{product} {levels:?}");
        let packages =
            run.actions.iter().filter(|action| matches!(action.operation, Operation::InstallUpdate(_))).count();
        assert_eq!(packages, usize::from(expected == Some(Missing)), "{product} {levels:?}");
    }
}

#[test]
fn service_pack_6a_of_nt_4_is_told_from_6() {
    let key = RegistryValueName { key: SERVICE_PACK_6A.to_owned(), name: "Installed".to_owned() };
    let six = machine("4.0", 1381, 6, Role::Server).updates(vec![update(1, "Windows NT Server 4.0", &[61], None)]);
    for (bench, service_pack, expected) in [
        (six.clone(), "Service Pack 6", None),
        (
            six.clone().value(SERVICE_PACK_6A, "Installed", RegistryData::Dword(1)),
            "Service Pack 6a",
            Some(UpdateStatus::Missing),
        ),
        (
            six.answer(Question::RegistryValue(key), Answer::Unreadable("damaged".to_owned())),
            "Service Pack 6 or 6a",
            Some(UpdateStatus::UnableToScan),
        ),
    ] {
        let run = bench.run::<Os>();
        let [windows] = run.assessment.products.as_slice() else { panic!("{:?}", run.assessment.products) };
        assert_eq!(windows.name, "Windows NT Server 4.0");
        assert_eq!(windows.version.as_deref(), Some("4.0.1381"));
        assert_eq!(windows.service_pack.as_deref(), Some(service_pack));
        assert_eq!(run.update(1).map(|finding| finding.status), expected, "{service_pack}");
    }
}

#[test]
fn todays_updates_are_judged_by_build() {
    for (revision, expected) in [(4170, UpdateStatus::Installed), (4169, UpdateStatus::Missing)] {
        let product = "Windows 10 Version 22H2 for 32-bit Systems";
        let mut update = update(1, product, &[], None);
        update.registry.clear();
        for row in &mut update.applies_to {
            row.fixed_build = Some("10.0.19045.4170".to_owned());
        }
        let mut bench = machine("10.0", 19045, 0, Role::Workstation).updates(vec![update]);
        let system = match bench.run::<Os>().exchanges.first() {
            Some((Question::System, Answer::Known(Fact::System(system)))) => system.clone(),
            other => panic!("{other:?}"),
        };
        bench = bench.fact(Question::System, Fact::System(SystemInfo { revision: Some(revision), ..system }));
        assert_eq!(bench.run::<Os>().update(1).map(|finding| finding.status), Some(expected), "{revision}");
    }
}

#[test]
fn companions_are_products_of_their_own() {
    let version = Some(FileVersion { major: 5, minor: 0, build: 3802, revision: 0 });
    let info = FileInfo { version, checksum: None, size: 1, modified: None, language: None };
    let run = machine("5.0", 2195, 2, Role::Workstation)
        .fact(Question::File(r"%windir%\system32\msjava.dll".to_owned()), Fact::File(info))
        .updates(vec![update(1, "Microsoft Virtual Machine (VM)", &[20], None)])
        .run::<Os>();
    let names: Vec<_> = run.assessment.products.iter().map(|product| product.name.as_str()).collect();
    assert_eq!(names, ["Windows 2000 Professional", "Microsoft Virtual Machine (VM)"]);
    assert_eq!(run.update(1).map(|finding| finding.status), Some(UpdateStatus::Missing));
}

#[test]
fn where_nothing_can_be_read_nothing_is_claimed() {
    let run = Bench::new()
        .unreadable_by_default("damaged")
        .updates(vec![update(1, "Windows 2000 Server", &[20], None)])
        .run::<Os>();
    assert_eq!(run.assessment.products, []);
    assert!(run.assessment.checks.iter().all(|finding| finding.grade == Grade::UnableToScan));
    assert_eq!(run.assessment.checks.len(), Os::describe().checks.len());
    assert_eq!(run.actions, []);
}

#[test]
fn every_finding_belongs_to_a_check_that_is_described() {
    let description = Os::describe();
    let run = machine("5.0", 2195, 2, Role::Server).run::<Os>();
    for finding in &run.assessment.checks {
        let check = description.checks.iter().find(|check| check.id == finding.check).expect("a described check");
        assert!(finding.rows.iter().all(|row| row.cells.len() == check.columns.len()), "{}", check.id);
    }
    let numbers: Vec<_> = description.checks.iter().filter_map(|check| check.mbsa).collect();
    assert_eq!(numbers, [101, 102, 104, 106, 107, 110, 117, 119, 121, 122, 123, 178, 179, 180]);
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn every_windows_nt_and_2000_of_the_real_catalog_is_declared() {
    let names = catalog_products(&["Windows NT ", "Windows 2000 ", "Windows Script", "Windows Media Player"]);
    assert_eq!(names.len(), 13, "{names:?}");
    let declared = Os::describe().products;
    for name in names {
        assert!(declared.contains(&name), "{name}");
    }
}

#[test]
fn a_target_takes_few_rounds() {
    let run =
        machine("5.0", 2195, 2, Role::Server).updates(vec![update(1, "Windows 2000 Server", &[20], None)]).run::<Os>();
    assert!(run.rounds <= 6, "{} rounds: {:?}", run.rounds, run.exchanges);
}

#[test]
fn nothing_is_asked_that_is_not_declared() {
    let guest = Account {
        name: "Guest".to_owned(),
        rid: 501,
        full_name: String::new(),
        comment: String::new(),
        disabled: false,
        locked: false,
        password_never_expires: true,
        password_not_required: true,
        password: PasswordQuality::Blank,
        last_logon: None,
        password_set: None,
    };
    let winlogon = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
    let lsa = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa";
    for (version, build, service_pack) in [("4.0", 1381, 6), ("5.0", 2195, 2), ("5.1", 2600, 2), ("6.1", 7601, 1)] {
        let run = machine(version, build, service_pack, Role::Workstation)
            .fact(Question::Accounts, Fact::Accounts(vec![guest.clone()]))
            .value(lsa, "ForceGuest", RegistryData::Dword(1))
            .value(winlogon, "AutoAdminLogon", RegistryData::Text("1".to_owned()))
            .run::<Os>();
        assert_eq!(run.undeclared, [], "{version}");
    }
}
