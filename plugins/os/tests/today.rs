//! Today's Windows on a bench: its revision, its record of updates, and catalogs of cumulative updates.

use wardline_os::Os;
use wardline_plugin::judge::{HOTFIXES, PACKAGES};
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench, Run};

const CONTROL_WINDOWS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Windows";
const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

fn machine(version: &str, build: u32, revision: Option<u32>, role: Role) -> Bench {
    let system = SystemInfo {
        product_name: "Windows 10 Pro".to_owned(),
        revision,
        service_pack: match version {
            "5.1" => 3,
            "6.0" => 2,
            "6.1" => 1,
            _ => 0,
        },
        architecture: Some(if version == "5.1" { "x86" } else { "AMD64" }.to_owned()),
        language: Some(0x409),
        ..testing::system(version, build, role)
    };
    Bench::new().fact(Question::System, Fact::System(system))
}

/// An update of one or more products with their builds, by its article.
fn update(article: u32, rows: &[(&str, Option<&str>)], cves: &[&str]) -> Update {
    let row = |&(product, build): &(&str, Option<&str>)| Applicability {
        product: Product { id: "1".to_owned(), name: product.to_owned() },
        service_packs: Vec::new(),
        included_in: None,
        severity: None,
        fixed_build: build.map(str::to_owned),
    };
    Update {
        bulletin: format!("KB{article}"),
        article: format!("KB{article}"),
        severity: Severity::Critical,
        cves: cves.iter().map(|&cve| cve.to_owned()).collect(),
        restart: true,
        applies_to: rows.iter().map(row).collect(),
        ..testing::update(article)
    }
}

fn with_packages(bench: Bench, packages: &[(&str, u32)]) -> Bench {
    let subkeys = packages.iter().map(|package| package.0.to_owned()).collect();
    let key = RegistryKey { values: Vec::new(), subkeys, truncated: false, last_written: 0 };
    let bench = bench.fact(Question::RegistryKey(PACKAGES.to_owned()), Fact::RegistryKey(key));
    packages.iter().fold(bench, |bench, (name, state)| {
        bench.value(&format!(r"{PACKAGES}\{name}"), "CurrentState", RegistryData::Dword(*state))
    })
}

fn statuses(run: &Run) -> Vec<(u32, UpdateStatus)> {
    assert_eq!(run.undeclared, []);
    run.assessment.updates.iter().map(|finding| (finding.update, finding.status)).collect()
}

fn about<'r>(run: &'r Run, subject: &str) -> Option<&'r CheckFinding> {
    run.assessment.checks.iter().find(|finding| finding.subject.as_deref() == Some(subject))
}

#[test]
fn internet_explorer_has_updates_of_its_own_before_windows_10() {
    use UpdateStatus::{Installed, Missing, Superseded};
    const WINDOWS: &str = "Windows 7 for x64-based Systems Service Pack 1";
    const EXPLORER: &str = "Internet Explorer 11 on Windows 7 for x64-based Systems Service Pack 1";
    let catalog = [
        update(4489873, &[(EXPLORER, None)], &["CVE-2019-0592"]),
        update(4489878, &[(WINDOWS, None), (EXPLORER, None)], &["CVE-2019-0592", "CVE-2019-0754"]),
    ];
    let explorer = RegistryData::Text("11.0.9600.19301".to_owned());
    let windows = machine("6.1", 7601, None, Role::Workstation).updates(catalog.to_vec());
    let with_explorer = windows.clone().value(r"HKLM\SOFTWARE\Microsoft\Internet Explorer", "svcVersion", explorer);
    let cumulative = "Package_for_KB4489873~31bf3856ad364e35~amd64~~11.2.1.0";
    let rollup = "Package_for_KB4489878~31bf3856ad364e35~amd64~~6.1.1.5";
    for (bench, packages, expected) in [
        (&with_explorer, vec![], vec![(4489873, Superseded), (4489878, Missing)]),
        (&with_explorer, vec![(cumulative, 0x70)], vec![(4489873, Installed), (4489878, Missing)]),
        (&with_explorer, vec![(rollup, 0x70)], vec![(4489873, Installed), (4489878, Installed)]),
        (&windows, vec![(rollup, 0x70)], vec![(4489878, Installed)]),
    ] {
        let other = ("Package_for_KB4000001~31bf3856ad364e35~amd64~~6.1.1.0", 0x70);
        let packages: Vec<_> = packages.into_iter().chain([other]).collect();
        let run = with_packages(bench.clone(), &packages).run::<Os>();
        let mut found = statuses(&run);
        found.sort_by_key(|(update, _)| *update);
        assert_eq!(found, expected, "{packages:?}");
    }
}

#[test]
fn updates_of_an_internet_explorer_that_is_not_known_are_said_not_to_be_judged() {
    const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Internet Explorer";
    let text = |value: &str| RegistryData::Text(value.to_owned());
    let xp = |explorer| format!("Internet Explorer {explorer} on Microsoft Windows XP Service Pack 3");
    let updates =
        || vec![update(972260, &[(&xp(6), None)], &["CVE-2009-1917"]), update(982381, &[(&xp(8), None)], &[])];
    let bench = |bench: Bench| {
        let system = SystemInfo {
            service_pack: 3,
            architecture: Some("x86".to_owned()),
            ..wardline_plugin::testing::system("5.1", 2600, Role::Workstation)
        };
        bench.fact(Question::System, Fact::System(system)).updates(updates())
    };
    let found = |run: &Run| run.assessment.updates.iter().map(|found| found.update).collect::<Vec<_>>();
    let known = bench(Bench::new()).value(KEY, "Version", text("8.0.6001.18702")).run::<Os>();
    assert_eq!(found(&known), [982381]);
    for (run, expected) in [
        (known, None),
        // Not installed.
        (bench(Bench::new()).run::<Os>(), None),
        (bench(Bench::new()).value(KEY, "Version", text("?")).run::<Os>(), Some("is not known")),
        (bench(Bench::new().unreadable_by_default("damaged")).run::<Os>(), Some("is not known")),
    ] {
        let finding = about(&run, "Internet Explorer");
        assert_eq!(finding.is_some(), expected.is_some());
        assert!(finding.is_none_or(|finding| finding.summary.contains(expected.unwrap_or_default())));
    }
}

#[test]
fn a_rollup_contains_the_security_only_update_of_its_month() {
    use UpdateStatus::{Missing, Superseded};
    const WINDOWS: &str = "Windows 7 for x64-based Systems Service Pack 1";
    let mut catalog = vec![
        update(5017361, &[(WINDOWS, Some("6.1.7601.26111"))], &["CVE-2022-37969"]),
        update(5022338, &[(WINDOWS, Some("6.1.7601.26321"))], &["CVE-2023-21674", "CVE-2023-21681"]),
        // Numbered after it.
        update(5022339, &[(WINDOWS, Some("6.1.7601.26321"))], &["CVE-2023-21674", "CVE-2023-21681"]),
    ];
    let rollup = Superseding { bulletin: "KB5022338".to_owned(), updates: vec![5022338], names_update: true };
    catalog[0].superseded_by.push(rollup);
    let run = machine("6.1", 7601, Some(26111 - 1), Role::Workstation).updates(catalog).run::<Os>();
    assert_eq!(statuses(&run), [(5017361, Superseded), (5022338, Missing), (5022339, Superseded)]);
}

/// Windows records updates of Flash and .NET among its own; catalogs tell that they are not cumulative updates of Windows.
#[test]
fn recorded_updates_of_flash_and_net_leave_no_doubt() {
    use UpdateStatus::{Missing, UnableToScan};
    const WINDOWS: &str = "Windows 10 Version 2004 for x64-based Systems";
    let flash = update(4580325, &[(&format!("Adobe Flash Player on {WINDOWS}"), None)], &["CVE-2020-9746"]);
    let net =
        update(4578968, &[(&format!("Microsoft .NET Framework 3.5 AND 4.8 on {WINDOWS}"), None)], &["CVE-2020-2"]);
    let cumulative = update(4579311, &[(WINDOWS, None)], &["CVE-2020-1"]);
    for (recorded, others, expected) in [
        ("4580325", vec![flash.clone(), net.clone()], Missing),
        ("4578968", vec![flash.clone(), net.clone()], Missing),
        ("4580325", vec![net.clone()], UnableToScan),
    ] {
        let has_flash = others.contains(&flash);
        let catalog = others.into_iter().chain([cumulative.clone()]).collect();
        let package = format!("Package_for_KB{recorded}~31bf3856ad364e35~amd64~~1.0.0.0");
        let bench = with_packages(machine("10.0", 19041, None, Role::Workstation), &[(&package, 0x70)]);
        let run = bench.updates(catalog).run::<Os>();
        assert_eq!(statuses(&run), [(4579311, expected)], "{recorded}");
        assert_eq!(about(&run, "Adobe Flash Player").is_some(), has_flash);
    }
}

/// The build of Server 2008 became 6003 in March 2019; all revisions of it are newer than those of 6002.
#[test]
fn builds_of_server_2008_follow_each_other() {
    use UpdateStatus::{Installed, Missing, PendingRestart, Superseded};
    const WINDOWS: &str = "Windows Server 2008 for x64-based Systems Service Pack 2";
    let mut catalog = vec![
        update(4487000, &[(WINDOWS, Some("6.0.6002.24067"))], &["CVE-2018-1"]),
        update(5073697, &[(WINDOWS, Some("6.0.6003.23717"))], &["CVE-2026-1"]),
    ];
    catalog[0].superseded_by.push(Superseding {
        bulletin: "KB5073697".to_owned(),
        updates: vec![5073697],
        names_update: true,
    });
    let unknown = ("Package_for_KB9999999~31bf3856ad364e35~amd64~~6.0.1.0", 0x70);
    let rollup = ("Package_for_KB5073697~31bf3856ad364e35~amd64~~6.0.1.0", 0x70);
    for (build, revision, packages, expected) in [
        (6002, Some(24067), &[][..], [Installed, Missing]),
        (6002, Some(24066), &[], [Superseded, Missing]),
        (6003, Some(23716), &[], [Installed, Missing]),
        (6003, Some(23717), &[], [Installed, Installed]),
        // Without a revision, the build alone tells what is of the other one.
        (6002, None, &[unknown], [Superseded, Missing]),
        (6002, None, &[rollup], [PendingRestart, PendingRestart]),
        (6003, None, &[unknown], [Installed, UpdateStatus::UnableToScan]),
    ] {
        let bench = with_packages(machine("6.0", build, revision, Role::Server), packages);
        let run = bench.updates(catalog.clone()).run::<Os>();
        assert_eq!(
            statuses(&run),
            [(4487000, expected[0]), (5073697, expected[1])],
            "{build} {revision:?} {packages:?}"
        );
    }
}

#[test]
fn product_and_build_decide_together() {
    use UpdateStatus::{Installed, Missing, Note, Superseded};
    let catalog = [
        update(
            5_072_033,
            &[
                ("Windows Server 2025", Some("10.0.26100.7462")),
                ("Windows 11 Version 24H2 for x64-based Systems", Some("10.0.26100.7462")),
                ("Windows 11 Version 25H2 for x64-based Systems", Some("10.0.26200.7462")),
            ],
            &["CVE-1"],
        ),
        update(5_073_379, &[("Windows Server 2025", Some("10.0.26100.32230"))], &["CVE-2"]),
        update(
            5_074_109,
            &[
                ("Windows 11 Version 24H2 for x64-based Systems", Some("10.0.26100.7623")),
                ("Windows 11 Version 25H2 for x64-based Systems", Some("10.0.26200.7623")),
                // A build of the other product, as documents sometimes have it.
                ("Windows Server 2025", Some("10.0.26100.7623")),
            ],
            &["CVE-2"],
        ),
    ];
    for (build, revision, role, expected) in [
        (26100, 7462, Role::Server, &[(5_072_033, Installed), (5_073_379, Missing), (5_074_109, Note)][..]),
        (26100, 32230, Role::Server, &[(5_072_033, Installed), (5_073_379, Installed), (5_074_109, Installed)]),
        (26100, 7462, Role::Workstation, &[(5_072_033, Installed), (5_074_109, Missing)]),
        (26100, 7623, Role::Workstation, &[(5_072_033, Installed), (5_074_109, Installed)]),
        (26200, 7461, Role::Workstation, &[(5_072_033, Superseded), (5_074_109, Missing)]),
    ] {
        let run = machine("10.0", build, Some(revision), role).updates(catalog.to_vec()).run::<Os>();
        assert_eq!(statuses(&run), expected, "{build}.{revision} {role:?}");
    }
}

#[test]
fn the_revision_has_a_second_witness() {
    let catalog =
        vec![update(5_035_845, &[("Windows 10 Version 22H2 for x64-based Systems", Some("10.0.19045.4170"))], &[])];
    for (told, repeated, expected, contradiction) in [
        (Some(4170), None, UpdateStatus::Installed, false),
        (Some(4170), Some(4170), UpdateStatus::Installed, false),
        (Some(4170), Some(4046), UpdateStatus::Installed, true),
        (Some(4046), Some(4170), UpdateStatus::Missing, true),
        (None, Some(4170), UpdateStatus::Installed, false),
        (None, Some(4169), UpdateStatus::Missing, false),
        (None, Some(0), UpdateStatus::UnableToScan, false),
        (None, None, UpdateStatus::UnableToScan, false),
    ] {
        let bench = machine("10.0", 19045, told, Role::Workstation).updates(catalog.clone());
        let bench = match repeated {
            Some(repeated) => bench.value(CONTROL_WINDOWS, "CSDBuildNumber", RegistryData::Dword(repeated)),
            None => bench,
        };
        let run = bench.run::<Os>();
        assert_eq!(statuses(&run), [(5_035_845, expected)], "{told:?} {repeated:?}");
        assert_eq!(about(&run, "revision").is_some(), contradiction, "{told:?} {repeated:?}");
    }
}

#[test]
fn without_a_revision_a_list_of_updates_tells() {
    let product = "Windows 10 Version 21H2 for x64-based Systems";
    let catalog = [
        // An installed update tells its build, whichever release the catalog gives it for.
        update(5_006_670, &[("Windows 10 Version 21H1 for x64-based Systems", Some("10.0.19043.1288"))], &["CVE-0"]),
        update(5_006_000, &[(product, Some("10.0.19044.1200"))], &["CVE-1"]),
        update(5_007_186, &[(product, Some("10.0.19044.1348"))], &["CVE-2"]),
    ];
    let package = |article: u32| format!("Package_for_KB{article}~31bf3856ad364e35~amd64~~0.0.0.0");
    let (listed, preview) = (package(5_006_670), package(5_007_253));
    for (packages, expected) in [
        (&[(listed.as_str(), 0x70)][..], [UpdateStatus::Installed, UpdateStatus::Missing]),
        (&[(listed.as_str(), 0x70), (preview.as_str(), 0x70)], [UpdateStatus::Installed, UpdateStatus::UnableToScan]),
    ] {
        let bench = machine("10.0", 19044, None, Role::Workstation).updates(catalog.to_vec());
        let run = with_packages(bench, packages).run::<Os>();
        assert_eq!(statuses(&run), [(5_006_000, expected[0]), (5_007_186, expected[1])], "{packages:?}");
    }
}

#[test]
fn windows_xp_records_hotfixes() {
    let product = "Microsoft Windows XP Service Pack 3";
    let catalog = vec![update(4_012_598, &[(product, None)], &["CVE-2017-0144"])];
    let hotfix = format!(r"{HOTFIXES}\KB4012598");
    for (subkeys, installed, expected) in [
        (&["KB4012598"][..], Some(1), UpdateStatus::Installed),
        (&["KB4012598"], Some(0), UpdateStatus::Missing),
        (&["KB4012598"], None, UpdateStatus::Missing),
        (&["KB958644"], None, UpdateStatus::Missing),
        (&["KB4012598", "KB9999999"], Some(1), UpdateStatus::Installed),
        (&["KB9999999"], None, UpdateStatus::UnableToScan),
        (&[], None, UpdateStatus::UnableToScan),
    ] {
        let key = RegistryKey {
            values: Vec::new(),
            subkeys: subkeys.iter().map(|&name| name.to_owned()).collect(),
            truncated: false,
            last_written: 0,
        };
        let bench = machine("5.1", 2600, None, Role::Workstation)
            .updates(catalog.clone())
            .fact(Question::RegistryKey(HOTFIXES.to_owned()), Fact::RegistryKey(key));
        let bench = match installed {
            Some(installed) => bench.value(&hotfix, "Installed", RegistryData::Dword(installed)),
            None => bench,
        };
        assert_eq!(statuses(&bench.run::<Os>()), [(4_012_598, expected)], "{subkeys:?} {installed:?}");
    }
}

#[test]
fn a_patched_machine_is_not_asked_for_its_record() {
    let catalog =
        vec![update(5_035_845, &[("Windows 10 Version 22H2 for x64-based Systems", Some("10.0.19045.4170"))], &[])];
    for (revision, asked) in [(4170, false), (4169, true)] {
        let run = machine("10.0", 19045, Some(revision), Role::Workstation).updates(catalog.clone()).run::<Os>();
        let packages = Question::RegistryKey(PACKAGES.to_owned());
        assert_eq!(run.exchanges.iter().any(|(question, _)| *question == packages), asked, "{revision}");
    }
}

#[test]
fn a_machine_newer_than_the_catalogs_is_named() {
    let catalog =
        vec![update(5_035_845, &[("Windows 10 Version 22H2 for x64-based Systems", Some("10.0.19045.4170"))], &[])];
    for (revision, expected) in [(4169, false), (4170, false), (4171, true)] {
        let run = machine("10.0", 19045, Some(revision), Role::Workstation).updates(catalog.clone()).run::<Os>();
        assert_eq!(
            about(&run, "updates").map(|finding| finding.grade),
            expected.then_some(Grade::Informational),
            "{revision}"
        );
    }
}

#[test]
fn releases_have_the_documents_names() {
    for (build, role, kind, names) in [
        (10240, Role::Workstation, "Client", &["Windows 10 for x64-based Systems"][..]),
        (17763, Role::Server, "Server", &["Windows Server 2019"]),
        (17763, Role::Server, "Server Core", &["Windows Server 2019  (Server Core installation)"]),
        (19042, Role::Server, "Server Core", &["Windows Server, version 20H2 (Server Core Installation)"]),
        (25398, Role::Server, "Server Core", &["Windows Server 2022, 23H2 Edition (Server Core installation)"]),
        (
            22000,
            Role::Workstation,
            "Client",
            &["Windows 11 version 21H2 for x64-based Systems", "Windows 11 for x64-based Systems"],
        ),
        (26100, Role::Workstation, "Client", &["Windows 11 Version 24H2 for x64-based Systems"]),
        (26100, Role::DomainController, "Server", &["Windows Server 2025"]),
        (28000, Role::Workstation, "Client", &["Windows 11 version 26H1 for x64-based Systems"]),
    ] {
        let all = [
            "Windows 10 for x64-based Systems",
            "Windows Server 2019",
            "Windows Server 2019  (Server Core installation)",
            "Windows Server, version 20H2 (Server Core Installation)",
            "Windows Server 2022, 23H2 Edition (Server Core installation)",
            "Windows 11 version 21H2 for x64-based Systems",
            "Windows 11 for x64-based Systems",
            "Windows 11 Version 24H2 for x64-based Systems",
            "Windows Server 2025",
            "Windows 11 version 26H1 for x64-based Systems",
        ];
        let catalog = (1..).zip(all).map(|(number, name)| update(number, &[(name, None)], &[])).collect();
        let run = machine("10.0", build, Some(1), role)
            .updates(catalog)
            .value(CURRENT_VERSION, "InstallationType", RegistryData::Text(kind.to_owned()))
            .run::<Os>();
        let found: Vec<_> = run.assessment.updates.iter().map(|finding| finding.product.as_str()).collect();
        assert_eq!(found, names, "{build} {role:?} {kind}");
        assert_eq!(run.assessment.products[0].name, names[0]);
    }
}
