//! The two values of an account: `F`, of fixed length, and `V`, of variable length.

use crate::RecordError;
use crate::bytes::{u16_at, u32_at, u64_at};
use crate::record::Table;

/// Offsets in `F`.
const LAST_LOGON_AT: usize = 8;
const PASSWORD_SET_AT: usize = 24;
const RID_AT: usize = 48;
const FLAGS_AT: usize = 56;

/// Offsets in `V`: the table's entries, and its end.
const NAME_AT: usize = 12;
const FULL_NAME_AT: usize = 24;
const COMMENT_AT: usize = 36;
const LM_HASH_AT: usize = 156;
const NT_HASH_AT: usize = 168;
const TABLE_SIZE: usize = 204;

/// The value `F`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The RID that a logon with this account gets. It is that of the account's key, unless someone changed it.
    pub rid: u32,
    pub flags: Flags,
    /// The time of the last logon, in units of 100 ns since 1601; 0 for never.
    pub last_logon: u64,
    /// The time the password was set, in units of 100 ns since 1601; 0 for never.
    pub password_set: u64,
}

/// The account's control bits (`USER_ACCOUNT` codes, MS-SAMR 2.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    pub fn disabled(self) -> bool {
        self.0 & 0x0001 != 0
    }

    pub fn password_not_required(self) -> bool {
        self.0 & 0x0004 != 0
    }

    pub fn password_never_expires(self) -> bool {
        self.0 & 0x0200 != 0
    }

    pub fn locked(self) -> bool {
        self.0 & 0x0400 != 0
    }
}

impl Fixed {
    /// Parses the value.
    ///
    /// # Errors
    ///
    /// If the value ends before the flags.
    pub fn read(bytes: &[u8]) -> Result<Fixed, RecordError> {
        let read = || {
            Some(Fixed {
                rid: u32_at(bytes, RID_AT)?,
                flags: Flags(u16_at(bytes, FLAGS_AT)?),
                last_logon: u64_at(bytes, LAST_LOGON_AT)?,
                password_set: u64_at(bytes, PASSWORD_SET_AT)?,
            })
        };
        read().ok_or(RecordError::Truncated { record: "F", length: bytes.len() })
    }
}

/// The value `V`. Each field is parsed on demand, so that a damaged one does not affect the others.
#[derive(Clone, Copy, Debug)]
pub struct Variable<'bytes>(Table<'bytes>);

impl<'bytes> Variable<'bytes> {
    /// Parses the table of the value.
    ///
    /// # Errors
    ///
    /// If the value ends before its table does.
    pub fn read(bytes: &'bytes [u8]) -> Result<Self, RecordError> {
        Table::read("V", bytes, TABLE_SIZE).map(Variable)
    }

    /// Returns the name.
    ///
    /// # Errors
    ///
    /// If it is outside the value, or longer than Windows allows.
    pub fn name(&self) -> Result<String, RecordError> {
        self.0.text(NAME_AT, "the name")
    }

    /// Returns the full name.
    ///
    /// # Errors
    ///
    /// If it is outside the value, or longer than Windows allows.
    pub fn full_name(&self) -> Result<String, RecordError> {
        self.0.text(FULL_NAME_AT, "the full name")
    }

    /// Returns the comment.
    ///
    /// # Errors
    ///
    /// If it is outside the value, or longer than Windows allows.
    pub fn comment(&self) -> Result<String, RecordError> {
        self.0.text(COMMENT_AT, "the comment")
    }

    /// Returns the LM hash as stored, for [`StoredHash`](crate::protection::StoredHash).
    ///
    /// # Errors
    ///
    /// If it is outside the value.
    pub fn lm_hash(&self) -> Result<&'bytes [u8], RecordError> {
        self.0.entry(LM_HASH_AT, "the LM hash")
    }

    /// Returns the NT hash as stored, for [`StoredHash`](crate::protection::StoredHash).
    ///
    /// # Errors
    ///
    /// If it is outside the value.
    pub fn nt_hash(&self) -> Result<&'bytes [u8], RecordError> {
        self.0.entry(NT_HASH_AT, "the NT hash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_field_costs_no_other() {
        let mut bytes = vec![0; TABLE_SIZE];
        bytes.extend(b"a\0b\0");
        bytes[NAME_AT + 4] = 4;
        bytes[COMMENT_AT] = 200;
        bytes[COMMENT_AT + 4] = 2;
        let variable = Variable::read(&bytes).unwrap();
        assert_eq!(variable.name().unwrap(), "ab");
        assert_eq!(variable.full_name().unwrap(), "");
        assert_eq!(variable.comment(), Err(RecordError::OutOfRange { record: "V", field: "the comment" }));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = Fixed::read(&bytes);
            if let Ok(variable) = Variable::read(&bytes) {
                let _ = (variable.name(), variable.full_name(), variable.comment());
                let _ = (variable.lm_hash(), variable.nt_hash());
            }
        }
    }
}
