//! How good a password is, told from its hash alone.

use md4::{Digest, Md4};

use crate::contract::PasswordQuality;

const COMMON_WORDS: [&str; 3] = ["password", "admin", "administrator"];

/// The hash of a password, as Windows has stored it since NT 3.1: MD4 of its UTF-16. Cannot be printed.
pub(super) struct NtHash(pub(super) [u8; 16]);

impl NtHash {
    pub(super) fn of(password: &str) -> NtHash {
        let text = password.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        NtHash(Md4::digest(text).into())
    }

    fn is_of(&self, password: &str) -> bool {
        NtHash::of(password).0 == self.0
    }

    /// As it is, in small letters, in capitals.
    fn is_of_any_case(&self, password: &str) -> bool {
        !password.is_empty()
            && [password.to_owned(), password.to_lowercase(), password.to_uppercase()]
                .iter()
                .any(|case| self.is_of(case))
    }
}

pub(super) fn quality(hash: &NtHash, account: &str, computer: Option<&str>) -> PasswordQuality {
    if hash.is_of("") {
        PasswordQuality::Blank
    } else if hash.is_of_any_case(account) {
        PasswordQuality::AccountName
    } else if computer.is_some_and(|computer| hash.is_of_any_case(computer)) {
        PasswordQuality::ComputerName
    } else if COMMON_WORDS.iter().any(|word| hash.is_of(word)) {
        PasswordQuality::CommonWord
    } else if computer.is_none() {
        // It may be the computer's name.
        PasswordQuality::Unknown
    } else {
        PasswordQuality::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_guessed_first_are_found() {
        for (password, computer, expected) in [
            ("", Some("WEB01"), PasswordQuality::Blank),
            ("Operator", Some("WEB01"), PasswordQuality::AccountName),
            ("operator", Some("WEB01"), PasswordQuality::AccountName),
            ("OPERATOR", Some("WEB01"), PasswordQuality::AccountName),
            ("web01", Some("WEB01"), PasswordQuality::ComputerName),
            ("password", Some("WEB01"), PasswordQuality::CommonWord),
            ("admin", Some("WEB01"), PasswordQuality::CommonWord),
            ("administrator", Some("WEB01"), PasswordQuality::CommonWord),
            ("oPERATOR", Some("WEB01"), PasswordQuality::Other),
            ("operator1", Some("WEB01"), PasswordQuality::Other),
            ("operator", None, PasswordQuality::AccountName),
            ("operator1", None, PasswordQuality::Unknown),
        ] {
            assert_eq!(quality(&NtHash::of(password), "Operator", computer), expected, "{password:?} {computer:?}");
        }
    }

    /// The hash of the empty password, known to everyone who has read a dump of a SAM.
    #[test]
    fn the_hash_is_the_one_that_windows_makes() {
        let blank = "31d6cfe0d16ae931b73c59d7e0c089c0";
        assert_eq!(NtHash::of("").0.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), blank);
    }
}
