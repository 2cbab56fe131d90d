//! The volume's catalog of shadow copies.

use std::collections::HashMap;

use super::{HEADER, IDENTIFIER, Record, block};
use crate::bytes::Fields;
use crate::error::Result;
use crate::read_at::ReadAt;

/// The place of the header in the volume, in the boot sectors that NTFS does not use.
const VOLUME_HEADER: u64 = 0x1e00;

/// The length of an entry, in bytes.
const ENTRY: usize = 128;

/// Windows keeps at most 512 shadow copies of a volume, each with two entries. Twice as many blocks as they need.
const MAX_BLOCKS: usize = 16;

/// A shadow copy whose store is in this volume.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// In 100 ns since 1601.
    pub(super) created: u64,
    /// The length of the volume when the copy was made, in bytes.
    pub(super) volume_size: u64,
    pub(super) block_list: u64,
    pub(super) bitmap: u64,
    /// The blocks that the store before did not use; 0 if there is none.
    pub(super) previous_bitmap: u64,
}

/// Reads the entries, the oldest first.
pub(super) fn read(volume: &dyn ReadAt) -> Result<Vec<Entry>> {
    let bytes = volume.bytes_at(VOLUME_HEADER, HEADER)?;
    let fields = Fields::new(Record::Volume.name(), &bytes);
    if bytes.len() < HEADER || fields.array(0)? != IDENTIFIER || fields.u32(20)? != Record::Volume as u32 {
        return Ok(Vec::new());
    }
    let mut next = Some(fields.u64(48)?).filter(|at| *at != 0);
    // The two entries of a shadow copy have the same identifier, and may be in either order.
    let mut made = HashMap::<[u8; 16], (u64, u64)>::new();
    let mut stores = HashMap::<[u8; 16], (u64, u64, u64)>::new();
    let mut blocks = 0;
    while let Some(at) = next {
        blocks += 1;
        if blocks > MAX_BLOCKS {
            return Err(fields.damaged(format!("more than {MAX_BLOCKS} blocks")));
        }
        let (bytes, following) = block(volume, Record::Catalog, at)?;
        for entry in bytes.get(HEADER..).unwrap_or_default().as_chunks::<ENTRY>().0 {
            let entry = Fields::new(Record::Catalog.name(), entry);
            match entry.u64(0)? {
                2 => drop(made.insert(entry.array(16)?, (entry.u64(48)?, entry.u64(8)?))),
                3 => drop(stores.insert(entry.array(16)?, (entry.u64(8)?, entry.u64(48)?, entry.u64(72)?))),
                _ => {}
            }
        }
        next = following;
    }
    // A copy whose store is on another volume cannot be read, nor the older ones with it; Windows keeps one volume's copies together.
    let complete = made.into_iter().filter_map(|(identifier, (created, volume_size))| {
        let (block_list, bitmap, previous_bitmap) = stores.remove(&identifier)?;
        Some(Entry { created, volume_size, block_list, bitmap, previous_bitmap })
    });
    let mut entries = complete.collect::<Vec<_>>();
    entries.sort_by_key(|entry| (entry.created, entry.block_list));
    Ok(entries)
}
