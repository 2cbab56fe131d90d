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
        with_packages(bench, self.articles.iter().map(name).collect())
    }

    /// As a volume that has its revision and a record, in which a rollup's package stands for the newest cumulative update.
    fn volume_with_record(&self) -> Bench {
        let system = SystemInfo { revision: Some(self.revision), ..self.system.clone() };
        let mut recorded: Vec<String> = self.articles.iter().map(|article| format!("KB{article}~~~~0.0.0.0")).collect();
        recorded.push(format!("RollupFix~~~~{}.{}.1.0", self.build, self.revision));
        let names: Vec<String> = recorded.iter().map(|name| format!("Package_for_{name}")).collect();
        with_packages(Bench::new().fact(Question::System, Fact::System(system)), names)
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

/// Adds the record of these packages, all of them installed.
fn with_packages(bench: Bench, subkeys: Vec<String>) -> Bench {
    let bench = subkeys.iter().fold(bench, |bench, package| {
        bench.value(&format!(r"{PACKAGES}\{package}"), "CurrentState", RegistryData::Dword(0x70))
    });
    let key = RegistryKey { values: Vec::new(), subkeys, truncated: false, last_written: 0 };
    bench.fact(Question::RegistryKey(PACKAGES.to_owned()), Fact::RegistryKey(key))
}

/// A build of the documents with two digits exchanged: it is 1083.
const WRONG_BUILD: (&str, u32) = ("KB5004945", 1803);

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
        if (update.article.as_str(), fixed) == WRONG_BUILD {
            continue;
        }
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

/// A cumulative update of a branch: its revision if the documents give it, its month, and its article.
type Member = (Option<u32>, String, String);

/// The cumulative updates of a machine's branch, the oldest first: those with a build, and those that close many CVEs.
fn chain(os: &Os, updates: &[Update], machine: &Machine) -> Vec<Member> {
    let mut closed: BTreeMap<&str, usize> = BTreeMap::new();
    for update in updates {
        let most = closed.entry(&update.article).or_default();
        *most = update.cves.len().max(*most);
    }
    let others =
        ["Servicing Stack Update", "Setup DU", "IE Cumulative", "Hotpatch Update", "HotpatchUpdate", "Hotpatch"];
    let mut members: BTreeMap<&str, Member> = BTreeMap::new();
    for finding in &machine.volume().run_prepared(os).assessment.updates {
        let update = &updates[finding.update as usize];
        let rows = || update.applies_to.iter().filter(|row| row.product.name == finding.product);
        let builds: Vec<&str> = rows().filter_map(|row| row.fixed_build.as_deref()).collect();
        let revision = builds.iter().filter_map(|build| machine.revision_of(build)).max();
        let is_other = others.iter().any(|kind| update.title.ends_with(kind));
        if is_other || closed[update.article.as_str()] < 8 || !builds.is_empty() && revision.is_none() {
            continue;
        }
        let posted = update.posted.as_ref().expect("a date")[..7].to_owned();
        let member = members.entry(&update.article).or_insert((None, posted.clone(), update.article.clone()));
        member.0 = revision.max(member.0);
        member.1 = posted.min(member.1.clone());
    }
    let mut members: Vec<Member> = members.into_values().collect();
    members.sort();
    members
}

/// Machines of the same kinds as those of the collection, each with another cumulative update as its newest. Nothing up to that one
/// is missing, and of the later ones only the newest.
#[test]
#[ignore = "reads data that is not part of the project"]
fn between_the_machines_of_the_collection_only_the_newest_is_missing() {
    let (os, updates) = prepared();
    let mut kinds = BTreeSet::new();
    let (mut judged, mut wrong) = (0, Vec::new());
    for mut machine in machines() {
        if machine.build < 10240 || !kinds.insert((machine.build, machine.system.role == Role::Server)) {
            continue;
        }
        let chain = chain(&os, &updates, &machine);
        for (at, (revision, _, article)) in chain.iter().enumerate() {
            let number: u32 = article.trim_start_matches("KB").parse().expect("a number");
            machine.articles = vec![number];
            let mut benches = vec![("text", machine.text())];
            if let Some(revision) = *revision {
                machine.revision = revision;
                benches.extend([("volume", machine.volume()), ("record", machine.volume_with_record())]);
            }
            for (kind, bench) in benches {
                judged += 1;
                let run = bench.run_prepared(&os);
                let is_missing = |article: &str| {
                    let found = run.assessment.updates.iter().find(|finding| {
                        finding.status == UpdateStatus::Missing && updates[finding.update as usize].article == article
                    });
                    found.map(|finding| finding.reason.as_str())
                };
                for (other, (.., member)) in chain.iter().enumerate() {
                    let is_newest = other + 1 == chain.len();
                    if let Some(reason) = is_missing(member).filter(|_| other <= at || !is_newest) {
                        wrong.push(format!("{} {kind} {article}: {member} is missing: {reason}", machine.build));
                    }
                }
                let newest = chain.last().filter(|newest| newest.2 != *article);
                let overlooked = newest.filter(|newest| {
                    let of_newest = run
                        .assessment
                        .updates
                        .iter()
                        .filter(|finding| updates[finding.update as usize].article == newest.2);
                    is_missing(&newest.2).is_none()
                        && !of_newest
                            .into_iter()
                            .any(|finding| finding.superseded_by.as_deref().is_some_and(|by| is_missing(by).is_some()))
                });
                if let Some((.., newest)) = overlooked {
                    wrong.push(format!("{} {kind} {article}: {newest} is not missing", machine.build));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(judged > 1000, "{judged}");
}

/// What is missing by a text is not in place by a volume of the same machine, and the other way round.
#[test]
#[ignore = "reads data that is not part of the project"]
fn a_text_and_a_volume_of_one_machine_do_not_contradict_each_other() {
    let (os, updates) = prepared();
    let mut contradictions = Vec::new();
    let mut agreed = 0;
    for machine in machines().into_iter().filter(|machine| machine.build >= 10240) {
        let verdicts = |bench: Bench| -> BTreeMap<(u32, String), Option<bool>> {
            let run = bench.run_prepared(&os);
            let missing: BTreeSet<&str> = run
                .assessment
                .updates
                .iter()
                .filter(|finding| finding.status == UpdateStatus::Missing)
                .map(|finding| updates[finding.update as usize].article.as_str())
                .collect();
            let is_missing = |finding: &UpdateFinding| match finding.status {
                UpdateStatus::Missing => Some(true),
                UpdateStatus::Installed => Some(false),
                // What a missing update contains may be in place or not.
                UpdateStatus::Superseded => {
                    finding.superseded_by.as_deref().is_some_and(|by| !missing.contains(by)).then_some(false)
                }
                _ => None,
            };
            let all = run.assessment.updates.iter();
            all.map(|finding| ((finding.update, finding.product.clone()), is_missing(finding))).collect()
        };
        let text = verdicts(machine.text());
        for volume in [machine.volume(), machine.volume_with_record()] {
            for (key, missing) in verdicts(volume) {
                match (missing, text.get(&key).copied().flatten()) {
                    (Some(volume), Some(text)) if volume == text => agreed += 1,
                    (Some(volume), Some(_)) => contradictions.push(format!(
                        "{}: {} for {}: {} by the volume only",
                        machine.name,
                        updates[key.0 as usize].article,
                        key.1,
                        if volume { "missing" } else { "in place" }
                    )),
                    _ => {}
                }
            }
        }
    }
    assert_eq!(contradictions, Vec::<String>::new());
    assert!(agreed > 1000, "{agreed}");
}
