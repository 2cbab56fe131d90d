//! The data of values, by type.

use crate::bytes::{array_at, text, units};

/// The data of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// `REG_NONE`. Any bytes that the value has are not returned.
    None,
    /// `REG_SZ`, up to the first NUL: anything after it is a remnant of earlier data.
    Text(String),
    /// `REG_EXPAND_SZ`, like [`Data::Text`].
    ExpandText(String),
    /// `REG_BINARY`, and numbers whose size does not match their type.
    Binary(Vec<u8>),
    /// `REG_DWORD`
    Dword(u32),
    /// `REG_MULTI_SZ`. Empty strings count, except at the end.
    MultiText(Vec<String>),
    /// `REG_QWORD`
    Qword(u64),
    /// Another type, by its number.
    Other(u32),
}

impl Data {
    /// Decodes data by the number of its type; `REG_SZ` is 1.
    pub fn new(kind: u32, bytes: &[u8]) -> Data {
        match kind {
            0 => Data::None,
            1 => Data::Text(up_to_nul(bytes)),
            2 => Data::ExpandText(up_to_nul(bytes)),
            3 => Data::Binary(bytes.to_vec()),
            4 => match array_at(bytes, 0) {
                Some(number) if bytes.len() == 4 => Data::Dword(u32::from_le_bytes(number)),
                _ => Data::Binary(bytes.to_vec()),
            },
            7 => Data::MultiText(multi_text(bytes)),
            11 => match array_at(bytes, 0) {
                Some(number) if bytes.len() == 8 => Data::Qword(u64::from_le_bytes(number)),
                _ => Data::Binary(bytes.to_vec()),
            },
            other => Data::Other(other),
        }
    }
}

fn up_to_nul(bytes: &[u8]) -> String {
    text(units(bytes).take_while(|unit| *unit != 0))
}

/// Splits NUL-terminated strings. Empty ones count, because in `PendingFileRenameOperations` they mean that a file is deleted;
/// those at the end do not, since an empty one ends the list.
fn multi_text(bytes: &[u8]) -> Vec<String> {
    let text = text(units(bytes));
    match text.trim_end_matches('\0') {
        "" => Vec::new(),
        texts => texts.split('\0').map(str::to_owned).collect(),
    }
}
