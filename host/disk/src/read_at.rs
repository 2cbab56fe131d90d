//! Positional reads, with a cache of blocks and a count of what was read.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::bytes::{copy, length, shorten};

/// A sequence of bytes that is read at offsets: a file, a virtual disk, a partition, or a file in a volume.
pub trait ReadAt: Send + Sync {
    /// Returns the length in bytes.
    fn size(&self) -> u64;

    /// Reads up to `buffer.len()` bytes at an offset, and returns the number of bytes read: 0 at the end or for an empty buffer, and
    /// possibly fewer than requested elsewhere.
    ///
    /// # Errors
    ///
    /// If the bytes cannot be read. If a structure of the image is at fault, the error contains an [`Error`](crate::Error).
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads until the buffer is full or the end is reached, and returns the number of bytes read.
    ///
    /// # Errors
    ///
    /// Same as [`ReadAt::read_at`].
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

    /// Fills the buffer.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the end is reached first, otherwise as [`ReadAt::read_at`].
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self.read_full_at(buffer, offset)? == buffer.len() {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Reads `count` bytes, fewer at the end. The caller bounds `count`.
    ///
    /// # Errors
    ///
    /// Same as [`ReadAt::read_at`].
    fn bytes_at(&self, offset: u64, count: usize) -> io::Result<Vec<u8>> {
        // A size that lies must not cost memory.
        let mut bytes = vec![0; count.min(length(self.size().saturating_sub(offset)))];
        let read = self.read_full_at(&mut bytes, offset)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

impl<R: ReadAt + ?Sized> ReadAt for Arc<R> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }
}

impl<R: ReadAt + ?Sized> ReadAt for Box<R> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        Ok(copy(buffer, rest))
    }
}

/// The number of bytes read from the host's files, shared by all files of an image.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Returns the number of bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// A file of the host whose reads are counted.
#[derive(Debug)]
pub struct HostFile {
    file: File,
    size: u64,
    counter: Counter,
}

impl HostFile {
    /// Wraps an open file.
    ///
    /// # Errors
    ///
    /// If its length cannot be determined.
    pub fn new(file: File, counter: Counter) -> io::Result<HostFile> {
        let size = file.metadata()?.len();
        Ok(HostFile { file, size, counter })
    }
}

impl ReadAt for HostFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)?;
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)?;
        self.counter.add(count);
        Ok(count)
    }
}

/// Part of another source.
pub(crate) struct Slice<R> {
    source: R,
    start: u64,
    size: u64,
}

impl<R: ReadAt> Slice<R> {
    /// Takes `size` bytes from `start`, fewer if the source ends early.
    pub(crate) fn new(source: R, start: u64, size: u64) -> Slice<R> {
        let size = size.min(source.size().saturating_sub(start));
        Slice { source, start, size }
    }
}

impl<R: ReadAt> ReadAt for Slice<R> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        match buffer.is_empty() {
            true => Ok(0),
            false => self.source.read_at(buffer, self.start.saturating_add(offset)),
        }
    }
}

/// The unit of the cache, in bytes: a cluster of most NTFS volumes, and an index block.
const BLOCK: usize = 4096;

/// Reads of this length or more bypass the cache: they are parts of large files, which would displace everything else.
const LARGE: usize = 4 * BLOCK;

/// A cache of 4,096-byte blocks, direct-mapped, with a fixed number of slots that are filled as they are used.
pub(crate) struct Cached<R> {
    source: R,
    slots: Mutex<Vec<Slot>>,
}

#[derive(Default)]
struct Slot {
    /// The index of the block in the source; `None` for an unused slot.
    number: Option<u64>,
    bytes: Vec<u8>,
}

impl<R: ReadAt> Cached<R> {
    /// Caches up to `memory` bytes, and at least one block.
    pub(crate) fn new(source: R, memory: usize) -> Cached<R> {
        let needed = length(source.size().div_ceil(BLOCK as u64));
        let count = (memory / BLOCK).min(needed).max(1);
        Cached { source, slots: Mutex::new(std::iter::repeat_with(Slot::default).take(count).collect()) }
    }

    /// The source itself, for data that something else caches.
    pub(crate) fn uncached(&self) -> &R {
        &self.source
    }
}

impl<R: ReadAt> ReadAt for Cached<R> {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size().saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        if buffer.len() >= LARGE {
            return self.source.read_at(buffer, offset);
        }
        let number = offset / BLOCK as u64;
        let within = length(offset % BLOCK as u64);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let count = slots.len() as u64;
        let Some(slot) = slots.get_mut(length(number % count)) else { return self.source.read_at(buffer, offset) };
        if slot.number != Some(number) {
            slot.number = None;
            slot.bytes.resize(BLOCK, 0);
            let start = number * BLOCK as u64;
            let expected = BLOCK.min(length(self.source.size().saturating_sub(start)));
            // A file that has shrunk meanwhile must not be read as zeros.
            if self.source.read_full_at(&mut slot.bytes, start)? < expected {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            slot.number = Some(number);
        }
        Ok(copy(buffer, slot.bytes.get(within..).unwrap_or_default()))
    }
}

/// The memory for the decompressed chunks of a container, in bytes: eight of the usual size of most formats.
const CHUNKS: u64 = 512 << 10;

/// The most recent results of decompressing parts of a file.
pub(crate) struct Chunks {
    most: usize,
    kept: Mutex<Vec<(u64, Arc<Vec<u8>>)>>,
}

impl Chunks {
    /// Keeps up to `most` chunks.
    pub(crate) fn new(most: usize) -> Chunks {
        Chunks { most, kept: Mutex::default() }
    }

    /// Keeps as many chunks of `size` bytes as fit into little memory, and at least one: a format may allow megabytes.
    pub(crate) fn of_size(size: u64) -> Chunks {
        Chunks::new(length(CHUNKS / size.max(1)).clamp(1, 16))
    }

    /// Returns the chunk with this number, calling `read` if it is not kept.
    pub(crate) fn get(&self, number: u64, read: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Arc<Vec<u8>>> {
        let find = |kept: &Vec<(u64, Arc<Vec<u8>>)>| {
            kept.iter().find(|(other, _)| *other == number).map(|(_, chunk)| Arc::clone(chunk))
        };
        if let Some(chunk) = find(&self.kept.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(chunk);
        }
        let chunk = Arc::new(read()?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.most {
            kept.remove(0);
        }
        kept.push((number, Arc::clone(&chunk)));
        Ok(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_reads_what_the_source_holds() {
        let bytes = (0..20_000u32).map(|number| (number / 7) as u8).collect::<Vec<_>>();
        for memory in [0, BLOCK, 2 * BLOCK, 1 << 20] {
            let cached = Cached::new(bytes.clone(), memory);
            for (offset, count) in [
                (0, 4096),
                (4090, 20),
                (100, 20_000),
                (19_990, 50),
                (20_000, 1),
                (1 << 40, 1),
                (8192, 0),
                (u64::MAX, 9),
            ] {
                let expected = bytes.bytes_at(offset, count).unwrap();
                assert_eq!(cached.bytes_at(offset, count).unwrap(), expected, "{memory} {offset} {count}");
            }
        }
    }

    #[test]
    fn large_chunks_are_kept_one_at_a_time() {
        for (size, expected) in [(512, 16), (32 << 10, 16), (64 << 10, 8), (16 << 20, 1), (0, 16)] {
            let chunks = Chunks::of_size(size);
            for number in 0..20 {
                chunks.get(number, || Ok(vec![0])).unwrap();
            }
            assert_eq!(chunks.kept.lock().unwrap().len(), expected, "{size}");
        }
    }

    #[test]
    fn a_slice_ends_where_its_source_does() {
        let slice = Slice::new(b"0123456789".to_vec(), 4, 100);
        assert_eq!((slice.size(), slice.bytes_at(2, 100).unwrap()), (6, b"6789".to_vec()));
        assert_eq!(Slice::new(vec![1u8], u64::MAX, u64::MAX).bytes_at(0, 1).unwrap(), b"");
    }
}
