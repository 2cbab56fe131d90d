//! Office 2007 and later: by Windows Installer and by Click-to-Run.

mod common;

use common::{file, key, products, system, text};
use wardline_office::Office;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};
use wardline_plugin_tests::{one_update_each, product_names, update};

const OFFICE: &str = r"HKLM\SOFTWARE\Microsoft\Office";
const CONFIGURATION: &str = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration";
const UNINSTALL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";

const WORD: &str = "Microsoft Word 2016 (64-bit edition)";
const SUITE: &str = "Microsoft Office 2016 (64-bit edition)";

/// A program that Windows Installer put into `D:\Office\Office16`, or another release's folder.
fn program(bench: Bench, release: &str, name: &str, executable: &str, version: [u16; 4]) -> Bench {
    let major = release.split('.').next().unwrap_or_default();
    let folder = format!(r"D:\Office\Office{major}");
    let bench = key(bench, OFFICE, &[], &["12.0", "14.0", "15.0", "16.0"]);
    let bench = bench.value(&format!(r"{OFFICE}\{release}\{name}\InstallRoot"), "Path", text(&format!(r"{folder}\")));
    file(bench, &format!(r"{folder}\{executable}"), version)
}

fn word_2016(version: [u16; 4]) -> Bench {
    program(Bench::new(), "16.0", "Word", "winword.exe", version)
}

fn click_to_run(version: &str, ids: &str) -> Bench {
    let values = [("VersionToReport", text(version)), ("ProductReleaseIds", text(ids)), ("Platform", text("x64"))];
    key(Bench::new(), CONFIGURATION, &values, &[])
}

fn statuses(run: &Run) -> Vec<(u32, UpdateStatus)> {
    run.assessment.updates.iter().map(|finding| (finding.update, finding.status)).collect()
}

#[test]
fn a_program_is_judged_by_the_version_of_its_files() {
    use UpdateStatus::{Installed, Missing, Superseded};
    let catalog = || {
        vec![
            update(1, "2024-06-11", WORD, Some("16.0.5452.1000")),
            update(2, "2026-02-10", WORD, Some("16.0.5539.1002")),
            update(3, "2026-02-10", "Microsoft Word 2016 (32-bit edition)", Some("16.0.5539.1002")),
            update(4, "2026-02-10", "Microsoft Excel 2016 (64-bit edition)", Some("16.0.5539.1002")),
        ]
    };
    for (version, library, expected) in [
        ([16, 0, 5400, 1000], None, vec![(1, Superseded), (2, Missing)]),
        ([16, 0, 5452, 1000], None, vec![(1, Installed), (2, Missing)]),
        ([16, 0, 5452, 1000], Some([16, 0, 5539, 1002]), vec![(1, Installed), (2, Installed)]),
        ([16, 0, 5539, 1002], None, vec![(1, Installed), (2, Installed)]),
    ] {
        let bench = word_2016(version);
        let bench =
            library.into_iter().fold(bench, |bench, version| file(bench, r"D:\Office\Office16\wwlib.dll", version));
        let run = bench.updates(catalog()).run::<Office>();
        assert_eq!(statuses(&run), expected, "{version:?} {library:?}");
        assert_eq!(products(&run), [("Microsoft Word 2016", None)]);
        assert_eq!(run.undeclared, []);
    }
}

#[test]
fn an_update_of_the_suite_is_proven_by_windows_installer_alone() {
    let catalog = || vec![update(1, "2024-06-11", SUITE, Some("16.0.5452.1000")), update(2, "2024-06-11", SUITE, None)];
    let word = || word_2016([16, 0, 5539, 1002]);
    let run = word().updates(catalog()).run::<Office>();
    assert!(run.assessment.updates.iter().all(|finding| finding.status != UpdateStatus::Installed));
    assert!(run.assessment.updates.iter().all(|finding| finding.status != UpdateStatus::Missing));

    let entry = "{90160000-0011-0000-1000-0000000FF1CE}_Office16.PROPLUS_{0A1B2C3D-0000-0000-0000-000000000000}";
    let bench = key(word(), UNINSTALL, &[], &[entry, "7-Zip"]);
    let name = "Security Update for Microsoft Office 2016 (KB1) 64-Bit Edition";
    let run =
        bench.value(&format!(r"{UNINSTALL}\{entry}"), "DisplayName", text(name)).updates(catalog()).run::<Office>();
    assert_eq!(run.update(1).unwrap().status, UpdateStatus::Installed);
    assert_ne!(run.update(2).unwrap().status, UpdateStatus::Installed);
    assert_eq!(run.undeclared, []);
}

#[test]
fn click_to_run_is_told_by_its_products() {
    let names = [
        "Microsoft 365 Apps for Enterprise for 64-bit Systems",
        "Microsoft 365 Apps for Enterprise for 32-bit Systems",
        "Microsoft Office 2019 for 64-bit editions",
        "Microsoft Office LTSC 2021 for 64-bit editions",
        "Microsoft Office LTSC 2024 for 64-bit editions",
        "Microsoft Office 2016 Click-to-Run (C2R) for 64-bit editions",
        SUITE,
    ];
    for (version, ids, expected) in [
        ("16.0.19530.20144", "O365ProPlusRetail", vec![1]),
        ("16.0.10417.20095", "ProPlus2019Volume,VisioPro2019Volume", vec![3]),
        ("16.0.14332.21000", "ProPlus2021Volume", vec![4]),
        ("16.0.17932.20400", "ProPlus2024Volume,ProjectPro2021Volume", vec![4, 5]),
        ("16.0.19530.20144", "ProPlusRetail", vec![6]),
    ] {
        let updates = one_update_each(names.map(str::to_owned));
        // Click-to-Run's programs have the same key as those of Windows Installer.
        let root = r"C:\Program Files\Microsoft Office\root\Office16\";
        let bench = key(click_to_run(version, ids), OFFICE, &[], &["16.0"]);
        let bench = bench.value(&format!(r"{OFFICE}\16.0\Word\InstallRoot"), "Path", text(root));
        let run = bench.updates(updates).run::<Office>();
        let mut found: Vec<_> = statuses(&run).into_iter().map(|(number, _)| number).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{ids}");
        assert!(run.assessment.updates.iter().all(|finding| finding.status == UpdateStatus::UnableToScan));
        assert_eq!(run.undeclared, []);
    }
}

#[test]
fn office_that_must_not_update_itself_is_told() {
    const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\office\16.0\common\officeupdate";
    let office = || click_to_run("16.0.19530.20144", "O365ProPlusRetail");
    let with = |enabled: &str| {
        let values = [
            ("VersionToReport", text("16.0.19530.20144")),
            ("ProductReleaseIds", text("O365ProPlusRetail")),
            ("UpdatesEnabled", text(enabled)),
        ];
        key(Bench::new(), CONFIGURATION, &values, &[])
    };
    for (bench, grade) in [
        (office(), Grade::Passed),
        (with("True"), Grade::Passed),
        (with("False"), Grade::NonCritical),
        (office().value(POLICY, "enableautomaticupdates", RegistryData::Dword(0)), Grade::NonCritical),
        (office().value(POLICY, "enableautomaticupdates", RegistryData::Dword(1)), Grade::Passed),
        (Bench::new(), Grade::NotPerformed),
        (key(Bench::new(), CONFIGURATION, &[], &[]), Grade::NotPerformed),
        (Bench::new().unreadable_by_default("damaged"), Grade::UnableToScan),
    ] {
        assert_eq!(bench.run::<Office>().check("click-to-run-updates").grade, grade);
    }
}

#[test]
fn support_is_judged_for_each_release() {
    let bench = program(
        click_to_run("16.0.17932.20400", "O365ProPlusRetail,VisioPro2021Volume"),
        "14.0",
        "Word",
        "winword.exe",
        [14, 0, 7268, 5000],
    );
    let bench = bench.fact(Question::System, system("10.0", Role::Workstation));
    let run = bench.setting("support-date", SettingValue::Text("2026-01-01".to_owned())).run::<Office>();
    let found: Vec<_> = run
        .assessment
        .checks
        .iter()
        .filter(|check| check.check == "end-of-support")
        .map(|check| (check.subject.as_deref().unwrap_or_default(), check.grade))
        .collect();
    assert_eq!(
        found,
        [
            ("Office 2010", Grade::BestPractice),
            ("Office LTSC 2021", Grade::Passed),
            ("Microsoft 365 Apps", Grade::Informational),
        ]
    );
    assert_eq!(Bench::new().run::<Office>().check("end-of-support").grade, Grade::NotPerformed);
    let damaged = Bench::new().unreadable_by_default("damaged").run::<Office>();
    assert_eq!(damaged.check("end-of-support").grade, Grade::UnableToScan);
}

#[test]
#[ignore = "reads ../shared/data"]
fn every_office_in_the_documents_is_on_some_machine() {
    // Other systems; viewers, servers, add-ins and parts, which have versions of their own; the tablets of Windows RT; Click-to-Run
    // of Office 2010, whose configuration is elsewhere and not documented; a service without updates.
    const OTHERS: [&str; 24] = [
        "Mac",
        "Android",
        "iOS",
        "Universal",
        "Mobile",
        "Viewer",
        "Web App",
        "Online",
        "Server",
        "SharePoint",
        "Compatibility",
        "RT",
        "Tools",
        "Deployment",
        "OfficePLUS",
        "Services",
        "Project Server",
        "Web Apps",
        "Outlook.com",
        "Accessibility",
        "Out-of-Box",
        "2010 Click-to-Run",
        "Microsoft Office 365",
        "app",
    ];
    let apps =
        ["Office", "Word", "Excel", "PowerPoint", "Outlook", "Access", "Publisher", "OneNote", "Visio", "Project"];
    let is_office = |name: &String| {
        name.contains("365 Apps for Enterprise")
            || name.starts_with("Office 365 ProPlus")
            || apps.iter().any(|app| name.starts_with(&format!("Microsoft {app} ")))
    };
    let names = product_names().into_iter().filter(is_office);
    let (others, names): (Vec<_>, Vec<_>) =
        names.partition(|name| !name.contains("365 Apps") && OTHERS.iter().any(|other| name.contains(other)));
    println!("of other products: {others:#?}");
    let updates = one_update_each(names.iter().cloned());
    let mut reached = std::collections::BTreeSet::new();
    let mut add = |bench: Bench| {
        for architecture in ["x86", "AMD64"] {
            let Fact::System(mut facts) = system("10.0", Role::Workstation) else { panic!("no system") };
            facts.architecture = Some(architecture.to_owned());
            let run =
                bench.clone().fact(Question::System, Fact::System(facts)).updates(updates.clone()).run::<Office>();
            reached.extend(run.assessment.updates.into_iter().map(|finding| finding.product));
        }
    };
    let files = [
        ("Word", "winword.exe"),
        ("Excel", "excel.exe"),
        ("PowerPoint", "powerpnt.exe"),
        ("Outlook", "outlook.exe"),
        ("Access", "msaccess.exe"),
        ("Publisher", "mspub.exe"),
        ("OneNote", "onenote.exe"),
        ("Visio", "visio.exe"),
        ("Project", "winproj.exe"),
    ];
    for (release, version) in [
        ("12.0", [12, 0, 6800, 5000]),
        ("14.0", [14, 0, 7268, 5000]),
        ("15.0", [15, 0, 5589, 1000]),
        ("16.0", [16, 0, 5539, 1000]),
    ] {
        for (name, executable) in files {
            add(program(Bench::new(), release, name, executable, version));
        }
    }
    for platform in ["x86", "x64"] {
        for ids in ["O365ProPlusRetail", "ProPlus2019Volume", "ProPlus2021Volume", "ProPlus2024Volume", "ProPlusRetail"]
        {
            let values = [
                ("VersionToReport", text("16.0.19530.20144")),
                ("ProductReleaseIds", text(ids)),
                ("Platform", text(platform)),
            ];
            add(key(Bench::new(), CONFIGURATION, &values, &[]));
        }
        let old = r"HKLM\SOFTWARE\Microsoft\Office\15.0\ClickToRun\Configuration";
        let values = [
            ("VersionToReport", text("15.0.5571.1000")),
            ("ProductReleaseIds", text("ProPlusRetail")),
            ("Platform", text(platform)),
        ];
        add(key(Bench::new(), old, &values, &[]));
    }
    let lost: Vec<_> = names.iter().filter(|name| !reached.contains(*name)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}
