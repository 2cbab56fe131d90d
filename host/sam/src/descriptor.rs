//! Security descriptors in the self-relative form in which Windows stores them (MS-DTYP 2.4.6).

use crate::bytes::{u16_at, u32_at};
use crate::sid::{Sid, SidError};

const REVISION: u8 = 1;
/// Bits in the control field: there is an access list, an audit list.
const HAS_ACCESS_LIST: u16 = 0x0004;
const HAS_AUDIT_LIST: u16 = 0x0010;
/// The positions of the offsets of the owner and the two lists.
const OWNER_AT: usize = 4;
const AUDIT_LIST_AT: usize = 12;
const ACCESS_LIST_AT: usize = 16;

/// `ACL_REVISION` 2, `ACL_REVISION_DS` 4, and older ones.
const MAX_LIST_REVISION: u8 = 4;
const LIST_HEADER_SIZE: usize = 8;
const ENTRY_HEADER_SIZE: usize = 4;

const INHERIT_ONLY: u8 = 0x08;
/// Flags of an entry for objects: identifiers of 16 bytes that precede the SID.
const HAS_OBJECT_TYPE: u32 = 1;
const HAS_INHERITED_OBJECT_TYPE: u32 = 2;

/// The reasons a security descriptor cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    #[error("the descriptor is truncated")]
    Truncated,
    #[error("the descriptor has revision {0}: expected 1")]
    Revision(u8),
    #[error("bad owner: {0}")]
    Owner(SidError),
    #[error("an access list has revision {0}: expected 2 or 4")]
    ListRevision(u8),
    #[error("an access list ends before its entry {0}")]
    ListTruncated(u16),
    #[error("entry {0} of an access list is truncated")]
    EntryTruncated(u16),
    #[error("entry {0} of an access list: {1}")]
    Sid(u16, SidError),
}

/// A security descriptor: its owner, access list and audit list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub owner: Option<Sid>,
    /// `None` if there is no list, which means that everyone has full access.
    pub access: Option<Vec<Entry>>,
    /// The entries of the audit list.
    pub audit: Vec<Entry>,
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub effect: Effect,
    pub sid: Sid,
    pub mask: u32,
    /// Whether the entry is only inherited by objects inside this one, and has no effect on it.
    pub inherit_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
    Audit,
}

impl Descriptor {
    /// Parses a whole descriptor. A single damaged entry makes it an error, because that entry may be the one that denies, or
    /// allows, the most.
    ///
    /// Access that an entry allows under a condition, or for some of an object's properties, counts as allowed; access that it
    /// denies in that way does not count as denied. The list is therefore an upper bound of the access granted, never less. Entries
    /// that neither allow, deny nor audit (for example labels) are skipped.
    ///
    /// # Errors
    ///
    /// If the descriptor is damaged.
    pub fn read(bytes: &[u8]) -> Result<Descriptor, DescriptorError> {
        let &revision = bytes.first().ok_or(DescriptorError::Truncated)?;
        if revision != REVISION {
            return Err(DescriptorError::Revision(revision));
        }
        let control = u16_at(bytes, 2).ok_or(DescriptorError::Truncated)?;
        // Returns the bytes that an offset points to, or `None` if the offset is 0.
        let part = |field| match u32_at(bytes, field).map(usize::try_from) {
            Some(Ok(0)) => Ok(None),
            Some(Ok(offset)) => bytes.get(offset..).map(Some).ok_or(DescriptorError::Truncated),
            Some(Err(_)) | None => Err(DescriptorError::Truncated),
        };
        let list = |present: u16, field| match part(field)? {
            Some(list) if control & present != 0 => entries(list).map(Some),
            _ => Ok(None),
        };
        let owner = part(OWNER_AT)?.map(Sid::read).transpose().map_err(DescriptorError::Owner)?;
        Ok(Descriptor {
            owner: owner.map(|(owner, _)| owner),
            audit: list(HAS_AUDIT_LIST, AUDIT_LIST_AT)?.unwrap_or_default(),
            access: list(HAS_ACCESS_LIST, ACCESS_LIST_AT)?,
        })
    }
}

fn entries(list: &[u8]) -> Result<Vec<Entry>, DescriptorError> {
    let &revision = list.first().ok_or(DescriptorError::ListTruncated(0))?;
    if revision > MAX_LIST_REVISION {
        return Err(DescriptorError::ListRevision(revision));
    }
    let (size, count) = u16_at(list, 2).zip(u16_at(list, 4)).ok_or(DescriptorError::ListTruncated(0))?;
    let mut rest = list.get(LIST_HEADER_SIZE..usize::from(size)).ok_or(DescriptorError::ListTruncated(0))?;
    let mut entries = Vec::new();
    for number in 0..count {
        let size = u16_at(rest, 2).map(usize::from).ok_or(DescriptorError::ListTruncated(number))?;
        if size < ENTRY_HEADER_SIZE {
            return Err(DescriptorError::EntryTruncated(number));
        }
        let (bytes, after) = rest.split_at_checked(size).ok_or(DescriptorError::EntryTruncated(number))?;
        entries.extend(entry(bytes, number)?);
        rest = after;
    }
    Ok(entries)
}

/// Parses an entry, or returns `None` for one that is skipped.
fn entry(bytes: &[u8], number: u16) -> Result<Option<Entry>, DescriptorError> {
    let truncated = || DescriptorError::EntryTruncated(number);
    let &kind = bytes.first().ok_or_else(truncated)?;
    // ACE types in MS-DTYP 2.4.4.1.
    let (effect, for_object) = match kind {
        0 | 9 => (Effect::Allow, false),
        1 => (Effect::Deny, false),
        2 | 13 => (Effect::Audit, false),
        5 | 11 => (Effect::Allow, true),
        7 | 15 => (Effect::Audit, true),
        _ => return Ok(None),
    };
    let sid_at = if for_object {
        let flags = u32_at(bytes, 8).ok_or_else(truncated)?;
        let identifiers =
            [HAS_OBJECT_TYPE, HAS_INHERITED_OBJECT_TYPE].iter().filter(|flag| flags & **flag != 0).count();
        12 + 16 * identifiers
    } else {
        8
    };
    let (sid, _) =
        Sid::read(bytes.get(sid_at..).ok_or_else(truncated)?).map_err(|error| DescriptorError::Sid(number, error))?;
    Ok(Some(Entry {
        effect,
        sid,
        mask: u32_at(bytes, 4).ok_or_else(truncated)?,
        inherit_only: bytes.get(1).ok_or_else(truncated)? & INHERIT_ONLY != 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYONE: [u8; 12] = [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

    /// An entry with a mask, 0x2F, the bytes in `between`, and a SID.
    fn entry_of(kind: u8, between: &[u8]) -> Vec<u8> {
        let size = 8 + between.len() + EVERYONE.len();
        [&[kind, 0, size as u8, 0, 0x2f, 0, 0, 0][..], between, &EVERYONE].concat()
    }

    fn descriptor_of(entries: &[Vec<u8>]) -> Vec<u8> {
        let body = entries.concat();
        let mut bytes = vec![1, 0, 4, 0x80];
        for offset in [0u32, 0, 0, 20] {
            bytes.extend(offset.to_le_bytes());
        }
        bytes.extend([2, 0]);
        bytes.extend((8 + body.len() as u16).to_le_bytes());
        bytes.extend((entries.len() as u16).to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn an_entry_never_takes_away_more_than_it_does_in_windows() {
        let with_object_type = [&[1, 0, 0, 0][..], &[7; 16]].concat();
        for (what, entry, effect) in [
            ("ACCESS_ALLOWED", entry_of(0, &[]), Some(Effect::Allow)),
            ("ACCESS_DENIED", entry_of(1, &[]), Some(Effect::Deny)),
            ("SYSTEM_AUDIT", entry_of(2, &[]), Some(Effect::Audit)),
            ("ACCESS_ALLOWED_OBJECT", entry_of(5, &with_object_type), Some(Effect::Allow)),
            ("ACCESS_ALLOWED_CALLBACK: under a condition", entry_of(9, &[]), Some(Effect::Allow)),
            ("ACCESS_DENIED_OBJECT: one property", entry_of(6, &with_object_type), None),
            ("ACCESS_DENIED_CALLBACK: under a condition", entry_of(10, &[]), None),
            ("SYSTEM_MANDATORY_LABEL", entry_of(17, &[]), None),
        ] {
            let read = Descriptor::read(&descriptor_of(&[entry])).unwrap();
            let effects: Vec<_> = read.access.unwrap().iter().map(|entry| entry.effect).collect();
            assert_eq!(effects, Vec::from_iter(effect), "{what}");
        }
    }

    #[test]
    fn damage_is_named() {
        let sound = descriptor_of(&[entry_of(0, &[]), entry_of(1, &[])]);
        let with = |at: usize, byte: u8| {
            let mut bytes = sound.clone();
            bytes[at] = byte;
            bytes
        };
        for (bytes, error) in [
            (Vec::new(), DescriptorError::Truncated),
            (sound[..10].to_vec(), DescriptorError::Truncated),
            (with(0, 2), DescriptorError::Revision(2)),
            (with(17, 2), DescriptorError::Truncated),
            (with(20, 9), DescriptorError::ListRevision(9)),
            (with(24, 3), DescriptorError::ListTruncated(2)),
            (with(30, 3), DescriptorError::EntryTruncated(0)),
            (with(36, 2), DescriptorError::Sid(0, SidError::Revision(2))),
            (with(4, 30), DescriptorError::Owner(SidError::Revision(20))),
        ] {
            assert_eq!(Descriptor::read(&bytes), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn no_list_and_an_empty_list_differ() {
        assert_eq!(Descriptor::read(&descriptor_of(&[])).unwrap().access, Some(Vec::new()));
        let mut absent = descriptor_of(&[]);
        absent[16] = 0;
        assert_eq!(Descriptor::read(&absent).unwrap().access, None);
        let mut not_present = descriptor_of(&[]);
        not_present[2] = 0;
        assert_eq!(Descriptor::read(&not_present).unwrap().access, None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Sid::read(&bytes);
            let _ = Descriptor::read(&bytes);
        }
    }
}
