//! Instances of SQL Server 2012 and later, judged by the builds of their branch.

mod support;

use support::*;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_plugin_tests::{contradictions, one_update_each, product_names, reader, update};
use wardline_sql::Sql;

const GDR: &str = "Microsoft SQL Server 2019 for x64-based Systems (GDR)";
const CU_25: &str = "Microsoft SQL Server 2019 for x64-based Systems (CU 25)";
const CU_32: &str = "Microsoft SQL Server 2019 for x64-based Systems (CU 32)";

/// One instance, with a version in its keys and, if given, one of its program.
fn instance(keys: &str, program: Option<[u16; 4]>) -> Bench {
    let names = [("SHOP", text("MSSQL15.SHOP"))];
    let bench = with_key(machine(Role::Server), &format!(r"{LISTS}\Instance Names\SQL"), &names, &[]);
    let key = format!(r"{LISTS}\MSSQL15.SHOP");
    // Setup leaves the version of the release there.
    let [major, minor, ..] = keys.split('.').collect::<Vec<_>>()[..] else { panic!("{keys} is no version") };
    let release = format!("{major}.{minor}.1000.5");
    let bench = with_keys_of_instance(bench, &key, &release, None, "Standard Edition");
    let setup = [("SQLBinRoot", text(r"D:\SQL\MSSQL\Binn")), ("PatchLevel", text(keys))];
    let bench = with_service(with_key(bench, &format!(r"{key}\Setup"), &setup, &[]), "MSSQL$SHOP", None);
    let Some([major, minor, build, revision]) = program else { return bench };
    let version = Some(FileVersion { major, minor, build, revision });
    let info = FileInfo { version, checksum: None, size: 1, modified: None, language: None };
    bench.fact(Question::FileVersion(r"D:\SQL\MSSQL\Binn\sqlservr.exe".into()), Fact::File(info))
}

fn catalog() -> Vec<Update> {
    vec![
        update(1, "2024-04-09", GDR, Some("15.0.2110.4")),
        update(2, "2024-04-09", CU_25, Some("15.0.4360.2")),
        update(3, "2025-07-08", GDR, Some("15.0.2135.5")),
        update(4, "2025-07-08", CU_32, Some("15.0.4435.7")),
        update(5, "2026-05-12", CU_32, Some("15.0.4470.1")),
    ]
}

fn statuses(run: &Run) -> Vec<(u32, UpdateStatus)> {
    run.assessment.updates.iter().map(|finding| (finding.update, finding.status)).collect()
}

#[test]
fn the_build_is_compared_within_its_own_branch() {
    use UpdateStatus::{Installed, Missing, Superseded};
    for (build, expected) in [
        ("15.0.2000.5", vec![(1, Superseded), (3, Missing)]),
        ("15.0.2110.4", vec![(1, Installed), (3, Missing)]),
        ("15.0.2170.1", vec![(1, Installed), (3, Installed)]),
        ("15.0.4003.23", vec![(2, Superseded), (4, Superseded), (5, Missing)]),
        ("15.0.4385.2", vec![(2, Installed), (4, Superseded), (5, Missing)]),
        ("15.0.4480.2", vec![(2, Installed), (4, Installed), (5, Installed)]),
    ] {
        let run = instance(build, None).updates(catalog()).run::<Sql>();
        assert_eq!(statuses(&run), expected, "{build}");
        assert!(run.assessment.updates.iter().all(|finding| finding.subject.as_deref() == Some("SHOP")));
        let missing = expected.iter().filter(|(_, status)| *status == Missing).count();
        assert_eq!(run.actions.iter().filter(|action| matches!(action.mends, FindingId::Update(_))).count(), missing);
        assert_eq!(run.undeclared, []);
    }
}

#[test]
fn the_program_outweighs_the_record() {
    let run = instance("15.0.4470.1", Some([2019, 150, 4360, 2])).updates(catalog()).run::<Sql>();
    assert_eq!(
        statuses(&run),
        [(2, UpdateStatus::Installed), (4, UpdateStatus::Superseded), (5, UpdateStatus::Missing)]
    );
    let run = instance("15.0.2000.5", Some([2019, 150, 4480, 2])).updates(catalog()).run::<Sql>();
    assert!(run.assessment.updates.iter().all(|finding| finding.status == UpdateStatus::Installed));
}

#[test]
fn a_build_of_another_branch_proves_nothing() {
    let foreign = || vec![update(6, "2025-07-08", CU_25, Some("15.0.2140.6"))];
    let alone = instance("15.0.4360.2", None).updates(foreign()).run::<Sql>();
    let [finding] = alone.assessment.updates.as_slice() else { panic!("{:?}", alone.assessment.updates) };
    assert_eq!(finding.status, UpdateStatus::UnableToScan);
    assert!(finding.reason.contains("15.0.2140.6"), "{}", finding.reason);

    // A later update of the branch contains it.
    for (build, expected) in [("15.0.4470.1", UpdateStatus::Installed), ("15.0.4360.2", UpdateStatus::Superseded)] {
        let run = instance(build, None).updates([foreign(), catalog()].concat()).run::<Sql>();
        assert_eq!(run.update(6).unwrap().status, expected, "{build}");
    }
}

#[test]
fn support_ends_by_release_and_service_pack() {
    for (build, day, extended, grade) in [
        ("15.0.4385.2", "2030-01-08", false, Grade::Passed),
        ("15.0.4385.2", "2030-01-09", false, Grade::BestPractice),
        ("13.0.5893.48", "2026-07-16", false, Grade::BestPractice),
        ("13.0.6500.1", "2026-07-14", false, Grade::Passed),
        ("13.0.6500.1", "2026-07-16", false, Grade::BestPractice),
        ("13.0.6500.1", "2026-07-16", true, Grade::Passed),
        ("13.0.6500.1", "2029-07-18", true, Grade::BestPractice),
        ("13.0.6500.1", "soon", true, Grade::UnableToScan),
        ("19.0.1000.1", "2026-07-16", false, Grade::UnableToScan),
    ] {
        let names = [("SHOP", text("MSSQL.SHOP"))];
        let bench = with_key(machine(Role::Server), &format!(r"{LISTS}\Instance Names\SQL"), &names, &[]);
        let bench = with_instance(bench, &format!(r"{LISTS}\MSSQL.SHOP"), build, None, "");
        let bench = bench.setting("support-date", SettingValue::Text(day.into()));
        let run = bench.setting("extended-security-updates", SettingValue::Flag(extended)).run::<Sql>();
        let finding = run.check("end-of-support");
        assert_eq!(finding.grade, grade, "{build} {day}: {}", finding.summary);
    }
}

/// Documents name a branch by the newest cumulative update at the time, so many names are one branch.
#[test]
#[ignore = "reads ../shared/data"]
fn every_server_in_the_documents_is_on_some_branch() {
    // Drivers and tools with versions of their own; servers for Linux.
    const OTHERS: [&str; 7] =
        ["Driver", "Reporting Services", "Integration", "Management Studio", "Linux", "Django", "Azure"];
    let names = product_names().into_iter().filter(|name| name.contains("SQL Server"));
    let (others, names): (Vec<_>, Vec<_>) =
        names.partition(|name| OTHERS.iter().any(|other| name.contains(other) && !name.contains("Azure Conne")));
    println!("of other programs: {others:#?}");
    let updates = one_update_each(names.iter().cloned());
    let builds = [
        "10.0.6814.4",
        "10.50.6785.2",
        "11.0.5388.0",
        "11.0.5678.0",
        "11.0.6260.1",
        "11.0.6614.2",
        "11.0.7512.11",
        "12.0.4237.0",
        "12.0.4522.0",
        "12.0.5223.6",
        "12.0.5687.1",
        "12.0.6179.1",
        "12.0.6449.1",
        "13.0.1745.2",
        "13.0.2218.0",
        "13.0.4259.0",
        "13.0.4604.0",
        "13.0.5108.50",
        "13.0.5893.48",
        "13.0.6500.1",
        "13.0.7095.1",
        "14.0.2120.1",
        "14.0.3540.1",
        "15.0.2180.2",
        "15.0.4480.2",
        "16.0.1190.2",
        "16.0.4265.3",
        "17.0.1125.2",
        "17.0.4075.5",
    ];
    let mut reached = std::collections::BTreeSet::new();
    for build in builds {
        let run = instance(build, None).updates(updates.clone()).run::<Sql>();
        let found: Vec<_> = run.assessment.updates.into_iter().map(|finding| finding.product).collect();
        assert!(!found.is_empty(), "{build}");
        reached.extend(found);
    }
    let lost: Vec<_> = names.iter().filter(|name| !reached.contains(*name)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

/// Every build that Microsoft has published, as dbatools collects them, is an instance that is judged by all documents.
#[test]
#[ignore = "reads ../shared/data"]
fn on_every_published_build_the_builds_decide() {
    let updates = reader::updates(&reader::documents(), |name| name.contains("SQL Server"));
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/builds/dbatools-buildref-index.json");
    let list = std::fs::read_to_string(list).unwrap();
    let versions = list.split("\"Version\"").skip(1).filter_map(|rest| rest.split('"').nth(1));
    let builds: std::collections::BTreeSet<_> =
        versions.filter(|version| version.split('.').next().and_then(|major| major.parse().ok()) >= Some(11)).collect();
    assert!(builds.len() > 500, "{}", builds.len());
    let mut sql = Sql::default();
    sql.prepare(updates.clone()).unwrap();
    let mut wrong = Vec::new();
    let mut judged = 0;
    for build in builds {
        let run = instance(&format!("{build}.0"), None).run_prepared(&sql);
        judged += usize::from(!run.assessment.updates.is_empty());
        wrong.extend(contradictions(build, &run.assessment.updates, &updates));
    }
    assert!(judged > 400, "{judged}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
