//! Local accounts, groups and the password policy: walks the keys of the SAM hive.
//!
//! [`wardline_sam`] parses the values. It compares password hashes with those of a few words, and the hashes go no further.
//!
//! A damaged account or group does not affect any other: it is listed with what is known of it and marked as damaged, as
//! [`Markers`](super::markers::Markers) describes, and the damage is recorded in [`Faults`].

pub(super) mod accounts;
pub(super) mod called;
mod faults;
pub(super) mod groups;
mod names;
pub(super) mod policy;

use wardline_sam::{Sid, domain};

pub(super) use faults::Faults;

use super::failure::{Failure, Found};
use super::key::Key;
use super::registry::Registry;

const DOMAINS: &str = r"HKLM\SAM\SAM\Domains";

/// The maximum number of accounts, groups or names listed.
const MAX_ENTRIES: usize = 65_536;

/// The contents of a listing's [`Room`], for messages.
const TEXTS: &str = "the names and comments in the SAM";

/// Returns the data of a required value, or the reason it cannot be read.
fn value(key: &Key<'_>, name: &str) -> Result<Vec<u8>, String> {
    let value = key.value(name).map_err(|error| error.to_string())?;
    let value = value.ok_or_else(|| format!("{name} is missing"))?;
    value.bytes().map_err(|error| error.to_string())
}

fn damaged(what: &str) -> Failure {
    Failure::Unreadable(format!("the SAM is damaged: {what}"))
}

/// The key of an account or group is named after its RID, as eight hexadecimal digits. The key `Names` is its sibling.
fn rid_of(name: &str) -> Option<u32> {
    let is_rid = name.len() == 8 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_rid.then(|| u32::from_str_radix(name, 16).ok()).flatten()
}

/// The SID to which the RIDs of this computer's own accounts are appended.
pub(super) fn machine_sid(registry: &Registry) -> Found<Sid> {
    let account = format!(r"{DOMAINS}\Account");
    let stored = registry.with_key(&account, |key| value(&key, "V").map_err(|reason| damaged(&reason)))?;
    domain::machine_sid(&stored).ok_or_else(|| damaged("the computer's SID is not at the end of Account's value V"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_eight_hexadecimal_digits_are_a_rid() {
        for (name, rid) in [
            ("000001F4", Some(500)),
            ("000003e9", Some(1001)),
            ("+00003E9", None),
            ("3E9", None),
            ("0000003E9", None),
            ("Names", None),
        ] {
            assert_eq!(rid_of(name), rid, "{name}");
        }
    }
}
