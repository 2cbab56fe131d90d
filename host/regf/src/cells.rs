//! Cells: the chunks of a hive that everything else is stored in.

use crate::bytes::u32_at;
use crate::{Error, Hive};

/// The offset that means "none".
pub(crate) const NO_OFFSET: u32 = u32::MAX;

/// A cell: the offset and length of its content, and the first bytes of the content.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) offset: u32,
    /// The offset of the content in the bins.
    at: u64,
    /// The length of the content according to the cell; it fits into the bins.
    length: u64,
    start: Vec<u8>,
}

impl Hive {
    /// Reads the cell at an offset in the bins, with at least `wanted` bytes of its content if it has that many.
    pub(crate) fn cell(&self, offset: u32, wanted: usize) -> Result<Cell, Error> {
        // Up to version 1.1 a cell also holds the offset of the previous one.
        let prefix = if self.minor_version() <= 1 { 8 } else { 4 };
        let mut start = vec![0; prefix + wanted];
        let count = self.read(u64::from(offset), &mut start)?;
        start.truncate(count);
        let size = u32_at(&start, 0).ok_or_else(|| self.damage(offset, "a cell is past the end of the file"))?;
        // Cells in use have a negative size.
        let size = size.cast_signed();
        if size >= 0 {
            return Err(self.damage(offset, "a reference leads to a free cell"));
        }
        let size = u64::from(size.unsigned_abs());
        let Some(length) = size.checked_sub(prefix as u64) else {
            return Err(self.damage(offset, "a cell is smaller than its header"));
        };
        if u64::from(offset) + size > self.bins_size() {
            return Err(self.damage(offset, "a cell reaches past the end of the file"));
        }
        start.drain(..prefix.min(count));
        start.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(Cell { offset, at: u64::from(offset) + prefix as u64, length, start })
    }

    /// Reads the cell, which must begin with this signature.
    pub(crate) fn signed_cell(&self, offset: u32, signature: [u8; 2], wanted: usize) -> Result<Cell, Error> {
        let cell = self.cell(offset, wanted)?;
        if cell.start.starts_with(&signature) {
            return Ok(cell);
        }
        let [first, second] = signature.map(char::from);
        Err(self.damage(offset, format!("bad signature: expected `{first}{second}`")))
    }
}

impl Cell {
    /// The first bytes of the content: as many as were wanted, or all of them.
    pub(crate) fn start(&self) -> &[u8] {
        &self.start
    }

    /// The length of the content in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Reads part of the content, or returns `None` if the cell is too short for it. `length` is bounded by the caller.
    pub(crate) fn read(&self, hive: &Hive, from: u64, length: usize) -> Result<Option<Vec<u8>>, Error> {
        let end = from.saturating_add(length as u64);
        if end > self.length {
            return Ok(None);
        }
        let known = usize::try_from(from).ok().zip(usize::try_from(end).ok());
        if let Some(bytes) = known.and_then(|(from, end)| self.start.get(from..end)) {
            return Ok(Some(bytes.to_vec()));
        }
        let mut bytes = vec![0; length];
        let count = hive.read(self.at + from, &mut bytes)?;
        if count < length {
            return Err(hive.damage(self.offset, "a cell reaches past the end of the file"));
        }
        Ok(Some(bytes))
    }
}
