//! Local accounts, groups and the password policy: the walk over the keys of the hive SAM.
//!
//! What stands in the values, [`wardline_sam`] reads. Password hashes are compared with those of a few words there and go no
//! further.
//!
//! One damaged account or group costs no other: it is listed with what is known of it and says that it is damaged, as
//! [`Markers`](super::markers::Markers) describes, and the damage is noted in [`Faults`].

pub(super) mod accounts;
mod faults;
pub(super) mod groups;
mod names;
pub(super) mod policy;

use wardline_sam::{Sid, domain};

pub(super) use faults::Faults;

use super::failure::{Failure, Found};
use super::hive::Key;
use super::registry::Registry;

const DOMAINS: &str = r"HKLM\SAM\SAM\Domains";

/// More accounts, groups or names than this are not listed.
const MAX_ENTRIES: usize = 65_536;

/// What a listing's [`Room`] is taken by.
const TEXTS: &str = "the names and comments in the SAM";

/// The content of a value that has to be there, or why there is none.
fn value(key: &Key<'_>, name: &str) -> Result<Vec<u8>, String> {
    let value = key.value(name).map_err(|error| error.to_string())?;
    let value = value.ok_or_else(|| format!("{name} is missing"))?;
    value.bytes().map_err(|error| error.to_string())
}

fn damaged(what: &str) -> Failure {
    Failure::Unreadable(format!("the SAM is damaged: {what}"))
}

/// The key of one account or group is called by its RID, as eight hexadecimal digits; `Names` stands beside them.
fn rid_of(name: &str) -> Option<u32> {
    let is_rid = name.len() == 8 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_rid.then(|| u32::from_str_radix(name, 16).ok()).flatten()
}

/// The SID that the RIDs of this computer's own accounts are appended to.
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
