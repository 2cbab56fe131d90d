//! What the next restart does to files: rule 9.
//!
//! A file that is in use cannot be replaced. Who wants to replace it leaves the new one beside it, and has Windows rename it
//! before the next start: `MoveFileEx` with `MOVEFILE_DELAY_UNTIL_REBOOT` writes that down in the value
//! `PendingFileRenameOperations`.

use std::collections::BTreeMap;

use super::folded;
use super::folders::ProgramFolder;
use crate::contract::exports::wardline::check::types::{Answer, Fact, Question, RegistryData, RegistryValueName};

/// The key that holds what Windows does at its next start.
pub const SESSION_MANAGER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager";

const OPERATIONS: &str = "PendingFileRenameOperations";

/// Operations that are followed; Windows itself never gets near that many.
const MOST_OPERATIONS: usize = 10_000;

/// Files of one case that are found to change. A service pack leaves some hundreds waiting.
const MOST_CANDIDATES: usize = 2_000;

/// The renamings and deletions that wait for a restart, followed to their end.
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
    /// By folded path.
    after: BTreeMap<String, After>,
}

/// What is at a path after the restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    Nothing,
    /// The file that has this path now.
    File {
        now: String,
        /// Only where nothing has the path now: the renaming may not replace a file.
        unless_present: bool,
    },
}

impl PendingRenames {
    /// The question for the operations.
    pub fn question() -> Question {
        Question::RegistryValue(RegistryValueName { key: SESSION_MANAGER.to_owned(), name: OPERATIONS.to_owned() })
    }

    /// What the answer to [`question`](PendingRenames::question) tells: nothing, if it is not known.
    pub fn read(answer: Option<&Answer>) -> PendingRenames {
        match answer {
            Some(Answer::Known(Fact::RegistryValue(RegistryData::MultiText(texts)))) => PendingRenames::new(texts),
            _ => PendingRenames::default(),
        }
    }

    /// Takes the value's texts: pairs of what is renamed and what it becomes, which is empty for a deletion. A goal with `!`
    /// before it replaces a file that is there.
    pub fn new<T: AsRef<str>>(texts: &[T]) -> PendingRenames {
        let mut pending = PendingRenames::default();
        for pair in texts.chunks(2).take(MOST_OPERATIONS) {
            let from = plain(pair[0].as_ref());
            let goal = pair.get(1).map_or("", |goal| goal.as_ref()).trim();
            let (replaces, goal) = goal.strip_prefix('!').map_or((false, goal), |goal| (true, goal));
            if from.is_empty() {
                continue;
            }
            if goal.is_empty() {
                pending.after.insert(folded(from), After::Nothing);
            } else {
                pending.rename(from, plain(goal), replaces);
            }
        }
        pending
    }

    /// Whether no file is going to change.
    pub fn is_empty(&self) -> bool {
        self.after.is_empty()
    }

    /// What is renamed may itself be the result of an earlier renaming.
    fn rename(&mut self, from: &str, goal: &str, replaces: bool) {
        let now = match self.after.get(&folded(from)) {
            None => from.to_owned(),
            Some(After::File { now, unless_present: false }) => now.clone(),
            // Nothing is there to be renamed, or it cannot be told what.
            Some(After::Nothing | After::File { unless_present: true, .. }) => return,
        };
        let unless_present = match self.after.get(&folded(goal)) {
            _ if replaces => false,
            Some(After::Nothing) => false,
            Some(After::File { .. }) => return,
            None => true,
        };
        if !unless_present {
            self.after.insert(folded(from), After::Nothing);
        }
        self.after.insert(folded(goal), After::File { now, unless_present });
    }

    fn at(&self, path: &str) -> Option<&After> {
        self.after.get(&folded(path))
    }

    fn ending_with<'p>(&'p self, tail: &'p str) -> impl Iterator<Item = &'p str> {
        self.after.keys().map(String::as_str).filter(move |path| path.ends_with(tail))
    }
}

/// Without the prefixes that name a path to the kernel.
fn plain(path: &str) -> &str {
    let path = path.trim();
    // Later Windows puts a counter before the path: `*1\??\C:\…`.
    let path = match path.strip_prefix('*') {
        Some(counted) => counted.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => path,
    };
    path.strip_prefix(r"\??\").or_else(|| path.strip_prefix(r"\\?\")).unwrap_or(path)
}

/// What of the files of a case changes at the restart, as far as that is known without asking. Made by
/// [`Case::restart`](super::Case::restart).
#[derive(Debug, Clone, Default)]
pub struct Restart {
    questions: Vec<Question>,
    candidates: Vec<Candidate>,
}

/// A file of the case that the restart may change.
#[derive(Debug, Clone)]
struct Candidate {
    /// The place of its question in the case.
    file: u32,
    after: After,
    /// Where the path begins with a folder that has to be asked: the place of that question, and what its answer must be.
    folder: Option<(usize, String)>,
    /// The place of the question about the file that waits.
    waiting: Option<usize>,
}

impl Restart {
    /// `files` are the paths of the case's questions, with their places; `windows` is `system-info.windows-folder`.
    pub(super) fn new<'p>(
        pending: &PendingRenames,
        files: impl Iterator<Item = (u32, &'p str)>,
        windows: Option<&str>,
    ) -> Restart {
        let mut restart = Restart::default();
        if pending.is_empty() {
            return restart;
        }
        let windows = windows.map(|folder| folder.trim_end_matches('\\'));
        for (file, path) in files {
            if let Some(folder) = ProgramFolder::of(path) {
                let tail = folded(folder.rest(path));
                for whole in pending.ending_with(&tail).take(MOST_CANDIDATES) {
                    let before = whole.strip_suffix(tail.as_str()).unwrap_or_default().to_owned();
                    let place = restart.ask(folder.question());
                    restart.candidate(pending, file, path, whole, windows, Some((place, before)));
                }
            } else if let Some(whole) = expanded(path, windows) {
                restart.candidate(pending, file, path, &whole, windows, None);
            }
        }
        restart
    }

    /// What must be asked beyond the case's own questions. Empty where no file of the case is going to change.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The files that change, with the answers to [`questions`](Restart::questions) in their order.
    pub fn settle(&self, answers: &[Answer]) -> AfterRestart {
        let mut files = BTreeMap::new();
        for candidate in &self.candidates {
            let there = candidate.folder.as_ref().is_none_or(|(place, folder)| match answers.get(*place) {
                Some(Answer::Known(Fact::RegistryValue(RegistryData::Text(text) | RegistryData::ExpandText(text)))) => {
                    folded(text.trim().trim_end_matches('\\')) == *folder
                }
                _ => false,
            });
            if there {
                let waiting = Waiting {
                    after: candidate.after.clone(),
                    answer: candidate.waiting.and_then(|place| answers.get(place).cloned()),
                };
                files.insert(candidate.file, waiting);
            }
        }
        AfterRestart { files }
    }

    fn candidate(
        &mut self,
        pending: &PendingRenames,
        file: u32,
        path: &str,
        whole: &str,
        windows: Option<&str>,
        folder: Option<(usize, String)>,
    ) {
        let Some(after) = pending.at(whole).filter(|_| self.candidates.len() < MOST_CANDIDATES) else { return };
        let waiting = match after {
            After::Nothing => None,
            After::File { now, .. } => Some(self.ask(Question::FileVersion(spelled(now, path, whole, windows)))),
        };
        self.candidates.push(Candidate { file, after: after.clone(), folder, waiting });
    }

    fn ask(&mut self, question: Question) -> usize {
        let known = self.questions.iter().position(|asked| *asked == question);
        known.unwrap_or_else(|| {
            self.questions.push(question);
            self.questions.len() - 1
        })
    }
}

/// A path with its variable resolved; none where the variable is not one of the Windows folder's.
fn expanded(path: &str, windows: Option<&str>) -> Option<String> {
    let path = path.trim();
    let Some((variable, rest)) = path.strip_prefix('%').and_then(|path| path.split_once('%')) else {
        return Some(path.to_owned());
    };
    let folder = match variable.to_ascii_lowercase().as_str() {
        "windir" | "systemroot" => windows?,
        "systemdrive" => windows?.get(..2)?,
        _ => return None,
    };
    Some(format!("{folder}{rest}"))
}

/// The waiting file's path as it is asked: spelled as the update spells its folder where it waits in the same one, since that
/// is what a plugin may ask about.
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

/// The files of a case that the next restart changes. Made by [`Restart::settle`]; the default is that nothing waits.
#[derive(Debug, Clone, Default)]
pub struct AfterRestart {
    /// By the place of the file's question in the case.
    files: BTreeMap<u32, Waiting>,
}

/// What takes a file's place.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) after: After,
    /// What was said about the file that waits.
    pub(super) answer: Option<Answer>,
}

impl AfterRestart {
    pub(super) fn at(&self, file: u32) -> Option<&Waiting> {
        self.files.get(&file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(now: &str, unless_present: bool) -> Option<After> {
        Some(After::File { now: now.to_owned(), unless_present })
    }

    #[test]
    fn operations_are_followed_in_their_order() {
        let rows: [(&str, &[&str], Option<After>); 12] = [
            ("a renaming over a file", &[r"\??\C:\new", r"!\??\C:\x"], file(r"C:\new", false)),
            ("one that must not replace", &[r"\??\C:\new", r"\??\C:\x"], file(r"C:\new", true)),
            ("after a deletion it replaces nothing", &[r"C:\x", "", r"C:\new", r"C:\x"], file(r"C:\new", false)),
            ("a deletion", &[r"\??\C:\X", ""], Some(After::Nothing)),
            ("the last text may be lacking", &[r"\??\C:\x"], Some(After::Nothing)),
            ("the last renaming wins", &[r"C:\1", r"!C:\x", r"C:\2", r"!C:\x"], file(r"C:\2", false)),
            ("but not without the mark", &[r"C:\1", r"!C:\x", r"C:\2", r"C:\x"], file(r"C:\1", false)),
            ("a chain", &[r"C:\1", r"!C:\2", r"C:\2", r"!C:\x"], file(r"C:\1", false)),
            ("what is gone is renamed no more", &[r"C:\1", "", r"C:\1", r"!C:\x"], None),
            ("renamed away", &[r"C:\x", r"!C:\y"], Some(After::Nothing)),
            ("with a counter", &[r"*12\??\C:\new", r"!\??\C:\x"], file(r"C:\new", false)),
            ("another file", &[r"\??\C:\new", r"!\??\C:\xx"], None),
        ];
        for (what, texts, expected) in rows {
            assert_eq!(PendingRenames::new(texts).at(r"c:\X"), expected.as_ref(), "{what}");
        }
    }

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
