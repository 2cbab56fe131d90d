//! The common format of the SAM's variable records: a table of offsets, followed by the data.

use crate::bytes::{slice_at, u32_at, utf16};

/// The maximum length of a text of an account or group, in UTF-16 units. Windows' own limit is 256 for names and comments (`UNLEN`,
/// `MAXCOMMENTSZ` in lmcons.h).
const MAX_TEXT: usize = 4096;

/// The reasons a record cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("{record} is truncated at {length} bytes")]
    Truncated { record: &'static str, length: usize },
    #[error("{field} is outside of {record}")]
    OutOfRange { record: &'static str, field: &'static str },
    #[error("{field} in {record} has {length} characters: Windows stores at most 256")]
    TooLong { record: &'static str, field: &'static str, length: usize },
}

/// A record that begins with a table of (offset, length, number); offsets are relative to the table's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'bytes> {
    record: &'static str,
    bytes: &'bytes [u8],
    data: &'bytes [u8],
}

impl<'bytes> Table<'bytes> {
    /// Parses a record; `size` is the size of its table.
    pub(crate) fn read(record: &'static str, bytes: &'bytes [u8], size: usize) -> Result<Self, RecordError> {
        let data = bytes.get(size..).ok_or(RecordError::Truncated { record, length: bytes.len() })?;
        Ok(Table { record, bytes, data })
    }

    /// Returns the bytes that the table's entry at this offset points to.
    pub(crate) fn entry(&self, at: usize, field: &'static str) -> Result<&'bytes [u8], RecordError> {
        let number = |at| usize::try_from(u32_at(self.bytes, at)?).ok();
        number(at)
            .zip(number(at + 4))
            .and_then(|(offset, length)| slice_at(self.data, offset, length))
            .ok_or(RecordError::OutOfRange { record: self.record, field })
    }

    pub(crate) fn text(&self, at: usize, field: &'static str) -> Result<String, RecordError> {
        let stored = self.entry(at, field)?;
        let length = stored.len() / 2;
        if length > MAX_TEXT {
            return Err(RecordError::TooLong { record: self.record, field, length });
        }
        Ok(utf16(stored))
    }
}
