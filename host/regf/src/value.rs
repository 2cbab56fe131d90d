//! Values: names, types, data.

use crate::bytes::{text, u16_at, u32_at};
use crate::cells::Cell;
use crate::key::stored_name;
use crate::{Data, Error, Hive};

/// The name has one byte a character.
const FLAG_COMPRESSED_NAME: u16 = 0x0001;
/// In the size: the data stand in the value itself, in place of their offset.
const SIZE_INLINE: u32 = 0x8000_0000;

/// The size of a value's cell without its name.
const VALUE_SIZE: usize = 20;
/// What is read at once of a value: all of it where the name is of usual length.
const USUAL_SIZE: usize = VALUE_SIZE + 40;

/// From this size on, and from version 1.4 on, data are cut into segments.
const SEGMENT_SIZE: usize = 16_344;

/// The largest data that are handed out, in bytes; what Windows itself recommends to stay far below.
pub const MAX_DATA_SIZE: usize = 1 << 20;

/// A value of a key.
#[derive(Clone)]
pub struct Value<'hive> {
    hive: &'hive Hive,
    cell: Cell,
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Value").field("hive", self.hive).field("offset", &self.cell.offset).finish()
    }
}

impl<'hive> Value<'hive> {
    pub(crate) fn at(hive: &'hive Hive, offset: u32) -> Result<Self, Error> {
        let cell = hive.signed_cell(offset, *b"vk", USUAL_SIZE)?;
        if cell.len() < VALUE_SIZE as u64 || cell.start().len() < VALUE_SIZE {
            return Err(hive.damage(offset, "a value is cut short"));
        }
        Ok(Value { hive, cell })
    }

    fn damage(&self, damage: impl Into<String>) -> Error {
        self.hive.damage(self.cell.offset, damage)
    }

    // `at` made sure that the fixed part is there.
    fn number(&self, at: usize) -> u32 {
        u32_at(self.cell.start(), at).unwrap_or_default()
    }

    fn short_number(&self, at: usize) -> u16 {
        u16_at(self.cell.start(), at).unwrap_or_default()
    }

    /// The name in UTF-16, as stored; empty for the key's default value. It need not be valid.
    ///
    /// # Errors
    ///
    /// Where it is longer than its cell.
    pub fn name_units(&self) -> Result<Vec<u16>, Error> {
        let length = usize::from(self.short_number(2));
        let name = self.cell.read(self.hive, VALUE_SIZE as u64, length)?;
        let name = name.ok_or_else(|| self.damage("a value's name is cut short"))?;
        Ok(stored_name(&name, self.short_number(16) & FLAG_COMPRESSED_NAME != 0))
    }

    /// The name; what is no valid UTF-16 in it is shown as U+FFFD.
    ///
    /// # Errors
    ///
    /// As [`Value::name_units`].
    pub fn name(&self) -> Result<String, Error> {
        self.name_units().map(text)
    }

    /// The number of its type, `REG_SZ` being 1.
    pub fn kind(&self) -> u32 {
        self.number(12)
    }

    /// The data as stored.
    ///
    /// # Errors
    ///
    /// Where they cannot be read, or are larger than [`MAX_DATA_SIZE`].
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        let size = self.number(4);
        let offset = self.number(8);
        let length = usize::try_from(size & !SIZE_INLINE).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok(Vec::new());
        }
        if size & SIZE_INLINE != 0 {
            let inline = self.cell.start().get(8..12).and_then(|field| field.get(..length));
            return inline.map(<[u8]>::to_vec).ok_or_else(|| self.damage("data of more than 4 bytes stand in a value"));
        }
        if length > MAX_DATA_SIZE {
            return Err(self.hive.too_large(self.cell.offset, "data", length, MAX_DATA_SIZE));
        }
        let cell = self.hive.cell(offset, length.min(64))?;
        if length > SEGMENT_SIZE && self.hive.minor_version() > 3 && cell.start().starts_with(b"db") {
            return self.segments(&cell, length);
        }
        cell.read(self.hive, 0, length)?.ok_or_else(|| self.hive.damage(offset, "a value's data are cut short"))
    }

    fn segments(&self, head: &Cell, length: usize) -> Result<Vec<u8>, Error> {
        let cut_short = || self.hive.damage(head.offset, "a value's data are cut short");
        let count = usize::from(u16_at(head.start(), 2).ok_or_else(cut_short)?);
        let needed = length.div_ceil(SEGMENT_SIZE);
        if count < needed {
            return Err(cut_short());
        }
        let list = self.hive.cell(u32_at(head.start(), 4).ok_or_else(cut_short)?, needed * 4)?;
        let mut data = Vec::with_capacity(length);
        for index in 0..needed {
            let offset = u32_at(list.start(), index * 4).ok_or_else(cut_short)?;
            let wanted = (length - data.len()).min(SEGMENT_SIZE);
            let segment = self.hive.cell(offset, 0)?.read(self.hive, 0, wanted)?;
            data.extend_from_slice(&segment.ok_or_else(cut_short)?);
        }
        Ok(data)
    }

    /// The data by their type.
    ///
    /// # Errors
    ///
    /// As [`Value::bytes`].
    pub fn data(&self) -> Result<Data, Error> {
        Ok(Data::new(self.kind(), &self.bytes()?))
    }
}
