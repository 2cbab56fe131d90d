//! .NET Framework, .NET and ASP.NET Core: the installed versions, their updates and their support.

use wardline_dotnet::Dotnet;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench, Run};
use wardline_plugin_tests::{contradictions, one_update_each, product_names, reader, update};

const FULL: &str = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full";
const NDP: &str = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP";
const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const SHARED: &str = r"%programfiles%\dotnet\shared";

fn windows(version: &str, build: u32, role: Role, architecture: &str, service_pack: u32) -> Bench {
    Bench::new().fact(
        Question::System,
        Fact::System(SystemInfo {
            service_pack,
            architecture: Some(architecture.to_owned()),
            ..testing::system(version, build, role)
        }),
    )
}

fn windows_11() -> Bench {
    windows("10.0", 26100, Role::Workstation, "AMD64", 0)
}

fn with_framework(bench: Bench, release: u32) -> Bench {
    let values = vec![RegistryValue { name: "Release".to_owned(), data: RegistryData::Dword(release) }];
    let key = RegistryKey { values, subkeys: Vec::new(), truncated: false, last_written: 0 };
    bench.fact(Question::RegistryKey(FULL.to_owned()), Fact::RegistryKey(key))
}

fn with_file(bench: Bench, path: &str, [major, minor, build, revision]: [u16; 4]) -> Bench {
    let version = Some(FileVersion { major, minor, build, revision });
    let info = FileInfo { version, checksum: None, size: 1, modified: None, language: None };
    bench.fact(Question::FileVersion(path.to_owned()), Fact::File(info))
}

fn with_clr(bench: Bench, version: [u16; 4]) -> Bench {
    with_file(bench, r"%windir%\Microsoft.NET\Framework64\v4.0.30319\clr.dll", version)
}

/// Patches of a runtime; those that begin with `-` are folders without its library.
fn with_runtimes(bench: Bench, kind: &str, library: &str, patches: &[&str]) -> Bench {
    let folder = format!(r"{SHARED}\{kind}");
    let name = |patch: &&str| patch.trim_start_matches('-').to_owned();
    let entries = patches.iter().map(|patch| DirectoryEntry { name: name(patch), directory: true }).collect();
    let bench =
        bench.fact(Question::Directory(folder.clone()), Fact::Directory(DirectoryInfo { entries, truncated: false }));
    let there = patches.iter().filter(|patch| !patch.starts_with('-'));
    there.fold(bench, |bench, patch| with_file(bench, &format!(r"{folder}\{patch}\{library}"), [1, 0, 0, 0]))
}

fn with_dotnet(bench: Bench, patches: &[&str]) -> Bench {
    with_runtimes(bench, "Microsoft.NETCore.App", "coreclr.dll", patches)
}

fn statuses(run: &Run) -> Vec<(u32, UpdateStatus)> {
    let mut statuses: Vec<_> = run.assessment.updates.iter().map(|finding| (finding.update, finding.status)).collect();
    statuses.sort_by_key(|(update, _)| *update);
    statuses
}

#[test]
fn the_newest_patch_of_each_release_is_judged() {
    use UpdateStatus::{Installed, Missing, Superseded, UnableToScan};
    let catalog = || {
        vec![
            update(1, "2024-07-09", ".NET 8.0", Some("8.0.7")),
            update(2, "2024-10-08", ".NET 8.0 installed on Windows", Some("8.0.10")),
            update(3, "2026-05-12", ".NET 9.0 installed on Windows", Some("9.0.16")),
            update(4, "2022-03-08", ".NET 6.0", Some("6.0.X")),
            update(5, "2026-05-12", ".NET 8.0 installed on Linux", Some("8.0.27")),
        ]
    };
    for (patches, expected) in [
        (&["8.0.6"][..], vec![(1, Superseded), (2, Missing)]),
        (&["8.0.10", "8.0.6"], vec![(1, Installed), (2, Installed)]),
        // The remains of an uninstalled patch do not run anything.
        (&["-8.0.10", "8.0.7"], vec![(1, Installed), (2, Missing)]),
        (&["8.0.9", "9.0.16", "6.0.1"], vec![(1, Installed), (2, Missing), (3, Installed), (4, UnableToScan)]),
        (&["10.0.1", "backup"], vec![]),
    ] {
        let run = with_dotnet(windows_11(), patches).updates(catalog()).run::<Dotnet>();
        assert_eq!(statuses(&run), expected, "{patches:?}");
        assert_eq!(run.undeclared, []);
    }
}

#[test]
fn runtimes_of_asp_net_core_are_judged_by_their_own_patches() {
    let catalog = vec![
        update(1, "2024-02-13", "ASP.NET Core 8.0", Some("8.0.2")),
        // A build of Visual Studio.
        update(2, "2024-01-01", "ASP.NET Core 8.0", Some("16.7.23")),
    ];
    for (patch, expected) in [
        ("8.0.1", [(1, UpdateStatus::Missing), (2, UpdateStatus::Superseded)]),
        ("8.0.2", [(1, UpdateStatus::Installed), (2, UpdateStatus::Installed)]),
    ] {
        let bench = with_dotnet(windows_11(), &["8.0.27"]);
        let bench = with_runtimes(bench, "Microsoft.AspNetCore.App", "Microsoft.AspNetCore.dll", &[patch]);
        assert_eq!(statuses(&bench.updates(catalog.clone()).run::<Dotnet>()), expected, "{patch}");
    }
}

#[test]
fn updates_of_the_framework_concern_its_version_and_its_windows() {
    let names = [
        "Microsoft .NET Framework 3.5 AND 4.8.1 on Windows 11 Version 24H2 for x64-based Systems",
        "Microsoft .NET Framework 3.5 AND 4.8.1 on Windows 11 Version 24H2 for ARM64-based Systems",
        "Microsoft .NET Framework 3.5 AND 4.8.1 on Windows Server 2025",
        "Microsoft .NET Framework 3.5 AND 4.8 on Windows Server 2022",
        "Microsoft .NET Framework 3.5 AND 4.8 on Windows Server 2022 (Server Core installation)",
        "Microsoft .NET Framework 4.6.2/4.7/4.7.1/4.7.2 on Windows Server 2012 R2",
        "Microsoft .NET Framework 3.5 on Windows Server 2012 R2",
    ];
    let server_2022 = || windows("10.0", 20348, Role::Server, "AMD64", 0);
    let server_core =
        || server_2022().value(CURRENT_VERSION, "InstallationType", RegistryData::Text("Server Core".to_owned()));
    let old_server = || windows("6.3", 9600, Role::Server, "AMD64", 0);
    let with_35 = |bench: Bench| bench.value(&format!(r"{NDP}\v3.5"), "Install", RegistryData::Dword(1));
    for (bench, expected) in [
        (with_framework(windows_11(), 533320), vec![1]),
        (with_framework(windows("10.0", 26100, Role::Server, "AMD64", 0), 533325), vec![3]),
        (with_framework(server_2022(), 528449), vec![4]),
        (with_framework(server_core(), 528449), vec![5]),
        (with_framework(old_server(), 461814), vec![6]),
        (with_35(with_framework(old_server(), 378389)), vec![7]),
        (with_35(with_framework(old_server(), 394806)), vec![6, 7]),
        (windows_11(), vec![]),
    ] {
        let updates = one_update_each(names.map(str::to_owned));
        let run = bench.updates(updates).run::<Dotnet>();
        let found: Vec<_> = statuses(&run).into_iter().map(|(update, _)| update).collect();
        assert_eq!(found, expected);
        assert_eq!(run.undeclared, []);
    }
}

#[test]
fn a_version_has_the_updates_of_those_that_it_contains() {
    let names = [
        "Microsoft .NET Framework 2.0 Service Pack 2 on Windows Vista Service Pack 2",
        "Microsoft .NET Framework 3.0 Service Pack 2 on Windows Vista Service Pack 2",
        "Microsoft .NET Framework 3.5 Service Pack 1 on Windows Vista Service Pack 2",
        "Microsoft .NET Framework 4 on Windows Vista Service Pack 2",
        "Microsoft .NET Framework 4.5/4.5.1/4.5.2 on Windows Vista Service Pack 2",
    ];
    let vista = || windows("6.0", 6002, Role::Workstation, "x86", 2);
    let with = |bench: Bench, version| bench.value(&format!(r"{NDP}\{version}"), "Install", RegistryData::Dword(1));
    let full = RegistryKey { values: Vec::new(), subkeys: Vec::new(), truncated: false, last_written: 0 };
    for (bench, expected) in [
        (with(vista(), "v2.0.50727"), vec![1]),
        (with(with(vista(), "v2.0.50727"), "v3.0"), vec![1, 2]),
        (with(vista(), "v3.5"), vec![1, 2, 3]),
        (vista().fact(Question::RegistryKey(FULL.to_owned()), Fact::RegistryKey(full)), vec![4]),
        (with_framework(vista(), 378675), vec![5]),
    ] {
        let run = bench.updates(one_update_each(names.map(str::to_owned))).run::<Dotnet>();
        assert_eq!(statuses(&run).into_iter().map(|(update, _)| update).collect::<Vec<_>>(), expected);
    }
}

/// Windows XP records updates of .NET among its hotfixes.
#[test]
fn windows_xp_has_another_record() {
    const HOTFIXES: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix";
    let name = "Microsoft .NET Framework 2.0 Service Pack 2 on Microsoft Windows XP Service Pack 3";
    let mut catalog = vec![update(1, "2010-08-10", name, None)];
    catalog[0].article = "KB983583".to_owned();
    let hotfixes = |subkeys: &[&str]| RegistryKey {
        values: Vec::new(),
        subkeys: subkeys.iter().map(|&name| name.to_owned()).collect(),
        truncated: false,
        last_written: 0,
    };
    let installed = ["KB983583", "KB958644"];
    for (recorded, expected) in [(&installed[..], UpdateStatus::Installed), (&installed[1..], UpdateStatus::Missing)] {
        let bench = windows("5.1", 2600, Role::Workstation, "x86", 3)
            .value(&format!(r"{NDP}\v2.0.50727"), "Install", RegistryData::Dword(1))
            .fact(Question::RegistryKey(HOTFIXES.to_owned()), Fact::RegistryKey(hotfixes(recorded)))
            .value(&format!(r"{HOTFIXES}\KB983583"), "Installed", RegistryData::Dword(1))
            .updates(catalog.clone());
        let run = bench.run::<Dotnet>();
        assert_eq!(statuses(&run), [(1, expected)], "{recorded:?}");
        assert_eq!(run.undeclared, []);
    }
}

#[test]
fn a_new_file_proves_an_update_and_an_old_one_nothing() {
    let name = "Microsoft .NET Framework 3.5 AND 4.8 on Windows Server 2022";
    let catalog = || {
        vec![
            update(1, "2022-01-11", name, Some("4.7.3905.0")),
            update(2, "2024-04-09", name, Some("4.8.4718.0")),
            update(3, "2024-10-08", name, Some("4.8.04762.01")),
        ]
    };
    let server = || with_framework(windows("10.0", 20348, Role::Server, "AMD64", 0), 528449);
    let run = with_clr(server(), [4, 8, 4718, 0]).updates(catalog()).run::<Dotnet>();
    let installed = |run: &Run, number| run.update(number).unwrap().status == UpdateStatus::Installed;
    assert!(installed(&run, 1) && installed(&run, 2) && !installed(&run, 3), "{:?}", statuses(&run));
    let proof = &run.update(2).unwrap().tests[0];
    assert_eq!((proof.subject, proof.verdict), (TestSubject::Build(0), Verdict::Passed));

    let run = with_clr(server(), [4, 8, 4390, 0]).updates(catalog()).run::<Dotnet>();
    assert!((1..=3).all(|number| !installed(&run, number)), "{:?}", statuses(&run));

    // Before Windows 10, an update may hold the fixes of one month alone.
    let name = "Microsoft .NET Framework 4.8 on Windows Server 2012 R2";
    let old = with_framework(windows("6.3", 9600, Role::Server, "AMD64", 0), 528049);
    let run = with_clr(old, [4, 8, 4762, 0]).updates(vec![update(1, "2024-04-09", name, Some("4.8.4718.0"))]);
    assert!(!installed(&run.run::<Dotnet>(), 1));
}

#[test]
fn support_is_judged_for_each_release() {
    let bench = with_dotnet(with_framework(windows_11(), 533320), &["6.0.36", "8.0.27", "99.0.1"]);
    let bench = bench.setting("support-date", SettingValue::Text("2026-01-01".to_owned()));
    let run = bench.run::<Dotnet>();
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
            (".NET Framework 4.8.1", Grade::Passed),
            (".NET 6.0", Grade::BestPractice),
            (".NET 8.0", Grade::Passed),
            (".NET", Grade::UnableToScan),
        ]
    );
}

#[test]
fn old_patches_are_told() {
    for (patches, grade) in [
        (&["8.0.27"][..], Grade::Passed),
        (&["8.0.27", "9.0.1"], Grade::Passed),
        (&["8.0.27", "8.0.10"], Grade::BestPractice),
        (&["8.0.27", "-8.0.10"], Grade::Passed),
        (&[], Grade::NotPerformed),
    ] {
        assert_eq!(
            with_dotnet(windows_11(), patches).run::<Dotnet>().check("old-runtimes").grade,
            grade,
            "{patches:?}"
        );
    }
}

#[test]
fn absence_is_known_and_damage_is_not_absence() {
    let run = windows_11().run::<Dotnet>();
    assert!(run.assessment.checks.iter().all(|check| check.grade == Grade::NotPerformed), "{:?}", run.assessment);
    let run = Bench::new().unreadable_by_default("damaged").run::<Dotnet>();
    assert!(run.assessment.checks.iter().all(|check| check.grade == Grade::UnableToScan), "{:?}", run.assessment);
}

#[test]
#[ignore = "reads ../shared/data"]
fn every_dotnet_in_the_documents_is_on_some_machine() {
    // Packages for developers, SDKs and libraries, which a machine has in any number of places; other systems.
    const OTHERS: [&str; 13] = [
        "Linux",
        "Mac OS",
        "SDK",
        "Developer Pack",
        "Education Bundle",
        "Install Tool",
        "Visual Studio",
        "Azure",
        "ADAL",
        "Library",
        "Bot Framework",
        "library",
        "Semantic Kernel",
    ];
    let is_dotnet = |name: &String| name.contains(".NET") || name.contains(".Net ");
    let names = product_names().into_iter().filter(is_dotnet);
    let (others, names): (Vec<_>, Vec<_>) = names.partition(|name| OTHERS.iter().any(|other| name.contains(other)));
    println!("of other products: {others:#?}");
    let updates = one_update_each(names.iter().cloned());
    let mut checker = Dotnet::default();
    checker.prepare(updates.clone()).unwrap();
    let mut reached = std::collections::BTreeSet::new();
    let mut add = |bench: Bench| {
        let run = bench.updates(updates.clone()).run_prepared(&checker);
        reached.extend(run.assessment.updates.into_iter().map(|finding| finding.product));
    };
    let all = [
        "1.0.1", "1.1.1", "2.0.1", "2.1.1", "2.2.1", "3.0.1", "3.1.1", "5.0.1", "6.0.1", "7.0.1", "8.0.1", "9.0.1",
        "10.0.1",
    ];
    add(with_runtimes(with_dotnet(windows_11(), &all), "Microsoft.AspNetCore.App", "Microsoft.AspNetCore.dll", &all));
    for line in include_str!("../data/windows.tsv").lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<_> = line.split('\t').collect();
        let numbers: Vec<_> = cells[0].split('.').collect();
        let version = format!("{}.{}", numbers[0], numbers[1]);
        let build = numbers.get(2).map_or(7601, |build| build.parse().unwrap());
        let role = if cells[2] == "server" { Role::Server } else { Role::Workstation };
        for architecture in ["AMD64", "x86", "ARM64", "IA64"] {
            for (service_pack, core) in [(0, false), (1, false), (2, false), (0, true), (1, true), (2, true)] {
                for release in [378389, 378675, 379893, 393295, 394254, 394802, 460798, 461308, 461808, 528040, 533320]
                {
                    let bench = with_framework(windows(&version, build, role, architecture, service_pack), release);
                    let installation = if core { "Server Core" } else { "Server" };
                    let bench =
                        bench.value(CURRENT_VERSION, "InstallationType", RegistryData::Text(installation.to_owned()));
                    // Which of the earlier versions is there does not depend on the later one.
                    let earlier = if release == 533320 { &["v3.0", "v2.0.50727"][..] } else { &["v3.5"][..] };
                    for version in earlier {
                        add(bench.clone().value(&format!(r"{NDP}\{version}"), "Install", RegistryData::Dword(1)));
                    }
                }
            }
        }
    }
    let lost: Vec<_> = names.iter().filter(|name| !reached.contains(*name)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

/// Every runtime that was published, as its release notes list them, is judged by all documents.
#[test]
#[ignore = "reads ../shared/data"]
fn on_every_published_runtime_the_builds_decide() {
    let updates = reader::updates(&reader::documents(), |name| name.starts_with(".NET"));
    let mut checker = Dotnet::default();
    checker.prepare(updates.clone()).unwrap();
    let mut wrong = Vec::new();
    for release in ["6.0", "8.0", "9.0", "10.0"] {
        let notes =
            format!("{}/../../../shared/data/builds/dotnet-releases-{release}.json", env!("CARGO_MANIFEST_DIR"));
        let notes = std::fs::read_to_string(notes).unwrap();
        let versions: std::collections::BTreeSet<_> = notes
            .split("\"runtime\": \"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|version| version.starts_with(release) && !version.contains('-'))
            .collect();
        assert!(versions.len() > 5, "{release}: {versions:?}");
        for version in versions {
            let run = with_dotnet(windows_11(), &[version]).run_prepared(&checker);
            wrong.extend(contradictions(version, &run.assessment.updates, &updates));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
