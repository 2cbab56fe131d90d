//! Local accounts, groups and the password policy, out of the hive SAM.
//!
//! Password hashes are compared with those of a few words in [`password`] and go no further.

pub(super) mod accounts;
pub(super) mod groups;
mod password;
pub(super) mod policy;
mod protection;

use super::bytes::{slice_at, u32_at};
use super::descriptor;
use super::failure::{Failure, Found};
use super::hive::Key;
use super::registry::Registry;

const DOMAINS: &str = r"HKLM\SAM\SAM\Domains";

/// More accounts or groups than this are not listed.
const MAX_ENTRIES: usize = 65_536;

/// The content of a binary value that has to be there.
fn binary(key: &Key<'_>, name: &str) -> Found<Vec<u8>> {
    let missing = || damaged(&format!("the value {name} is missing"));
    Ok(key.value(name)?.ok_or_else(missing)?.bytes()?.to_vec())
}

fn damaged(what: &str) -> Failure {
    Failure::Unreadable(format!("the SAM is damaged: {what}"))
}

/// An entry of a table of offsets and lengths; offsets count from `base`, the end of the table.
fn entry(record: &[u8], at: usize, base: usize) -> Option<&[u8]> {
    let offset = usize::try_from(u32_at(record, at)?).ok()?;
    let length = usize::try_from(u32_at(record, at + 4)?).ok()?;
    slice_at(record, base.checked_add(offset)?, length)
}

/// The key of one account or group is called by its RID, as eight hexadecimal digits; `Names` stands beside them.
fn rid_of(name: &str) -> Option<u32> {
    (name.len() == 8).then(|| u32::from_str_radix(name, 16).ok()).flatten()
}

/// The SID that the RIDs of this computer's own accounts are appended to.
///
/// Stands at the end of the domain's variable part: three numbers behind `S-1-5-21`.
pub(super) fn machine_sid(registry: &Registry) -> Found<String> {
    const SID_SIZE: usize = 24;
    let record = registry.with_key(&format!(r"{DOMAINS}\Account"), |key| binary(&key, "V"))?;
    record
        .len()
        .checked_sub(SID_SIZE)
        .and_then(|at| descriptor::sid(record.get(at..)?))
        .map(|(sid, _)| sid)
        .filter(|sid| sid.starts_with("S-1-5-21-"))
        .ok_or_else(|| damaged("the computer's SID is not to be found"))
}
