//! Local groups, which the SAM calls aliases: the value `C`, and the index of memberships.

use crate::RecordError;
use crate::bytes::u32_at;
use crate::record::Table;
use crate::sid::{Sid, SidError};

/// Offsets in `C`: the RID, the table's entries, and its end.
const RID_AT: usize = 0;
const NAME_AT: usize = 16;
const MEMBERS_AT: usize = 40;
const MEMBER_COUNT_AT: usize = 48;
const TABLE_SIZE: usize = 52;

/// The value `C`.
#[derive(Clone, Copy, Debug)]
pub struct Alias<'bytes> {
    table: Table<'bytes>,
    /// The RID in the record. It is that of the group's key, unless the record is damaged.
    pub rid: u32,
    member_count: u32,
}

/// The members found in a group's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// The members in the record's order. An error stands for one damaged member or several.
    pub found: Vec<Result<Sid, SidError>>,
    /// The number of members according to the record.
    pub expected: u32,
}

impl Members {
    /// Returns whether all members could be read, and as many as the record says.
    pub fn are_complete(&self) -> bool {
        self.found.iter().all(Result::is_ok) && u32::try_from(self.found.len()) == Ok(self.expected)
    }
}

impl<'bytes> Alias<'bytes> {
    /// Parses the value.
    ///
    /// # Errors
    ///
    /// If the value ends before its table does.
    pub fn read(bytes: &'bytes [u8]) -> Result<Self, RecordError> {
        let table = Table::read("C", bytes, TABLE_SIZE)?;
        let truncated = RecordError::Truncated { record: "C", length: bytes.len() };
        let (rid, member_count) = u32_at(bytes, RID_AT).zip(u32_at(bytes, MEMBER_COUNT_AT)).ok_or(truncated)?;
        Ok(Alias { table, rid, member_count })
    }

    /// Returns the name.
    ///
    /// # Errors
    ///
    /// If it is outside the value, or longer than Windows allows.
    pub fn name(&self) -> Result<String, RecordError> {
        self.table.text(NAME_AT, "the name")
    }

    /// Returns the members. After a damaged one, reading resumes where the next SID begins.
    ///
    /// # Errors
    ///
    /// If the list is outside the value.
    pub fn members(&self) -> Result<Members, RecordError> {
        let mut rest = self.table.entry(MEMBERS_AT, "the list of members")?;
        let mut found = Vec::new();
        while !rest.is_empty() {
            match Sid::read(rest) {
                Ok((sid, length)) => {
                    found.push(Ok(sid));
                    rest = rest.get(length..).unwrap_or_default();
                }
                Err(error) => {
                    found.push(Err(error));
                    rest = from_next_sid(rest);
                }
            }
        }
        Ok(Members { found, expected: self.member_count })
    }
}

/// Skips to the next SID. The size of a SID is a multiple of four bytes. The authorities that Windows uses are small numbers, so
/// four zero bytes follow the count.
fn from_next_sid(bytes: &[u8]) -> &[u8] {
    let begins_sid = |at: &usize| {
        let rest = bytes.get(*at..).unwrap_or_default();
        matches!(rest, [1, _, 0, 0, 0, 0, 0, 1..=u8::MAX, ..]) && Sid::read(rest).is_ok()
    };
    let next = (4..bytes.len()).step_by(4).find(begins_sid);
    next.and_then(|at| bytes.get(at..)).unwrap_or_default()
}

/// Returns the RIDs of the groups that a SID is a member of: the data of its value in the index `Members`. Windows uses this index
/// to determine the groups of a logon, and the record `C` to show the members of a group.
pub fn groups_of_member(data: &[u8]) -> impl Iterator<Item = u32> + '_ {
    data.chunks_exact(4).filter_map(|rid| u32_at(rid, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(rid: u8) -> Vec<u8> {
        [&[1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0][..], &[9, 8, 7, 6].repeat(3), &[rid, 2, 0, 0]].concat()
    }

    fn alias(count: u8, members: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; TABLE_SIZE];
        bytes[MEMBERS_AT + 4..MEMBERS_AT + 6].copy_from_slice(&(members.len() as u16).to_le_bytes());
        bytes[MEMBER_COUNT_AT] = count;
        bytes.extend(members);
        bytes
    }

    fn with(mut bytes: Vec<u8>, at: usize, byte: u8) -> Vec<u8> {
        bytes[at] = byte;
        bytes
    }

    #[test]
    fn damaged_members_cost_no_other() {
        let (first, second, third) = (sid(0), sid(1), sid(2));
        for (what, count, members, found, complete) in [
            ("sound", 3, [&first[..], &second, &third].concat(), 3, true),
            ("the first has another revision", 3, [&with(first.clone(), 0, 2)[..], &second, &third].concat(), 2, false),
            ("the second has another revision", 3, [&first[..], &with(sid(1), 0, 0), &third].concat(), 2, false),
            ("the second has too many numbers", 3, [&first[..], &with(sid(1), 1, 200), &third].concat(), 2, false),
            ("the last is truncated", 3, [&first[..], &second, &third[..20]].concat(), 2, false),
            ("the record counts more", 4, [&first[..], &second, &third].concat(), 3, false),
            ("the record counts fewer", 1, [&first[..], &second, &third].concat(), 3, false),
            ("nobody", 0, Vec::new(), 0, true),
            ("nobody, and the record counts one", 1, Vec::new(), 0, false),
        ] {
            let bytes = alias(count, &members);
            let read = Alias::read(&bytes).unwrap().members().unwrap();
            assert_eq!(read.found.iter().filter(|sid| sid.is_ok()).count(), found, "{what}");
            assert_eq!(read.are_complete(), complete, "{what}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            if let Ok(alias) = Alias::read(&bytes) {
                let _ = (alias.name(), alias.members());
            }
        }
    }
}
