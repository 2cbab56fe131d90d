//! Files read at offsets.

use std::io;
use std::sync::{Mutex, PoisonError};

/// A source that is read at offsets: a file, or bytes in memory.
///
/// Its contents must not change while a hive is being read from it.
pub trait ReadAt: Send + Sync {
    /// Returns the length in bytes.
    ///
    /// # Errors
    ///
    /// If it cannot be determined.
    fn size(&self) -> io::Result<u64>;

    /// Reads up to `buffer.len()` bytes at an offset and returns the number of bytes read; 0 at the end.
    ///
    /// # Errors
    ///
    /// If the bytes cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads until the buffer is full or the end is reached, and returns the number of bytes read.
    ///
    /// # Errors
    ///
    /// If the bytes cannot be read.
    fn read_full_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.read_at(rest, offset.saturating_add(done as u64)) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}

impl ReadAt for [u8] {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (slot, byte) in buffer.iter_mut().zip(rest) {
            *slot = *byte;
        }
        Ok(count)
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> io::Result<u64> {
        self.as_slice().size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buffer, offset)
    }
}

#[cfg(any(unix, windows))]
impl ReadAt for std::fs::File {
    fn size(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_at(self, buffer, offset);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_read(self, buffer, offset);
    }
}

/// The size of a page of a hive, the unit in which Windows reads and writes it.
const BLOCK: usize = 4096;

/// A cache of a file's 4,096-byte blocks, direct-mapped, with a fixed number of slots.
///
/// Grows to [`Cached::memory`] bytes.
pub struct Cached<R> {
    file: R,
    size: u64,
    blocks: Mutex<Vec<Block>>,
}

#[derive(Default)]
struct Block {
    /// The index of the block in the file; `None` for an unused slot.
    number: Option<u64>,
    bytes: Vec<u8>,
}

impl<R> std::fmt::Debug for Cached<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cached").field("size", &self.size).finish_non_exhaustive()
    }
}

impl<R: ReadAt> Cached<R> {
    /// Caches up to `memory` bytes of a file, but no more than it has, and at least one block.
    ///
    /// # Errors
    ///
    /// If the file's length cannot be determined.
    pub fn new(file: R, memory: usize) -> io::Result<Self> {
        let size = file.size()?;
        let needed = usize::try_from(size.div_ceil(BLOCK as u64)).unwrap_or(usize::MAX);
        let count = (memory / BLOCK).min(needed).max(1);
        Ok(Cached { file, size, blocks: Mutex::new(std::iter::repeat_with(Block::default).take(count).collect()) })
    }

    /// The maximum size of the cache for a file of this size, in bytes.
    pub fn memory(size: u64, memory: usize) -> u64 {
        (memory as u64).min(size.next_multiple_of(BLOCK as u64)).max(BLOCK as u64)
    }
}

impl<R: ReadAt> ReadAt for Cached<R> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let number = offset / BLOCK as u64;
        // Less than the size of a block.
        let within = (offset % BLOCK as u64) as usize;
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = blocks.len() as u64;
        let Some(block) = usize::try_from(number % slots).ok().and_then(|slot| blocks.get_mut(slot)) else {
            return self.file.read_at(buffer, offset);
        };
        if block.number != Some(number) {
            block.number = None;
            block.bytes.resize(BLOCK, 0);
            let count = self.file.read_full_at(&mut block.bytes, number * BLOCK as u64)?;
            // The last block of a file is short. A file that has shrunk meanwhile must not be read as zeros.
            let expected = usize::try_from(self.size - number * BLOCK as u64).unwrap_or(usize::MAX).min(BLOCK);
            if count < expected {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            block.number = Some(number);
        }
        let rest = block.bytes.get(within..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (slot, byte) in buffer.iter_mut().zip(rest) {
            *slot = *byte;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_reads_what_the_file_holds() {
        let bytes = (0..20_000u32).map(|number| (number / 7) as u8).collect::<Vec<_>>();
        for memory in [0, BLOCK, 2 * BLOCK, 1 << 20] {
            let cached = Cached::new(bytes.clone(), memory).unwrap();
            for (offset, length) in
                [(0, 4096), (4090, 20), (100, 20_000), (19_990, 50), (20_000, 1), (1 << 40, 1), (8192, 0)]
            {
                let mut expected = vec![0; length];
                let mut found = vec![0; length];
                let count = bytes.read_full_at(&mut expected, offset).unwrap();
                assert_eq!(cached.read_full_at(&mut found, offset).unwrap(), count, "{memory} {offset} {length}");
                assert_eq!(found, expected, "{memory} {offset} {length}");
            }
        }
    }
}
