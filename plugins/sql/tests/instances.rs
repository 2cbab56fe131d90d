//! Which instances are found on which machine, and what they are.

mod support;

use support::*;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_sql::Sql;

const CHECKS: [&str; 12] = [
    "domain-controller",
    "security-mode",
    "sysadmin-members",
    "exposed-password",
    "database-guests",
    "cmdexec",
    "registry-permissions",
    "builtin-administrators",
    "folder-permissions",
    "login-passwords",
    "service-account",
    "status",
];

fn products(run: &Run) -> Vec<(&str, &str, Option<&str>)> {
    let products = &run.assessment.products;
    products
        .iter()
        .map(|p| (p.subject.as_deref().unwrap_or_default(), p.name.as_str(), p.service_pack.as_deref()))
        .collect()
}

#[test]
fn versions_tell_the_product_and_its_service_pack() {
    for (current, csd, edition, name, service_pack) in [
        ("7.00.623", None, "Standard Edition", "SQL Server 7.0", Some("Gold")),
        ("7.00.623", Some("7.00.699"), "Standard Edition", "SQL Server 7.0", Some("SP1")),
        ("7.00.842", None, "Desktop Edition", "SQL Server 7.0", Some("SP2")),
        ("7.00.623", Some("7.00.961"), "", "SQL Server 7.0", Some("SP3")),
        ("7.00.623", Some("7.00.1063"), "", "SQL Server 7.0", Some("SP4")),
        ("7.00.623", Some("7.00.1077"), "", "SQL Server 7.0", Some("SP4")),
        ("7.00.517", None, "", "SQL Server 7.0", None),
        ("7.00.842", None, "MSDE", "SQL Server Desktop Engine (MSDE) 1.0", Some("SP2")),
        ("8.00.194", None, "Enterprise Edition", "SQL Server 2000", Some("Gold")),
        ("8.00.194", Some("8.00.384"), "", "SQL Server 2000", Some("SP1")),
        ("8.00.194", Some("8.00.428"), "", "SQL Server 2000", Some("SP1")),
        ("8.00.194", Some("8.00.532"), "", "SQL Server 2000", Some("SP2")),
        ("8.00.194", Some("8.00.534"), "", "SQL Server 2000", Some("SP2")),
        ("8.00.194", Some("8.00.761"), "", "SQL Server 2000", Some("SP3")),
        ("8.00.194", Some("8.00.2039"), "", "SQL Server 2000", Some("SP4")),
        ("8.00.194", Some("8.00.384"), "Desktop Engine", "SQL Server Desktop Engine (MSDE) 2000", Some("SP1")),
        ("9.00.1399.06", None, "Express Edition", "SQL Server 2005", None),
        ("10.0.1600.22", None, "", "SQL Server 2008", None),
        ("10.50.1600.1", None, "", "SQL Server 2008 R2", None),
        ("6.50.201", None, "", "SQL Server 6.50", None),
    ] {
        let run = with_instance(machine(Role::Server), DEFAULT, current, csd, edition).run::<Sql>();
        assert_eq!(products(&run), [("MSSQLSERVER", name, service_pack)], "{current} {csd:?} {edition}");
    }
}

#[test]
fn named_instances_of_2000_stand_beside_the_default_one() {
    let bench = with_instance(machine(Role::Server), DEFAULT, "8.00.194", Some("8.00.760"), "");
    let names = RegistryData::MultiText(vec!["MSSQLSERVER".into(), "SHOP".into(), "GONE".into()]);
    let bench = with_key(bench, LISTS, &[("InstalledInstances", names)], &["80", "SHOP"]);
    let bench = with_instance(bench, &format!(r"{LISTS}\SHOP"), "8.00.194", None, "Desktop Engine");
    let run = bench.run::<Sql>();
    assert_eq!(
        products(&run),
        [
            ("MSSQLSERVER", "SQL Server 2000", Some("SP3")),
            ("SHOP", "SQL Server Desktop Engine (MSDE) 2000", Some("Gold")),
        ]
    );
    for id in CHECKS {
        let of_check = run.assessment.checks.iter().filter(|finding| finding.check == id);
        let of_check = of_check.filter(|finding| finding.subject.as_deref() != Some("GONE"));
        let subjects: Vec<_> = of_check.map(|finding| finding.subject.as_deref()).collect();
        assert_eq!(subjects, [Some("MSSQLSERVER"), Some("SHOP")], "{id}");
    }
}

#[test]
fn later_versions_lie_where_their_ids_say() {
    let bench = with_key(
        machine(Role::Server),
        &format!(r"{LISTS}\Instance Names\SQL"),
        &[("MSSQLSERVER", text("MSSQL10.MSSQLSERVER")), ("SHOP", text("MSSQL.1"))],
        &[],
    );
    let names = RegistryData::MultiText(vec!["MSSQLSERVER".into(), "SHOP".into()]);
    let bench = with_key(bench, LISTS, &[("InstalledInstances", names)], &["MSSQL.1", "MSSQL10.MSSQLSERVER"]);
    let bench = with_service(bench, "MSSQLSERVER", None);
    let bench = with_instance(bench, &format!(r"{LISTS}\MSSQL10.MSSQLSERVER"), "10.0.1600.22", None, "");
    let shop = format!(r"{LISTS}\MSSQL.1");
    let bench = with_service(with_instance(bench, &shop, "9.00.1399.06", None, ""), "MSSQL$SHOP", None);
    let setup = [("PatchLevel", text("9.2.3042.00")), ("SP", RegistryData::Dword(2))];
    let run = with_key(bench, &format!(r"{shop}\Setup"), &setup, &[]).run::<Sql>();
    assert_eq!(products(&run), [("MSSQLSERVER", "SQL Server 2008", None), ("SHOP", "SQL Server 2005", Some("SP2"))]);
    assert_eq!(run.assessment.products[1].version.as_deref(), Some("9.00.3042"));
}

#[test]
fn a_32_bit_server_on_64_bit_windows_is_found() {
    let key = r"HKLM\SOFTWARE\Wow6432Node\Microsoft\MSSQLServer";
    let bench = with_instance(machine(Role::Server), key, "8.00.194", Some("8.00.2039"), "");
    // The service does not tell which of the two sets of keys is meant.
    for image in [None, Some(r"D:\MSSQL7\Binn\sqlservr.exe")] {
        let run = with_image(bench.clone(), "MSSQLSERVER", None, image).run::<Sql>();
        assert_eq!(products(&run), [("MSSQLSERVER", "SQL Server 2000", Some("SP4"))]);
    }
}

#[test]
fn the_program_tells_the_version_where_the_registry_does_not() {
    for (version, product) in [
        ((2000, 80, 534, 0), ("MSSQLSERVER", "SQL Server 2000", Some("SP2"))),
        ((2005, 90, 1399, 0), ("MSSQLSERVER", "SQL Server 2005", None)),
        ((2009, 100, 1600, 1), ("MSSQLSERVER", "SQL Server 2008 R2", None)),
        ((1998, 11, 13, 0), ("MSSQLSERVER", "SQL Server", None)),
    ] {
        let (major, minor, build, revision) = version;
        let info = FileInfo {
            version: Some(FileVersion { major, minor, build, revision }),
            checksum: None,
            size: 1,
            modified: None,
            language: None,
        };
        let bench = with_service(machine(Role::Server), "MSSQLSERVER", None);
        let bench = with_key(bench, &format!(r"{DEFAULT}\Setup"), &[("SQLPath", text(r"E:\Data\"))], &[]);
        let bench = bench.fact(Question::FileVersion(r"E:\Data\Binn\sqlservr.exe".into()), Fact::File(info));
        assert_eq!(products(&bench.run::<Sql>()), [product]);
    }
}

/// The version of `sqlservr.exe` is the server's own: 2000.80.384.0 for 8.00.384, 2009.100.4000.0 for 10.50.4000 (Microsoft, article
/// 321185). A hotfix raises the program alone, a service pack raises both.
#[test]
fn keys_and_program_must_tell_the_same_product_and_service_pack() {
    use UpdateStatus::{Included, UnableToScan};
    let (sql2000, r2) = ("SQL Server 2000", "SQL Server 2008 R2");
    for (keys, csd, program, expected, included_in_sp4) in [
        ("8.00.194", Some("8.00.2039"), (2000, 80, 2039), (sql2000, Some("SP4")), Some(Included)),
        ("8.00.194", Some("8.00.2039"), (2000, 80, 2282), (sql2000, Some("SP4")), Some(Included)),
        ("8.00.194", Some("8.00.532"), (2000, 80, 534), (sql2000, Some("SP2")), None),
        ("8.00.194", Some("8.00.2039"), (2000, 80, 194), (sql2000, None), Some(UnableToScan)),
        ("8.00.194", None, (2000, 80, 2039), (sql2000, None), Some(UnableToScan)),
        ("8.00.194", Some("8.00.2039"), (2000, 80, 100), (sql2000, None), Some(UnableToScan)),
        ("10.50.1600.1", Some("10.50.4000.0"), (2009, 100, 4000), (r2, None), None),
        ("10.50.1600.1", Some("10.50.4000.0"), (2007, 100, 1600), ("SQL Server", None), None),
        ("10.0.1600.22", None, (2009, 100, 1600), ("SQL Server", None), None),
        ("8.00.194", Some("8.00.2039"), (2005, 90, 1399), ("SQL Server", None), None),
        ("11.1.3000.0", None, (2011, 110, 3000), ("SQL Server 2012", None), None),
        // The program of 7.0 bears a date.
        ("7.00.623", Some("7.00.1063"), (1998, 11, 13), ("SQL Server 7.0", Some("SP4")), None),
    ] {
        let (major, minor, build) = program;
        let version = Some(FileVersion { major, minor, build, revision: 0 });
        let info = FileInfo { version, checksum: None, size: 1, modified: None, language: None };
        let bench = with_instance(machine(Role::Server), DEFAULT, keys, csd, "");
        let bench = bench.fact(Question::FileVersion(r"D:\MSSQL7\Binn\sqlservr.exe".into()), Fact::File(info));
        let run = bench.updates(vec![of_service_pack_3()]).run::<Sql>();
        let (name, service_pack) = expected;
        assert_eq!(products(&run), [("MSSQLSERVER", name, service_pack)], "{keys} {csd:?} {program:?}");
        let status = run.update(1).map(|finding| finding.status);
        assert_eq!(status, included_in_sp4, "{keys} {csd:?} {program:?}");
        let contradiction =
            run.assessment.checks.iter().find(|it| it.check == "status" && it.grade == Grade::UnableToScan);
        let contradicts = name == "SQL Server" || (name == sql2000 && service_pack.is_none());
        assert_eq!(contradiction.is_some(), contradicts, "{keys} {csd:?} {program:?}");
        if let Some(finding) = contradiction {
            assert!(finding.summary.contains("its keys say"), "{}", finding.summary);
            assert_eq!(finding.evidence.len(), 2);
        }
    }
}

/// An update of SQL Server 2000 that Service Pack 4 includes.
fn of_service_pack_3() -> Update {
    let service_pack = |level: u32| ServicePack { id: level.to_string(), name: String::new(), level };
    Update {
        bulletin: "MS99-904".into(),
        article: "Q999004".into(),
        package: "Q999004.exe".into(),
        severity: Severity::Critical,
        applies_to: vec![Applicability {
            product: Product { id: "1".into(), name: "SQL Server 2000".into() },
            service_packs: vec![service_pack(30)],
            included_in: Some(service_pack(40)),
            severity: None,
            fixed_build: None,
        }],
        registry: vec![RegistryTest {
            key: r"HKLM\SOFTWARE\Microsoft\Updates\Q999004".into(),
            name: "Installed".into(),
            change: Change::Add,
            expected: None,
            comparison: Comparison::Equal,
        }],
        ..wardline_plugin::testing::update(1)
    }
}

#[test]
fn client_tools_are_no_server() {
    let bench = with_key(machine(Role::Server), &format!(r"{DEFAULT}\MSSQLServer"), &[], &[]);
    let run = with_key(bench, LISTS, &[], &["80", "90"]).run::<Sql>();
    assert_eq!(run.assessment.products, []);
    for id in CHECKS {
        let finding = run.check(id);
        assert_eq!(finding.grade, Grade::NotPerformed);
        assert_eq!(finding.summary, "SQL Server is not installed.");
        assert!(!finding.evidence.is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    let damaged = || Answer::Unreadable("the hive is damaged".into());
    for bench in [
        Bench::new().unreadable_by_default("the hive is damaged"),
        machine(Role::Server).answer(Question::RegistryKey(LISTS.into()), damaged()),
        machine(Role::Server).answer(Question::RegistryKey(format!(r"{LISTS}\Instance Names\SQL")), damaged()),
        machine(Role::Server)
            .answer(Question::RegistryKey(format!(r"{DEFAULT}\MSSQLServer\CurrentVersion")), damaged()),
        machine(Role::Server).answer(Question::Service("MSSQLSERVER".into()), damaged()),
    ] {
        let run = bench.run::<Sql>();
        for id in CHECKS {
            assert_eq!(run.check(id).grade, Grade::UnableToScan);
        }
    }
}

#[test]
fn an_instance_that_was_found_is_reported_though_others_may_be_hidden() {
    let bench = sql7(Role::Server).answer(Question::RegistryKey(LISTS.into()), Answer::Unreadable("damaged".into()));
    let run = bench.run::<Sql>();
    assert_eq!(products(&run).len(), 1);
    let of_check: Vec<_> =
        run.assessment.checks.iter().filter(|finding| finding.check == "domain-controller").collect();
    assert_eq!(of_check.len(), 2);
    assert_eq!((of_check[0].subject.as_deref(), of_check[0].grade), (Some("MSSQLSERVER"), Grade::Passed));
    assert_eq!((of_check[1].subject.as_deref(), of_check[1].grade), (None, Grade::UnableToScan));
}

#[test]
fn every_list_that_cannot_be_read_is_named() {
    let lists = [LISTS.to_owned(), format!(r"{LISTS}\Instance Names\SQL")];
    let bench = lists.iter().fold(sql7(Role::Server), |bench, list| {
        bench.answer(Question::RegistryKey(list.clone()), Answer::Unreadable("damaged".into()))
    });
    let run = bench.run::<Sql>();
    let unable =
        run.assessment.checks.iter().find(|it| it.subject.is_none() && it.grade == Grade::UnableToScan).unwrap();
    let named: Vec<_> = unable.evidence.iter().map(|number| &run.exchanges[*number as usize].0).collect();
    assert_eq!(named, lists.map(Question::RegistryKey).each_ref());
}

#[test]
fn more_instances_than_can_be_are_not_passed_over_in_silence() {
    let names: Vec<_> = (0..65).map(|number| (format!("I{number}"), text(&format!("MSSQL.{number}")))).collect();
    let names: Vec<_> = names.iter().map(|(name, id)| (name.as_str(), id.clone())).collect();
    let bench = with_key(machine(Role::Server), &format!(r"{LISTS}\Instance Names\SQL"), &names, &[]);
    let run = (0..65).fold(bench, |bench, number| with_service(bench, &format!("MSSQL$I{number}"), None)).run::<Sql>();
    assert_eq!(products(&run).len(), 64);
    let last = run.assessment.checks.iter().rfind(|finding| finding.check == "domain-controller");
    assert!(last.is_some_and(|finding| finding.grade == Grade::UnableToScan && finding.summary.contains("65")));
}

/// What an uninstallation, a setup that was undone, and client tools leave behind. An instance is a service (Microsoft, "Database
/// Engine instances": each is its own service) that runs `sqlservr.exe`; what the lists and keys say beside it is a record.
#[test]
fn a_leftover_is_no_instance() {
    const NAMES: &str = r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\Instance Names\SQL";
    const SHOP: &str = r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL10.SHOP";
    const PROGRAM: &str = r"D:\MSSQL7\Binn\sqlservr.exe";
    const IMAGE: &str = r#""D:\MSSQL7\Binn\sqlservr.exe" -sSHOP"#;
    let listed = || with_key(machine(Role::Server), NAMES, &[("SHOP", text("MSSQL10.SHOP"))], &[]);
    let keys = |bench| with_keys_of_instance(bench, SHOP, "10.0.1600.22", None, "");
    let no_folder = |bench| {
        with_key(
            bench,
            &format!(r"{SHOP}\MSSQLServer\CurrentVersion"),
            &[("CurrentVersion", text("10.0.1600.22"))],
            &[],
        )
    };
    let service = |bench| with_service(bench, "MSSQL$SHOP", None);
    let image = |bench| with_image(bench, "MSSQL$SHOP", None, Some(IMAGE));
    let program = |bench| with_program(bench, PROGRAM);
    let unread = |bench: Bench, question| bench.answer(question, damaged());
    let unread_program = |bench| unread(bench, Question::FileVersion(PROGRAM.into()));
    let unread_service = |bench| unread(bench, Question::Service("MSSQL$SHOP".into()));
    let unread_keys = |bench| unread(bench, Question::RegistryKey(format!(r"{SHOP}\MSSQLServer\CurrentVersion")));
    let unread_setup = |bench| unread(bench, Question::RegistryKey(format!(r"{SHOP}\Setup")));
    use Expected::*;
    for (what, bench, expected) in [
        ("a name and nothing else", listed(), Leftover("there is no service MSSQL$SHOP and nothing names its program")),
        ("keys without service and program", keys(listed()), Leftover(r"there is no D:\MSSQL7\Binn\sqlservr.exe")),
        ("keys without service that name no program", no_folder(listed()), Leftover("nothing names its program")),
        ("a service without keys and program", image(listed()), Leftover("the service MSSQL$SHOP is registered")),
        ("a service and keys", keys(service(listed())), Instance),
        ("a service and nothing that contradicts it", service(listed()), Instance),
        ("a service and its program", program(image(listed())), Instance),
        ("keys and the program", program(keys(listed())), Instance),
        ("nothing but the name can be read", unread_service(listed()), Unknown),
        ("keys, and the service cannot be read", unread_service(keys(listed())), Unknown),
        ("keys, and the program cannot be read", unread_program(keys(listed())), Unknown),
        ("a service, and its program cannot be read", unread_program(image(listed())), Unknown),
        ("no keys can be read", unread_keys(listed()), Unknown),
        ("no setup can be read", unread_setup(listed()), Unknown),
        ("no keys can be read, but there is the program", unread_keys(program(image(listed()))), Instance),
        ("the program is there, and nothing else is known", unread_service(program(keys(listed()))), Instance),
    ] {
        let run = bench.run::<Sql>();
        let of_status = |grade| run.assessment.checks.iter().find(|it| it.check == "status" && it.grade == grade);
        assert_eq!(run.assessment.products.len(), usize::from(expected == Instance), "{what}");
        match expected {
            Instance => assert_eq!(run.check("domain-controller").grade, Grade::Passed, "{what}"),
            Unknown => assert_eq!(run.check("domain-controller").grade, Grade::UnableToScan, "{what}"),
            Leftover(words) => {
                let finding = of_status(Grade::Informational).unwrap_or_else(|| panic!("{what}"));
                assert_eq!(finding.subject.as_deref(), Some("SHOP"), "{what}");
                assert!(
                    finding.summary.contains("leftover") && finding.summary.contains(words),
                    "{what}: {}",
                    finding.summary
                );
                assert!(!finding.evidence.is_empty(), "{what}");
                assert_eq!(run.check("domain-controller").grade, Grade::NotPerformed, "{what}");
            }
        }
        assert_eq!(run.undeclared, [], "{what}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Instance,
    /// Its finding says this.
    Leftover(&'static str),
    Unknown,
}

#[test]
fn leftovers_of_the_default_instance_and_of_2000_are_named_as_well() {
    let default = with_keys_of_instance(machine(Role::Server), DEFAULT, "8.00.194", None, "");
    let names = RegistryData::MultiText(vec!["MSSQLSERVER".into(), "GONE".into()]);
    let listed = with_key(machine(Role::Server), LISTS, &[("InstalledInstances", names)], &["80"]);
    let wow = with_keys_of_instance(
        machine(Role::Server),
        r"HKLM\SOFTWARE\Wow6432Node\Microsoft\MSSQLServer",
        "8.00.194",
        None,
        "",
    );
    for (bench, expected) in
        [(default, &["MSSQLSERVER"][..]), (listed, &["MSSQLSERVER", "GONE"]), (wow, &["MSSQLSERVER"])]
    {
        let run = bench.run::<Sql>();
        assert_eq!(run.assessment.products, []);
        let of_status = run.assessment.checks.iter().filter(|finding| finding.check == "status");
        let mut subjects: Vec<_> = of_status.filter_map(|finding| finding.subject.as_deref()).collect();
        subjects.sort_by_key(|subject| expected.iter().position(|name| name == subject));
        assert_eq!(subjects, expected);
    }
}

#[test]
fn an_instance_without_its_program_is_judged_by_what_is_there() {
    let bench = with_keys_of_instance(machine(Role::Server), DEFAULT, "8.00.194", None, "");
    let run = with_service(bench, "MSSQLSERVER", None).run::<Sql>();
    assert_eq!(products(&run), [("MSSQLSERVER", "SQL Server 2000", Some("Gold"))]);
    assert!(run.check("status").summary.ends_with(r"Its program is gone: there is no D:\MSSQL7\Binn\sqlservr.exe."));
}

#[test]
fn an_odd_entry_of_a_list_hides_no_instance() {
    let names = format!(r"{LISTS}\Instance Names\SQL");
    let entries = [("SHOP", text("MSSQL10.SHOP")), ("ODD", RegistryData::Other(17)), ("DEEP", text(r"a\b"))];
    let bench = with_key(machine(Role::Server), &names, &entries, &[]);
    let bench = with_instance(bench, &format!(r"{LISTS}\MSSQL10.SHOP"), "10.0.1600.22", None, "");
    let odd_list = |data| with_key(machine(Role::Server), LISTS, &[("InstalledInstances", data)], &[]);
    let cut_off = RegistryKey { values: Vec::new(), subkeys: Vec::new(), truncated: true, last_written: 0 };
    // `..\x` leads to no key. That it is listed is said, as of the other lists, and costs no other instance.
    let beside = vec!["MSSQLSERVER".into(), r"..\x".into()];
    let default = with_instance(machine(Role::Server), DEFAULT, "8.00.194", None, "");
    let default = with_key(default, LISTS, &[("InstalledInstances", RegistryData::MultiText(beside))], &[]);
    for (bench, products) in [
        (bench, 1),
        (default, 1),
        (odd_list(RegistryData::MultiText(vec![r"a\b".into()])), 0),
        (odd_list(RegistryData::MultiText(vec!["x".repeat(300)])), 0),
        (odd_list(RegistryData::Text(r"a\b".into())), 0),
        (odd_list(RegistryData::Other(9)), 0),
        (odd_list(RegistryData::Dword(1)), 0),
        (machine(Role::Server).fact(Question::RegistryKey(names), Fact::RegistryKey(cut_off)), 0),
    ] {
        let run = bench.run::<Sql>();
        assert_eq!(run.assessment.products.len(), products);
        let unable = run.assessment.checks.iter().find(|it| it.check == "status" && it.grade == Grade::UnableToScan);
        assert!(unable.is_some_and(|finding| !finding.evidence.is_empty()));
    }
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_registry_text_makes_it_panic(version in ".{0,30}", edition in ".{0,30}", name in ".{0,30}") {
            let names = RegistryData::MultiText(vec![name.clone(); 100]);
            let bench = with_instance(machine(Role::Server), DEFAULT, &version, Some(&version), &edition);
            let bench = with_key(bench, LISTS, &[("InstalledInstances", names)], &[&name]);
            let bench = with_instance(bench, &format!(r"{LISTS}\{name}"), &version, None, &edition);
            let run = bench.run::<Sql>();
            prop_assert!(run.assessment.products.len() <= 2);
        }

        #[test]
        fn no_build_makes_it_panic(major in 0_u32.., minor in 0_u32.., build in 0_u32..) {
            with_instance(machine(Role::Server), DEFAULT, &format!("{major}.{minor}.{build}"), None, "").run::<Sql>();
        }
    }
}

#[test]
fn nothing_is_asked_that_is_not_declared() {
    let names = RegistryData::MultiText(vec!["SHOP".into()]);
    let named = with_key(machine(Role::Server), LISTS, &[("InstalledInstances", names)], &["SHOP"]);
    let later = with_key(named, &format!(r"{LISTS}\Instance Names\SQL"), &[("NEW", text("MSSQL.1"))], &[]);
    let without_version = with_service(machine(Role::Server), "MSSQLSERVER", None);
    let without_version =
        with_key(without_version, &format!(r"{DEFAULT}\Setup"), &[("SQLPath", text(r"E:\Data"))], &[]);
    for bench in [Bench::new(), sql7(Role::Server), later, without_version] {
        let run = bench.run::<Sql>();
        assert_eq!(run.undeclared, []);
    }
}
