//! Cells: the pieces of a hive that everything else is stored in.

use super::{Hive, HiveError};
use crate::evidence::image::bytes::{slice_at, u32_at};

/// Stands where an offset would, for "there is none".
pub(super) const NOWHERE: u32 = u32::MAX;

impl Hive {
    /// The content of the cell at an offset in the bins, without its size.
    pub(super) fn cell(&self, offset: u32) -> Result<&[u8], HiveError> {
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let size =
            u32_at(&self.bins, at).ok_or_else(|| self.damage(offset, "a cell lies behind the end of the file"))?;
        // Cells in use have a negative size.
        let size = size.cast_signed();
        if size >= 0 {
            return Err(self.damage(offset, "a cell that is referred to is free"));
        }
        let size = usize::try_from(size.unsigned_abs()).unwrap_or(usize::MAX);
        // Up to version 1.1 a cell also holds the offset of the one before it.
        let prefix = if self.minor_version <= 1 { 8 } else { 4 };
        if size < prefix {
            return Err(self.damage(offset, "a cell is smaller than its own head"));
        }
        slice_at(&self.bins, at, size)
            .and_then(|cell| cell.get(prefix..))
            .ok_or_else(|| self.damage(offset, "a cell reaches behind the end of the file"))
    }

    /// The content of a cell that must begin with this signature.
    pub(super) fn signed_cell(&self, offset: u32, signature: [u8; 2]) -> Result<&[u8], HiveError> {
        let cell = self.cell(offset)?;
        if cell.starts_with(&signature) {
            return Ok(cell);
        }
        let [first, second] = signature;
        Err(self.damage(offset, format!("a cell is not of the kind {}{}", char::from(first), char::from(second))))
    }

    pub(super) fn minor_version(&self) -> u32 {
        self.minor_version
    }

    /// How many cells of at least this size there is room for: a bound for counts that the hive claims.
    pub(super) fn room_for(&self, cell_size: usize) -> usize {
        self.bins.len() / cell_size.max(1)
    }
}
