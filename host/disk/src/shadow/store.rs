//! A store: the blocks that were overwritten after the shadow copy was made.

use std::collections::HashMap;

use super::{BLOCK, HEADER, Record, block};
use crate::bytes::Fields;
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

/// The length of a descriptor, in bytes.
const DESCRIPTOR: usize = 32;

/// The unit of overlays, in bytes: 32 of them are a block.
pub(super) const SECTOR: u64 = 512;

/// The data are in the next newer store, or in the volume if this is the newest, at the descriptor's relative offset.
const FORWARDER: u32 = 1;
/// The descriptor has only the sectors of its bitmap, and is valid only for the state in this very store.
const OVERLAY: u32 = 2;
const UNUSED: u32 = 4;

/// The place of the data of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// In the volume as it is now.
    Volume(u64),
    /// In the state of the next newer shadow copy.
    Newer(u64),
}

/// Sectors that were overwritten in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overlay {
    /// The place of the block with these sectors in the volume as it is now.
    pub(super) at: u64,
    /// The first sector is the lowest bit.
    pub(super) sectors: u32,
}

/// The copies of a block in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) data: Option<Data>,
    pub(super) overlay: Option<Overlay>,
}

/// A descriptor of the block list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descriptor {
    pub(super) original: u64,
    pub(super) relative: u64,
    pub(super) at: u64,
    pub(super) flags: u32,
    pub(super) sectors: u32,
}

/// The blocks of a store, by the number of the block in the volume.
#[derive(Debug, Default)]
pub(super) struct Store {
    blocks: HashMap<u64, Stored>,
    /// The blocks to which forwarders lead, with the block of the forwarder. A later descriptor of such a block belongs to that.
    forwarded: HashMap<u64, u64>,
}

/// An upper bound of the memory of one descriptor, in bytes.
pub(super) const MEMORY: u64 = 96;

impl Store {
    /// Reads the block list. `room` is the number of descriptors that it may have, and is reduced by the number read.
    pub(super) fn read(volume: &dyn ReadAt, at: u64, room: &mut u64) -> Result<Store> {
        let mut store = Store::default();
        let mut next = Some(at);
        while let Some(at) = next {
            let (bytes, following) = block(volume, Record::BlockList, at)?;
            for descriptor in bytes.get(HEADER..).unwrap_or_default().as_chunks::<DESCRIPTOR>().0 {
                let fields = Fields::new(Record::BlockList.name(), descriptor);
                let descriptor = Descriptor {
                    original: fields.u64(0)?,
                    relative: fields.u64(8)?,
                    at: fields.u64(16)?,
                    flags: fields.u32(24)?,
                    sectors: fields.u32(28)?,
                };
                store.add(descriptor);
            }
            // A whole block counts, even if few of its descriptors are used: a chain that is a circle must end, too.
            *room = room.checked_sub(BLOCK / DESCRIPTOR as u64).ok_or_else(|| {
                Error::unsupported(
                    "a shadow copy for which so many blocks are stored, or whose block list is a circle,",
                )
            })?;
            next = following;
        }
        Ok(store)
    }

    /// Adds a descriptor, in the order of the list.
    pub(super) fn add(&mut self, descriptor: Descriptor) {
        let Descriptor { original, relative, at, flags, sectors } = descriptor;
        // The rest of a block of the list is zero.
        if flags & UNUSED != 0 || (original, relative, at, flags) == (0, 0, 0, 0) {
            return;
        }
        let mut number = original / BLOCK;
        if flags & OVERLAY != 0 {
            let stored = self.blocks.entry(number).or_default();
            match &mut stored.overlay {
                Some(overlay) => overlay.sectors |= sectors,
                None => stored.overlay = Some(Overlay { at, sectors }),
            }
            return;
        }
        if let Some(forwarder) = self.forwarded.remove(&number) {
            number = forwarder;
        }
        let is_forwarder = flags & FORWARDER != 0;
        if is_forwarder && number == relative / BLOCK {
            return;
        }
        let data = if is_forwarder { Data::Newer(relative) } else { Data::Volume(at) };
        self.blocks.entry(number).or_default().data = Some(data);
        if is_forwarder {
            self.forwarded.insert(relative / BLOCK, number);
        }
    }

    pub(super) fn get(&self, number: u64) -> Stored {
        self.blocks.get(&number).copied().unwrap_or_default()
    }

    /// Returns whether a forwarder leads to this block.
    pub(super) fn is_forwarded_to(&self, number: u64) -> bool {
        self.forwarded.contains_key(&number)
    }

    /// The number of blocks in the store.
    pub(super) fn len(&self) -> u64 {
        (self.blocks.len() + self.forwarded.len()) as u64
    }
}
