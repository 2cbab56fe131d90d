//! What the next restart does to files: rule 9.

use std::collections::BTreeMap;

use super::folders::ProgramFolder;
use super::pending::{PendingOperation, is_loose, may_name};
use super::{folded, reason};
use crate::contract::exports::wardline::check::types::{Answer, Fact, Question, RegistryData};

/// Files of one case that are found to change. A service pack leaves some hundreds waiting.
const MOST_CANDIDATES: usize = 2_000;

/// Paths that leave open which file they name; each is compared with every file of the case.
const MOST_LOOSE: usize = 200;

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
    /// Paths among these that leave open which file they name.
    loose: Vec<String>,
    /// Why there may be others.
    unknown: Option<String>,
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
    /// It cannot be told; the clause says why.
    Unknown(String),
}

impl PendingRenames {
    /// The questions for the operations.
    pub fn questions() -> [Question; 2] {
        PendingOperation::questions()
    }

    /// What the answers to [`questions`](PendingRenames::questions) tell. Where one is lacking or tells nothing, it is not known
    /// of any file that it stays as it is.
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

    /// Takes the texts of a value, as [`PendingOperation::of`] does.
    pub fn new<T: AsRef<str>>(texts: &[T]) -> PendingRenames {
        let mut pending = PendingRenames::default();
        pending.add(PendingOperation::of(texts));
        pending
    }

    /// Follows these operations after those before.
    fn add(&mut self, operations: Vec<PendingOperation>) {
        for PendingOperation { from, to, replaces } in operations {
            for path in [Some(&from), to.as_ref()].into_iter().flatten().filter(|path| is_loose(path)) {
                if self.loose.len() < MOST_LOOSE {
                    self.loose.push(path.clone());
                } else {
                    self.unknown.get_or_insert_with(|| format!("more than {MOST_LOOSE} files wait by short names"));
                }
            }
            match to {
                None => {
                    self.after.insert(folded(&from), After::Nothing);
                }
                Some(goal) => self.rename(&from, &goal, replaces),
            }
        }
    }

    /// Whether it is known that no file is going to change.
    pub fn is_empty(&self) -> bool {
        self.after.is_empty() && self.unknown.is_none()
    }

    /// What is renamed may itself be the result of an earlier renaming.
    fn rename(&mut self, from: &str, goal: &str, replaces: bool) {
        let now = match self.after.get(&folded(from)) {
            None => from.to_owned(),
            Some(After::File { now, unless_present: false }) => now.clone(),
            // Nothing is there to be renamed, or it cannot be told what.
            Some(After::Nothing | After::Unknown(_) | After::File { unless_present: true, .. }) => return,
        };
        let unless_present = match self.after.get(&folded(goal)) {
            _ if replaces => false,
            Some(After::Nothing) => false,
            Some(After::File { .. } | After::Unknown(_)) => return,
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

/// What of the files of a case changes at the restart, as far as that is known without asking. Made by
/// [`Case::restart`](super::Case::restart).
#[derive(Debug, Clone, Default)]
pub struct Restart {
    questions: Vec<Question>,
    candidates: Vec<Candidate>,
    /// Why a file of which nothing else is said may change.
    unknown: Option<String>,
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
        let mut restart = Restart { unknown: pending.unknown.clone(), ..Restart::default() };
        if pending.after.is_empty() {
            return restart;
        }
        let windows = windows.map(|folder| folder.trim_end_matches('\\'));
        for (file, path) in files {
            if let Some(folder) = ProgramFolder::of(path) {
                let tail = folded(folder.rest(path));
                for whole in pending.ending_with(&tail) {
                    let before = whole.strip_suffix(tail.as_str()).unwrap_or_default().to_owned();
                    let place = restart.ask(folder.question());
                    restart.candidate(pending, file, path, whole, windows, Some((place, before)));
                }
                restart.loose(pending, file, &tail);
            } else {
                match expanded(path, windows) {
                    Expanded::Path(whole) => {
                        restart.candidate(pending, file, path, &whole, windows, None);
                        restart.loose(pending, file, &whole);
                    }
                    Expanded::FolderUnknown => {
                        restart.push(Candidate::unknown(file, "where Windows lies is not known"));
                    }
                    Expanded::OtherVariable => {}
                }
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
            let Candidate { file, after, folder, waiting } = candidate;
            let after = match folder.as_ref().map(|(place, folder)| (answers.get(*place), folder)) {
                None => after.clone(),
                Some((Some(Answer::Absent), _)) => continue,
                Some((Some(Answer::Known(Fact::RegistryValue(data))), folder)) => match data {
                    RegistryData::Text(text) | RegistryData::ExpandText(text) if is_folder(text, folder) => {
                        after.clone()
                    }
                    _ => continue,
                },
                Some((other, _)) => After::Unknown(reason::not_known(other)),
            };
            let unknown = matches!(after, After::Unknown(_));
            let waiting = Waiting { after, answer: waiting.and_then(|place| answers.get(place).cloned()) };
            if unknown {
                // What is known of the file says more.
                files.entry(*file).or_insert(waiting);
            } else {
                files.insert(*file, waiting);
            }
        }
        let others = self.unknown.clone().map(|why| Waiting { after: After::Unknown(why), answer: None });
        AfterRestart { files, others }
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
        let Some(after) = pending.at(whole) else { return };
        if self.is_full() {
            return;
        }
        let waiting = match after {
            After::File { now, .. } => Some(self.ask(Question::FileVersion(spelled(now, path, whole, windows)))),
            After::Nothing | After::Unknown(_) => None,
        };
        self.push(Candidate { file, after: after.clone(), folder, waiting });
    }

    /// A path that leaves open which file it names may name this one, which ends with `path`.
    fn loose(&mut self, pending: &PendingRenames, file: u32, path: &str) {
        if let Some(loose) = pending.loose.iter().find(|loose| may_name(loose, path)) {
            self.push(Candidate::unknown(file, &format!("{loose} may be this file")));
        }
    }

    fn push(&mut self, candidate: Candidate) {
        if !self.is_full() {
            self.candidates.push(candidate);
        }
    }

    /// Whether no more candidates are taken, which then is said of all other files.
    fn is_full(&mut self) -> bool {
        let full = self.candidates.len() >= MOST_CANDIDATES;
        if full {
            self.unknown.get_or_insert_with(|| format!("more than {MOST_CANDIDATES} files wait for it"));
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

enum Expanded {
    Path(String),
    /// The variable is one of Windows' folder, and where that lies is not known.
    FolderUnknown,
    /// The variable is none that a host knows either.
    OtherVariable,
}

/// A path with its variable resolved.
fn expanded(path: &str, windows: Option<&str>) -> Expanded {
    let path = path.trim();
    let Some((variable, rest)) = path.strip_prefix('%').and_then(|path| path.split_once('%')) else {
        return Expanded::Path(path.to_owned());
    };
    let folder = match variable.to_ascii_lowercase().as_str() {
        "windir" | "systemroot" => windows,
        "systemdrive" => windows.and_then(|windows| windows.get(..2)),
        _ => return Expanded::OtherVariable,
    };
    folder.map_or(Expanded::FolderUnknown, |folder| Expanded::Path(format!("{folder}{rest}")))
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
    /// What is said of every other file.
    others: Option<Waiting>,
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
        self.files.get(&file).or(self.others.as_ref())
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
