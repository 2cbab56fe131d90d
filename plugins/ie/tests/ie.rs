//! The plugin as a whole: what it declares, finds and judges on a bench.

use wardline_ie::Ie;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;
use wardline_plugin_tests::catalog_products;
use wardline_plugin_tests::machine::{self, MSOE, SCOTT, file, products, profile, text};

const INTERNET_EXPLORER: &str = r"HKLM\SOFTWARE\Microsoft\Internet Explorer";
const INTERNET_SETTINGS: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
const MSHTML: &str = r"%windir%\system32\mshtml.dll";
const IEXPLORE: &str = r"%programfiles%\Internet Explorer\iexplore.exe";

fn browser(version: &str) -> Bench {
    let info = FileInfo { version: None, checksum: None, size: 1, modified: None, language: None };
    let bench = Bench::new().fact(Question::FileVersion(IEXPLORE.to_owned()), Fact::File(info));
    bench.value(INTERNET_EXPLORER, "Version", text(version))
}

fn update(product: &str, level: u32) -> Update {
    machine::update(product, level, MSHTML, [5, 50, 4807, 9999])
}

#[test]
fn the_browser_is_told_by_registry_or_file() {
    let unreadable = |bench: Bench, key: &str, name: &str| {
        let value = RegistryValueName { key: key.to_owned(), name: name.to_owned() };
        let bench = file(bench, MSHTML, [5, 50, 4522, 1800]);
        bench.answer(Question::RegistryValue(value), Answer::Unreadable("damaged".to_owned()))
    };
    for (bench, expected) in [
        (browser("5.00.3700.1000"), vec![("Internet Explorer 5.01", Some("Service Pack 4"))]),
        (browser("6.0.2600.0000"), vec![("Internet Explorer 6", None)]),
        (
            browser("6.0.2600.0000").value(INTERNET_SETTINGS, "MinorVersion", text(";SP1;Q313675;")),
            vec![("Internet Explorer 6", Some("Service Pack 1"))],
        ),
        (
            browser("9.11.9600.17031").value(INTERNET_EXPLORER, "svcVersion", text("11.0.9600.17031")),
            vec![("Internet Explorer 11", None)],
        ),
        (file(Bench::new(), MSHTML, [5, 50, 4522, 1800]), vec![("Internet Explorer 5.5", Some("Service Pack 1"))]),
        // What cannot be read might say that it is another release.
        (unreadable(Bench::new(), INTERNET_EXPLORER, "Version"), vec![]),
        (unreadable(browser("9.11.9600.17031"), INTERNET_EXPLORER, "svcVersion"), vec![]),
        // The registry's release is the engine's; its service pack is not known without this value.
        (
            unreadable(browser("5.50.4522.1800"), INTERNET_SETTINGS, "MinorVersion"),
            vec![("Internet Explorer 5.5", None)],
        ),
        (
            file(browser("no version"), MSHTML, [6, 0, 2800, 1106]),
            vec![("Internet Explorer 6", Some("Service Pack 1"))],
        ),
        // Outlook Express follows the browser's service pack where it is of the same release, and only there.
        (
            file(browser("5.00.3105.0106"), MSOE, [5, 0, 3018, 1300]),
            vec![("Internet Explorer 5.01", Some("Service Pack 1")), ("Outlook Express 5.01", Some("Service Pack 1"))],
        ),
        (
            file(browser("6.0.2800.1106"), MSOE, [5, 50, 4807, 1700]),
            vec![("Internet Explorer 6", Some("Service Pack 1")), ("Outlook Express 5.5", Some("Service Pack 2"))],
        ),
        (browser("3.0.0.0"), vec![]),
        (Bench::new(), vec![]),
        (Bench::new().unreadable_by_default("damaged"), vec![]),
    ] {
        assert_eq!(products(&bench.run::<Ie>()), expected);
    }
}

/// `mshtml.dll` is the browser's engine and has its version (Microsoft, Q164539 and KB969393); an update of it raises the build
/// within a release.
#[test]
fn a_browser_of_one_release_with_the_engine_of_another_is_not_judged() {
    for (version, newer, engine, expected) in [
        ("6.0.2900.2180", None, [6, 0, 2900, 5512], Some("Internet Explorer 6")),
        ("6.0.2800.1106", None, [6, 0, 2800, 1615], Some("Internet Explorer 6")),
        ("5.00.3315.1000", None, [5, 0, 3314, 2100], Some("Internet Explorer 5.01")),
        ("7.0.5730.11", None, [7, 0, 6000, 16386], Some("Internet Explorer 7")),
        ("9.11.19041.0", Some("11.789.19041.0"), [11, 0, 19041, 1], Some("Internet Explorer 11")),
        ("6.0.2900.2180", None, [5, 50, 4807, 2300], None),
        ("5.50.4807.2300", None, [6, 0, 2800, 1106], None),
        ("6.0.2900.2180", None, [6, 0, 3790, 1830], None),
        ("9.0.8112.16421", None, [11, 0, 9600, 17031], None),
        ("9.11.9600.17031", Some("11.0.9600.17031"), [8, 0, 7600, 16385], None),
        ("6.0.2900.2180", None, [3, 0, 0, 0], None),
    ] {
        let bench = file(browser(version), MSHTML, engine);
        let bench = match newer {
            Some(newer) => bench.value(INTERNET_EXPLORER, "svcVersion", text(newer)),
            None => bench,
        };
        let run = bench.run::<Ie>();
        assert_eq!(products(&run).first().map(|(name, _)| *name), expected, "{version} {engine:?}");
        let finding = run.check("ie-zones");
        if expected.is_none() {
            assert_eq!(finding.grade, Grade::UnableToScan, "{version} {engine:?}");
            assert_eq!(finding.evidence.len(), 2, "{version} {engine:?}");
            assert!(finding.summary.contains("the registry says"), "{}", finding.summary);
        }
    }
}

#[test]
fn what_hinders_finding_the_browser_is_said() {
    for (version, name) in [(None, "Version"), (Some("9.11.9600.17031"), "svcVersion")] {
        let value = RegistryValueName { key: INTERNET_EXPLORER.to_owned(), name: name.to_owned() };
        let bench = file(version.map_or_else(Bench::new, browser), MSHTML, [5, 50, 4522, 1800]);
        let run = bench.answer(Question::RegistryValue(value), Answer::Unreadable("damaged".to_owned())).run::<Ie>();
        assert_eq!(run.check("ie-zones").grade, Grade::UnableToScan, "{name}");
    }
}

#[test]
fn without_the_service_pack_s_value_an_update_for_some_service_packs_is_not_judged() {
    let value = RegistryValueName { key: INTERNET_SETTINGS.to_owned(), name: "MinorVersion".to_owned() };
    let bench = file(browser("5.50.4522.1800"), MSHTML, [5, 50, 4522, 1800]);
    let bench = bench.answer(Question::RegistryValue(value), Answer::Unreadable("damaged".to_owned()));
    let run = bench.updates(vec![update("Internet Explorer 5.5", 10)]).run::<Ie>();
    assert_eq!(run.update(1).map(|finding| finding.status), Some(UpdateStatus::UnableToScan));
}

#[test]
fn an_update_is_judged_for_the_release_and_service_pack_that_are_installed() {
    use UpdateStatus::{Installed, Missing};
    for (product, level, build, expected) in [
        ("Internet Explorer 5.5", 20, 2300, Some(Missing)),
        ("Internet Explorer 5.5", 20, 9999, Some(Installed)),
        ("Internet Explorer 5.5", 10, 2300, None),
        ("Internet Explorer 5.01", 20, 2300, None),
        ("Outlook Express 5.5", 20, 2300, Some(Missing)),
    ] {
        let bench = file(file(browser("5.50.4807.2300"), MSOE, [5, 50, 4807, 1700]), MSHTML, [5, 50, 4807, build]);
        let run = bench.updates(vec![update(product, level)]).run::<Ie>();
        assert_eq!(run.update(1).map(|finding| finding.status), expected, "{product} {level}");
        let installs: Vec<_> = run
            .actions
            .iter()
            .filter_map(|action| match &action.operation {
                Operation::InstallUpdate(install) => Some((install.package.as_str(), install.switches.len())),
                _ => None,
            })
            .collect();
        // A bare article number is an application's package, whose switches its name does not tell.
        let wanted = if expected == Some(Missing) { vec![("Q999002.exe", 0)] } else { vec![] };
        assert_eq!(installs, wanted, "{product} {level}");
    }
}

#[test]
fn every_check_is_described_with_its_number_and_found_once() {
    let checks = Ie::describe().checks;
    let described: Vec<_> = checks.iter().map(|check| (check.id.as_str(), check.mbsa)).collect();
    assert_eq!(
        described,
        [
            ("ie-zones", Some(118)),
            ("ie-enhanced-security-administrators", Some(176)),
            ("ie-enhanced-security-users", Some(177)),
        ]
    );
    let run = browser("5.50.4807.2300").run::<Ie>();
    let found: Vec<_> = run.assessment.checks.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(found, checks.iter().map(|check| check.id.as_str()).collect::<Vec<_>>());
}

#[test]
fn every_product_found_is_declared() {
    let declared = Ie::describe().products;
    for version in
        ["4.71.1712.6", "4.72.3110.8", "5.0.2014.216", "5.0.2920.0", "5.50.4134.600", "6.0.3790.1830", "7.0.1.1"]
    {
        for product in browser(version).run::<Ie>().assessment.products {
            assert!(declared.contains(&product.name), "{}", product.name);
        }
    }
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn every_browser_for_windows_in_the_real_catalog_is_declared() {
    let names = catalog_products(&["Internet Explorer", "Outlook Express"]);
    let declared = Ie::describe().products;
    let mut found = 0;
    for name in names.iter().filter(|name| !name.ends_with("for Macintosh")) {
        assert!(declared.contains(name), "{name}");
        found += 1;
    }
    assert_eq!(found, 8, "{names:?}");
}

#[test]
fn nothing_is_asked_that_is_not_declared() {
    let policy = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";
    let nine = browser("9.11.1.1").fact(Question::Profiles, Fact::Profiles(vec![profile(SCOTT, "scott", true)]));
    let mail = file(nine.clone(), MSOE, [5, 50, 1, 1]);
    for bench in [nine.value(policy, "Security_HKLM_only", RegistryData::Dword(1)), browser("none"), mail] {
        assert_eq!(bench.run::<Ie>().undeclared, []);
    }
}
