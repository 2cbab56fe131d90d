//! Variations of a machine that is serviced by builds and recorded packages, and which of its updates are in place.

use std::collections::{BTreeSet, HashMap};

use wardline_contract::names::folded;
use wardline_contract::{
    Answer, Assessment, Examination, Fact, Question, RegistryData, RegistryKey, RegistryValue, RegistryValueName,
    SystemInfo, Update, UpdateFinding, UpdateStatus,
};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, spread};

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const CONTROL_WINDOWS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Windows";

/// The values that hold the revision.
const REVISIONS: [(&str, &str); 2] = [(CURRENT_VERSION, "UBR"), (CONTROL_WINDOWS, "CSDBuildNumber")];

/// Where Windows records updates, with the value that marks one as installed.
const RECORDS: [(&str, &str, u32); 2] = [
    (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages", "CurrentState", 112),
    (r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix", "Installed", 1),
];

/// The maximum number of revisions tried per target.
const MAX_REVISIONS: usize = 12;

/// The target's system, if its revision is known.
pub(super) fn system_with_revision(target: &Recording) -> Option<(SystemInfo, u32)> {
    match target.answer(&Question::System) {
        Answer::Known(Fact::System(system)) => system.revision.map(|revision| (system, revision)),
        _ => None,
    }
}

/// The revision in a fixed build of this version of Windows: 4170 of `10.0.19041.4170`.
pub(super) fn revision_of(system: &SystemInfo, fixed_build: &str) -> Option<u32> {
    let parts = fixed_build.trim().strip_prefix(system.version.trim())?.strip_prefix('.')?;
    let (_, revision) = parts.split_once('.')?;
    revision.parse().ok()
}

/// The target's own revision, and those that the updates of its products raise it to; ascending.
pub(super) fn revisions(system: &SystemInfo, own: u32, plain: &Assessment, updates: &[Update]) -> Vec<u32> {
    let products: BTreeSet<&str> = plain.updates.iter().map(|finding| finding.product.as_str()).collect();
    let rows = updates.iter().flat_map(|update| &update.applies_to);
    let rows = rows.filter(|row| products.contains(row.product.name.as_str()));
    let raised: BTreeSet<u32> =
        rows.filter_map(|row| revision_of(system, row.fixed_build.as_deref()?)).chain([own]).collect();
    spread(raised.into_iter().collect(), MAX_REVISIONS)
}

/// The target's answer if its revision were this one.
pub(super) fn at_revision(question: &Question, answer: Answer, revision: u32) -> Answer {
    let data = RegistryData::Dword(revision);
    match (question, answer) {
        (_, Answer::Known(Fact::System(system))) => {
            Answer::Known(Fact::System(SystemInfo { revision: Some(revision), ..system }))
        }
        (Question::RegistryValue(asked), Answer::Known(Fact::RegistryValue(_)))
            if holds_revision(&asked.key, &asked.name) =>
        {
            Answer::Known(Fact::RegistryValue(data))
        }
        (Question::RegistryKey(path), Answer::Known(Fact::RegistryKey(mut key))) => {
            for value in key.values.iter_mut().filter(|value| holds_revision(path, &value.name)) {
                value.data = data.clone();
            }
            Answer::Known(Fact::RegistryKey(key))
        }
        (_, answer) => answer,
    }
}

fn holds_revision(key: &str, name: &str) -> bool {
    let value = |key: &str, name: &str| {
        folded(&Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() }))
    };
    REVISIONS.iter().any(|(of, called)| value(of, called) == value(key, name))
}

/// A record of installed updates that the plugin was told.
pub(super) struct Record {
    place: usize,
    /// `amd64`, as the names of packages have it.
    architecture: String,
}

impl Record {
    /// Returns the records that a conversation read.
    pub(super) fn read_in(plain: &Examination, target: &Recording) -> Vec<Record> {
        let architecture = match target.answer(&Question::System) {
            Answer::Known(Fact::System(SystemInfo { architecture: Some(architecture), .. })) => architecture,
            _ => "x86".to_owned(),
        };
        let is_told = |place: &usize| {
            let key = folded(&Question::RegistryKey(RECORDS[*place].0.to_owned()));
            plain.exchanges.iter().any(|(question, answer)| {
                matches!(answer, Answer::Known(Fact::RegistryKey(_))) && folded(question) == key
            })
        };
        let places = (0..RECORDS.len()).filter(is_told);
        places.map(|place| Record { place, architecture: architecture.to_ascii_lowercase() }).collect()
    }

    /// The target's answer if this article were recorded as installed as well.
    pub(super) fn with(&self, article: &str, question: &Question, answer: Answer) -> Answer {
        let (key, state, number) = RECORDS[self.place];
        let name = match self.place {
            0 => format!("Package_for_{article}~31bf3856ad364e35~{}~~0.0.0.0", self.architecture),
            _ => article.to_owned(),
        };
        let data = RegistryData::Dword(number);
        let own = format!(r"{key}\{name}");
        let asked = folded(question);
        if asked == folded(&Question::RegistryKey(key.to_owned())) {
            let Answer::Known(Fact::RegistryKey(mut record)) = answer else { return answer };
            if !record.subkeys.iter().any(|subkey| subkey.eq_ignore_ascii_case(&name)) {
                record.subkeys.push(name);
                record.subkeys.sort_unstable();
            }
            return Answer::Known(Fact::RegistryKey(record));
        }
        if asked == folded(&Question::RegistryKey(own.clone())) {
            let values = vec![RegistryValue { name: state.to_owned(), data }];
            let record = RegistryKey { values, subkeys: Vec::new(), truncated: false, last_written: 0 };
            return Answer::Known(Fact::RegistryKey(record));
        }
        match asked == folded(&Question::RegistryValue(RegistryValueName { key: own, name: state.to_owned() })) {
            true => Answer::Known(Fact::RegistryValue(data)),
            false => answer,
        }
    }
}

/// The findings about updates, by the update, its product and its subject.
pub(super) struct Judged<'a>(HashMap<(u32, &'a str, Option<&'a str>), &'a UpdateFinding>);

impl<'a> Judged<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let place = |finding: &'a UpdateFinding| (finding.update, finding.product.as_str(), finding.subject.as_deref());
        Judged(assessment.updates.iter().map(|finding| (place(finding), finding)).collect())
    }

    /// The status of the same update for the same product.
    pub(super) fn status(&self, like: &UpdateFinding) -> Option<UpdateStatus> {
        let place = (like.update, like.product.as_str(), like.subject.as_deref());
        self.0.get(&place).map(|finding| finding.status)
    }
}

/// Returns the findings about updates that are in place: installed, or contained in what is.
pub(super) fn in_place(assessment: &Assessment, updates: &[Update]) -> Vec<UpdateFinding> {
    let bulletins: HashMap<u32, &str> =
        updates.iter().map(|update| (update.number, update.bulletin.as_str())).collect();
    let is_there = |finding: &UpdateFinding| matches!(finding.status, UpdateStatus::Installed | UpdateStatus::Included);
    let is_in_place = |finding: &&UpdateFinding| match finding.status {
        // By one that is installed itself, as far as the plugin names it.
        UpdateStatus::Superseded => finding.superseded_by.as_ref().is_some_and(|by| {
            let newer = assessment.updates.iter().filter(|other| {
                other.product == finding.product
                    && other.subject == finding.subject
                    && bulletins.get(&other.update).is_some_and(|bulletin| bulletin.eq_ignore_ascii_case(by))
            });
            let mut newer = newer.peekable();
            newer.peek().is_some() && newer.all(is_there)
        }),
        _ => is_there(finding),
    };
    assessment.updates.iter().filter(is_in_place).cloned().collect()
}

/// Holds the conversation about the target at a revision.
pub(super) fn converse_at(attempt: &Attempt<'_>, revision: u32) -> Examination {
    attempt.converse(&|question| at_revision(question, attempt.target.answer(question), revision))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system() -> SystemInfo {
        SystemInfo {
            computer_name: None,
            product_name: String::new(),
            version: "10.0".to_owned(),
            build: 19045,
            revision: Some(4170),
            service_pack_name: None,
            service_pack: 0,
            role: wardline_contract::Role::Workstation,
            suites: vec![],
            architecture: Some("AMD64".to_owned()),
            language: None,
            windows_folder: String::new(),
        }
    }

    #[test]
    fn a_fixed_build_raises_the_revision_of_its_version_only() {
        for (build, expected) in [
            ("10.0.19041.4170", Some(4170)),
            ("10.0.26100.32230", Some(32230)),
            ("6.3.9600.20777", None),
            ("10.0.19041", None),
            ("10.0.19041.4170.1", None),
            ("16.0.1000.6", None),
        ] {
            assert_eq!(revision_of(&system(), build), expected, "{build}");
        }
    }

    #[test]
    fn every_place_tells_the_same_revision() {
        let value = |key: &str, name: &str| {
            Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() })
        };
        let number = |number| Answer::Known(Fact::RegistryValue(RegistryData::Dword(number)));
        for (question, before, after) in [
            (value(CURRENT_VERSION, "ubr"), number(4170), number(7)),
            (value(&CONTROL_WINDOWS.to_lowercase(), "CSDBuildNumber"), number(4170), number(7)),
            (value(CURRENT_VERSION, "UBR"), Answer::Absent, Answer::Absent),
            (value(CURRENT_VERSION, "CurrentBuild"), number(4170), number(4170)),
        ] {
            assert_eq!(at_revision(&question, before, 7), after, "{question:?}");
        }
        let Answer::Known(Fact::System(system)) =
            at_revision(&Question::System, Answer::Known(Fact::System(system())), 7)
        else {
            panic!("not a system")
        };
        assert_eq!(system.revision, Some(7));
    }

    #[test]
    fn a_recorded_article_is_listed_and_installed() {
        let record = Record { place: 0, architecture: "amd64".to_owned() };
        let (key, ..) = RECORDS[0];
        let empty = RegistryKey { values: vec![], subkeys: vec![], truncated: false, last_written: 0 };
        let listed =
            record.with("KB5035845", &Question::RegistryKey(key.to_owned()), Answer::Known(Fact::RegistryKey(empty)));
        let Answer::Known(Fact::RegistryKey(listed)) = listed else { panic!("not a key") };
        let [name] = listed.subkeys.as_slice() else { panic!("{:?}", listed.subkeys) };
        let state = Question::RegistryValue(RegistryValueName {
            key: format!(r"{key}\{name}"),
            name: "CurrentState".to_owned(),
        });
        let state = record.with("KB5035845", &state, Answer::Unreadable("not recorded".to_owned()));
        assert_eq!(state, Answer::Known(Fact::RegistryValue(RegistryData::Dword(112))));
    }
}
