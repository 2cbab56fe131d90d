//! Exchange Server: its level, its updates and its support.

use wardline_exchange::Exchange;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_plugin_tests::{contradictions, one_update_each, product_names, reader, update};

const V15: &str = r"HKLM\SOFTWARE\Microsoft\ExchangeServer\v15\Setup";
const CU_13: &str = "Microsoft Exchange Server 2019 Cumulative Update 13";
const CU_14: &str = "Microsoft Exchange Server 2019 Cumulative Update 14";

fn setup(key: &str, values: &[(&str, RegistryData)]) -> Bench {
    let values =
        values.iter().map(|(name, data)| RegistryValue { name: (*name).to_owned(), data: data.clone() }).collect();
    let key_fact = RegistryKey { values, subkeys: Vec::new(), truncated: false, last_written: 0 };
    Bench::new().fact(Question::RegistryKey(key.to_owned()), Fact::RegistryKey(key_fact))
}

/// A server in `D:\Exchange`, as setup records a cumulative update.
fn server([major, minor, build, revision]: [u16; 4]) -> Bench {
    let number = |number: u16| RegistryData::Dword(number.into());
    setup(
        V15,
        &[
            ("MsiInstallPath", RegistryData::Text(r"D:\Exchange\".to_owned())),
            ("MsiProductMajor", number(major)),
            ("MsiProductMinor", number(minor)),
            ("MsiBuildMajor", number(build)),
            ("MsiBuildMinor", number(revision)),
        ],
    )
}

fn with_program(bench: Bench, [major, minor, build, revision]: [u16; 4]) -> Bench {
    let version = Some(FileVersion { major, minor, build, revision });
    let info = FileInfo { version, checksum: None, size: 1, modified: None, language: None };
    bench.fact(Question::FileVersion(r"D:\Exchange\Bin\ExSetup.exe".to_owned()), Fact::File(info))
}

fn statuses(run: &Run) -> Vec<(u32, UpdateStatus)> {
    run.assessment.updates.iter().map(|finding| (finding.update, finding.status)).collect()
}

#[test]
fn updates_are_judged_at_the_installed_cumulative_update() {
    use UpdateStatus::{Installed, Missing, Superseded, UnableToScan};
    let catalog = || {
        vec![
            update(1, "2024-03-12", CU_13, Some("15.02.1258.032")),
            update(2, "2024-03-12", CU_14, Some("15.02.1544.009")),
            update(3, "2025-08-12", CU_14, Some("15.02.1544.025")),
            // A build of Exchange 2013.
            update(4, "2025-10-14", CU_14, Some("15.00.1497.018")),
        ]
    };
    for (build, expected) in [
        ([15, 2, 1258, 28], vec![(1, Missing)]),
        ([15, 2, 1544, 4], vec![(2, Superseded), (3, Missing), (4, UnableToScan)]),
        ([15, 2, 1544, 25], vec![(2, Installed), (3, Installed), (4, UnableToScan)]),
        ([15, 2, 1748, 10], vec![]),
    ] {
        let run = with_program(server(build), build).updates(catalog()).run::<Exchange>();
        assert_eq!(statuses(&run), expected, "{build:?}");
        assert_eq!(run.undeclared, []);
        assert_eq!(run.check("status").grade, Grade::Informational);
    }
    let later = [catalog(), vec![update(5, "2026-02-10", CU_14, Some("15.02.1544.039"))]].concat();
    let build = [15, 2, 1544, 39];
    let run = with_program(server(build), build).updates(later).run::<Exchange>();
    assert!(run.assessment.updates.iter().all(|finding| finding.status == Installed), "{:?}", statuses(&run));
}

#[test]
fn what_setup_records_is_no_proof_of_security_updates() {
    let catalog = vec![update(1, "2024-03-12", CU_14, Some("15.02.1544.009"))];
    let bare = server([15, 2, 1544, 4]);
    let run = bare.clone().updates(catalog.clone()).run::<Exchange>();
    assert_eq!(statuses(&run), []);
    assert_eq!(run.check("status").grade, Grade::UnableToScan);

    let values = [("OwaVersion", RegistryData::Text("15.2.1544.9".to_owned()))];
    let run = setup(V15, &values).updates(catalog).run::<Exchange>();
    assert_eq!(statuses(&run), [(1, UpdateStatus::Installed)]);
}

#[test]
fn support_ends_with_the_cumulative_update() {
    for (build, day, extended, grade) in [
        ([15, 2, 2562, 17], "2026-08-11", false, Grade::Passed),
        ([15, 2, 1748, 43], "2025-10-14", false, Grade::Passed),
        ([15, 2, 1748, 43], "2026-02-28", false, Grade::BestPractice),
        ([15, 2, 1748, 43], "2026-02-28", true, Grade::Passed),
        ([15, 2, 1258, 32], "2026-02-28", true, Grade::BestPractice),
        ([15, 1, 2507, 66], "2026-02-28", true, Grade::Passed),
        ([15, 0, 1497, 48], "2026-02-28", true, Grade::BestPractice),
        ([16, 0, 1, 1], "2026-02-28", true, Grade::UnableToScan),
    ] {
        let bench = with_program(server(build), build).setting("support-date", SettingValue::Text(day.to_owned()));
        let run = bench.setting("extended-security-updates", SettingValue::Flag(extended)).run::<Exchange>();
        let finding = run.check("end-of-support");
        assert_eq!(finding.grade, grade, "{build:?} {day}: {}", finding.summary);
    }
}

#[test]
fn absence_is_known_and_damage_is_not_absence() {
    let run = Bench::new().run::<Exchange>();
    assert!(run.assessment.checks.iter().all(|check| check.grade == Grade::NotPerformed), "{:?}", run.assessment);
    for bench in [Bench::new().unreadable_by_default("damaged"), setup(V15, &[])] {
        let run = bench.run::<Exchange>();
        assert!(run.assessment.checks.iter().all(|check| check.grade == Grade::UnableToScan), "{:?}", run.assessment);
    }
}

#[test]
#[ignore = "reads ../shared/data"]
fn every_server_in_the_documents_is_on_some_level() {
    let names: Vec<_> = product_names().into_iter().filter(|name| name.contains("Exchange Server")).collect();
    let updates = one_update_each(names.iter().cloned());
    // A service with no build of its own, and the name without a service pack, under which no update was published.
    let others = ["Microsoft Exchange Server 2010"];
    let levels = include_str!("../data/branches.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut reached = std::collections::BTreeSet::new();
    for level in levels {
        let mut numbers = level.split('\t').next().unwrap_or_default().split('.').map(|part| part.parse().unwrap());
        let build = std::array::from_fn(|_| numbers.next().unwrap_or(1));
        let run = with_program(server(build), build).updates(updates.clone()).run::<Exchange>();
        reached.extend(run.assessment.updates.into_iter().map(|finding| finding.product));
    }
    let is_lost = |name: &&String| !reached.contains(*name) && !others.contains(&name.as_str());
    let lost: Vec<_> = names.iter().filter(is_lost).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

/// Every build that Microsoft has published, as CSS-Exchange collects them, is a server that is judged by all documents.
#[test]
#[ignore = "reads ../shared/data"]
fn on_every_published_build_the_builds_decide() {
    let updates = reader::updates(&reader::documents(), |name| name.contains("Exchange Server"));
    let list = "/../../../shared/data/builds/Get-ExchangeBuildVersionInformation.ps1";
    let list = std::fs::read_to_string([env!("CARGO_MANIFEST_DIR"), list].concat()).unwrap();
    let builds: std::collections::BTreeSet<[u16; 4]> = list
        .split('"')
        .filter_map(|text| {
            let numbers: Vec<u16> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
            <[u16; 4]>::try_from(numbers).ok()
        })
        .collect();
    assert!(builds.len() > 100, "{}", builds.len());
    let mut exchange = Exchange::default();
    exchange.prepare(updates.clone()).unwrap();
    let mut wrong = Vec::new();
    for build in builds {
        let run = with_program(server(build), build).run_prepared(&exchange);
        let build = build.map(|number| number.to_string()).join(".");
        wrong.extend(contradictions(&build, &run.assessment.updates, &updates));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
