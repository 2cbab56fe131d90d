//! What the variables at the beginning of paths stand for: Windows' folder, and those for programs, which the registry keeps.

use crate::contract::exports::wardline::check::types::{Question, RegistryValueName};

/// The key that says where programs lie.
pub const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion";

/// Each variable that the catalog's paths begin with, and the value that says what it stands for.
const VARIABLES: [(&str, &str); 4] = [
    ("%programfiles%", "ProgramFilesDir"),
    ("%commonprogramfiles%", "CommonFilesDir"),
    ("%programfiles(x86)%", "ProgramFilesDir (x86)"),
    ("%commonprogramfiles(x86)%", "CommonFilesDir (x86)"),
];

/// A folder for programs, as the variable at the beginning of a path names it.
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

    /// What stands behind the variable.
    pub(super) fn rest(self, path: &str) -> &str {
        path.trim().get(self.variable.len()..).unwrap_or_default()
    }

    pub(super) fn question(self) -> Question {
        let (key, name) = (CURRENT_VERSION.to_owned(), self.value.to_owned());
        Question::RegistryValue(RegistryValueName { key, name })
    }
}

/// A path whose variable, if it begins with one of Windows' folder, is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expanded {
    Path(String),
    /// The variable is one of Windows' folder, and where that lies is not known.
    FolderUnknown,
    /// The variable is another one.
    OtherVariable,
}

/// `windows` is Windows' folder, without a `\` at its end.
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

/// `C:\WINNT\system32` for `%windir%\system32`: a path with `%windir%`, `%SystemRoot%` or `%SystemDrive%` at its beginning
/// resolved. Every other path stays as it is, and so do these where Windows' folder is not known.
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
