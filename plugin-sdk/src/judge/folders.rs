//! The folders behind variables at the start of paths: the Windows folder, and the program folders, which the registry
//! records.

use crate::contract::exports::wardline::check::types::{Question, RegistryValueName};

/// The key that records the program folders.
pub const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion";

/// Each variable that the catalog's paths begin with, and the registry value that holds its folder.
const VARIABLES: [(&str, &str); 4] = [
    ("%programfiles%", "ProgramFilesDir"),
    ("%commonprogramfiles%", "CommonFilesDir"),
    ("%programfiles(x86)%", "ProgramFilesDir (x86)"),
    ("%commonprogramfiles(x86)%", "CommonFilesDir (x86)"),
];

/// A program folder, as named by the variable at the start of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProgramFolder {
    variable: &'static str,
    value: &'static str,
}

impl ProgramFolder {
    pub(super) fn of(path: &str) -> Option<ProgramFolder> {
        let path = path.trim();
        VARIABLES.into_iter().map(|(variable, value)| ProgramFolder { variable, value }).find(|folder| {
            let (beginning, rest) = path.split_at_checked(folder.variable.len()).unwrap_or_default();
            beginning.eq_ignore_ascii_case(folder.variable) && rest.starts_with('\\')
        })
    }

    /// Returns the part of the path after the variable.
    pub(super) fn rest(self, path: &str) -> &str {
        path.trim().get(self.variable.len()..).unwrap_or_default()
    }

    pub(super) fn question(self) -> Question {
        let (key, name) = (CURRENT_VERSION.to_owned(), self.value.to_owned());
        Question::RegistryValue(RegistryValueName { key, name })
    }
}

/// A path whose leading variable is resolved if it is one for the Windows folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expanded {
    Path(String),
    /// The variable is one for the Windows folder, which is not known.
    FolderUnknown,
    /// The variable is a different one.
    OtherVariable,
}

/// `windows` is the Windows folder, without a trailing `\`.
pub(super) fn expanded(path: &str, windows: Option<&str>) -> Expanded {
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

/// Resolves a path with `%windir%`, `%SystemRoot%` or `%SystemDrive%` at its start: `%windir%\system32` becomes
/// `C:\WINNT\system32`. Every other path is returned unchanged, and so are these if the Windows folder is not known.
///
/// ```
/// use wardline_plugin::judge::resolved;
///
/// assert_eq!(resolved(r"%SystemRoot%\system32", Some(r"C:\WINNT")), r"C:\WINNT\system32");
/// assert_eq!(resolved(r"%ProgramFiles%\a.dll", Some(r"C:\WINNT")), r"%ProgramFiles%\a.dll");
/// assert_eq!(resolved(r"%windir%\system32", None), r"%windir%\system32");
/// ```
pub fn resolved(path: &str, windows: Option<&str>) -> String {
    match expanded(path, windows.map(|folder| folder.trim_end_matches('\\'))) {
        Expanded::Path(path) => path,
        Expanded::FolderUnknown | Expanded::OtherVariable => path.trim().to_owned(),
    }
}
