//! What the SAM's variable records have in common: a table of places, then the data.

use crate::bytes::{slice_at, u32_at, utf16};

/// No text of an account or group is longer, in UTF-16 units. Windows' own limits are 256 for names and comments (`UNLEN`,
/// `MAXCOMMENTSZ` in lmcons.h).
const MAX_TEXT: usize = 4096;

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("{record} is cut short at {length} bytes")]
    CutShort { record: &'static str, length: usize },
    #[error("{field} lies outside {record}")]
    OutOfRange { record: &'static str, field: &'static str },
    #[error("{field} in {record} is {length} characters long; Windows stores at most 256")]
    TooLong { record: &'static str, field: &'static str, length: usize },
}

/// A record that begins with a table of (offset, length, number); offsets count from the table's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'bytes> {
    record: &'static str,
    bytes: &'bytes [u8],
    data: &'bytes [u8],
}

impl<'bytes> Table<'bytes> {
    /// `size` is where the data begin.
    pub(crate) fn read(record: &'static str, bytes: &'bytes [u8], size: usize) -> Result<Self, RecordError> {
        let data = bytes.get(size..).ok_or(RecordError::CutShort { record, length: bytes.len() })?;
        Ok(Table { record, bytes, data })
    }

    /// What the table's entry at this offset points to.
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
