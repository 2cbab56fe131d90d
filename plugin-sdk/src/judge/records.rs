//! The updates that Windows records as installed: rule 13.

use std::collections::{BTreeMap, BTreeSet};

use super::articles::article_number;
use super::branch::Numbers;
use super::folded;
use super::gap::not_known;
use super::index::Index;
use crate::contract::exports::wardline::check::types::{
    Answer, Fact, Question, RegistryData, RegistryKey, RegistryValueName,
};

/// The key with one subkey for each package that component-based servicing knows (Windows Vista and later).
pub const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";

/// Any package below [`PACKAGES`], as a scope names it.
pub const PACKAGE: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\*";

/// The key with one subkey for each hotfix (Windows NT 4.0 to Server 2003).
pub const HOTFIXES: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix";

/// Any hotfix below [`HOTFIXES`], as a scope names it.
pub const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix\*";

/// The maximum number of packages whose states are asked about. A machine of ten years has some hundreds in catalogs.
const MAX_STATES: usize = 4_000;

/// Where Windows records a product's updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpdateRecord {
    /// Below [`PACKAGES`].
    Packages,
    /// Below [`HOTFIXES`].
    Hotfixes,
}

impl UpdateRecord {
    /// The question for the names of the recorded updates.
    pub fn question(self) -> Question {
        Question::RegistryKey(self.key().to_owned())
    }

    fn key(self) -> &'static str {
        match self {
            UpdateRecord::Packages => PACKAGES,
            UpdateRecord::Hotfixes => HOTFIXES,
        }
    }

    fn value(self) -> &'static str {
        match self {
            UpdateRecord::Packages => "CurrentState",
            UpdateRecord::Hotfixes => "Installed",
        }
    }
}

/// The state of a recorded update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    NotInstalled,
    Unknown,
    /// The next restart removes it.
    Leaving,
    AfterRestart,
    InPlace,
}

impl State {
    /// Microsoft's states of packages, as the registry has them: "CBS Servicing States Chart" (Tip of the Day, 2015-10-12).
    /// A superseded package was installed, and a newer one has taken the place of its files.
    fn of_package(answer: Option<&Answer>) -> State {
        match answer {
            Some(Answer::Known(Fact::RegistryValue(RegistryData::Dword(state)))) => match state {
                0x50 | 0x70 | 0x80 => State::InPlace,
                0x60 => State::AfterRestart,
                0x05 => State::Leaving,
                0x00 | 0x10 | 0x20 | 0x30 | 0x40 => State::NotInstalled,
                _ => State::Unknown,
            },
            _ => State::Unknown,
        }
    }

    fn of_hotfix(answer: Option<&Answer>) -> State {
        match answer {
            Some(Answer::Known(Fact::RegistryValue(RegistryData::Dword(1)))) => State::InPlace,
            Some(Answer::Known(Fact::RegistryValue(RegistryData::Dword(0))) | Answer::Absent) => State::NotInstalled,
            _ => State::Unknown,
        }
    }
}

/// A recorded update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) state: State,
    /// The question for its state.
    pub(super) evidence: u32,
    /// Whether the package is the update's own, and not only its part for one service pack.
    whole: bool,
}

/// The names of the recorded updates, before their states are known. Created by [`Case::recorded`](super::Case::recorded).
#[derive(Debug, Clone)]
pub struct RecordedNames {
    questions: Vec<Question>,
    /// The record and the subject of each question.
    asked: Vec<(UpdateRecord, Subject)>,
    record: InstalledUpdates,
}

#[derive(Debug, Clone, Copy)]
enum Subject {
    /// `whole` unless the package is for one service pack: `Package_for_KB2479943_RTM`.
    Article {
        article: u32,
        whole: bool,
    },
    Rollup(Numbers),
}

/// The updates that a target records as installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstalledUpdates {
    articles: BTreeMap<u32, Recorded>,
    rollups: Vec<(Numbers, Recorded)>,
    /// The highest number of an article that is recorded, and that no catalog contains.
    newest_unknown: Option<u32>,
    /// Whether articles are recorded that are of products which are not judged here.
    has_others: bool,
    /// Whether the record was asked for; if so, the question's number.
    evidence: Option<u32>,
    /// Why updates may be installed that are not among these.
    unknown: Option<String>,
}

impl RecordedNames {
    /// `answers` are those to the questions for `records`, which the conversation numbered from `first`.
    pub(super) fn new(
        index: &Index,
        records: &BTreeSet<UpdateRecord>,
        answers: &[Answer],
        first: u32,
    ) -> RecordedNames {
        let mut names = RecordedNames { questions: Vec::new(), asked: Vec::new(), record: InstalledUpdates::default() };
        names.record.evidence = (!records.is_empty()).then_some(first);
        for (place, &record) in records.iter().enumerate() {
            match answers.get(place) {
                Some(Answer::Known(Fact::RegistryKey(key))) => names.read(index, record, key),
                Some(Answer::Absent) => names.record.unknown = Some(format!("the key {} is not there", record.key())),
                other => names.record.unknown = Some(not_known(other)),
            }
        }
        names
    }

    fn read(&mut self, index: &Index, record: UpdateRecord, key: &RegistryKey) {
        if key.truncated {
            self.record.unknown = Some(format!("{} has more subkeys than were listed", record.key()));
        } else if key.subkeys.is_empty() {
            self.record.unknown = Some(format!("{} lists nothing", record.key()));
        }
        for name in &key.subkeys {
            let Some(subject) = subject(record, name) else { continue };
            if let Subject::Article { article, .. } = subject
                && index.articles.updates(article).next().is_none()
            {
                if index.articles.is_of_others(article) {
                    self.record.has_others = true;
                } else {
                    self.record.newest_unknown = self.record.newest_unknown.max(Some(article));
                }
                continue;
            }
            if self.questions.len() == MAX_STATES {
                self.record.unknown = Some(format!("more than {MAX_STATES} packages are recorded"));
                break;
            }
            let key = format!(r"{}\{name}", record.key());
            self.questions.push(Question::RegistryValue(RegistryValueName { key, name: record.value().to_owned() }));
            self.asked.push((record, subject));
        }
    }

    /// The questions for the states of the updates that the catalog contains.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Takes the answers to [`questions`](RecordedNames::questions), which the conversation numbered from `first`.
    pub fn settle(mut self, answers: &[Answer], first: u32) -> InstalledUpdates {
        for (place, (record, subject)) in (0..).zip(&self.asked) {
            let answer = answers.get(place as usize);
            let state = match record {
                UpdateRecord::Packages => State::of_package(answer),
                UpdateRecord::Hotfixes => State::of_hotfix(answer),
            };
            let whole = !matches!(subject, Subject::Article { whole: false, .. });
            let recorded = Recorded { state, evidence: first.saturating_add(place), whole };
            match subject {
                Subject::Rollup(version) => self.record.rollups.push((*version, recorded)),
                Subject::Article { article, .. } => {
                    let known = self.record.articles.entry(*article).or_insert(recorded);
                    if (known.whole, known.state) < (recorded.whole, recorded.state) {
                        *known = recorded;
                    }
                }
            }
        }
        self.record
    }
}

impl InstalledUpdates {
    pub(super) fn article(&self, article: u32) -> Option<Recorded> {
        self.articles.get(&article).copied()
    }

    /// Returns the recorded articles that the catalog contains.
    pub(super) fn articles(&self) -> impl Iterator<Item = (u32, Recorded)> {
        self.articles.iter().map(|(&article, &recorded)| (article, recorded))
    }

    pub(super) fn rollups(&self) -> &[(Numbers, Recorded)] {
        &self.rollups
    }

    pub(super) fn newest_unknown(&self) -> Option<u32> {
        self.newest_unknown
    }

    /// Whether it names articles: that of a rollup's package does not.
    pub(super) fn names_articles(&self) -> bool {
        self.has_others || self.newest_unknown.is_some() || !self.articles.is_empty()
    }

    pub(super) fn evidence(&self) -> Option<u32> {
        self.evidence
    }

    /// Why an update that is not recorded may be installed.
    pub(super) fn unknown(&self) -> Option<&str> {
        match (&self.unknown, self.evidence) {
            (Some(why), _) => Some(why),
            (None, None) => Some("the record of installed updates was not asked for"),
            (None, Some(_)) => None,
        }
    }
}

/// Returns the update that a subkey records. An update has a package of its own, `Package_for_KB…`, and a rollup at least one for
/// each service pack, `Package_for_KB…_RTM`; their parts (`Package_1_for_KB…`) are not read.
fn subject(record: UpdateRecord, name: &str) -> Option<Subject> {
    match record {
        UpdateRecord::Hotfixes => Some(Subject::Article { article: article_number(name)?, whole: true }),
        UpdateRecord::Packages => {
            let mut parts = name.split('~');
            let package = folded(parts.next()?);
            let update = package.strip_prefix("package_for_")?;
            if update == "rollupfix" {
                return Numbers::parse(parts.next_back()?).map(Subject::Rollup);
            }
            let update = update.strip_prefix("kb")?;
            let digits = update.split('_').next()?;
            Some(Subject::Article { article: article_number(digits)?, whole: digits.len() == update.len() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_name_their_update() {
        for (name, expected) in [
            ("Package_for_KB5005033~31bf3856ad364e35~amd64~~19041.1165.1.7", Some("5005033")),
            ("package_for_kb2479943_RTM~31bf3856ad364e35~amd64~~6.1.1.0", Some("2479943 in part")),
            ("Package_for_RollupFix~31bf3856ad364e35~amd64~~19041.1288.1.7", Some("19041.1288")),
            ("Package_1_for_KB5005033~31bf3856ad364e35~amd64~~19041.1165.1.7", None),
            ("Package_for_RollupFix", None),
            ("Package_for_KB~31bf3856ad364e35~amd64~~1.0.0.0", None),
            ("Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~10.0.19041.1", None),
            ("", None),
        ] {
            let found = match subject(UpdateRecord::Packages, name) {
                Some(Subject::Article { article, whole: true }) => Some(article.to_string()),
                Some(Subject::Article { article, whole: false }) => Some(format!("{article} in part")),
                Some(Subject::Rollup(version)) => {
                    assert_eq!(Some(version), Numbers::parse("19041.1288.1.7"));
                    Some("19041.1288".to_owned())
                }
                None => None,
            };
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn packages_have_states() {
        let known = |state| Answer::Known(Fact::RegistryValue(RegistryData::Dword(state)));
        for (state, expected) in [
            (0x00, State::NotInstalled),
            (0x05, State::Leaving),
            (0x20, State::NotInstalled),
            (0x40, State::NotInstalled),
            (0x50, State::InPlace),
            (0x60, State::AfterRestart),
            (0x65, State::Unknown),
            (0x70, State::InPlace),
            (0x80, State::InPlace),
            (0xffff_ff90, State::Unknown),
        ] {
            assert_eq!(State::of_package(Some(&known(state))), expected, "{state:#x}");
        }
        assert_eq!(State::of_package(Some(&Answer::Absent)), State::Unknown);
        assert_eq!(State::of_package(None), State::Unknown);
        assert_eq!(State::of_hotfix(Some(&Answer::Absent)), State::NotInstalled);
        assert_eq!(State::of_hotfix(Some(&known(1))), State::InPlace);
    }
}
