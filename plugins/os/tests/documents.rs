//! All of MSRC's documents against machines whose true revision is known. Reads data that is not part of the project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wardline_os::Os;
use wardline_plugin::checker::Checker;
use wardline_plugin::judge::PACKAGES;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench};
use wardline_plugin_tests::reader;

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

fn system(version: &str, build: u32, role: Role, architecture: &str) -> SystemInfo {
    SystemInfo {
        product_name: "Windows".to_owned(),
        architecture: Some(architecture.to_owned()),
        language: Some(0x409),
        ..testing::system(version, build, role)
    }
}

fn is_declared(products: &[String], name: &str) -> bool {
    products.iter().any(|product| match product.strip_suffix('*') {
        Some(start) => name.to_lowercase().starts_with(&start.to_lowercase()),
        None => name.eq_ignore_ascii_case(product),
    })
}

/// Products that a machine's Windows is not, by a part of their names.
const OTHERS: [(&str, &str); 22] = [
    ("Windows 10 Mobile", "a telephone's system, of which there are no volumes"),
    ("for HoloLens", "a headset's system, of which there are no volumes"),
    (" on ", "a component on Windows: another plugin's"),
    (" when installed on ", "a component on Windows: another plugin's"),
    ("Windows ADK", "a kit, installed on top"),
    ("Windows Admin Center", "a program, installed on top"),
    ("Windows App", "a program, installed on top"),
    ("Windows Azure Pack", "a program, installed on top"),
    ("Windows Defender", "updates itself"),
    ("Windows Intune", "a program, installed on top"),
    ("Windows Malicious Software Removal Tool", "a program that is replaced every month"),
    ("Windows Host Compute Service Shim", "a library of programs"),
    ("Windows Notepad", "an app from the store"),
    ("Windows SDK", "a kit, installed on top"),
    ("Windows Security App", "an app from the store"),
    ("Windows Subsystem for Linux", "an app from the store"),
    ("Windows Sys", "tools of Sysinternals"),
    ("Windows Terminal", "an app from the store"),
    ("Windows Update Assistant", "a program that runs once"),
    ("Windows Upgrade Assistant", "a program that runs once"),
    ("Windows Media Player", "a component: by its files"),
    ("Windows Server 2008 for 32-bit Systems (Server Core installation)", "reached by name at Service Pack 2"),
];

#[test]
#[ignore = "reads data that is not part of the project"]
fn every_windows_in_the_documents_is_some_machines() {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let builds = [
        10240, 10586, 14393, 15063, 16299, 17134, 17763, 18362, 18363, 19041, 19042, 19043, 19044, 19045, 20348, 22000,
        22621, 22631, 25398, 26100, 26200, 28000,
    ];
    let old = [("5.1", 2600, 3), ("6.0", 6003, 2), ("6.1", 7601, 1), ("6.2", 9200, 0), ("6.3", 9600, 0)];
    let new = builds.iter().map(|&build| ("10.0", build, 0));
    for (version, build, service_pack) in old.into_iter().chain(new) {
        for role in [Role::Workstation, Role::Server] {
            for architecture in ["x86", "AMD64", "IA64", "ARM", "ARM64"] {
                for kind in ["Client", "Server Core"] {
                    let mut system = system(version, build, role, architecture);
                    (system.service_pack, system.product_name) =
                        (service_pack, "Windows Server 2022 Datacenter Azure Edition".to_owned());
                    let bench = Bench::new().fact(Question::System, Fact::System(system)).value(
                        CURRENT_VERSION,
                        "InstallationType",
                        RegistryData::Text(kind.to_owned()),
                    );
                    reached.extend(names(&bench));
                }
            }
        }
    }
    let documents = reader::documents();
    let products = reader::products(&documents);
    let declared = Os::describe().products;
    let mut windows = 0;
    for name in products.values().flatten().filter(|name| {
        name.starts_with("Windows ") || name.starts_with("Microsoft Windows ") || is_declared(&declared, name)
    }) {
        windows += 1;
        let words: Vec<&str> = name.split_whitespace().collect();
        let is_reached = reached.contains(&words.join(" ").to_lowercase());
        let is_other = OTHERS.iter().any(|(part, _)| name.contains(part));
        assert!(is_reached || is_other, "{name}");
        assert!(!is_reached || is_declared(&declared, name), "{name} is not declared");
    }
    assert!(windows > 100, "{windows}");
}

/// The names under which a machine's updates are judged, in lower case.
fn names(bench: &Bench) -> Vec<String> {
    let documents_names = ALL_NAMES.with(Clone::clone);
    let run = bench.clone().updates(documents_names).run::<Os>();
    run.assessment.updates.iter().map(|finding| finding.product.to_lowercase()).collect()
}

thread_local! {
    /// One update for each product that the plugin declares and the documents name.
    static ALL_NAMES: Vec<Update> = {
        let documents = reader::documents();
        let declared = Os::describe().products;
        let products = reader::products(&documents);
        let mut names: BTreeSet<String> = BTreeSet::new();
        for name in products.values().flatten().filter(|name| is_declared(&declared, name)) {
            let words: Vec<&str> = name.split_whitespace().collect();
            names.insert(words.join(" ").to_lowercase());
        }
        (0..).zip(names).map(|(number, name)| reader::named(number, &name)).collect()
    };
}

/// A machine of the collection: the text, and the revision in its file's name.
struct Machine {
    name: String,
    build: u32,
    revision: u32,
    articles: Vec<u32>,
    system: SystemInfo,
}

fn machines() -> Vec<Machine> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/windows/systeminfo");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the texts").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| machine(file)).collect()
}

fn machine(file: &Path) -> Machine {
    let bytes = std::fs::read(file).expect("a text");
    let text = match bytes.strip_prefix(&[0xff, 0xfe]) {
        Some(wide) => {
            let units: Vec<u16> = wide.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        None => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    let truth = name.rsplit('_').next().expect("a build");
    let revision = truth.split_once('.').map_or(0, |(_, revision)| revision.parse().expect("a revision"));
    let version = text.lines().find_map(|line| line.strip_prefix("OS Version:")).expect("a version").trim();
    let numbers: Vec<&str> = version.split([' ', '.']).collect();
    let build = numbers[2].parse().expect("a build");
    let list = text.split_once("Hotfix(s):").expect("a list").1;
    let list = list.split_once("Network Card").map_or(list, |(list, _)| list);
    let articles = list.split("KB").skip(1).filter_map(|rest| {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
        digits.parse().ok()
    });
    let articles = articles.collect();
    let role = if name.contains("Server") { Role::Server } else { Role::Workstation };
    let system = system(&format!("{}.{}", numbers[0], numbers[1]), build, role, "AMD64");
    Machine { name, build, revision, articles, system }
}

impl Machine {
    /// As a volume: with its revision, and without a record of updates.
    fn volume(&self) -> Bench {
        let system = SystemInfo { revision: Some(self.revision), ..self.system.clone() };
        Bench::new().fact(Question::System, Fact::System(system))
    }

    /// As a text: without its revision, and with its list of updates.
    fn text(&self) -> Bench {
        let bench = Bench::new().fact(Question::System, Fact::System(self.system.clone()));
        let packages = Question::RegistryKey(PACKAGES.to_owned());
        if self.articles.is_empty() {
            return bench.answer(packages, Answer::Unreadable("the text lists no updates".to_owned()));
        }
        let name = |article: &u32| format!("Package_for_KB{article}~31bf3856ad364e35~amd64~~0.0.0.0");
        let subkeys: Vec<String> = self.articles.iter().map(name).collect();
        let bench = subkeys.iter().fold(bench, |bench, package| {
            bench.value(&format!(r"{PACKAGES}\{package}"), "CurrentState", RegistryData::Dword(0x70))
        });
        let key = RegistryKey { values: Vec::new(), subkeys, truncated: false, last_written: 0 };
        bench.fact(packages, Fact::RegistryKey(key))
    }

    /// Whether a build is of the same branch; then its revision.
    fn revision_of(&self, build: &str) -> Option<u32> {
        let branch = |build: u32| match build {
            18362 | 18363 => 18362,
            19041..=19045 => 19041,
            22621 | 22631 => 22621,
            26100 | 26200 => 26100,
            other => other,
        };
        let numbers: Vec<u32> = build.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        (numbers.len() == 4 && branch(numbers[2]) == branch(self.build)).then(|| numbers[3])
    }
}

/// The result of judging one machine.
#[derive(Default)]
struct Outcome {
    /// The updates called missing at or below the true revision.
    false_alarms: Vec<String>,
    /// The highest build above the true revision, with its update and whether one of that build is missing.
    newest: Option<(u32, String, bool)>,
    undecided: BTreeMap<String, u32>,
}

fn judged(os: &Os, updates: &[Update], machine: &Machine, bench: &Bench) -> Outcome {
    let run = bench.run_prepared(os);
    let mut outcome = Outcome::default();
    for finding in &run.assessment.updates {
        let update = &updates[finding.update as usize];
        if matches!(finding.status, UpdateStatus::Note | UpdateStatus::UnableToScan) {
            let reason: String =
                finding.reason.chars().map(|each| if each.is_ascii_digit() { '#' } else { each }).collect();
            *outcome.undecided.entry(reason).or_default() += 1;
        }
        let rows = update.applies_to.iter().filter(|row| row.product.name == finding.product);
        let Some(fixed) = rows.filter_map(|row| machine.revision_of(row.fixed_build.as_deref()?)).max() else {
            continue;
        };
        let missing = finding.status == UpdateStatus::Missing;
        if fixed <= machine.revision {
            if missing {
                outcome
                    .false_alarms
                    .push(format!("{}: {} ({fixed}): {}", machine.name, update.article, finding.reason));
            }
            continue;
        }
        match &mut outcome.newest {
            Some((newest, _, found)) if *newest == fixed => *found |= missing,
            Some((newest, ..)) if *newest > fixed => {}
            _ => {
                outcome.newest = Some((
                    fixed,
                    format!("{}: {} ({fixed}): {}", machine.name, update.article, finding.reason),
                    missing,
                ))
            }
        }
    }
    outcome
}

fn prepared() -> (Os, Vec<Update>) {
    let declared = Os::describe().products;
    let updates = reader::updates(&reader::documents(), |name| is_declared(&declared, name));
    let mut os = Os::default();
    os.prepare(updates.clone()).expect("prepared");
    (os, updates)
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn with_the_revision_there_is_no_false_alarm_and_nothing_is_overlooked() {
    let (os, updates) = prepared();
    for machine in machines() {
        let outcome = judged(&os, &updates, &machine, &machine.volume());
        assert_eq!(outcome.false_alarms, Vec::<String>::new());
        assert!(outcome.newest.as_ref().is_none_or(|newest| newest.2), "overlooked: {:?}", outcome.newest);
    }
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn from_a_text_there_is_no_false_alarm() {
    let (os, updates) = prepared();
    let mut undecided: BTreeMap<String, u32> = BTreeMap::new();
    let (mut newest, mut found) = (0, 0);
    for machine in machines() {
        let outcome = judged(&os, &updates, &machine, &machine.text());
        assert_eq!(outcome.false_alarms, Vec::<String>::new());
        if let Some((_, update, missing)) = outcome.newest {
            newest += 1;
            found += u32::from(missing);
            if !missing {
                println!("undecided: {update}");
            }
        }
        for (reason, count) in outcome.undecided {
            *undecided.entry(reason).or_default() += count;
        }
    }
    println!("{found} of {newest} newest updates are found missing; undecided: {undecided:#?}");
    assert!(found * 10 > newest * 9, "{found} of {newest}");
}

/// On every revision that is some update's, the same holds as on the machines of the collection.
#[test]
#[ignore = "reads data that is not part of the project"]
fn on_every_revision_of_the_documents_the_builds_decide() {
    let (os, updates) = prepared();
    for (build, role) in [
        (14393, Role::Server),
        (17763, Role::Workstation),
        (19045, Role::Workstation),
        (20348, Role::Server),
        (22000, Role::Workstation),
        (22631, Role::Workstation),
        (26100, Role::Server),
        (26100, Role::Workstation),
        (26200, Role::Workstation),
    ] {
        let system = system("10.0", build, role, "AMD64");
        let mut machine =
            Machine { name: format!("{build} {role:?}"), build, revision: 0, articles: Vec::new(), system };
        let run = machine.volume().run_prepared(&os);
        let of_machine: BTreeSet<(u32, &str)> =
            run.assessment.updates.iter().map(|finding| (finding.update, finding.product.as_str())).collect();
        let mut revisions: BTreeSet<u32> = BTreeSet::new();
        for (update, product) in of_machine {
            let rows = updates[update as usize].applies_to.iter().filter(|row| row.product.name == product);
            revisions.extend(rows.filter_map(|row| machine.revision_of(row.fixed_build.as_deref()?)));
        }
        assert!(revisions.len() > 10, "{build}");
        for revision in revisions {
            for revision in [revision - 1, revision] {
                machine.revision = revision;
                let outcome = judged(&os, &updates, &machine, &machine.volume());
                assert_eq!(outcome.false_alarms, Vec::<String>::new());
                if let Some((fixed, update, false)) = &outcome.newest {
                    // Only a hotpatch that closes all of its CVEs takes its place.
                    assert!(update.contains("Installed: KB"), "{revision} {fixed}: {update}");
                }
            }
        }
    }
}
