//! Asking a source, a bounded number of times.

use super::Unread;
use crate::contract::{Answer, Fact, Question, RegistryData, RegistryKey};
use crate::evidence::Source;

/// Some hundred hotfixes with some dozen files each are a lot; a target that names more than this is made up.
const MOST_QUESTIONS: u32 = 100_000;

/// Things that could not be read and are told one by one.
const MOST_UNREAD: usize = 1_000;

/// Characters of a value that are kept: no record of an installing program is longer.
const LONGEST_TEXT: usize = 1_000;

pub(super) struct Asker<'s> {
    source: &'s dyn Source,
    left: u32,
    unread: Vec<Unread>,
}

impl<'s> Asker<'s> {
    pub(super) fn new(source: &'s dyn Source) -> Asker<'s> {
        Asker { source, left: MOST_QUESTIONS, unread: Vec::new() }
    }

    pub(super) fn into_unread(self) -> Vec<Unread> {
        self.unread
    }

    /// A key, where there is one. That it could not be read, or not wholly, is kept.
    pub(super) fn key(&mut self, path: &str) -> Option<RegistryKey> {
        let reason = match self.ask(&Question::RegistryKey(path.to_owned())) {
            Answer::Known(Fact::RegistryKey(key)) => {
                if key.truncated {
                    self.unread(path, "holds more than is read");
                }
                return Some(key);
            }
            Answer::Absent => return None,
            other => reason(&other),
        };
        self.unread(path, &reason);
        None
    }

    pub(super) fn ask(&mut self, question: &Question) -> Answer {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.source.answer(question)
            }
            None => Answer::Unreadable(format!("more than {MOST_QUESTIONS} questions were needed")),
        }
    }

    fn unread(&mut self, subject: &str, reason: &str) {
        if self.unread.len() < MOST_UNREAD {
            self.unread.push(Unread { subject: subject.to_owned(), reason: reason.to_owned() });
        }
    }
}

/// Why an answer tells nothing.
pub(super) fn reason(answer: &Answer) -> String {
    match answer {
        Answer::Unreadable(why) | Answer::Denied(why) => why.clone(),
        Answer::Unsupported => "this target cannot tell".to_owned(),
        Answer::Absent => "is not there".to_owned(),
        Answer::Known(_) => "the answer is to another question".to_owned(),
    }
}

/// A value of a key as text; none where it is lacking, empty or no text.
pub(super) fn text(key: &RegistryKey, name: &str) -> Option<String> {
    let text = match data(key, name)? {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => {
            text.trim().chars().take(LONGEST_TEXT).collect::<String>()
        }
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A `REG_DWORD` of a key; none where it is lacking or of another type.
pub(super) fn number(key: &RegistryKey, name: &str) -> Option<u32> {
    match data(key, name)? {
        RegistryData::Dword(number) => Some(*number),
        _ => None,
    }
}

fn data<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}
