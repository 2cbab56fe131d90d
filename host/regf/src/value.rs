//! Values: their names, types and data.

use crate::bytes::{text, u16_at, u32_at};
use crate::cells::Cell;
use crate::key::stored_name;
use crate::{Data, Error, Hive};

/// The name has one byte per character.
const FLAG_COMPRESSED_NAME: u16 = 0x0001;
/// Flag in the size field: the data is stored in the value itself, in place of its offset.
const SIZE_INLINE: u32 = 0x8000_0000;

/// The size of a value's cell without its name.
const VALUE_SIZE: usize = 20;
/// The number of bytes read at once for a value: all of it if its name has a typical length.
const USUAL_SIZE: usize = VALUE_SIZE + 40;

/// Since version 1.4, data larger than this is split into segments of this size.
const SEGMENT_SIZE: usize = 16_344;

/// The maximum size of data that is returned, in bytes. Windows itself recommends staying far below it.
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
            return Err(hive.damage(offset, "a value is truncated"));
        }
        Ok(Value { hive, cell })
    }

    fn damage(&self, damage: impl Into<String>) -> Error {
        self.hive.damage(self.cell.offset, damage)
    }

    // `at` checked that the fixed part exists.
    fn number(&self, at: usize) -> u32 {
        u32_at(self.cell.start(), at).unwrap_or_default()
    }

    fn short_number(&self, at: usize) -> u16 {
        u16_at(self.cell.start(), at).unwrap_or_default()
    }

    /// Returns the name in UTF-16, as stored; empty for the key's default value. It may be invalid.
    ///
    /// # Errors
    ///
    /// If it is longer than its cell.
    pub fn name_units(&self) -> Result<Vec<u16>, Error> {
        let length = usize::from(self.short_number(2));
        let name = self.cell.read(self.hive, VALUE_SIZE as u64, length)?;
        let name = name.ok_or_else(|| self.damage("a value's name is truncated"))?;
        Ok(stored_name(&name, self.short_number(16) & FLAG_COMPRESSED_NAME != 0))
    }

    /// Returns the name; invalid UTF-16 in it becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// Same as [`Value::name_units`].
    pub fn name(&self) -> Result<String, Error> {
        self.name_units().map(text)
    }

    /// The number of the value's type; `REG_SZ` is 1.
    pub fn kind(&self) -> u32 {
        self.number(12)
    }

    /// Returns the data as stored.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is larger than [`MAX_DATA_SIZE`].
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        let size = self.number(4);
        let offset = self.number(8);
        let length = usize::try_from(size & !SIZE_INLINE).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok(Vec::new());
        }
        if size & SIZE_INLINE != 0 {
            let inline = self.cell.start().get(8..12).and_then(|field| field.get(..length));
            return inline
                .map(<[u8]>::to_vec)
                .ok_or_else(|| self.damage("a value's inline data has more than 4 bytes"));
        }
        if length > MAX_DATA_SIZE {
            return Err(self.hive.too_large(self.cell.offset, "data", length, MAX_DATA_SIZE));
        }
        let cell = self.hive.cell(offset, length.min(64))?;
        if length > SEGMENT_SIZE && self.hive.minor_version() > 3 && cell.start().starts_with(b"db") {
            return self.segments(&cell, length);
        }
        cell.read(self.hive, 0, length)?.ok_or_else(|| self.hive.damage(offset, "a value's data is truncated"))
    }

    fn segments(&self, head: &Cell, length: usize) -> Result<Vec<u8>, Error> {
        let truncated = || self.hive.damage(head.offset, "a value's data is truncated");
        let count = usize::from(u16_at(head.start(), 2).ok_or_else(truncated)?);
        let needed = length.div_ceil(SEGMENT_SIZE);
        if count < needed {
            return Err(truncated());
        }
        let list = self.hive.cell(u32_at(head.start(), 4).ok_or_else(truncated)?, needed * 4)?;
        let mut data = Vec::with_capacity(length);
        for index in 0..needed {
            let offset = u32_at(list.start(), index * 4).ok_or_else(truncated)?;
            let wanted = (length - data.len()).min(SEGMENT_SIZE);
            let segment = self.hive.cell(offset, 0)?.read(self.hive, 0, wanted)?;
            data.extend_from_slice(&segment.ok_or_else(truncated)?);
        }
        Ok(data)
    }

    /// Returns the data, decoded by its type.
    ///
    /// # Errors
    ///
    /// Same as [`Value::bytes`].
    pub fn data(&self) -> Result<Data, Error> {
        Ok(Data::new(self.kind(), &self.bytes()?))
    }
}
