//! The laws about machines that are serviced by builds: kept by an honest plugin, and each broken by one written to break it.

use wardline::contract::{
    Answer, Fact, Outcome, Question, RegistryData, RegistryKey, RegistryValueName, Role, SystemInfo, Update,
    UpdateStatus,
};
use wardline::evidence::recording::Recording;

use crate::laws::double::{Behaviour, PACKAGES, PRODUCT, Talk, trials_on, update};

/// The laws that only plugins break that judge by builds or by the record of installed updates.
pub(crate) const OF_BUILDS: [&str; 3] =
    ["higher-revision-adds-nothing-missing", "installed-update-adds-nothing-missing", "hotpatch-is-as-good"];

const OWN_REVISION: u32 = 95;

/// An update by its article, with the revision from which on it is installed.
fn fix(number: u32, revision: Option<u32>) -> Update {
    let mut update = update(number, &[]);
    update.article = format!("KB{number}");
    update.cves = vec![format!("CVE-{number}")];
    update.registry.clear();
    update.applies_to[0].fixed_build = revision.map(|revision| format!("10.0.19045.{revision}"));
    update
}

/// One update below the machine's revision, one above, and two without a build, of which the first is recorded.
fn updates() -> [Update; 4] {
    [fix(1, Some(90)), fix(2, Some(1000)), fix(3, None), fix(4, None)]
}

fn package(article: &str) -> String {
    format!("Package_for_{article}~31bf3856ad364e35~amd64~~0.0.0.0")
}

fn target() -> Recording {
    let system = SystemInfo {
        computer_name: None,
        product_name: PRODUCT.into(),
        version: "10.0".into(),
        build: 19045,
        revision: Some(OWN_REVISION),
        service_pack_name: None,
        service_pack: 0,
        role: Role::Workstation,
        suites: vec![],
        architecture: Some("AMD64".into()),
        language: None,
        windows_folder: r"C:\Windows".into(),
    };
    let record = RegistryKey { values: vec![], subkeys: vec![package("KB3")], truncated: false, last_written: 0 };
    let state = RegistryValueName { key: format!(r"{PACKAGES}\{}", package("KB3")), name: "CurrentState".into() };
    Recording::new(
        "machine",
        "built by a test",
        [
            (Question::System, Answer::Known(Fact::System(system))),
            (Question::RegistryKey(PACKAGES.into()), Answer::Known(Fact::RegistryKey(record))),
            (Question::RegistryValue(state), Answer::Known(Fact::RegistryValue(RegistryData::Dword(112)))),
        ],
    )
}

/// The facts about the machine.
struct Machine {
    revision: u32,
    recorded: Vec<String>,
}

impl Machine {
    /// Asks for the machine; `None` if it is not known.
    fn asked(talk: &mut Talk<'_>) -> Option<Machine> {
        let (_, Answer::Known(Fact::System(system))) = talk.ask(Question::System) else { return None };
        let (_, Answer::Known(Fact::RegistryKey(record))) = talk.ask(Question::RegistryKey(PACKAGES.into())) else {
            return None;
        };
        Some(Machine { revision: system.revision?, recorded: record.subkeys })
    }

    fn has(&self, update: &Update) -> bool {
        match revision(update) {
            Some(fixed) => self.revision >= fixed,
            None => self.recorded.contains(&package(&update.article)),
        }
    }
}

fn revision(update: &Update) -> Option<u32> {
    update.applies_to[0].fixed_build.as_deref()?.rsplit('.').next()?.parse().ok()
}

/// Reports each update as installed if this machine has it.
fn judged(talk: &mut Talk<'_>, has: fn(&Machine, &[Update], &Update) -> bool) -> Outcome {
    let machine = Machine::asked(talk);
    for update in talk.updates.iter().filter(|update| update.applies_to[0].product.name == PRODUCT) {
        let status = match &machine {
            Some(machine) if has(machine, talk.updates, update) => UpdateStatus::Installed,
            Some(_) => UpdateStatus::Missing,
            None => UpdateStatus::UnableToScan,
        };
        talk.report(update, status, vec![]);
    }
    Outcome::Ok
}

/// Any update that closes the same vulnerabilities counts.
fn in_place(machine: &Machine, updates: &[Update], update: &Update) -> bool {
    updates.iter().any(|other| other.cves == update.cves && machine.has(other))
}

/// The laws about builds that a plugin breaks; whether it breaks others does not matter.
fn broken(behaviour: Behaviour) -> Vec<(&'static str, String)> {
    let trials = trials_on(behaviour, &updates(), &target());
    let of_builds = trials.into_iter().filter(|(law, _)| OF_BUILDS.contains(law));
    of_builds
        .filter_map(|(law, trial)| {
            assert!(trial.cases > 0, "{law} was not tried");
            Some((law, trial.broken?.what))
        })
        .collect()
}

#[test]
fn an_honest_plugin_keeps_the_laws_about_builds() {
    let found = broken(|talk| judged(talk, in_place));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn each_law_about_builds_is_broken_by_a_plugin_written_to_break_it() {
    let ways: [(Behaviour, &str, &str); 4] = [
        // Compares revisions as text: 1000 is less than 90.
        (
            |talk| {
                judged(talk, |machine, updates, update| match revision(update) {
                    Some(fixed) if machine.revision < 1000 || fixed >= 1000 => in_place(machine, updates, update),
                    Some(fixed) => machine.revision.to_string() >= fixed.to_string(),
                    None => in_place(machine, updates, update),
                })
            },
            "higher-revision-adds-nothing-missing",
            "At revision 1000 of build 19045, the update EX-1 KB1 (Example 1.0) is missing; at revision 95",
        ),
        // Looks only at the last recorded package.
        (
            |talk| {
                judged(talk, |machine, updates, update| match revision(update) {
                    Some(_) => in_place(machine, updates, update),
                    None => machine.recorded.last().is_some_and(|last| *last == package(&update.article)),
                })
            },
            "installed-update-adds-nothing-missing",
            "With KB4 recorded as installed as well, the update EX-3 KB3 (Example 1.0) is missing",
        ),
        // Compares each update's own build and nothing else.
        (
            |talk| judged(talk, |machine, _, update| machine.has(update)),
            "hotpatch-is-as-good",
            "one of the two is missing",
        ),
        // Takes a hotpatch that exists for one that is installed.
        (
            |talk| {
                judged(talk, |machine, updates, update| {
                    in_place(machine, updates, update)
                        || updates.iter().filter(|other| other.cves == update.cves).count() > 1
                })
            },
            "hotpatch-is-as-good",
            "neither of the two is missing any more",
        ),
    ];
    for (behaviour, law, words) in ways {
        let found = broken(behaviour);
        assert!(
            matches!(found.as_slice(), [(broken, what)] if *broken == law && what.contains(words)),
            "{law}: {found:?}"
        );
    }
}
