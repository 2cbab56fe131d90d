//! Data of values by their types.

use crate::bytes::{array_at, text, units};

/// What a value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// `REG_NONE`. Bytes that such a value may have are not given.
    None,
    /// `REG_SZ`, up to the first NUL: what stands behind it is a remnant of earlier data.
    Text(String),
    /// `REG_EXPAND_SZ`, as [`Data::Text`].
    ExpandText(String),
    /// `REG_BINARY`, and numbers that do not have their type's size.
    Binary(Vec<u8>),
    /// `REG_DWORD`
    Dword(u32),
    /// `REG_MULTI_SZ`. Empty texts count, except at the end.
    MultiText(Vec<String>),
    /// `REG_QWORD`
    Qword(u64),
    /// Another type, by its number.
    Other(u32),
}

impl Data {
    /// Data by the number of their type, `REG_SZ` being 1.
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

/// Texts, each ended by a NUL. Empty ones count, for in `PendingFileRenameOperations` they mean that a file is deleted; those at
/// the end do not, since an empty one ends the list.
fn multi_text(bytes: &[u8]) -> Vec<String> {
    let text = text(units(bytes));
    match text.trim_end_matches('\0') {
        "" => Vec::new(),
        texts => texts.split('\0').map(str::to_owned).collect(),
    }
}
