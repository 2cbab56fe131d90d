//! Volume shadow copies: earlier states of an NTFS volume, which Windows keeps in the volume itself, in blocks of 16 KiB.
//!
//! A store has what the volume held when the shadow copy was made, for the blocks that were overwritten until the next one was made.
//! An old state is therefore read through all stores that are newer, and at last from the volume.
//!
//! Microsoft does not document the format. This follows "Volume Shadow Snapshot (VSS) format" by Joachim Metz.

mod bitmap;
mod catalog;
mod copy;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::bytes::Fields;
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

pub use copy::Shadow;

/// The unit that is copied before it is overwritten, and the size of the blocks of all lists, in bytes.
const BLOCK: u64 = 16 << 10;

/// The length of the header of a block, in bytes.
const HEADER: usize = 128;

/// `3808876b-c176-4e48-b7ae-04046e6cc752`, at the start of the volume's header and of each block of a list.
const IDENTIFIER: [u8; 16] = *b"\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52";

/// The kinds of blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Record {
    Volume = 1,
    Catalog = 2,
    BlockList = 3,
    Bitmap = 6,
}

impl Record {
    fn name(self) -> &'static str {
        match self {
            Record::Volume => "the header of the shadow copies",
            Record::Catalog => "the catalog of the shadow copies",
            Record::BlockList => "the block list of a shadow copy",
            Record::Bitmap => "the bitmap of a shadow copy",
        }
    }
}

/// A shadow copy, as the volume's catalog lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShadowCopy {
    /// 1 for the oldest.
    pub number: u32,
    /// The time at which it was made, in 100 ns since 1601, UTC.
    pub created: u64,
}

/// Lists the shadow copies of a volume, the oldest first; none if Windows keeps none.
pub(crate) fn list(volume: &Arc<dyn ReadAt>) -> Result<Vec<ShadowCopy>> {
    let entries = catalog::read(volume)?;
    let copy = |(number, entry): (u32, catalog::Entry)| ShadowCopy { number, created: entry.created };
    Ok((1..).zip(entries).map(copy).collect())
}

/// Opens the state of the volume in a shadow copy.
pub(crate) fn open(volume: &Arc<dyn ReadAt>, number: u32) -> Result<Shadow> {
    let entries = catalog::read(volume)?;
    let count = entries.len();
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).filter(|index| *index < count);
    let Some(index) = index else {
        let existing = if count == 0 { "none".to_owned() } else { count.to_string() };
        return Err(Error::NoShadowCopy { number, existing });
    };
    Shadow::read(Arc::clone(volume), entries.get(index..).unwrap_or_default())
}

/// Reads a block of a chain, and returns it with the place of the next.
fn block(volume: &dyn ReadAt, record: Record, at: u64) -> Result<(Vec<u8>, Option<u64>)> {
    let bytes = volume.bytes_at(at, BLOCK as usize)?;
    let fields = Fields::new(record.name(), &bytes);
    fields.signature(0, &IDENTIFIER)?;
    if fields.u32(20)? != record as u32 {
        return Err(fields.damaged(format!("unexpected kind {} of the block at byte {at}", fields.u32(20)?)));
    }
    let next = fields.u64(40)?;
    Ok((bytes, (next != 0).then_some(next)))
}
