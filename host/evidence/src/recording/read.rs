//! Reads a recording one answer at a time, within a budget.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use wardline_contract::names::folded;
use wardline_contract::scopes::Scopes;
use wardline_contract::{Answer, Fact, FileInfo, Question, Scope};

use super::super::budget::Budget;
use super::super::metered::{Meter, Metered};
use super::{Answers, Condition, Conversation, FORMAT, LARGEST, LARGEST_AT_ONCE, Recording, RecordingError};

/// The number of bytes that one answer may take in memory. Every question gets a copy of it, so the largest counts several times.
pub(super) const LARGEST_ANSWER: u64 = 4 << 20;

/// The size of the read buffer, in bytes.
const BUFFER: usize = 64 << 10;

/// The memory an answer takes in the table of answers, as a multiple of its size: the table doubles when it is seven eighths full,
/// and the old one exists until all entries are moved.
const TABLE: usize = 4;

/// The number of patterns that a question may have to be compared with.
const MAX_PATTERNS: usize = 4096;

/// The number of characters of a question shown in an error.
const SHOWN: usize = 200;

pub(super) fn from_slice(json: &[u8], path: &Path, budget: &Arc<Budget>) -> Result<Recording, RecordingError> {
    read(serde_json::Deserializer::from_slice(json), path, budget, &Cell::new(None))
}

/// Reads a recording without holding more of the file's text than a buffer and one string.
pub(super) fn from_reader(file: File, path: &Path, budget: &Arc<Budget>) -> Result<Recording, RecordingError> {
    let failure = Cell::new(None);
    let input = Bounded { file, failure: &failure, left: LARGEST, text: Text::default() };
    let input = BufReader::with_capacity(BUFFER, input);
    read(serde_json::Deserializer::from_reader(input), path, budget, &failure)
}

fn read<'de, R: serde_json::de::Read<'de>>(
    mut json: serde_json::Deserializer<R>,
    path: &Path,
    budget: &Arc<Budget>,
    failure: &Cell<Option<Failure>>,
) -> Result<Recording, RecordingError> {
    let path = path.to_owned();
    let meter = Meter::new(budget);
    let refusal = RefCell::new(None);
    let document = Document { meter: &meter, location: path.display().to_string(), refusal: &refusal };
    let read = document.deserialize(&mut json).and_then(|recording| json.end().map(|()| recording));
    match read {
        Ok(recording) => Ok(Recording { charge: meter.into_charge().map(Arc::new), ..recording }),
        Err(source) => Err(match (refusal.take(), meter.over(), failure.take()) {
            (Some(Refusal::Format(found)), ..) => RecordingError::Format { path, found },
            (Some(Refusal::Repeated(question)), ..) => RecordingError::Repeated { path, question },
            (Some(Refusal::Contradictory(question)), ..) => RecordingError::Contradictory { path, question },
            (None, Some(source), _) => RecordingError::OverBudget { path, source },
            (None, None, Some(Failure::TooLarge)) => RecordingError::TooLarge { path },
            (None, None, Some(Failure::System)) => RecordingError::Read { path, source: source.into() },
            (None, None, None) => RecordingError::Damaged { path, source },
        }),
    }
}

/// The reasons a well-formed document is refused; serde's errors hold only a message.
enum Refusal {
    Format(String),
    Repeated(String),
    Contradictory(String),
}

/// The reasons reading ended early.
#[derive(Clone, Copy)]
enum Failure {
    /// The system's error is in serde's.
    System,
    TooLarge,
}

/// A file that yields no more bytes than a recording may have, and no text longer than may be held at once: serde buffers a whole
/// text before it can be charged.
struct Bounded<'f> {
    file: File,
    failure: &'f Cell<Option<Failure>>,
    left: u64,
    text: Text,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure.set(Some(Failure::System));
            }
        })?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                self.failure.set(Some(Failure::TooLarge));
                return Err(io::Error::other("too large"));
            }
        }
        if !self.text.fits(&buffer[..read]) {
            return Err(io::Error::other(format!("a text of more than {LARGEST_AT_ONCE} bytes")));
        }
        Ok(read)
    }
}

/// Scans the strings of a JSON document for their lengths.
#[derive(Default)]
struct Text {
    inside: bool,
    escaped: bool,
    length: u64,
}

impl Text {
    /// Returns whether no string that continues, begins or ends in these bytes is too long.
    fn fits(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            if !self.inside {
                self.inside = *byte == b'"';
                self.length = 0;
                continue;
            }
            self.length += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.inside = false,
                _ => {}
            }
            if self.length > LARGEST_AT_ONCE {
                return false;
            }
        }
        true
    }
}

struct Document<'a> {
    meter: &'a Meter<'a>,
    location: String,
    refusal: &'a RefCell<Option<Refusal>>,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Recording;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Recording, D::Error> {
        deserializer.deserialize_map(self)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Field {
    Format,
    Name,
    Answers,
    Complete,
    Conditions,
    Conversations,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Recording;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a recording")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Recording, A::Error> {
        let (mut format, mut name, mut answers, mut complete) = (None, None, None, None);
        let (mut conditions, mut conversations) = (None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::Format => once("format", &mut format, || map.next_value_seed(self.metered::<String>()))?,
                Field::Name => once("name", &mut name, || map.next_value_seed(self.metered::<String>()))?,
                Field::Answers => once("answers", &mut answers, || map.next_value_seed(AnswerList(&self)))?,
                Field::Complete => {
                    once("complete", &mut complete, || map.next_value_seed(self.metered::<Vec<Scope>>()))?
                }
                Field::Conditions => {
                    once("conditions", &mut conditions, || map.next_value_seed(self.metered::<Vec<Condition>>()))?
                }
                Field::Conversations => once("conversations", &mut conversations, || {
                    map.next_value_seed(self.metered::<Vec<Conversation>>())
                })?,
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let format = format.ok_or_else(|| A::Error::missing_field("format"))?;
        let name = name.ok_or_else(|| A::Error::missing_field("name"))?;
        let answers = answers.ok_or_else(|| A::Error::missing_field("answers"))?;
        if format != FORMAT {
            return Err(self.refused(Refusal::Format(format)));
        }
        Ok(Recording {
            name,
            location: self.location,
            answers,
            complete: complete.map(scopes).transpose().map_err(A::Error::custom)?,
            conditions: conditions.unwrap_or_default(),
            conversations: conversations.unwrap_or_default(),
            charge: None,
        })
    }
}

/// Returns the scopes that were recorded in full. Permissions are recorded with the objects that have them.
fn scopes(mut complete: Vec<Scope>) -> Result<Scopes, String> {
    let has_wildcard = |scope: &&Scope| match scope {
        Scope::Registry(pattern) | Scope::File(pattern) | Scope::Text(pattern) => pattern.contains('*'),
        _ => false,
    };
    if complete.iter().filter(has_wildcard).count() > MAX_PATTERNS {
        return Err(format!("`complete` has more than {MAX_PATTERNS} patterns"));
    }
    complete.push(Scope::Permissions);
    Ok(Scopes::from_scopes(&complete, &[]))
}

/// Reads a field that may occur only once in a recording.
fn once<T, E: serde::de::Error>(
    field: &'static str,
    value: &mut Option<T>,
    read: impl FnOnce() -> Result<T, E>,
) -> Result<(), E> {
    match value {
        Some(_) => Err(E::duplicate_field(field)),
        None => {
            *value = Some(read()?);
            Ok(())
        }
    }
}

impl Document<'_> {
    fn metered<T>(&self) -> Metered<'_, PhantomData<T>> {
        Metered::new(PhantomData, self.meter)
    }

    fn refused<E: serde::de::Error>(&self, refusal: Refusal) -> E {
        self.refusal.replace(Some(refusal));
        E::custom("refused")
    }
}

/// The list of questions with their answers.
struct AnswerList<'d, 'a>(&'d Document<'a>);

impl<'de> DeserializeSeed<'de> for AnswerList<'_, '_> {
    type Value = Answers;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for AnswerList<'_, '_> {
    type Value = Answers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of questions with their answers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let AnswerList(document) = self;
        let meter = document.meter;
        let mut answers = Answers::default();
        loop {
            let before = meter.charged();
            meter.charge(TABLE * size_of::<(Question, Answer)>())?;
            let Some((question, mut answer)) = list.next_element_seed(document.metered::<(Question, Answer)>())? else {
                return match contradicted(&answers) {
                    Some(question) => Err(document.refused(Refusal::Contradictory(shown(question)))),
                    None => Ok(answers),
                };
            };
            let taken = meter.charged().saturating_sub(before);
            if taken > LARGEST_ANSWER {
                answer = Answer::Unreadable(format!(
                    "the recorded answer takes {taken} bytes of memory: at most {LARGEST_ANSWER} are allowed"
                ));
            }
            if answers.insert(folded(&question), answer).is_some() {
                return Err(document.refused(Refusal::Repeated(shown(&question))));
            }
        }
    }
}

/// Returns the question for a file's version whose answer cannot be about the same file as the answer to the question for the file
/// with its checksum, if there is one. An unreadable answer contradicts nothing.
fn contradicted(answers: &Answers) -> Option<&Question> {
    answers.iter().find_map(|(question, version)| {
        let Question::FileVersion(path) = question else { return None };
        let file = answers.get(&Question::File(path.clone()))?;
        let agree = match (file, version) {
            // The answer for the version alone has no checksum.
            (Answer::Known(Fact::File(file)), Answer::Known(Fact::File(version))) => {
                FileInfo { checksum: None, ..*file } == FileInfo { checksum: None, ..*version }
            }
            (Answer::Known(_), Answer::Absent) | (Answer::Absent, Answer::Known(_)) => false,
            _ => true,
        };
        (!agree).then_some(question)
    })
}

/// Formats a question as it appears in a recording, truncated if it is long.
fn shown(question: &Question) -> String {
    // The contract's types always serialize to JSON.
    let json = serde_json::to_string(question).unwrap_or_default();
    match json.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &json[..end]),
        None => json,
    }
}
