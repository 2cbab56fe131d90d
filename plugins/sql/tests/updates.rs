//! Updates of SQL Server, judged for each instance in its own folder.

mod support;

use support::*;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_sql::Sql;

fn service_pack(level: u32) -> ServicePack {
    ServicePack { id: level.to_string(), name: String::new(), level }
}

fn applicability(product: &str, levels: &[u32], included_in: Option<u32>) -> Applicability {
    Applicability {
        product: Product { id: product.into(), name: product.into() },
        service_packs: levels.iter().copied().map(service_pack).collect(),
        included_in: included_in.map(service_pack),
        severity: None,
        fixed_build: None,
    }
}

/// An update that brings version 2000.80.296.0 of a file.
fn update(path: &str, applies_to: Vec<Applicability>) -> Update {
    Update {
        bulletin: "EX01-009".into(),
        article: "Q900009".into(),
        title: "An example".into(),
        package: "s80296i.exe".into(),
        severity: Severity::Important,
        applies_to,
        files: vec![FileTest {
            path: path.into(),
            change: Change::Replace,
            version: Some(version(296)),
            alternates: Vec::new(),
            checksum: None,
            size: None,
        }],
        ..wardline_plugin::testing::update(9)
    }
}

fn version(build: u16) -> FileVersion {
    FileVersion { major: 2000, minor: 80, build, revision: 0 }
}

fn with_file(bench: Bench, path: &str, build: u16) -> Bench {
    let info = FileInfo { version: Some(version(build)), checksum: None, size: 1, modified: None, language: None };
    bench.fact(Question::File(path.into()), Fact::File(info))
}

/// The default instance and one called SHOP, each in its own folder.
fn two_instances() -> Bench {
    let names = RegistryData::MultiText(vec!["MSSQLSERVER".into(), "SHOP".into()]);
    let bench = with_key(machine(Role::Server), LISTS, &[("InstalledInstances", names)], &["SHOP"]);
    let bench = with_instance(bench, DEFAULT, "8.00.194", None, "Standard Edition");
    let shop = format!(r"{LISTS}\SHOP");
    let bench = with_instance(bench, &shop, "8.00.194", None, "Standard Edition");
    with_key(bench, &format!(r"{shop}\Setup"), &[("SQLPath", text(r"E:\MSSQL$SHOP\"))], &[])
}

fn statuses(run: &Run) -> Vec<(Option<&str>, UpdateStatus)> {
    run.assessment.updates.iter().map(|finding| (finding.subject.as_deref(), finding.status)).collect()
}

#[test]
fn each_instance_is_judged_in_its_own_folder() {
    for path in [
        r"%Mssql7%\Binn\sqlservr.exe",
        r"%windir%\Mssql7\Binn\sqlservr.exe",
        r"%programfiles%\Microsoft SQL Server\MSSQL\Binn\sqlservr.exe",
    ] {
        let update = update(path, vec![applicability("SQL Server 2000", &[0], Some(10))]);
        let bench = with_file(two_instances(), r"D:\MSSQL7\Binn\sqlservr.exe", 194);
        let bench = with_file(bench, r"E:\MSSQL$SHOP\Binn\sqlservr.exe", 296);
        let run = bench.updates(vec![update]).run::<Sql>();
        assert_eq!(
            statuses(&run),
            [(Some("MSSQLSERVER"), UpdateStatus::Missing), (Some("SHOP"), UpdateStatus::Installed)]
        );
        let of_updates = run.actions.iter().filter(|action| matches!(action.mends, FindingId::Update(_)));
        let [action] = of_updates.collect::<Vec<_>>()[..] else { panic!("{:?}", run.actions) };
        assert!(matches!(&action.operation, Operation::InstallUpdate(install) if install.package == "s80296i.exe"));
    }
}

#[test]
fn without_its_folder_an_instance_cannot_be_judged() {
    let bench = with_instance(machine(Role::Server), DEFAULT, "8.00.194", None, "");
    let bench = with_service(with_key(bench, &format!(r"{DEFAULT}\Setup"), &[], &[]), "MSSQLSERVER", None);
    // The default folder's file is there, but whose it is cannot be told.
    let path = r"%ProgramFiles%\Microsoft SQL Server\MSSQL\Binn\sqlservr.exe";
    let bench = with_file(bench, path, 296);
    let run = bench.updates(vec![update(path, vec![applicability("SQL Server 2000", &[0], None)])]).run::<Sql>();
    assert_eq!(statuses(&run), [(Some("MSSQLSERVER"), UpdateStatus::UnableToScan)]);
    let of_files = |(question, _): &&(Question, Answer)| matches!(question, Question::FileVersion(path) if path.contains("sqlservr"));
    assert_eq!(
        run.exchanges.iter().filter(of_files).count(),
        0,
        "a file is asked about though where it lies is not known"
    );
}

#[test]
fn without_its_version_an_instance_is_not_passed_over_in_silence() {
    let current = || Question::RegistryKey(format!(r"{DEFAULT}\MSSQLServer\CurrentVersion"));
    let setup = || Question::RegistryKey(format!(r"{DEFAULT}\Setup"));
    let program = || Question::FileVersion(r"D:\MSSQL7\Binn\sqlservr.exe".into());
    let installed = || with_service(sql7(Role::Server), "MSSQLSERVER", None).fact(current(), unversioned());
    for (bench, words) in [
        (installed(), "neither"),
        (installed().fact(setup(), unversioned()), "neither"),
        // That there is a service does not show that it is an instance's.
        (installed().answer(current(), damaged()).answer(program(), Answer::Absent), "damaged"),
        (installed().answer(setup(), damaged()), "damaged"),
        (installed().answer(program(), damaged()), "damaged"),
    ] {
        let wanted = update(r"%Mssql7%\Binn\sqlservr.exe", vec![applicability("SQL Server 7.0", &[0], None)]);
        let run = bench.updates(vec![wanted]).run::<Sql>();
        assert_eq!(statuses(&run), []);
        let unable =
            run.assessment.checks.iter().find(|it| it.check == "status" && it.grade == Grade::UnableToScan).unwrap();
        let subject = if words == "neither" { "updates" } else { "MSSQLSERVER" };
        assert!(unable.summary.contains(subject) && unable.summary.contains(words), "{unable:?}");
    }
}

/// A key that is there and holds no version.
fn unversioned() -> Fact {
    Fact::RegistryKey(RegistryKey { values: vec![], subkeys: vec![], truncated: false, last_written: 0 })
}

#[test]
fn product_and_service_pack_decide_which_updates_concern_an_instance() {
    let sql2000 = || vec![applicability("SQL Server 2000", &[0], Some(10))];
    let msde = || vec![applicability("SQL Server Desktop Engine (MSDE) 2000", &[0, 10], None)];
    for (csd, edition, applies_to, expected) in [
        (None, "", sql2000(), Some(UpdateStatus::Missing)),
        (Some("8.00.384"), "", sql2000(), Some(UpdateStatus::Included)),
        (None, "Desktop Engine", sql2000(), None),
        (Some("8.00.384"), "Desktop Engine", msde(), Some(UpdateStatus::Missing)),
        (Some("8.00.760"), "Desktop Engine", msde(), None),
        (None, "", msde(), None),
    ] {
        let bench = with_instance(machine(Role::Server), DEFAULT, "8.00.194", csd, edition);
        let run = bench.updates(vec![update(r"%Mssql7%\Binn\sqlsort.dll", applies_to)]).run::<Sql>();
        assert_eq!(run.assessment.updates.first().map(|finding| finding.status), expected, "{csd:?} {edition}");
    }
}
