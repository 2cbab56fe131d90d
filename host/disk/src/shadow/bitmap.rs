//! A store's bitmap of the blocks that the volume did not use when the shadow copy was made.

use super::{BLOCK, HEADER, Record, block};
use crate::bytes::Fields;
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

/// The number of bits in a block of a bitmap.
const BITS: u64 = (BLOCK - HEADER as u64) * 8;

/// The places of the blocks of a bitmap; the bits are read as they are needed.
#[derive(Debug)]
pub(super) struct Bitmap(Vec<u64>);

impl Bitmap {
    /// Finds the blocks of a bitmap for a volume of `size` bytes.
    pub(super) fn find(volume: &dyn ReadAt, at: u64, size: u64) -> Result<Bitmap> {
        let most = size.div_ceil(BLOCK).div_ceil(BITS) + 1;
        let mut places = Vec::new();
        let mut next = Some(at);
        while let Some(at) = next {
            if places.len() as u64 > most {
                return Err(Error::damaged(Record::Bitmap.name(), "more blocks than the volume needs"));
            }
            places.push(at);
            next = block(volume, Record::Bitmap, at)?.1;
        }
        Ok(Bitmap(places))
    }

    /// Returns whether a block was unused.
    pub(super) fn is_unused(&self, volume: &dyn ReadAt, number: u64) -> Result<bool> {
        let index = usize::try_from(number / BITS).ok();
        let Some(at) = index.and_then(|index| self.0.get(index)) else { return Ok(false) };
        let bit = number % BITS;
        let bytes = volume.bytes_at(at.saturating_add(HEADER as u64 + bit / 8), 1)?;
        Ok(Fields::new(Record::Bitmap.name(), &bytes).u8(0)? & (1 << (bit % 8)) != 0)
    }
}
