//! Security identifiers and descriptors, in the self-relative form in which they are stored.

use super::bytes::{slice_at, u16_at, u32_at};
use crate::contract::{AccessEntry, AccessType, Permissions};

/// What `IsValidSid` allows.
const MAX_SUB_AUTHORITIES: usize = 15;
/// In the descriptor's control field: it has an access list, an audit list.
const HAS_ACCESS_LIST: u16 = 0x0004;
const HAS_AUDIT_LIST: u16 = 0x0010;
const INHERIT_ONLY: u8 = 0x08;
/// In an entry for objects: identifiers of 16 bytes that stand before the SID.
const HAS_OBJECT_TYPE: u32 = 1;
const HAS_INHERITED_OBJECT_TYPE: u32 = 2;

/// A SID at the start of these bytes, as text, and how many bytes it takes.
pub(super) fn sid(bytes: &[u8]) -> Option<(String, usize)> {
    let (&revision, &count) = (bytes.first()?, bytes.get(1)?);
    let count = usize::from(count);
    if revision != 1 || count > MAX_SUB_AUTHORITIES {
        return None;
    }
    let authority = slice_at(bytes, 2, 6)?.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    // Windows writes authorities that do not fit 32 bits in hexadecimal.
    let authority = if authority > u64::from(u32::MAX) {
        format!("{authority:#014X}").replace("0X", "0x")
    } else {
        authority.to_string()
    };
    let length = 8 + count * 4;
    let sub_authorities = slice_at(bytes, 8, count * 4)?;
    let text = sub_authorities
        .chunks_exact(4)
        .filter_map(|number| u32_at(number, 0))
        .fold(format!("S-1-{authority}"), |sid, number| format!("{sid}-{number}"));
    Some((text, length))
}

/// None where the descriptor is damaged.
///
/// Entries of kinds that neither allow, deny nor audit (labels, say) are left out.
pub(super) fn permissions(descriptor: &[u8]) -> Option<Permissions> {
    let control = u16_at(descriptor, 2)?;
    let at = |field| Some(usize::try_from(u32_at(descriptor, field)?).unwrap_or(usize::MAX));
    let owner = match at(4)? {
        0 => None,
        offset => Some(sid(descriptor.get(offset..)?)?.0),
    };
    let list = |present: u16, field: usize| match at(field)? {
        0 => Some(None),
        _ if control & present == 0 => Some(None),
        offset => Some(Some(entries(descriptor.get(offset..)?)?)),
    };
    let audited = list(HAS_AUDIT_LIST, 12)?;
    let access = list(HAS_ACCESS_LIST, 16)?
        .map(|access| access.into_iter().chain(audited.into_iter().flatten()).collect::<Vec<_>>());
    Some(Permissions { owner, access })
}

fn entries(list: &[u8]) -> Option<Vec<AccessEntry>> {
    let size = usize::from(u16_at(list, 2)?);
    let list = list.get(..size)?;
    let count = u16_at(list, 4)?;
    let mut rest = list.get(8..)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let size = usize::from(u16_at(rest, 2)?);
        // Less than this and the loop would stand still.
        if size < 4 {
            return None;
        }
        let (entry, after) = rest.split_at_checked(size)?;
        if let Some((access_type, sid_at)) = kind(entry)? {
            entries.push(AccessEntry {
                access_type,
                sid: sid(entry.get(sid_at..)?)?.0,
                mask: u32_at(entry, 4)?,
                inherit_only: entry.get(1)? & INHERIT_ONLY != 0,
            });
        }
        rest = after;
    }
    Some(entries)
}

/// What an entry does, and where its SID stands; `Some(None)` for one that is left out.
fn kind(entry: &[u8]) -> Option<Option<(AccessType, usize)>> {
    let (access_type, for_object) = match entry.first()? {
        0 | 9 => (AccessType::Allow, false),
        1 | 10 => (AccessType::Deny, false),
        2 | 13 => (AccessType::Audit, false),
        5 | 11 => (AccessType::Allow, true),
        6 | 12 => (AccessType::Deny, true),
        7 | 15 => (AccessType::Audit, true),
        _ => return Some(None),
    };
    if !for_object {
        return Some(Some((access_type, 8)));
    }
    let flags = u32_at(entry, 8)?;
    let identifiers = [HAS_OBJECT_TYPE, HAS_INHERITED_OBJECT_TYPE].iter().filter(|flag| flags & **flag != 0).count();
    Some(Some((access_type, 12 + 16 * identifiers)))
}

/// The English name of an account that is the same everywhere. Not those of groups in `BUILTIN`, which the SAM names in
/// Windows' own language.
pub(super) fn well_known_name(sid: &str) -> Option<&'static str> {
    const NAMED_BY_THE_SAM: [&str; 2] = ["S-1-5-32-", "S-1-5-21-"];
    if NAMED_BY_THE_SAM.iter().any(|start| sid.starts_with(start)) {
        return None;
    }
    wardline_windows_words::name_of_sid(sid)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = sid(&bytes);
            let _ = permissions(&bytes);
        }
    }

    #[test]
    fn sids_are_written_as_windows_does() {
        for (bytes, text) in [
            (vec![1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], "S-1-1-0"),
            (vec![1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0], "S-1-5-32-544"),
            (vec![1, 0, 1, 2, 3, 4, 5, 6], "S-1-0x010203040506"),
        ] {
            assert_eq!(sid(&bytes), Some((text.to_owned(), bytes.len())));
        }
    }
}
