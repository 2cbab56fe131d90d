//! The state of the volume in a shadow copy.

use std::fmt;
use std::io;
use std::sync::Arc;

use super::BLOCK;
use super::bitmap::Bitmap;
use super::catalog::Entry;
use super::store::{Data, MEMORY, SECTOR, Store};
use crate::bytes::shorten;
use crate::error::Result;
use crate::read_at::ReadAt;

/// The number of descriptors that the stores may have together: 64 GiB of overwritten blocks.
const MAX_DESCRIPTORS: u64 = 4 << 20;

/// A volume as it was when a shadow copy was made.
pub struct Shadow {
    volume: Arc<dyn ReadAt>,
    size: u64,
    /// The store of the shadow copy and those of all that are newer.
    stores: Vec<Store>,
    /// For the newest shadow copy: the blocks that have no meaning in it, because neither the volume nor the store before used them.
    unused: Option<(Bitmap, Option<Bitmap>)>,
}

impl fmt::Debug for Shadow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shadow").field("size", &self.size).finish_non_exhaustive()
    }
}

/// The place of a part of a block.
enum Place {
    Volume(u64),
    Zeros,
}

impl Shadow {
    /// Opens the first of these shadow copies; the others are all that are newer, in order.
    pub(super) fn read(volume: Arc<dyn ReadAt>, entries: &[Entry]) -> Result<Shadow> {
        let mut room = MAX_DESCRIPTORS;
        let read = |entry: &Entry| Store::read(&volume, entry.block_list, &mut room);
        let stores = entries.iter().map(read).collect::<Result<Vec<_>>>()?;
        let bitmap = |at| (at != 0).then(|| Bitmap::find(&volume, at, volume.size())).transpose();
        let unused = match entries {
            [newest] => bitmap(newest.bitmap)?
                .map(|unused| bitmap(newest.previous_bitmap).map(|before| (unused, before)))
                .transpose()?,
            _ => None,
        };
        // Damaged catalogs give sizes beyond the end of the volume.
        let size = entries.first().map_or(0, |entry| entry.volume_size).min(volume.size());
        Ok(Shadow { size, stores, unused, volume })
    }

    /// The memory of the stores, in bytes.
    pub fn memory(&self) -> u64 {
        self.stores.iter().map(Store::len).sum::<u64>() * MEMORY
    }

    /// Finds the bytes at an offset, and how many follow there.
    fn place(&self, offset: u64) -> Result<(Place, u64)> {
        let mut at = offset;
        let mut length = BLOCK - offset % BLOCK;
        for (index, store) in self.stores.iter().enumerate() {
            let within = at % BLOCK;
            let stored = store.get(at / BLOCK);
            if let Some(overlay) = stored.overlay.filter(|_| index == 0) {
                let sectors = overlay.sectors >> (within / SECTOR);
                let is_overlaid = sectors & 1 != 0;
                let run = if is_overlaid { sectors.trailing_ones() } else { sectors.trailing_zeros() };
                length = length.min(u64::from(run) * SECTOR - within % SECTOR);
                if is_overlaid {
                    return Ok((Place::Volume(overlay.at.saturating_add(within)), length));
                }
            }
            match stored.data {
                Some(Data::Volume(start)) => return Ok((Place::Volume(start.saturating_add(within)), length)),
                Some(Data::Newer(start)) => at = start.saturating_add(within),
                None => {}
            }
            length = length.min(BLOCK - at % BLOCK);
        }
        if let (Some((unused, before)), [newest]) = (&self.unused, self.stores.as_slice())
            && newest.get(offset / BLOCK).data.is_none()
            && !newest.is_forwarded_to(offset / BLOCK)
            && unused.is_unused(&self.volume, offset / BLOCK)?
            && before.as_ref().map_or(Ok(true), |before| before.is_unused(&self.volume, offset / BLOCK))?
        {
            return Ok((Place::Zeros, length));
        }
        Ok((Place::Volume(at), length))
    }
}

impl ReadAt for Shadow {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        let (place, length) = self.place(offset)?;
        let buffer = shorten(buffer, length);
        match place {
            // A store that ends too early must not end the volume.
            Place::Volume(at) => self.volume.read_exact_at(buffer, at)?,
            Place::Zeros => buffer.fill(0),
        }
        Ok(buffer.len())
    }
}
