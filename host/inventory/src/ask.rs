//! Asks a source a bounded number of questions.

use wardline_contract::{Answer, Deadline, Fact, Question, RegistryData, RegistryKey};
use wardline_evidence::Source;

use super::Unread;

/// The maximum number of questions. A few hundred hotfixes with a few dozen files each are a lot; a target that names more is made
/// up.
const MAX_QUESTIONS: u32 = 100_000;

/// The maximum number of unread keys listed individually.
const MAX_UNREAD: usize = 1_000;

/// The maximum number of characters kept of a value: no installer's record is longer.
const LONGEST_TEXT: usize = 1_000;

pub(super) struct Asker<'s> {
    source: &'s dyn Source,
    deadline: Deadline,
    left: u32,
    unread: Vec<Unread>,
    /// The number of unread keys unlisted those in `unread`.
    unlisted: usize,
}

impl<'s> Asker<'s> {
    pub(super) fn new(source: &'s dyn Source, deadline: Deadline) -> Asker<'s> {
        Asker { source, deadline, left: MAX_QUESTIONS, unread: Vec::new(), unlisted: 0 }
    }

    pub(super) fn into_unread(mut self) -> Vec<Unread> {
        if self.unlisted > 0 {
            let subject = format!("{} more", self.unlisted);
            self.unread.push(Unread { subject, reason: format!("only the first {MAX_UNREAD} are listed") });
        }
        self.unread
    }

    /// Returns a key, if there is one. A key that cannot be read, or only in part, is recorded.
    pub(super) fn key(&mut self, path: &str) -> Option<RegistryKey> {
        let reason = match self.ask(&Question::RegistryKey(path.to_owned())) {
            Answer::Known(Fact::RegistryKey(key)) => {
                if key.truncated {
                    self.note_unread(path, "has more subkeys, values or data than are read");
                }
                return Some(key);
            }
            Answer::Absent => return None,
            other => reason(&other),
        };
        self.note_unread(path, &reason);
        None
    }

    /// Returns a key that another one lists, so that it must exist.
    pub(super) fn listed_key(&mut self, path: &str) -> Option<RegistryKey> {
        let known = self.unread.len() + self.unlisted;
        let key = self.key(path);
        if key.is_none() && known == self.unread.len() + self.unlisted {
            self.note_unread(path, "is listed but does not exist");
        }
        key
    }

    pub(super) fn ask(&mut self, question: &Question) -> Answer {
        let Some(left) = self.left.checked_sub(1) else {
            return Answer::Unreadable(format!("more than {MAX_QUESTIONS} questions were needed"));
        };
        self.left = left;
        let answer = self.deadline.check().map(|()| self.source.answer_by(question, self.deadline));
        // A late answer may be incomplete.
        match answer.and_then(|answer| self.deadline.check().map(|()| answer)) {
            Ok(answer) => answer,
            Err(passed) => Answer::Unreadable(passed.to_string()),
        }
    }

    /// Records a key that could not be read or understood.
    pub(super) fn note_unread(&mut self, subject: &str, reason: &str) {
        if self.unread.len() < MAX_UNREAD {
            self.unread.push(Unread { subject: subject.to_owned(), reason: reason.to_owned() });
        } else {
            self.unlisted += 1;
        }
    }
}

/// Returns the reason an answer has no fact.
pub(super) fn reason(answer: &Answer) -> String {
    match answer {
        Answer::Unreadable(why) | Answer::Denied(why) => why.clone(),
        Answer::Unsupported => "the target does not support this question".to_owned(),
        Answer::Absent => "does not exist".to_owned(),
        Answer::Known(_) => "the answer does not match the question".to_owned(),
    }
}

/// Returns a value of a key as text, or `None` if it is missing, empty or not text. Truncated text ends with `…`.
pub(super) fn text(key: &RegistryKey, name: &str) -> Option<String> {
    let (RegistryData::Text(text) | RegistryData::ExpandText(text)) = data(key, name)? else { return None };
    let mut rest = text.trim().chars();
    let mut text = rest.by_ref().take(LONGEST_TEXT).collect::<String>();
    if rest.next().is_some() {
        text.push('…');
    }
    Some(text).filter(|text| !text.is_empty())
}

/// Returns a `REG_DWORD` of a key, or `None` if it is missing or has another type.
pub(super) fn dword(key: &RegistryKey, name: &str) -> Option<u32> {
    match data(key, name)? {
        RegistryData::Dword(number) => Some(*number),
        _ => None,
    }
}

fn data<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}
