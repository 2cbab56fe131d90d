//! How easy it is to guess a password, judged by its hashes alone.

use des::cipher::{BlockEncrypt, KeyInit};
use md4::{Digest, Md4};

use crate::protection::{HashKind, SamKey, StoredHash, spread};

const COMMON_WORDS: [&str; 3] = ["password", "admin", "administrator"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    Blank,
    /// The account's name.
    AccountName,
    /// The computer's name.
    ComputerName,
    /// `password`, `admin` or `administrator`.
    CommonWord,
    /// None of these.
    Other,
    /// It cannot be determined.
    Unknown,
}

/// Information about the password's owner.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'name> {
    pub rid: u32,
    /// `None` if unknown: the password may be equal to it.
    pub account: Option<&'name str>,
    /// `None` if unknown: the password may be equal to it.
    pub computer: Option<&'name str>,
}

/// Returns the quality of a password from its stored hashes; `None` stands for a hash that could not be read.
///
/// Windows uses the NT hash if there is one, else the LM hash, which does not distinguish lower case. Without either, the password
/// is blank. A hash of an unknown form may be either present or absent.
pub fn quality(nt: Option<&[u8]>, lm: Option<&[u8]>, key: &SamKey, owner: &Owner<'_>) -> Quality {
    let open = |stored: &StoredHash<'_>, kind| key.open(stored, kind, owner.rid);
    match (nt.and_then(StoredHash::read), lm.and_then(StoredHash::read)) {
        (Some(StoredHash::Empty), Some(StoredHash::Empty)) => Quality::Blank,
        (Some(StoredHash::Empty), Some(lm)) => {
            open(&lm, HashKind::Lm).map_or(Quality::Unknown, |hash| guess(owner, |word| lm_is_of(&hash, word)))
        }
        (Some(StoredHash::Empty), None) | (None, _) => Quality::Unknown,
        (Some(nt), _) => {
            open(&nt, HashKind::Nt).map_or(Quality::Unknown, |hash| guess(owner, |word| Some(nt_hash(word) == hash)))
        }
    }
}

/// Tries the most common guesses. `is_of` returns `None` if it cannot decide.
fn guess(owner: &Owner<'_>, is_of: impl Fn(&str) -> Option<bool>) -> Quality {
    let mut in_doubt = false;
    let mut is = |word: &str| {
        let answer = is_of(word);
        in_doubt |= answer.is_none();
        answer == Some(true)
    };
    // As written, in lower case, in upper case.
    let is_any_case = |word: Option<&str>, is: &mut dyn FnMut(&str) -> bool| {
        word.filter(|word| !word.is_empty())
            .is_some_and(|word| [word.to_owned(), word.to_lowercase(), word.to_uppercase()].iter().any(|case| is(case)))
    };
    if is("") {
        Quality::Blank
    } else if is_any_case(owner.account, &mut is) {
        Quality::AccountName
    } else if is_any_case(owner.computer, &mut is) {
        Quality::ComputerName
    } else if COMMON_WORDS.iter().any(|word| is(word)) {
        Quality::CommonWord
    } else if in_doubt || owner.account.is_none() || owner.computer.is_none() {
        Quality::Unknown
    } else {
        Quality::Other
    }
}

/// `NTOWFv1` of MS-NLMP: the MD4 of the UTF-16 text.
fn nt_hash(password: &str) -> [u8; 16] {
    let text = password.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    Md4::digest(text).into()
}

/// Returns whether an LM hash is that of a password, or `None` for a password with non-ASCII characters, which Windows encodes in
/// the machine's code page.
fn lm_is_of(hash: &[u8; 16], password: &str) -> Option<bool> {
    const LONGEST: usize = 14;
    if password.chars().count() > LONGEST {
        return Some(false);
    }
    if !password.is_ascii() {
        return None;
    }
    Some(lm_hash(&password.to_ascii_uppercase()) == *hash)
}

/// `LMOWFv1` of MS-NLMP: each half of the 14 bytes is a DES key that encrypts a constant.
fn lm_hash(upper: &str) -> [u8; 16] {
    const CONSTANT: [u8; 8] = *b"KGS!@#$%";
    let mut halves = [[0; 7]; 2];
    for (slot, byte) in halves.iter_mut().flatten().zip(upper.bytes()) {
        *slot = byte;
    }
    let mut hash = [0; 16];
    for (block, half) in hash.chunks_exact_mut(8).zip(halves) {
        let mut encrypted = CONSTANT.into();
        des::Des::new(&spread(half).into()).encrypt_block(&mut encrypted);
        block.copy_from_slice(&encrypted);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hash: [u8; 16]) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn passwords_that_are_guessed_first_are_found() {
        use Quality::{AccountName, Blank, CommonWord, ComputerName, Other, Unknown};
        for (password, computer, by_nt, by_lm) in [
            ("", Some("WEB01"), Blank, Blank),
            ("Operator", Some("WEB01"), AccountName, AccountName),
            ("operator", Some("WEB01"), AccountName, AccountName),
            ("OPERATOR", Some("WEB01"), AccountName, AccountName),
            ("web01", Some("WEB01"), ComputerName, ComputerName),
            ("password", Some("WEB01"), CommonWord, CommonWord),
            ("admin", Some("WEB01"), CommonWord, CommonWord),
            ("administrator", Some("WEB01"), CommonWord, CommonWord),
            // LM does not distinguish lower case.
            ("oPERATOR", Some("WEB01"), Other, AccountName),
            ("operator1", Some("WEB01"), Other, Other),
            ("operator", None, AccountName, AccountName),
            ("operator1", None, Unknown, Unknown),
            // Depends on a code page that is not known here.
            ("operator1", Some("BÜRO"), Other, Unknown),
            // Too long for an LM hash.
            ("operator1", Some("A-COMPUTER-BÜRO"), Other, Other),
        ] {
            let owner = Owner { rid: 1000, account: Some("Operator"), computer };
            let nt = nt_hash(password);
            assert_eq!(guess(&owner, |word| Some(nt_hash(word) == nt)), by_nt, "{password:?} {computer:?}");
            let lm = lm_hash(&password.to_ascii_uppercase());
            assert_eq!(guess(&owner, |word| lm_is_of(&lm, word)), by_lm, "{password:?} {computer:?}");
        }
    }

    /// Well-known hashes; those of "Password" are from MS-NLMP 4.2.2.1.
    #[test]
    fn hashes_are_those_that_windows_makes() {
        assert_eq!(hex(nt_hash("")), "31d6cfe0d16ae931b73c59d7e0c089c0");
        assert_eq!(hex(lm_hash("")), "aad3b435b51404eeaad3b435b51404ee");
        assert_eq!(hex(nt_hash("Password")), "a4f49c406510bdcab6824ee7c30fd852");
        assert_eq!(hex(lm_hash("PASSWORD")), "e52cac67419a9a224a3b108f3fa6cb6d");
    }

    #[test]
    fn what_is_not_stored_and_what_is_not_known_differ() {
        use Quality::{Blank, Unknown};
        let none = &[1, 0, 1, 0][..];
        let stored = &[&[1, 0, 1, 0][..], &[7; 16]].concat()[..];
        let odd = &[1, 0, 9, 0, 5][..];
        let owner = Owner { rid: 1000, account: Some("a"), computer: Some("b") };
        for (what, nt, lm, expected) in [
            ("neither hash", none, none, Blank),
            ("an LM hash only, whose key is not known", none, stored, Unknown),
            ("an NT hash whose key is not known", stored, none, Unknown),
            ("no NT hash, and an LM hash of an unknown form", none, odd, Unknown),
            ("an NT hash of an unknown form", odd, none, Unknown),
        ] {
            assert_eq!(quality(Some(nt), Some(lm), &SamKey::Unknown, &owner), expected, "{what}");
        }
        for (nt, lm) in [(None, Some(none)), (Some(none), None), (None, None)] {
            assert_eq!(quality(nt, lm, &SamKey::Unknown, &owner), Unknown, "{nt:?} {lm:?}");
        }
    }
}
