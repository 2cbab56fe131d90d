//! A bounded number of questions, in few rounds.

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::prelude::*;

/// The maximum number of questions. A few hundred hotfixes with a few dozen files each are a lot; a target that names more is made
/// up. The sandbox allows several times as many.
const MAX_QUESTIONS: usize = 16_384;

/// The maximum number of questions in a round. What the answers to one round add up to cannot be bounded before they are there.
const MAX_ROUND: usize = 1_024;

/// The number of bytes in answers after which no more is asked, half of what the sandbox allows.
const MAX_BYTES: usize = 8 << 20;

/// The maximum number of characters kept of a text: no installing program's record is longer.
const LONGEST_TEXT: usize = 1_000;

/// A key or value that could not be read.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) subject: String,
    pub(super) reason: String,
    /// The question about it. `None` if it was not asked.
    pub(super) question: Option<u32>,
}

/// A key, and the question that returned it.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) question: u32,
    pub(super) data: RegistryKey,
}

pub(super) struct Asker<'e> {
    evidence: &'e Evidence,
    questions_left: usize,
    bytes_left: usize,
    /// The questions for the keys with records, without which nothing is known.
    pub(super) root_questions: Vec<u32>,
    /// The keys and files that could not be read: hotfixes, files and packages that it would have described are unknown.
    pub(super) unread: Vec<Unread>,
    /// Keys that were read and are no record of a known form, with what is wrong.
    pub(super) not_understood: Vec<(String, &'static str)>,
}

impl<'e> Asker<'e> {
    pub(super) fn new(evidence: &'e Evidence) -> Asker<'e> {
        Asker {
            evidence,
            questions_left: MAX_QUESTIONS,
            bytes_left: MAX_BYTES,
            root_questions: Vec::new(),
            unread: Vec::new(),
            not_understood: Vec::new(),
        }
    }

    /// Returns the answers, each with its question's number; a question without a number was not asked.
    pub(super) async fn ask(&mut self, mut questions: Vec<Question>) -> Vec<(Option<u32>, Answer)> {
        let mut answers = Vec::with_capacity(questions.len());
        while !questions.is_empty() {
            let count = MAX_ROUND.min(self.questions_left).min(questions.len());
            if count == 0 || self.bytes_left == 0 {
                let reason = match count {
                    0 => format!("more than {MAX_QUESTIONS} questions were needed"),
                    _ => format!("the records have more than {MAX_BYTES} bytes"),
                };
                answers.extend(questions.drain(..).map(|_| (None, Answer::Unreadable(reason.clone()))));
                break;
            }
            self.questions_left -= count;
            let rest = questions.split_off(count);
            let replies = self.evidence.ask_all(std::mem::replace(&mut questions, rest)).await;
            for (number, answer) in (replies.first..).zip(replies.answers) {
                self.bytes_left = self.bytes_left.saturating_sub(size(&answer));
                answers.push((Some(number), answer));
            }
        }
        answers
    }

    /// Returns those of the keys with records that exist. What cannot be read, or only in part, is noted.
    pub(super) async fn roots(&mut self, paths: Vec<String>) -> Vec<Option<Key>> {
        self.read_keys(paths, None).await
    }

    /// Returns keys that another one lists, so that they must exist.
    pub(super) async fn listed_keys(&mut self, paths: Vec<String>) -> Vec<Option<Key>> {
        self.read_keys(paths, Some("is listed but does not exist")).await
    }

    async fn read_keys(&mut self, paths: Vec<String>, if_absent: Option<&str>) -> Vec<Option<Key>> {
        let askable = paths.iter().filter(|path| !has_dot_segments(path)).cloned();
        let mut answers = self.ask(askable.map(Question::RegistryKey).collect()).await.into_iter();
        let mut keys = Vec::with_capacity(paths.len());
        for path in paths {
            let next = if has_dot_segments(&path) { None } else { answers.next() };
            let Some((question, answer)) = next else {
                self.note_unread(path, "has a name of dots, which is not looked up", None);
                keys.push(None);
                continue;
            };
            if if_absent.is_none() {
                self.root_questions.extend(question);
            }
            keys.push(match (question, answer) {
                (Some(number), Answer::Known(Fact::RegistryKey(data))) => {
                    if data.truncated {
                        self.note_unread(path, "has more subkeys, values or data than are read", question);
                    }
                    Some(Key { question: number, data })
                }
                (_, Answer::Absent) => {
                    if let Some(reason) = if_absent {
                        self.note_unread(path, reason, question);
                    }
                    None
                }
                (_, other) => {
                    self.note_unread(path, &reason(&other), question);
                    None
                }
            });
        }
        keys
    }

    pub(super) fn note_unread(&mut self, subject: String, reason: &str, question: Option<u32>) {
        self.unread.push(Unread { subject, reason: reason.to_owned(), question });
    }

    /// Notes those of these values of a key whose data could not be read.
    pub(super) fn note_unread_values(&mut self, path: &str, key: &Key, names: &[&str]) {
        for name in names {
            if let Some(RegistryData::Other(_)) = data(&key.data, name) {
                self.note_unread(format!(r"{path}\{name}"), "has no readable data", Some(key.question));
            }
        }
    }
}

/// Whether a key or file has a component that is `.` or `..`: the host does not look it up, because its text does not say where it leads.
pub(super) fn has_dot_segments(path: &str) -> bool {
    path.split(['\\', '/']).any(|part| matches!(part, "." | ".."))
}

fn size(answer: &Answer) -> usize {
    let Answer::Known(Fact::RegistryKey(key)) = answer else { return 0 };
    let of_value = |value: &RegistryValue| {
        value.name.len()
            + match &value.data {
                RegistryData::Text(text) | RegistryData::ExpandText(text) => text.len(),
                RegistryData::MultiText(texts) => texts.iter().map(String::len).sum(),
                RegistryData::Binary(bytes) => bytes.len(),
                _ => 0,
            }
    };
    key.subkeys.iter().map(String::len).chain(key.values.iter().map(of_value)).sum()
}

/// Cuts a text to the length that is reported; it then ends with `…`.
pub(super) fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Returns why an answer has no fact.
pub(super) fn reason(answer: &Answer) -> String {
    why_unknown(answer).unwrap_or("the answer does not fit the question").to_owned()
}

/// Returns a value of a key as text, or `None` if it is missing, empty or not text. Truncated text ends with `…`.
pub(super) fn text(key: &RegistryKey, name: &str) -> Option<String> {
    let text = data(key, name)?.as_text()?.trim();
    (!text.is_empty()).then(|| cut(text.to_owned()))
}

/// Returns a `REG_DWORD` of a key, or `None` if it is missing or has another type.
pub(super) fn dword(key: &RegistryKey, name: &str) -> Option<u32> {
    data(key, name)?.as_dword()
}

/// Returns a value of a key.
pub(super) fn data<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut() {
        let value = |text: String| RegistryKey {
            values: vec![RegistryValue { name: "Description".to_owned(), data: RegistryData::Text(text) }],
            subkeys: Vec::new(),
            truncated: false,
            last_written: 0,
        };
        let cut = text(&value("ä".repeat(2_000)), "description").unwrap();
        assert!(cut.ends_with('…') && cut.chars().count() == LONGEST_TEXT + 1);
        assert_eq!(text(&value("ä".repeat(1_000)), "description").unwrap().chars().count(), LONGEST_TEXT);
        assert_eq!(text(&value("  ".to_owned()), "description"), None);
    }
}
