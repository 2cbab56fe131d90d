//! Recorded answers, to be judged elsewhere or again.
//!
//! A recording is JSON: `{"format":"wardline.recording/1","name":"WEB01","answers":[[question, answer],…]}`, with questions and
//! answers as the contract serializes them. A question without a recorded answer is answered `unreadable`. `conversations` may hold
//! what plugins asked and reported, see [`Conversation`].
//!
//! A recording that a script made lists in `complete` what it looked through, as scopes: `[{"registry":"HKLM\\SOFTWARE\\Acme\\**"}]`.
//! In these scopes, what has no answer is absent. In such a recording a value follows from its key, and a service from the list of
//! services.

mod complete;
mod conversation;
mod read;

pub use conversation::{Conversation, Speaker, digest_of};

use std::collections::HashMap;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wardline_contract::names::folded;
use wardline_contract::scopes::Scopes;
use wardline_contract::{Answer, Deadline, Fact, Question, hex};

use super::budget::{Budget, Charge, DEFAULT_TARGET_MEMORY, OverBudget};
use super::{Condition, Origin, Source, SourceKind};

/// The format identifier at the beginning of every recording of this layout.
pub const FORMAT: &str = "wardline.recording/1";

/// The names of a recording's members, in any order.
pub(crate) const MEMBERS: [&str; 6] = ["format", "name", "answers", "complete", "conditions", "conversations"];

/// The reason for the `unreadable` answer to a question that a recording holds no answer to.
pub const NOT_RECORDED: &str = "the recording holds no answer to this";

/// The maximum size of a recording, in bytes. A machine's answers to the stock plugins take some hundred kilobytes.
const LARGEST: u64 = 256 << 20;

/// The size in bytes up to which a recording is read at once. A larger one is read a buffer at a time.
const LARGEST_AT_ONCE: u64 = 16 << 20;

/// The number of leading bytes that contain a recording's format.
const BEGINNING: u64 = 256;

/// The number of characters of a target's name that its file name keeps.
const LONGEST_NAME: usize = 60;

/// Answers by their questions, with folded names.
type Answers = HashMap<Question, Answer, foldhash::quality::RandomState>;

/// A target made of recorded answers.
#[derive(Clone, Debug)]
pub struct Recording {
    name: String,
    location: String,
    answers: Answers,
    /// The scopes that were recorded in full. `None` if only answers were recorded.
    complete: Option<Scopes>,
    conditions: Vec<Condition>,
    conversations: Vec<Conversation>,
    /// The charge for the whole recording to its target's budget. `None` for a recording that was built, not read.
    charge: Option<Arc<Charge>>,
}

/// The reasons a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("{}: cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: too large: a recording may have at most {LARGEST} bytes", path.display())]
    TooLarge { path: PathBuf },
    #[error(
        "{}: too large: it does not begin as a recording does, and a text may have at most {} bytes",
        path.display(),
        wardline_systeminfo::LARGEST
    )]
    TextTooLarge { path: PathBuf },
    #[error("{}: the file is empty: expected a disk image, a recording, or a text about a machine", path.display())]
    Empty { path: PathBuf },
    #[error("{}: neither a volume's directory nor a valid recording: {source}", path.display())]
    Damaged { path: PathBuf, source: serde_json::Error },
    #[error("{}: unsupported recording format {found:?}: expected {FORMAT}", path.display())]
    Format { path: PathBuf, found: String },
    #[error("{}: two answers to one question: {question}", path.display())]
    Repeated { path: PathBuf, question: String },
    #[error("{}: contradictory answers: to {question}, and to the same file with its checksum", path.display())]
    Contradictory { path: PathBuf, question: String },
    #[error("{}: {source}", path.display())]
    OverBudget { path: PathBuf, source: OverBudget },
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    name: &'a str,
    answers: Vec<(&'a Question, &'a Answer)>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    conditions: &'a [Condition],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    conversations: &'a [Conversation],
}

/// Returns whether a file begins like a recording. False for a file that cannot be read.
pub fn is_recording(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read =
        wardline_files::regular_file::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning));
    read.is_ok() && beginning.windows(FORMAT.len()).any(|window| window == FORMAT.as_bytes())
}

/// Returns whether a file begins like an object in JSON, as a recording does.
fn is_object(path: &Path) -> std::io::Result<bool> {
    let mut beginning = Vec::new();
    wardline_files::regular_file::open(path)?.take(BEGINNING).read_to_end(&mut beginning)?;
    Ok(beginning.trim_ascii_start().starts_with(b"{"))
}

impl Recording {
    /// Reads a recording from a file, within the default budget.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is not a recording, or would take more memory than a target may hold.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        Recording::read_within(path, &Budget::new(DEFAULT_TARGET_MEMORY))
    }

    /// Reads a recording from a file. The memory it holds is charged to `budget`.
    ///
    /// # Errors
    ///
    /// Same as [`Recording::read`].
    pub fn read_within(path: &Path, budget: &Arc<Budget>) -> Result<Self, RecordingError> {
        let failed = |source| RecordingError::Read { path: path.to_owned(), source };
        let file = wardline_files::regular_file::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size > wardline_systeminfo::LARGEST && !is_object(path).map_err(failed)? {
            return Err(RecordingError::TextTooLarge { path: path.to_owned() });
        }
        if size > LARGEST {
            return Err(RecordingError::TooLarge { path: path.to_owned() });
        }
        if size == 0 {
            return Err(RecordingError::Empty { path: path.to_owned() });
        }
        if size > LARGEST_AT_ONCE {
            return read::from_reader(file, path, budget);
        }
        let json = wardline_files::regular_file::read(path, LARGEST_AT_ONCE).map_err(failed)?;
        if json.len() as u64 > LARGEST_AT_ONCE {
            return Err(RecordingError::TooLarge { path: path.to_owned() });
        }
        read::from_slice(&json, path, budget)
    }

    /// Reads a recording from memory, within the default budget; `path` is where it came from.
    ///
    /// # Errors
    ///
    /// If it is not a recording, or would take more memory than a target may hold.
    pub fn parse(json: &[u8], path: &Path) -> Result<Self, RecordingError> {
        read::from_slice(json, path, &Budget::new(DEFAULT_TARGET_MEMORY))
    }

    /// Creates a recording from answers. `location` is shown in reports as the place it was read from.
    pub fn new(
        name: impl Into<String>,
        location: impl Into<String>,
        answers: impl IntoIterator<Item = (Question, Answer)>,
    ) -> Self {
        Recording {
            name: name.into(),
            location: location.into(),
            answers: answers.into_iter().map(|(question, answer)| (folded(&question), answer)).collect(),
            complete: None,
            conditions: Vec::new(),
            conversations: Vec::new(),
            charge: None,
        }
    }

    /// The recorded conversations of plugins, if any.
    pub fn conversations(&self) -> &[Conversation] {
        &self.conversations
    }

    /// Returns every question that has an answer, with its names folded, in no particular order.
    pub fn answers(&self) -> impl Iterator<Item = (&Question, &Answer)> {
        self.answers.iter()
    }
}

/// Returns the file name for the recording of a target: `WEB01-1f2e3d4c5b6a.recording`.
///
/// A target's name is text chosen by the target, so only its letters, digits, `-` and `_` are kept. Twelve digits of the SHA-256 of
/// `location` follow, which distinguish targets of the same name: the same target gets the same file name in every scan.
pub fn file_name(name: &str, location: &str) -> String {
    let kept = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    let name: String = name.chars().take(LONGEST_NAME).map(kept).collect();
    name + &file_ending(location)
}

/// Returns the suffix of [`file_name`] for a target at `location`, which does not depend on its name.
pub fn file_ending(location: &str) -> String {
    let mut digest = hex(&Sha256::digest(location));
    digest.truncate(12);
    format!("-{digest}.recording")
}

/// Writes a recording: each question once, in the order given, followed by the state of the evidence and the plugins'
/// conversations.
///
/// # Errors
///
/// Any error of the output.
pub fn write<'e>(
    output: &mut dyn Write,
    name: &str,
    exchanges: impl IntoIterator<Item = (&'e Question, &'e Answer)>,
    conditions: &[Condition],
    conversations: &[Conversation],
) -> std::io::Result<()> {
    let mut seen = std::collections::HashSet::new();
    let answers: Vec<(&Question, &Answer)> =
        exchanges.into_iter().filter(|(question, _)| seen.insert(folded(question))).collect();
    let mut bounded = Bounded { output, left: LARGEST };
    serde_json::to_writer(&mut bounded, &Written { format: FORMAT, name, answers, conditions, conversations })?;
    bounded.write_all(b"\n")
}

/// A writer that refuses to write more than can be read back.
struct Bounded<'a> {
    output: &'a mut dyn Write,
    left: u64,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| std::io::Error::other(format!("it would have more than {LARGEST} bytes")))?;
        self.output.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.output.flush()
    }
}

impl Source for Recording {
    fn conditions(&self) -> Vec<Condition> {
        self.conditions.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn origin(&self) -> Origin {
        Origin { kind: SourceKind::Recording, location: self.location.clone() }
    }

    fn held(&self) -> Option<u64> {
        self.charge.as_ref().map(|charge| charge.bytes())
    }

    fn answer_by(&self, question: &Question, deadline: Deadline) -> Answer {
        self.answer_folded(question, &folded(question), deadline)
    }

    fn answer_folded(&self, _question: &Question, folded: &Question, _: Deadline) -> Answer {
        if let Some(answer) = self.answers.get(folded) {
            return answer.clone();
        }
        // The answer with the checksum also answers the question without it.
        if let Question::FileVersion(path) = folded
            && let Some(answer) = self.answers.get(&Question::File(path.clone()))
        {
            return match answer {
                Answer::Known(Fact::File(file)) => {
                    let mut file = *file;
                    file.checksum = None;
                    Answer::Known(Fact::File(file))
                }
                answer => answer.clone(),
            };
        }
        let Some(complete) = &self.complete else { return Answer::Unreadable(NOT_RECORDED.to_owned()) };
        match complete::part_of(&self.answers, folded) {
            Some(answer) => answer,
            None if complete.check(folded).is_ok() => complete::beyond(&self.answers, folded),
            None => Answer::Unreadable(NOT_RECORDED.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use wardline_contract::{FileInfo, RegistryData, RegistryValueName};

    fn recorded(exchanges: &[(Question, Answer)]) -> Recording {
        let mut json = Vec::new();
        write(&mut json, "WEB01", exchanges.iter().map(|(question, answer)| (question, answer)), &[], &[]).unwrap();
        Recording::parse(&json, Path::new("web01.json")).unwrap()
    }

    fn value(key: &str, name: &str) -> Question {
        Question::RegistryValue(RegistryValueName { key: key.into(), name: name.into() })
    }

    #[test]
    fn what_was_recorded_is_answered_whatever_the_case() {
        let one = Answer::Known(Fact::RegistryValue(RegistryData::Dword(1)));
        let recording =
            recorded(&[(value(r"HKLM\SOFTWARE\A", "Installed"), one.clone()), (Question::Accounts, Answer::Absent)]);
        assert_eq!(recording.name(), "WEB01");
        assert_eq!(recording.answer(&value(r"hklm\Software\a\", "INSTALLED")), one);
        assert_eq!(recording.answer(&Question::Accounts), Answer::Absent);
        assert!(matches!(recording.answer(&Question::Groups), Answer::Unreadable(_)));
    }

    #[test]
    fn a_file_known_with_its_checksum_is_known_without_it() {
        let file = FileInfo { version: None, checksum: Some(7), size: 3, modified: None, language: None };
        let recording = recorded(&[(Question::File(r"C:\A".into()), Answer::Known(Fact::File(file)))]);
        let Answer::Known(Fact::File(found)) = recording.answer(&Question::FileVersion(r"c:\a".into())) else {
            panic!()
        };
        assert_eq!((found.checksum, found.size), (None, 3));
    }

    #[test]
    fn a_question_asked_twice_is_written_once() {
        let recording = recorded(&[(Question::Groups, Answer::Absent), (Question::Groups, Answer::Absent)]);
        assert_eq!(recording.answers.len(), 1);
    }

    #[test]
    fn two_answers_to_one_question_are_an_error() {
        let upper = r#"{"registry-value":{"key":"HKLM\\A","name":"B"}}"#;
        let lower = r#"{"registry-value":{"key":"hklm\\a\\","name":"b"}}"#;
        for (one, other, repeated) in [
            (r#""groups""#, r#""groups""#, true),
            (r#""groups""#, r#""accounts""#, false),
            (upper, upper, true),
            // Windows compares names without regard to case.
            (upper, lower, true),
            (r#"{"file":"C:\\A"}"#, r#"{"file":"c:/a"}"#, true),
            (r#"{"file":"%SystemRoot%\\a"}"#, r#"{"file":"%windir%\\a"}"#, true),
            // The version alone and the file with its checksum are different questions.
            (r#"{"file":"C:\\A"}"#, r#"{"file-version":"C:\\A"}"#, false),
            (r#"{"service":"W3SVC"}"#, r#"{"service":"w3svc"}"#, true),
            (r#"{"registry-key":"HKLM\\A"}"#, r#"{"registry-permissions":"HKLM\\A"}"#, false),
        ] {
            for answers in [[r#""absent""#, r#""absent""#], [r#""absent""#, r#"{"denied":"x"}"#]] {
                let answers = format!("[[{one},{}],[{other},{}]]", answers[0], answers[1]);
                let json = format!(r#"{{"format":"wardline.recording/1","name":"","answers":{answers}}}"#);
                match Recording::parse(json.as_bytes(), Path::new("twice.json")) {
                    Ok(_) => assert!(!repeated, "{one} {other}"),
                    Err(error) => {
                        let error = error.to_string();
                        assert!(
                            repeated && error.contains("twice.json: two answers to one question"),
                            "{one} {other}: {error}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_files_version_and_the_file_with_its_checksum_are_one_file() {
        let file = |size: u64, checksum: &str, version: &str| {
            format!(
                r#"{{"known":{{"file":{{"version":{version},"checksum":{checksum},"size":{size},"modified":null,"language":null}}}}}}"#
            )
        };
        let (none, unreadable) = (r#""absent""#.to_owned(), r#"{"unreadable":"damaged"}"#.to_owned());
        let version = r#"{"major":5,"minor":0,"build":2195,"revision":1}"#;
        for (whole, alone, contradictory) in [
            (file(3, "7", "null"), file(3, "null", "null"), false),
            (file(3, "7", "null"), file(4, "null", "null"), true),
            (file(3, "7", "null"), file(3, "null", version), true),
            (file(3, "7", "null"), none.clone(), true),
            (none.clone(), file(3, "null", "null"), true),
            (none.clone(), none.clone(), false),
            // An unreadable answer contradicts nothing: a checksum needs the whole file, a version only its head.
            (unreadable.clone(), file(3, "null", "null"), false),
            (file(3, "7", "null"), unreadable.clone(), false),
            (unreadable, none, false),
        ] {
            let whole = format!(r#"[{{"file":"C:\\A"}},{whole}]"#);
            let alone = format!(r#"[{{"file-version":"c:/a"}},{alone}]"#);
            for answers in [format!("{whole},{alone}"), format!("{alone},{whole}")] {
                let json = format!(r#"{{"format":"wardline.recording/1","name":"","answers":[{answers}]}}"#);
                let error = Recording::parse(json.as_bytes(), Path::new("odd.json"))
                    .map(drop)
                    .map_err(|error| error.to_string());
                match error {
                    Ok(()) => assert!(!contradictory, "{answers}"),
                    Err(error) => {
                        assert!(contradictory && error.contains("contradictory answers"), "{answers}: {error}")
                    }
                }
            }
        }
    }

    #[test]
    fn a_duplicate_field_is_an_error() {
        let fields = r#""format":"wardline.recording/1","name":"a","answers":[],"complete":[],"conditions":[],"conversations":[]"#;
        for field in MEMBERS {
            let value = if matches!(field, "format" | "name") { r#""x""# } else { "[]" };
            let json = format!(r#"{{{fields},"{field}":{value}}}"#);
            let error = Recording::parse(json.as_bytes(), Path::new("twice.json")).unwrap_err().to_string();
            assert!(error.contains(&format!("duplicate field `{field}`")), "{error}");
        }
        // Unknown fields may belong to a later version.
        let json = format!(r#"{{{fields},"more":1,"more":[{{}}]}}"#);
        assert!(Recording::parse(json.as_bytes(), Path::new("more.json")).is_ok());
    }

    #[test]
    fn what_is_held_is_charged_to_the_budget() {
        // JSON, and the minimum number of bytes of memory charged per byte of JSON.
        let texts = format!(r#"{{"known":{{"registry-value":{{"multi-text":[{}""]}}}}}}"#, r#""","#.repeat(100_000));
        let denied = |count: usize| -> String {
            let one = |number| format!(r#"[{{"service":"{number}"}},"absent"],"#);
            (0..count).map(one).collect::<String>() + r#"["groups","absent"]"#
        };
        for (answers, least) in [
            (format!(r#"["groups",{texts}]"#), 8),
            (denied(50_000), 4),
            (format!(r#"["groups",{{"denied":"{}"}}]"#, "x".repeat(1_000_000)), 1),
        ] {
            let json = format!(r#"{{"format":"wardline.recording/1","name":"","answers":[{answers}]}}"#);
            let budget = Budget::new(DEFAULT_TARGET_MEMORY);
            let recording = read::from_slice(json.as_bytes(), Path::new("whole"), &budget).unwrap();
            let held = budget.held();
            assert!(held >= least * json.len() as u64, "{held} of {}", json.len());
            drop(recording);
            assert_eq!(budget.held(), 0);
            let small = Budget::new(held - 1);
            let error = read::from_slice(json.as_bytes(), Path::new("whole"), &small).unwrap_err();
            assert!(matches!(error, RecordingError::OverBudget { .. }), "{error}");
            assert!(error.to_string().contains("--target-memory"), "{error}");
            assert_eq!(small.held(), 0);
        }
    }

    #[test]
    fn an_answer_that_is_too_large_costs_only_itself() {
        let large = format!(r#"{{"denied":"{}"}}"#, "x".repeat(read::LARGEST_ANSWER as usize));
        let json = format!(
            r#"{{"format":"wardline.recording/1","name":"","answers":[["groups",{large}],["accounts","absent"]]}}"#
        );
        let recording = Recording::parse(json.as_bytes(), Path::new("large")).unwrap();
        let Answer::Unreadable(reason) = recording.answer(&Question::Groups) else { panic!() };
        assert!(reason.contains("bytes"), "{reason}");
        assert_eq!(recording.answer(&Question::Accounts), Answer::Absent);
    }

    #[test]
    fn a_large_recording_is_read_as_a_small_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("large.recording");
        let filler = "x".repeat(LARGEST_AT_ONCE as usize / 2);
        let json = |text: &str| {
            format!(
                r#"{{"format":"wardline.recording/1","name":"a\"b","answers":[["groups",{{"denied":"{text}"}}],
                ["accounts","absent"]],"more":["{filler}","{filler}"]}}"#
            )
        };
        std::fs::write(&file, json("short \\\\")).unwrap();
        let recording = Recording::read(&file).unwrap();
        assert_eq!(recording.name(), "a\"b");
        assert_eq!(recording.answer(&Question::Groups), Answer::Denied("short \\".to_owned()));
        // A single text that is longer than the largest recording read at once.
        std::fs::write(&file, json(&format!("{filler}{filler}x"))).unwrap();
        let error = Recording::read(&file).unwrap_err().to_string();
        assert!(error.contains("a text of more than"), "{error}");
    }

    #[test]
    fn a_name_from_a_target_makes_a_plain_file_name() {
        for (name, expected) in [
            ("WEB01", "WEB01-"),
            ("../../etc/passwd", "______etc_passwd-"),
            ("C:\\evil\0\u{1b}[2J", "C__evil___2J-"),
            ("", "-"),
            ("CON", "CON-"),
            ("straße", "stra_e-"),
        ] {
            let file = file_name(name, "/mnt/a");
            assert!(file.starts_with(expected) && file.ends_with(".recording"), "{file}");
            assert_ne!(file, file_name(name, "/mnt/b"));
        }
        assert!(file_name(&"x".repeat(10_000), "").len() < 100);
    }

    #[test]
    fn a_recording_that_could_not_be_read_back_is_not_written() {
        let mut kept = Vec::new();
        let mut bounded = Bounded { output: &mut kept, left: 5 };
        bounded.write_all(b"12345").unwrap();
        assert!(bounded.write_all(b"6").unwrap_err().to_string().contains("more than"));
        assert_eq!(kept, b"12345");
    }

    #[test]
    fn a_file_too_large_to_be_one_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.recording");
        let refusal = |beginning: &str, size: u64| {
            std::fs::write(&path, beginning).unwrap();
            std::fs::File::options().write(true).open(&path).unwrap().set_len(size).unwrap();
            Recording::read(&path).unwrap_err().to_string()
        };
        assert!(refusal("{", LARGEST + 1).contains("a recording may have at most"));
        for size in [LARGEST + 1, wardline_systeminfo::LARGEST + 1] {
            let refusal = refusal("Host Name: PC1\r\n", size);
            assert!(refusal.contains("a text may have at most 8388608 bytes"), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_recording_is_refused_by_name() {
        for (text, words) in [
            ("", "neither"),
            ("{}", "neither"),
            (r#"{"format":"wardline.recording/9","name":"","answers":[]}"#, "wardline.recording/9"),
            (r#"{"format":"wardline.recording/1","name":"","answers":[["system","what"]]}"#, "neither"),
        ] {
            let error = Recording::parse(text.as_bytes(), Path::new("odd.json")).unwrap_err().to_string();
            assert!(error.contains("odd.json") && error.contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_recording_or_an_error(bytes: Vec<u8>, place in 0usize..2_000, rest: String) {
            let _ = Recording::parse(&bytes, Path::new("odd"));
            let mut json = Vec::new();
            let answers = [(Question::Groups, Answer::Absent), (value("HKLM", "a"), Answer::Denied(rest.clone()))];
            write(&mut json, &rest, answers.iter().map(|(question, answer)| (question, answer)), &[], &[]).unwrap();
            prop_assert!(Recording::parse(&json, Path::new("whole")).is_ok());
            json.truncate(place);
            json.extend(rest.as_bytes());
            let _ = Recording::parse(&json, Path::new("odd"));
        }
    }
}
