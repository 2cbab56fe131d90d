//! Windows names in a form that can be compared, and the contract's questions as [`wardline_questions`] knows them.

use crate::Question;

pub use wardline_questions::names::{folded_key, folded_name, folded_path, has_dot_segments};

wardline_questions::for_contract!(crate::types);

/// Returns the size of a question's texts in bytes.
pub fn text_length(question: &Question) -> usize {
    match question {
        Question::RegistryValue(value) => value.key.len() + value.name.len(),
        Question::Text(range) => range.path.len(),
        Question::RegistryKey(text)
        | Question::File(text)
        | Question::FileVersion(text)
        | Question::Directory(text)
        | Question::Service(text)
        | Question::RegistryPermissions(text)
        | Question::FilePermissions(text) => text.len(),
        Question::System
        | Question::Services
        | Question::Accounts
        | Question::Groups
        | Question::Shares
        | Question::Volumes
        | Question::AuditPolicy
        | Question::PasswordPolicy
        | Question::Profiles => 0,
    }
}
