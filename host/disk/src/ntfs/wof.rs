//! System files that Windows compressed (`compact /exe`, Compact OS): the Windows Overlay Filter, with the layout
//! of resources in WIM files.

use std::io;
use std::sync::Arc;

use super::record::DATA;
use super::stream::Stream;
use super::volume::{File, Volume};
use crate::bytes::{Fields, length, shorten};
use crate::compress::{Corrupt, lzx, xpress};
use crate::error::{Error, Result};
use crate::read_at::{Chunks, ReadAt};

/// The stream with the compressed data.
const COMPRESSED_DATA: &str = "WofCompressedData";
const VERSION: u32 = 1;
const PROVIDER_WIM: u32 = 1;
const PROVIDER_FILE: u32 = 2;
/// Files of this size and above have a table of 64-bit offsets.
const LARGE: u64 = 1 << 32;
/// The number of decompressed chunks kept per open file.
const KEPT: usize = 4;

type Decompress = fn(&[u8], usize) -> std::result::Result<Vec<u8>, Corrupt>;

/// Opens a compressed file. `reparse` is the data of its reparse point, `size` that of its empty default stream.
pub(super) fn open(volume: &Arc<Volume>, file: &File, reparse: &[u8], size: u64) -> Result<Box<dyn ReadAt>> {
    let fields = Fields::new("the compression of a system file (WOF)", reparse);
    let (version, provider) = (fields.u32(0)?, fields.u32(4)?);
    if provider == PROVIDER_WIM {
        return Err(Error::unsupported("a file whose contents are in a WIM file (WIMBoot)"));
    }
    if (version, provider, fields.u32(8)?) != (VERSION, PROVIDER_FILE, VERSION) {
        return Err(fields.damaged("the version or provider is unknown"));
    }
    let (decompress, chunk): (Decompress, u64) = match fields.u32(12)? {
        0 => (xpress::decompress, 4 << 10),
        1 => (lzx::decompress, 32 << 10),
        2 => (xpress::decompress, 8 << 10),
        3 => (xpress::decompress, 16 << 10),
        algorithm => return Err(Error::unsupported(format!("the compression {algorithm} of system files (WOF)"))),
    };
    let data = volume.attribute(file, DATA, COMPRESSED_DATA)?;
    let data = data.ok_or_else(|| file.damaged(format!("the stream {COMPRESSED_DATA} is missing")))?;
    let stored = Stream::new(Arc::clone(volume), data)?;
    Ok(Box::new(Compressed { stored, size, chunk, decompress, chunks: Chunks::new(KEPT) }))
}

struct Compressed {
    /// A table with the ends of all chunks but the last, relative to its own end, then the chunks.
    stored: Stream,
    size: u64,
    chunk: u64,
    decompress: Decompress,
    chunks: Chunks,
}

impl Compressed {
    /// The size of an offset in the table.
    fn width(&self) -> u64 {
        if self.size < LARGE { 4 } else { 8 }
    }

    /// The end of a chunk that is not the last one, relative to the end of the table.
    fn end(&self, number: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        let width = length(self.width());
        self.stored.read_exact_at(bytes.get_mut(..width).unwrap_or_default(), number * self.width())?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn read_chunk(&self, number: u64) -> io::Result<Vec<u8>> {
        let damaged =
            |reason: String| io::Error::from(Error::damaged(format!("the chunk {number} of a system file"), reason));
        let count = self.size.div_ceil(self.chunk);
        let table = (count - 1) * self.width();
        let start = if number == 0 { 0 } else { self.end(number - 1)? };
        let end = match number + 1 < count {
            true => self.end(number)?,
            false => self.stored.size().saturating_sub(table),
        };
        let size = self.chunk.min(self.size - number * self.chunk);
        let stored = end.checked_sub(start).filter(|stored| (1..=size).contains(stored));
        let stored = stored.ok_or_else(|| damaged(format!("it is from {start} to {end}")))?;
        let bytes = self.stored.bytes_at(table.saturating_add(start), length(stored))?;
        if bytes.len() as u64 != stored {
            return Err(damaged("the stream ends inside it".to_owned()));
        }
        // A chunk that does not become smaller is stored as it is.
        match stored == size {
            true => Ok(bytes),
            false => (self.decompress)(&bytes, length(size)).map_err(|error| damaged(error.to_string())),
        }
    }
}

impl ReadAt for Compressed {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        let number = offset / self.chunk;
        let chunk = self.chunks.get(number, || self.read_chunk(number))?;
        chunk.read_at(buffer, offset % self.chunk)
    }
}
