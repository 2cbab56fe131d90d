//! The log of a VHDX that was not closed: [MS-VHDX] 2.3. Its entries are applied in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::bytes::{Fields, copy, length, shorten};
use crate::crc::checksum_is_right;
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

const ENTRY: &str = "the log of the VHDX";
const SECTOR: usize = 4096;
const DESCRIPTOR: usize = 32;
const ENTRY_HEADER: usize = 64;
/// The largest log that is applied, in bytes. Hyper-V writes logs of 1 MiB.
const MAX_LOG: u32 = 16 << 20;
/// The maximum number of bytes whose checksums are computed, as a multiple of the log's size: entries that overlap are forged.
const MAX_OVERLAP: usize = 2;
/// The maximum number of zeros that one log writes, in bytes.
const MAX_ZEROS: u64 = 64 << 20;

/// An entry whose checksums are right.
struct Entry {
    number: u64,
    /// The offset of the first entry of the sequence to which this one belongs.
    tail: u32,
    at: usize,
    bytes: Vec<u8>,
    data: Vec<u8>,
}

/// Returns the file with its log applied. `id` is the log's identifier in the header.
pub(super) fn replay(file: Arc<dyn ReadAt>, id: [u8; 16], offset: u64, size: u32) -> Result<Arc<dyn ReadAt>> {
    if size > MAX_LOG {
        return Err(Error::damaged(ENTRY, format!("it has {size} bytes, expected at most {MAX_LOG}")));
    }
    let log = file.bytes_at(offset, length(size.into()))?;
    let mut left = log.len() * MAX_OVERLAP;
    let entries = (0..log.len()).step_by(SECTOR).filter_map(|at| entry(&log, at, id, &mut left)).collect::<Vec<_>>();
    let newest = entries.iter().max_by_key(|entry| entry.number);
    let newest = newest.ok_or_else(|| Error::damaged(ENTRY, "it has no intact entry"))?;
    // From the tail that the newest entry names, the numbers follow each other.
    let tail = entries.iter().find(|entry| entry.at == length(newest.tail.into()));
    let tail = tail.ok_or_else(|| Error::damaged(ENTRY, "the first entry of the sequence is not intact"))?.number;
    let mut pages = BTreeMap::new();
    let mut zeros = MAX_ZEROS;
    for number in tail..=newest.number {
        let entry = entries.iter().find(|entry| entry.number == number);
        let entry =
            entry.ok_or_else(|| Error::damaged(ENTRY, format!("the entry {number} of the sequence is not intact")))?;
        apply(entry, &mut pages, &mut zeros)?;
    }
    Ok(Arc::new(Replayed { file, pages }))
}

/// Reads the entry at an offset of the log, which is a ring; `None` if there is none or it is not intact.
fn entry(log: &[u8], at: usize, id: [u8; 16], left: &mut usize) -> Option<Entry> {
    let header = Fields::new(ENTRY, log.get(at..)?);
    header.signature(0, b"loge").ok()?;
    let size = length(header.u32(8).ok()?.into());
    if size == 0 || size > log.len() || !size.is_multiple_of(SECTOR) || header.array(32).ok()? != id {
        return None;
    }
    *left = left.checked_sub(size)?;
    let ring = log.iter().cycle().skip(at).take(size).copied().collect::<Vec<_>>();
    if !checksum_is_right(&ring) {
        return None;
    }
    let descriptors = length(header.u32(24).ok()?.into());
    let head = ENTRY_HEADER.checked_add(descriptors.checked_mul(DESCRIPTOR)?)?.next_multiple_of(SECTOR);
    let data = ring.get(head..)?.to_vec();
    Some(Entry { number: header.u64(16).ok()?, tail: header.u32(12).ok()?, at, bytes: ring, data })
}

/// Applies an entry. `zeros` is the number of zeros that the log may still write.
fn apply(entry: &Entry, pages: &mut BTreeMap<u64, Option<Vec<u8>>>, zeros: &mut u64) -> Result<()> {
    let fields = Fields::new(ENTRY, &entry.bytes);
    let mut sectors = entry.data.chunks_exact(SECTOR);
    for number in 0..length(fields.u32(24)?.into()) {
        let at = ENTRY_HEADER + number * DESCRIPTOR;
        let offset = fields.u64(at + 16)?;
        if fields.u64(at + 24)? != entry.number || !offset.is_multiple_of(SECTOR as u64) {
            return Err(fields.damaged(format!("the descriptor {number} of the entry {} is wrong", entry.number)));
        }
        match &fields.array(at)? {
            b"zero" => {
                let size = fields.u64(at + 8)?;
                *zeros = zeros.checked_sub(size).ok_or_else(|| {
                    Error::unsupported(format!("a VHDX log that writes more than {MAX_ZEROS} bytes of zeros"))
                })?;
                let start = offset / SECTOR as u64;
                pages.extend((start..start + size / SECTOR as u64).map(|page| (page, None)));
            }
            b"desc" => {
                let sector = sectors.next().ok_or_else(|| fields.damaged("a data sector is missing"))?;
                let data = Fields::new(ENTRY, sector);
                data.signature(0, b"data")?;
                // The descriptor holds the bytes that the sector's numbers displace.
                let page = [fields.slice(at + 8, 8)?, data.slice(8, SECTOR - 12)?, fields.slice(at + 4, 4)?].concat();
                pages.insert(offset / SECTOR as u64, Some(page));
            }
            _ => return Err(fields.damaged("a descriptor has a bad signature: expected `zero` or `desc`")),
        }
    }
    Ok(())
}

/// A file with pages that its log replaces; `None` for a page of zeros.
struct Replayed {
    file: Arc<dyn ReadAt>,
    pages: BTreeMap<u64, Option<Vec<u8>>>,
}

impl ReadAt for Replayed {
    fn size(&self) -> u64 {
        let end =
            self.pages.last_key_value().map_or(0, |(page, _)| page.saturating_add(1).saturating_mul(SECTOR as u64));
        self.file.size().max(end)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size().saturating_sub(offset));
        let (page, within) = (offset / SECTOR as u64, length(offset % SECTOR as u64));
        if let Some(replaced) = self.pages.get(&page) {
            let zeros = [0; SECTOR];
            let bytes = replaced.as_deref().unwrap_or(&zeros);
            return Ok(copy(buffer, bytes.get(within..).unwrap_or_default()));
        }
        let next = self.pages.range(page..).next().map_or(u64::MAX, |(page, _)| page.saturating_mul(SECTOR as u64));
        let buffer = shorten(buffer, next - offset);
        // The log may write beyond the file's end.
        match self.file.read_at(buffer, offset)? {
            0 => {
                buffer.fill(0);
                Ok(buffer.len())
            }
            count => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crc::crc32c;

    const ID: [u8; 16] = [7; 16];

    /// A log of one entry that writes these numbers of zeros, each somewhere else.
    fn log_of_zeros(sizes: &[u64]) -> Vec<u8> {
        let mut log = vec![0; (ENTRY_HEADER + sizes.len() * DESCRIPTOR).next_multiple_of(SECTOR)];
        let (size, number, count) = (log.len() as u32, 1u64, sizes.len() as u32);
        let mut put = |at: usize, bytes: &[u8]| log[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"loge");
        put(8, &size.to_le_bytes());
        put(16, &number.to_le_bytes());
        put(24, &count.to_le_bytes());
        put(32, &ID);
        for (index, size) in sizes.iter().enumerate() {
            let at = ENTRY_HEADER + index * DESCRIPTOR;
            put(at, b"zero");
            put(at + 8, &size.to_le_bytes());
            put(at + 16, &((index as u64) << 30).to_le_bytes());
            put(at + 24, &number.to_le_bytes());
        }
        let checksum = crc32c(&log);
        log[4..8].copy_from_slice(&checksum.to_le_bytes());
        log
    }

    fn replayed(sizes: &[u64]) -> Result<Arc<dyn ReadAt>> {
        let log = log_of_zeros(sizes);
        let size = log.len() as u32;
        replay(Arc::new(log), ID, 0, size)
    }

    #[test]
    fn zeros_are_written_over_what_the_file_holds() {
        let file = replayed(&[SECTOR as u64]).unwrap();
        assert_eq!(file.bytes_at(0, SECTOR).unwrap(), [0; SECTOR]);
    }

    /// A log of a megabyte has room for thirty thousand descriptors.
    #[test]
    fn the_zeros_of_a_whole_log_are_bounded() {
        assert!(replayed(&[MAX_ZEROS / 2; 2]).is_ok());
        let error = replayed(&[MAX_ZEROS / 2; 3]).err().unwrap().to_string();
        assert!(error.contains("more than 67108864 bytes of zeros"), "{error}");
    }
}
