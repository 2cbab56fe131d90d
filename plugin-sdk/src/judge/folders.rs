//! The folders for programs, which Windows keeps in the registry.

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
