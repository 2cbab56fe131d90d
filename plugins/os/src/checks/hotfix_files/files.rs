//! The files that hotfixes record, compared with those that are there.

use std::collections::BTreeMap;

use wardline_plugin::judge::{CURRENT_VERSION, resolved};
use wardline_plugin::prelude::*;
use wardline_plugin::version;

use super::ask::{Asker, has_dot_segments, reason, text};
use super::records::Hotfix;

/// The values of [`CURRENT_VERSION`] with the program folders, and the variables that stand for these.
const PROGRAM_FOLDERS: [(&str, &str); 2] =
    [("ProgramFilesDir", "%programfiles%"), ("ProgramFilesDir (x86)", "%programfiles(x86)%")];

/// The variables below which this check may ask for files.
const DECLARED: [&str; 5] =
    ["%windir%", "%programfiles%", "%programfiles(x86)%", "%commonprogramfiles%", "%commonprogramfiles(x86)%"];

/// A file that a hotfix installed.
#[derive(Debug)]
pub(super) struct RecordedFile {
    /// Folder and name as recorded.
    pub(super) path: String,
    /// The version recorded: `5.0.2195.3649`.
    pub(super) recorded: Option<String>,
    /// The file's build date, as recorded.
    pub(super) built: Option<String>,
    /// The version found.
    pub(super) found: Option<FileVersion>,
    pub(super) verdict: Verdict,
    /// The reason why the file cannot be checked.
    pub(super) reason: Option<String>,
    /// The question about the file, if it was asked.
    pub(super) question: Option<u32>,
}

/// The result of comparing a file with the hotfix's record, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The file is there, and the record has no version.
    NoVersionRecorded,
    /// The file has the recorded version or a later one.
    Current,
    CannotBeChecked,
    /// The file has an older version than recorded, or none: the hotfix must be installed again.
    Older,
    Gone,
}

impl RecordedFile {
    /// Reads an entry of a list of files; `path` is the key's.
    pub(super) fn new(entry: &RegistryKey, path: &str) -> RecordedFile {
        let (name, folder) = (text(entry, "FileName"), text(entry, "Location"));
        let unnamed = name.is_none() || folder.is_none();
        RecordedFile {
            path: match (folder, name) {
                (Some(folder), Some(name)) => format!(r"{}\{name}", folder.trim_end_matches('\\')),
                (_, Some(name)) => name,
                _ => path.to_owned(),
            },
            recorded: text(entry, "Version"),
            built: text(entry, "BuildDate"),
            found: None,
            verdict: Verdict::CannotBeChecked,
            reason: unnamed.then(|| "the record does not name the file".to_owned()),
            question: None,
        }
    }

    fn judge(&mut self, question: Option<u32>, answer: &Answer) {
        self.question = question;
        let file = match answer {
            Answer::Absent => {
                self.verdict = Verdict::Gone;
                return;
            }
            Answer::Known(Fact::File(file)) => file,
            other => {
                self.reason = Some(reason(other));
                return;
            }
        };
        self.found = file.version;
        // A file without a version is recorded as 0.0.0.0, or without one.
        let found = file.version.unwrap_or(FileVersion { major: 0, minor: 0, build: 0, revision: 0 });
        self.verdict = match self.recorded.as_deref().and_then(version::parse) {
            None => Verdict::NoVersionRecorded,
            Some(recorded) if version::compare(&found, &recorded).is_lt() => Verdict::Older,
            Some(_) => Verdict::Current,
        };
    }
}

/// Asks for every file that the hotfixes name, each once, and judges them.
pub(super) async fn compare(asker: &mut Asker<'_>, hotfixes: &mut [Hotfix]) {
    let files = || hotfixes.iter().flat_map(|hotfix| &hotfix.files).filter(|file| file.reason.is_none());
    if files().next().is_none() {
        return;
    }
    let folders = Folders::ask(asker).await;
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut questions = Vec::new();
    for path in files().filter_map(|file| folders.declared(&file.path)) {
        places.entry(path.to_ascii_lowercase()).or_insert_with(|| {
            questions.push(Question::FileVersion(path));
            questions.len() - 1
        });
    }
    let answers = asker.ask(questions).await;
    for file in hotfixes.iter_mut().flat_map(|hotfix| &mut hotfix.files).filter(|file| file.reason.is_none()) {
        let place = folders.declared(&file.path).and_then(|path| places.get(&path.to_ascii_lowercase()));
        match place.and_then(|&place| answers.get(place)) {
            Some((question, answer)) => file.judge(*question, answer),
            None => file.reason = Some(folders.why_not_asked().to_owned()),
        }
    }
}

/// The folders that records name by their paths, and this check by variables.
struct Folders {
    windows: Option<String>,
    /// Folder, without `\` at its end, and variable.
    known: Vec<(String, &'static str)>,
}

impl Folders {
    async fn ask(asker: &mut Asker<'_>) -> Folders {
        let value = |name: &str| {
            Question::RegistryValue(RegistryValueName { key: CURRENT_VERSION.to_owned(), name: name.to_owned() })
        };
        let mut questions = vec![Question::System];
        questions.extend(PROGRAM_FOLDERS.iter().map(|(name, _)| value(name)));
        let mut answers = asker.ask(questions).await.into_iter().map(|(_, answer)| answer);
        let windows = match answers.next() {
            Some(Answer::Known(Fact::System(system))) => Some(system.windows_folder),
            _ => None,
        };
        let mut folders = Folders { windows, known: Vec::new() };
        folders.known.extend(folders.windows.clone().map(|folder| (folder, "%windir%")));
        for ((_, variable), answer) in PROGRAM_FOLDERS.iter().zip(answers) {
            if let Answer::Known(Fact::RegistryValue(data)) = answer
                && let Some(folder) = data.as_text()
            {
                folders.known.push((resolved(folder, folders.windows.as_deref()), variable));
            }
        }
        folders.known.retain_mut(|(folder, _)| {
            folder.truncate(folder.trim_end_matches('\\').len());
            folder.contains('\\')
        });
        folders
    }

    /// Why a file is not asked for.
    fn why_not_asked(&self) -> &'static str {
        match self.windows {
            Some(_) => "is not in the Windows folder or the program folders",
            None => "may not be in the Windows folder, which is not known",
        }
    }

    /// Returns a path in the form in which this check may ask for it: `%windir%\system32\ntdll.dll` for `C:\WINNT\system32\ntdll.dll`.
    /// `None` if it may not.
    fn declared(&self, path: &str) -> Option<String> {
        let path = resolved(path, self.windows.as_deref()).replace('/', r"\");
        let below = |folder: &str| {
            let (beginning, rest) = path.split_at_checked(folder.len())?;
            (beginning.eq_ignore_ascii_case(folder) && rest.starts_with('\\')).then_some(rest)
        };
        // The innermost of the folders, which leaves the least.
        let within = self.known.iter().filter_map(|(folder, variable)| Some((below(folder)?, *variable)));
        let by_folder = within.min_by_key(|(rest, _)| rest.len());
        let by_variable = || DECLARED.iter().find_map(|variable| Some((below(variable)?, *variable)));
        let declared = by_folder.or_else(by_variable).map(|(rest, variable)| format!("{variable}{rest}"));
        declared.filter(|_| !has_dot_segments(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_asked_for_by_the_folders_that_are_declared() {
        let folders = Folders {
            windows: Some(r"C:\WINNT".to_owned()),
            known: vec![(r"C:\Program Files".to_owned(), "%programfiles%"), (r"C:\WINNT".to_owned(), "%windir%")],
        };
        for (path, expected) in [
            (r"C:\WINNT\system32\a.dll", Some(r"%windir%\system32\a.dll")),
            (r"c:\winnt/SYSTEM32\a.dll", Some(r"%windir%\SYSTEM32\a.dll")),
            (r"%SystemRoot%\a.dll", Some(r"%windir%\a.dll")),
            (r"%SystemDrive%\WINNT\a.dll", Some(r"%windir%\a.dll")),
            (r"C:\Program Files\Common Files\a.dll", Some(r"%programfiles%\Common Files\a.dll")),
            (r"%CommonProgramFiles%\a.dll", Some(r"%commonprogramfiles%\a.dll")),
            (r"C:\WINNT2\a.dll", None),
            (r"C:\WINNT", None),
            (r"C:\WINNT\..\secret", None),
            (r"C:\WINNT\.\a.dll", None),
            (r"C:\ntldr", None),
            (r"%temp%\a.dll", None),
            (r"a.dll", None),
            ("", None),
        ] {
            assert_eq!(folders.declared(path).as_deref(), expected, "{path}");
        }
        let unknown = Folders { windows: None, known: Vec::new() };
        assert_eq!(unknown.declared(r"%SystemRoot%\a.dll").as_deref(), None);
        assert_eq!(unknown.declared(r"%windir%\a.dll").as_deref(), Some(r"%windir%\a.dll"));
        assert_ne!(unknown.why_not_asked(), folders.why_not_asked());
    }
}
