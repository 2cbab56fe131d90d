//! Values: names, types, data.

use std::borrow::Cow;

use super::{Hive, HiveError};
use crate::contract::RegistryData;
use crate::evidence::image::bytes::{array_at, latin1, slice_at, u16_at, u32_at, utf16, utf16_text};

/// The name has one byte a character.
const FLAG_COMPRESSED_NAME: u16 = 0x0001;
/// In the size: the data stand in the value itself, in place of their offset.
const SIZE_INLINE: u32 = 0x8000_0000;

/// The size of a value's cell without its name.
const VALUE_SIZE: usize = 20;

/// From this size on, and from version 1.4 on, data are cut into segments.
const SEGMENT_SIZE: usize = 16_344;

/// The largest data that are handed out; what Windows itself recommends to stay far below.
pub(super) const MAX_DATA_SIZE: usize = 1 << 20;

#[derive(Clone, Copy)]
pub(in crate::evidence::image) struct Value<'hive> {
    hive: &'hive Hive,
    cell: &'hive [u8],
    offset: u32,
}

impl<'hive> Value<'hive> {
    pub(super) fn at(hive: &'hive Hive, offset: u32) -> Result<Self, HiveError> {
        let cell = hive.signed_cell(offset, *b"vk")?;
        if cell.len() < VALUE_SIZE {
            return Err(hive.damage(offset, "a value is cut short"));
        }
        Ok(Value { hive, cell, offset })
    }

    fn damage(&self, damage: impl Into<String>) -> HiveError {
        self.hive.damage(self.offset, damage)
    }

    /// Empty for the key's default value.
    pub(in crate::evidence::image) fn name(&self) -> Result<String, HiveError> {
        let length = usize::from(u16_at(self.cell, 2).unwrap_or_default());
        let name = slice_at(self.cell, VALUE_SIZE, length).ok_or_else(|| self.damage("a value's name is cut short"))?;
        let compressed = u16_at(self.cell, 16).unwrap_or_default() & FLAG_COMPRESSED_NAME != 0;
        Ok(if compressed { latin1(name) } else { utf16(name) })
    }

    fn number(&self, at: usize) -> u32 {
        u32_at(self.cell, at).unwrap_or_default()
    }

    /// The number of its type, `REG_SZ` being 1.
    pub(in crate::evidence::image) fn kind(&self) -> u32 {
        self.number(12)
    }

    pub(in crate::evidence::image) fn bytes(&self) -> Result<Cow<'hive, [u8]>, HiveError> {
        let size = self.number(4);
        let offset = self.number(8);
        let length = usize::try_from(size & !SIZE_INLINE).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        if size & SIZE_INLINE != 0 {
            let inline = self.cell.get(8..12).and_then(|field| field.get(..length));
            return inline.map(Cow::Borrowed).ok_or_else(|| self.damage("data of more than 4 bytes stand in a value"));
        }
        if length > MAX_DATA_SIZE {
            return Err(
                self.damage(format!("a value of {length} bytes is larger than the {MAX_DATA_SIZE} that are read"))
            );
        }
        if length > SEGMENT_SIZE && self.hive.minor_version() > 3 {
            let head = self.hive.cell(offset)?;
            if head.starts_with(b"db") {
                return self.segments(head, offset, length).map(Cow::Owned);
            }
        }
        let cell = self.hive.cell(offset)?;
        cell.get(..length).map(Cow::Borrowed).ok_or_else(|| self.hive.damage(offset, "a value's data are cut short"))
    }

    fn segments(&self, head: &[u8], at: u32, length: usize) -> Result<Vec<u8>, HiveError> {
        let cut_short = || self.hive.damage(at, "a value's data are cut short");
        let count = usize::from(u16_at(head, 2).ok_or_else(cut_short)?);
        let list = self.hive.cell(u32_at(head, 4).ok_or_else(cut_short)?)?;
        let mut data = Vec::with_capacity(length);
        for index in 0..count {
            let segment = self.hive.cell(u32_at(list, index * 4).ok_or_else(cut_short)?)?;
            let wanted = (length - data.len()).min(SEGMENT_SIZE);
            data.extend_from_slice(segment.get(..wanted).ok_or_else(cut_short)?);
            if data.len() == length {
                return Ok(data);
            }
        }
        Err(cut_short())
    }

    pub(in crate::evidence::image) fn data(&self) -> Result<RegistryData, HiveError> {
        Ok(data(self.kind(), &self.bytes()?))
    }
}

/// Data by the number of their type.
///
/// A number that does not have its type's size is given as the bytes that it is.
fn data(kind: u32, bytes: &[u8]) -> RegistryData {
    match kind {
        0 => RegistryData::None,
        1 => RegistryData::Text(utf16_text(bytes)),
        2 => RegistryData::ExpandText(utf16_text(bytes)),
        3 => RegistryData::Binary(bytes.to_vec()),
        4 => match array_at(bytes, 0) {
            Some(number) if bytes.len() == 4 => RegistryData::Dword(u32::from_le_bytes(number)),
            _ => RegistryData::Binary(bytes.to_vec()),
        },
        7 => RegistryData::MultiText(multi_text(bytes)),
        11 => match array_at(bytes, 0) {
            Some(number) if bytes.len() == 8 => RegistryData::Qword(u64::from_le_bytes(number)),
            _ => RegistryData::Binary(bytes.to_vec()),
        },
        other => RegistryData::Other(other),
    }
}

/// Texts, each ended by a NUL. Empty ones count, for in `PendingFileRenameOperations` they mean that a file is deleted; those at
/// the end do not, since an empty one ends the list.
fn multi_text(bytes: &[u8]) -> Vec<String> {
    let text = utf16(bytes);
    match text.trim_end_matches('\0') {
        "" => Vec::new(),
        texts => texts.split('\0').map(str::to_owned).collect(),
    }
}
