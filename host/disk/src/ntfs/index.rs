//! Indexes: B-trees of names in folders, and of identifiers in `$Secure`.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::data::Data;
use super::record::unprotect;
use super::stream::Stream;
use super::volume::Volume;
use crate::bytes::{Fields, length};
use crate::error::{Error, Result};
use crate::place::Reference;
use crate::read_at::ReadAt;

const HAS_CHILD: u16 = 1;
const IS_LAST: u16 = 2;
/// The maximum depth: a node has dozens of entries.
const MAX_DEPTH: usize = 24;
/// The sizes of index blocks.
const MIN_BLOCK: usize = 512;
const MAX_BLOCK: usize = 64 << 10;
/// The unit of block numbers if a block is smaller than a cluster.
const SMALL_UNIT: u64 = 512;

pub(super) struct Index {
    place: String,
    root: Vec<u8>,
    blocks: Option<Stream>,
    block_size: usize,
    /// The bytes per block number.
    unit: u64,
}

/// An entry of an index.
pub(super) struct Entry<'n> {
    pub(super) bytes: Fields<'n>,
    pub(super) key: &'n [u8],
}

impl Entry<'_> {
    /// The file, in the index of a folder.
    pub(super) fn file(&self) -> Result<Reference> {
        self.bytes.u64(0).map(Reference::new)
    }

    /// The data, in other indexes.
    pub(super) fn data(&self) -> Result<&[u8]> {
        self.bytes.slice(self.bytes.u16(0)?.into(), self.bytes.u16(2)?.into())
    }
}

impl Index {
    /// Opens an index from its root attribute and the attribute with its blocks.
    pub(super) fn open(volume: &Arc<Volume>, place: String, root: Vec<u8>, blocks: Option<Data>) -> Result<Index> {
        let block_size = length(Fields::new(&place, &root).u32(8)?.into());
        if !block_size.is_power_of_two() || !(MIN_BLOCK..=MAX_BLOCK).contains(&block_size) {
            let reason = format!("its blocks have {block_size} bytes, expected a power of 2 from 512 to 65536");
            return Err(Error::damaged(place, reason));
        }
        let unit = if block_size as u64 >= volume.cluster_size { volume.cluster_size } else { SMALL_UNIT };
        let blocks = blocks.map(|data| Stream::new(Arc::clone(volume), data)).transpose()?;
        Ok(Index { place, root, blocks, block_size, unit })
    }

    /// Visits the entries that `compare` finds equal, in order. `compare` compares the wanted key with a key of the index.
    pub(super) fn visit(
        &self,
        compare: &dyn Fn(&[u8]) -> Result<Ordering>,
        visit: &mut dyn FnMut(&Entry<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut walk = Walk { index: self, compare, visit, seen: HashSet::new() };
        walk.node(&self.root, 16, 0).map(|_| ())
    }

    fn block(&self, number: u64) -> Result<Vec<u8>> {
        let damaged = |reason: &str| Error::damaged(format!("the block {number} of {}", self.place), reason);
        let blocks = self.blocks.as_ref().ok_or_else(|| damaged("the index has no blocks"))?;
        let mut bytes = blocks.bytes_at(number.saturating_mul(self.unit), self.block_size)?;
        if bytes.len() < self.block_size {
            return Err(damaged("it is after the last one"));
        }
        Fields::new(&self.place, &bytes).signature(0, b"INDX")?;
        unprotect(&self.place, &mut bytes)?;
        Ok(bytes)
    }
}

struct Walk<'w> {
    index: &'w Index,
    compare: &'w dyn Fn(&[u8]) -> Result<Ordering>,
    visit: &'w mut dyn FnMut(&Entry<'_>) -> Result<ControlFlow<()>>,
    seen: HashSet<u64>,
}

impl Walk<'_> {
    /// Visits a node, whose header is at `header`, and its children.
    fn node(&mut self, bytes: &[u8], header: usize, depth: usize) -> Result<ControlFlow<()>> {
        let index = self.index;
        let fields = Fields::new(&index.place, bytes);
        let mut at = header.saturating_add(length(fields.u32(header)?.into()));
        loop {
            let size = usize::from(fields.u16(at + 8)?);
            if size < 16 {
                return Err(fields.damaged(format!("an entry has {size} bytes, expected at least 16")));
            }
            let entry = Fields::new(&index.place, fields.slice(at, size)?);
            let flags = entry.u16(12)?;
            let is_last = flags & IS_LAST != 0;
            let key = entry.slice(16, if is_last { 0 } else { entry.u16(10)?.into() })?;
            // The last entry has no key: it is greater than all others.
            let order = if is_last { Ordering::Less } else { (self.compare)(key)? };
            if flags & HAS_CHILD != 0 && order != Ordering::Greater {
                let child = entry.u64(size.saturating_sub(8))?;
                if self.child(child, depth)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            if !is_last && order == Ordering::Equal && (self.visit)(&Entry { bytes: entry, key })?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if is_last || order == Ordering::Less {
                return Ok(ControlFlow::Continue(()));
            }
            at += size;
        }
    }

    fn child(&mut self, number: u64, depth: usize) -> Result<ControlFlow<()>> {
        let place = || format!("the block {number} of {}", self.index.place);
        if depth >= MAX_DEPTH {
            return Err(Error::damaged(place(), format!("it is deeper than {MAX_DEPTH} levels")));
        }
        if !self.seen.insert(number) {
            return Err(Error::damaged(place(), "it has several parents"));
        }
        let bytes = self.index.block(number)?;
        self.node(&bytes, 24, depth + 1)
    }
}
