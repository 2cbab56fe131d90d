//! Faults injected into a target's answers: the change to an answer, and the answers it applies to.

use std::collections::HashSet;
use std::mem::discriminant;

use wardline_contract::names::folded;
use wardline_contract::{Answer, Fact, Question, RegistryData};
use wardline_report::question_in_words;

use super::fact::{self, Change, Number};

/// The change made to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Absent,
    Denied,
    Unreadable,
    Unsupported,
    /// A fact of another kind than was asked for.
    AnotherFact,
    /// A registry value with another type than its own.
    AnotherType,
    /// Every text in it is empty.
    EmptyTexts,
    /// Lists and texts are truncated, and the fact says so where it can.
    Cut,
    /// Lists are empty, and optional parts are missing.
    Bare,
    /// Every list entry appears twice.
    Doubled,
    LeastNumbers,
    MostNumbers,
}

impl Fault {
    /// The faults after which nothing is known, not even that something does not exist.
    pub(super) const MISSING: [Fault; 3] = [Fault::Unreadable, Fault::Denied, Fault::Unsupported];

    pub(super) const ALL: [Fault; 12] = [
        Fault::Absent,
        Fault::Denied,
        Fault::Unreadable,
        Fault::Unsupported,
        Fault::AnotherFact,
        Fault::AnotherType,
        Fault::EmptyTexts,
        Fault::Cut,
        Fault::Bare,
        Fault::Doubled,
        Fault::LeastNumbers,
        Fault::MostNumbers,
    ];

    /// The text that follows `With … answered `.
    pub(super) fn words(self) -> &'static str {
        match self {
            Fault::Absent => "absent",
            Fault::Denied => "denied",
            Fault::Unreadable => "unreadable",
            Fault::Unsupported => "unsupported",
            Fault::AnotherFact => "with a fact of another kind",
            Fault::AnotherType => "with a registry value of another type",
            Fault::EmptyTexts => "with empty texts",
            Fault::Cut => "with truncated lists and texts",
            Fault::Bare => "with empty lists and no optional parts",
            Fault::Doubled => "with every list item twice",
            Fault::LeastNumbers => "with the smallest numbers",
            Fault::MostNumbers => "with the largest numbers",
        }
    }

    /// The faulty answer. An answer without anything to change stays as it is.
    pub(super) fn of(self, question: &Question, answer: Answer) -> Answer {
        let changed = |change: &mut Changes| match answer.clone() {
            Answer::Known(mut known) => {
                fact::change(&mut known, change);
                Answer::Known(known)
            }
            answer => answer,
        };
        match self {
            Fault::Absent => Answer::Absent,
            Fault::Denied => Answer::Denied("fault injection: denied".to_owned()),
            Fault::Unreadable => Answer::Unreadable("fault injection: unreadable".to_owned()),
            Fault::Unsupported => Answer::Unsupported,
            Fault::AnotherFact => Answer::Known(match question {
                Question::Volumes => Fact::RegistryValue(RegistryData::Dword(1)),
                _ => Fact::Volumes(Vec::new()),
            }),
            Fault::AnotherType => match answer {
                Answer::Known(Fact::RegistryValue(data)) => Answer::Known(Fact::RegistryValue(another_type(data))),
                answer => answer,
            },
            Fault::EmptyTexts => changed(&mut Changes::EmptyTexts),
            Fault::Cut => changed(&mut Changes::Cut),
            Fault::Bare => changed(&mut Changes::Bare),
            Fault::Doubled => changed(&mut Changes::Doubled),
            Fault::LeastNumbers => changed(&mut Changes::Least),
            Fault::MostNumbers => changed(&mut Changes::Most),
        }
    }
}

/// The same value, as far as it can be represented, under another type.
fn another_type(data: RegistryData) -> RegistryData {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => RegistryData::Binary(text.into_bytes()),
        RegistryData::MultiText(texts) => RegistryData::Text(texts.concat()),
        RegistryData::Dword(number) => RegistryData::Text(number.to_string()),
        RegistryData::Qword(number) => RegistryData::MultiText(vec![number.to_string()]),
        RegistryData::Binary(bytes) => RegistryData::Other(bytes.len() as u32),
        RegistryData::None | RegistryData::Other(_) => RegistryData::Dword(0),
    }
}

enum Changes {
    EmptyTexts,
    Cut,
    Bare,
    Doubled,
    Least,
    Most,
}

impl Change for Changes {
    fn text(&mut self, text: &mut String) {
        match self {
            Changes::EmptyTexts => text.clear(),
            Changes::Cut => text.truncate(text.floor_char_boundary(text.len() / 2)),
            _ => {}
        }
    }

    fn number<N: Number>(&mut self, number: &mut N) {
        match self {
            Changes::Least => *number = N::LEAST,
            Changes::Most => *number = N::MOST,
            _ => {}
        }
    }

    fn list<T: Clone>(&mut self, list: &mut Vec<T>) {
        match self {
            Changes::Cut => list.truncate(list.len() / 2),
            Changes::Bare => list.clear(),
            Changes::Doubled => list.extend_from_within(..),
            _ => {}
        }
    }

    fn optional<T>(&mut self, optional: &mut Option<T>) {
        if matches!(self, Changes::Bare) {
            *optional = None;
        }
    }

    fn truncated(&mut self, truncated: &mut bool) {
        if matches!(self, Changes::Cut | Changes::Bare) {
            *truncated = true;
        }
    }
}

/// The answers of a target that a fault is injected into. Always selected by question, so that a recording can hold the result.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Everything,
    /// All questions of the same kind.
    Kind(Question),
    /// Everything in a hive of the registry, or on a drive: `hklm\software`, `%windir%`.
    Below(String),
    Only(Question),
    AllBut(Question),
    /// Everything that is asked after these questions.
    After(HashSet<Question>),
}

impl Place {
    pub(super) fn holds(&self, question: &Question) -> bool {
        match self {
            Place::Everything => true,
            Place::Kind(kind) => discriminant(kind) == discriminant(question),
            Place::Below(root) => root_of(&folded(question)).is_some_and(|of| of == *root),
            Place::Only(only) => folded(question) == *only,
            Place::AllBut(but) => folded(question) != *but,
            Place::After(before) => !before.contains(&folded(question)),
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Place::Everything => "everything".to_owned(),
            Place::Kind(kind) => format!("every question like {:?}", question_in_words(kind)),
            Place::Below(root) => format!("everything below {root}"),
            Place::Only(only) => question_in_words(only),
            Place::AllBut(but) => format!("everything but {}", question_in_words(but)),
            Place::After(before) => format!("everything after the first {} questions", before.len()),
        }
    }
}

/// The broad places for a conversation's questions: everything, each kind, each hive and drive.
pub(super) fn broad_places(questions: &[Question]) -> Vec<Place> {
    let mut kinds = HashSet::new();
    let mut roots = HashSet::new();
    let mut places = vec![Place::Everything];
    places.extend(questions.iter().filter(|question| kinds.insert(discriminant(*question))).cloned().map(Place::Kind));
    places.extend(questions.iter().filter_map(root_of).filter(|root| roots.insert(root.clone())).map(Place::Below));
    places
}

/// Everything after a point of the conversation, for some points evenly spread over it.
pub(super) fn later_places(questions: &[Question], most: usize) -> Vec<Place> {
    let points = super::attempt::spread((1..questions.len()).collect(), most);
    points.into_iter().map(|point| Place::After(questions[..point].iter().cloned().collect())).collect()
}

/// The hive of a registry key, or the drive or variable of a path. The question is folded.
fn root_of(question: &Question) -> Option<String> {
    let (path, components) = match question {
        Question::RegistryValue(value) => (&value.key, 2),
        Question::RegistryKey(key) | Question::RegistryPermissions(key) => (key, 2),
        Question::File(path)
        | Question::FileVersion(path)
        | Question::Directory(path)
        | Question::FilePermissions(path) => (path, 1),
        Question::Text(range) => (&range.path, 1),
        _ => return None,
    };
    Some(path.split('\\').take(components).collect::<Vec<_>>().join("\\"))
}
