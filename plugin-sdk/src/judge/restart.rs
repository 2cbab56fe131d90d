//! The changes that the next restart makes to files: rule 9.

use std::collections::BTreeMap;

use super::folded;
use super::folders::{Expanded, ProgramFolder, expanded};
use super::following::{After, Changes, WINDOWS_UNKNOWN};
use super::gap::not_known;
use super::pending::PendingOperation;
use crate::contract::exports::wardline::check::types::{Answer, Fact, Question, RegistryData};

/// The maximum number of changing files of one case. A service pack leaves some hundreds waiting.
const MAX_CANDIDATES: usize = 2_000;

/// The renames and deletions that wait for a restart, in the order in which Windows carries them out.
///
/// ```
/// use wardline_plugin::judge::PendingRenames;
///
/// // One renaming over a file that is there, and one deletion.
/// let pending = PendingRenames::new(&[r"\??\C:\WINNT\system32\SET1A.tmp", r"!\??\C:\WINNT\system32\ntdll.dll",
///                                     r"\??\C:\WINNT\system32\old.dll", ""]);
/// assert!(!pending.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PendingRenames {
    operations: Vec<PendingOperation>,
    /// Why there may be others.
    unknown: Option<String>,
}

impl PendingRenames {
    /// Returns the questions for the operations.
    pub fn questions() -> [Question; 2] {
        PendingOperation::questions()
    }

    /// Reads the answers to [`questions`](PendingRenames::questions). If one is missing or not known, no file is known to
    /// stay as it is.
    pub fn read(answers: &[Answer]) -> PendingRenames {
        let mut pending = PendingRenames::default();
        for place in 0..PendingRenames::questions().len() {
            match PendingOperation::read(answers.get(place)) {
                Ok(operations) => pending.add(operations),
                Err(why) => pending.unknown = Some(why),
            }
        }
        pending
    }

    /// Takes the strings of a value, as [`PendingOperation::of`] does.
    pub fn new<T: AsRef<str>>(texts: &[T]) -> PendingRenames {
        let mut pending = PendingRenames::default();
        pending.add(PendingOperation::of(texts));
        pending
    }

    fn add(&mut self, operations: Vec<PendingOperation>) {
        self.operations.extend(operations);
    }

    /// Whether it is known that no file will change.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.unknown.is_none()
    }
}

/// The files of a case that the restart changes, as far as that is known without asking. Created by
/// [`Case::restart`](super::Case::restart).
#[derive(Debug, Clone, Default)]
pub struct Restart {
    questions: Vec<Question>,
    candidates: Vec<Candidate>,
    /// Why any other file may change.
    unknown: Option<String>,
}

/// A file of the case that the restart may change.
#[derive(Debug, Clone)]
struct Candidate {
    /// The index of its question in the case.
    file: u32,
    after: After,
    /// If the path begins with a folder that must be asked for: the index of that question, and the answer required.
    folder: Option<(usize, String)>,
    /// The index of the question about the waiting file.
    waiting: Option<usize>,
}

impl Restart {
    /// `files` are the paths of the case's questions, with their indices; `windows` is `system-info.windows-folder`.
    pub(super) fn new<'p>(
        pending: &PendingRenames,
        files: impl Iterator<Item = (u32, &'p str)>,
        windows: Option<&str>,
    ) -> Restart {
        let changes = Changes::new(&pending.operations, windows);
        let unknown = pending.unknown.as_deref().or(changes.unknown()).map(str::to_owned);
        let mut restart = Restart { unknown, ..Restart::default() };
        if changes.is_empty() {
            return restart;
        }
        let windows = windows.map(|folder| folder.trim_end_matches('\\'));
        for (file, path) in files {
            if let Some(folder) = ProgramFolder::of(path) {
                let tail = folded(folder.rest(path));
                for whole in changes.ending_with(&tail) {
                    let before = whole.strip_suffix(tail.as_str()).unwrap_or_default().to_owned();
                    let place = restart.ask(folder.question());
                    restart.candidate(&changes, file, path, whole, windows, Some((place, before)));
                }
                restart.doubt(&changes, file, &tail);
            } else {
                match expanded(path, windows) {
                    Expanded::Path(whole) => {
                        restart.candidate(&changes, file, path, &whole, windows, None);
                        restart.doubt(&changes, file, &whole);
                    }
                    Expanded::FolderUnknown => {
                        restart.push(Candidate::unknown(file, WINDOWS_UNKNOWN));
                    }
                    Expanded::OtherVariable => {}
                }
            }
        }
        restart
    }

    /// The questions to ask in addition to the case's own. Empty if no file of the case will change.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Returns the files that change, given the answers to [`questions`](Restart::questions) in their order.
    pub fn settle(&self, answers: &[Answer]) -> AfterRestart {
        let mut after = AfterRestart { others: self.unknown.clone(), ..AfterRestart::default() };
        for candidate in &self.candidates {
            let Candidate { file, after: change, folder, waiting } = candidate;
            let change = match folder.as_ref().map(|(place, folder)| (answers.get(*place), folder)) {
                None => change.clone(),
                Some((Some(Answer::Absent), _)) => continue,
                Some((Some(Answer::Known(Fact::RegistryValue(data))), folder)) => match data {
                    RegistryData::Text(text) | RegistryData::ExpandText(text) if is_folder(text, folder) => {
                        change.clone()
                    }
                    _ => continue,
                },
                Some((other, _)) => After::Unknown(not_known(other)),
            };
            if let After::Unknown(why) = change {
                after.doubts.entry(*file).or_insert(why);
            } else {
                let answer = waiting.and_then(|place| answers.get(place).cloned());
                after.changes.insert(*file, Change { after: change, answer });
            }
        }
        after
    }

    fn candidate(
        &mut self,
        changes: &Changes,
        file: u32,
        path: &str,
        whole: &str,
        windows: Option<&str>,
        folder: Option<(usize, String)>,
    ) {
        let Some(after) = changes.at(whole) else { return };
        if self.is_full() {
            return;
        }
        let waiting = match after {
            After::File { now, .. } => Some(self.ask(Question::FileVersion(spelled(now, path, whole, windows)))),
            After::Nothing | After::Unknown(_) => None,
        };
        self.push(Candidate { file, after: after.clone(), folder, waiting });
    }

    /// Records any other change that may happen to the file with this path, or whose path ends with it if it begins with a
    /// `\`.
    fn doubt(&mut self, changes: &Changes, file: u32, path: &str) {
        if let Some(why) = changes.doubt(path) {
            self.push(Candidate::unknown(file, &why));
        }
    }

    fn push(&mut self, candidate: Candidate) {
        if !self.is_full() {
            self.candidates.push(candidate);
        }
    }

    /// Whether the limit of candidates has been reached. If so, records that as the doubt about all other files.
    fn is_full(&mut self) -> bool {
        let full = self.candidates.len() >= MAX_CANDIDATES;
        if full {
            self.unknown.get_or_insert_with(|| format!("more than {MAX_CANDIDATES} files wait for it"));
        }
        full
    }

    fn ask(&mut self, question: Question) -> usize {
        let known = self.questions.iter().position(|asked| *asked == question);
        known.unwrap_or_else(|| {
            self.questions.push(question);
            self.questions.len() - 1
        })
    }
}

impl Candidate {
    fn unknown(file: u32, why: &str) -> Candidate {
        Candidate { file, after: After::Unknown(why.to_owned()), folder: None, waiting: None }
    }
}

fn is_folder(text: &str, folder: &str) -> bool {
    folded(text.trim().trim_end_matches('\\')) == folder
}

/// Returns the waiting file's path for the question. If it waits in the folder of the update's file, the folder is spelled as
/// in the update, because that is the path a plugin may ask about.
fn spelled(now: &str, path: &str, whole: &str, windows: Option<&str>) -> String {
    if let (Some((folder, name)), Some((goal, _)), Some((spelled, _))) =
        (now.rsplit_once('\\'), whole.rsplit_once('\\'), path.trim().rsplit_once('\\'))
        && folded(folder) == folded(goal)
    {
        return format!("{spelled}\\{name}");
    }
    let below = windows.and_then(|windows| {
        let (beginning, rest) = now.split_at_checked(windows.len())?;
        (beginning.eq_ignore_ascii_case(windows) && rest.starts_with('\\')).then_some(rest)
    });
    below.map_or_else(|| now.to_owned(), |rest| format!("%windir%{rest}"))
}

/// The files of a case that the next restart changes. Created by [`Restart::settle`]; by default nothing waits.
#[derive(Debug, Clone, Default)]
pub struct AfterRestart {
    /// By the index of the file's question in the case.
    changes: BTreeMap<u32, Change>,
    /// Why something else may happen to a file, by the same index.
    doubts: BTreeMap<u32, String>,
    /// Why something else may happen to every file.
    others: Option<String>,
}

/// A known change to a file.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) after: After,
    /// The answer about the waiting file.
    pub(super) answer: Option<Answer>,
}

/// The effect of the restart on one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting<'a> {
    pub(super) change: Option<&'a Change>,
    /// Why something else may happen to it.
    pub(super) doubt: Option<&'a str>,
}

impl AfterRestart {
    /// Returns `None` if nothing happens to the file.
    pub(super) fn at(&self, file: u32) -> Option<Waiting<'_>> {
        let doubt = self.doubts.get(&file).or(self.others.as_ref()).map(String::as_str);
        let change = self.changes.get(&file);
        (change.is_some() || doubt.is_some()).then_some(Waiting { change, doubt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_file_is_asked_about_under_the_name_that_is_allowed() {
        for (now, path, whole, expected) in [
            (
                r"C:\WINNT\System32\SET1.tmp",
                r"%windir%\system32\a.dll",
                r"c:\winnt\system32\a.dll",
                r"%windir%\system32\SET1.tmp",
            ),
            (r"D:\Programs\X\n.tmp", r"%ProgramFiles%\X\a.dll", r"d:\programs\x\a.dll", r"%ProgramFiles%\X\n.tmp"),
            (r"C:\winnt\Temp\n.dll", r"%windir%\system32\a.dll", r"c:\winnt\system32\a.dll", r"%windir%\Temp\n.dll"),
            (r"C:\winnt2\n.dll", r"%windir%\system32\a.dll", r"c:\winnt\system32\a.dll", r"C:\winnt2\n.dll"),
            (r"nonsense", r"%windir%\system32\a.dll", r"c:\winnt\system32\a.dll", r"nonsense"),
        ] {
            assert_eq!(spelled(now, path, whole, Some(r"C:\WINNT")), expected, "{now}");
        }
    }
}
