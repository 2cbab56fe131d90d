//! Windows' names, made comparable.

use crate::contract::{Question, RegistryValueName, TextRange};

/// Folds a question's names: lower case, `\` between components and no two of them together, `%windir%` for
/// `%systemroot%`. Questions that mean the same become equal.
pub fn folded(question: &Question) -> Question {
    match question {
        Question::RegistryValue(value) => {
            Question::RegistryValue(RegistryValueName { key: folded_path(&value.key), name: value.name.to_lowercase() })
        }
        Question::RegistryKey(key) => Question::RegistryKey(folded_path(key)),
        Question::File(path) => Question::File(folded_path(path)),
        Question::FileVersion(path) => Question::FileVersion(folded_path(path)),
        Question::Directory(path) => Question::Directory(folded_path(path)),
        Question::Text(range) => {
            Question::Text(TextRange { path: folded_path(&range.path), offset: range.offset, length: range.length })
        }
        Question::Service(name) => Question::Service(name.to_lowercase()),
        Question::RegistryPermissions(key) => Question::RegistryPermissions(folded_path(key)),
        Question::FilePermissions(path) => Question::FilePermissions(folded_path(path)),
        Question::System
        | Question::Services
        | Question::Accounts
        | Question::Groups
        | Question::Shares
        | Question::Volumes
        | Question::AuditPolicy
        | Question::PasswordPolicy
        | Question::Profiles => question.clone(),
    }
}

/// Folds a path of files or of registry keys, as [`folded`] does.
pub fn folded_path(path: &str) -> String {
    let mut folded = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '\\' | '/' => {
                if !folded.ends_with('\\') {
                    folded.push('\\');
                }
            }
            letter if letter.is_ascii() => folded.push(letter.to_ascii_lowercase()),
            letter => folded.extend(letter.to_lowercase()),
        }
    }
    while folded.ends_with('\\') {
        folded.pop();
    }
    if let Some(rest) = folded.strip_prefix("%systemroot%") {
        folded = format!("%windir%{rest}");
    }
    folded
}

/// Whether a path leads through `.` or `..`, so that its text does not tell where it ends.
pub fn is_devious(path: &str) -> bool {
    path.split(['\\', '/']).any(|component| component == "." || component == "..")
}
