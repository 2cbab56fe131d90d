//! Transaction logs: what Windows wrote down before it changed a hive, for the case that it could not finish.
//!
//! Two formats: up to Windows 8 one set of pages with a bitmap that says where they belong (`DIRT`), from Windows 8.1 on a
//! sequence of entries (`HvLE`). Applied in memory, as Windows would when it loads the hive.

use super::header::Header;
use crate::evidence::image::bytes::{slice_at, u32_at, u64_at};

const SECTOR: usize = 512;
const PAGE: usize = 512;
const BIN_ALIGNMENT: u32 = 4096;

/// No log may grow a hive beyond this.
const MAX_BINS_SIZE: usize = 1 << 30;

/// The hive as Windows would see it. `primary` is the hive's own base block, where it is intact.
///
/// None where there is no base block left to go by.
pub(super) fn recover(primary: Option<Header>, mut bins: Vec<u8>, logs: &[Vec<u8>]) -> Option<(Header, Vec<u8>)> {
    let mut logs: Vec<(Header, &[u8])> = logs
        .iter()
        .filter_map(|log| Some((Header::read(log)?, log.as_slice())))
        .filter(|(header, _)| header.intact)
        .collect();

    // Where the base block is lost, the first bin holds a copy of the time that ties a log to its hive.
    let written = primary.map(|header| header.written).or_else(|| u64_at(&bins, 20));
    let old = logs
        .iter()
        .find(|(header, _)| matches!(header.file_type, 1 | 2) && !header.is_dirty() && Some(header.written) == written);
    if let Some((header, log)) = old {
        let mut header = primary.unwrap_or(*header);
        if let Some(size) = apply_pages(log, &mut bins) {
            header.bins_size = header.bins_size.max(size);
            return Some((header, bins));
        }
    }

    logs.retain(|(header, _)| header.file_type == 6);
    logs.sort_by_key(|(header, _)| header.primary_sequence);
    let mut header = match primary {
        Some(header) => header,
        // Without a base block to begin at, only the latest log can be trusted to fit.
        None => {
            logs.drain(..logs.len().saturating_sub(1));
            logs.first()?.0
        }
    };
    let mut expected = None;
    for (log_header, log) in &logs {
        let first = log_header.primary_sequence;
        if primary.is_some_and(|primary| first < primary.secondary_sequence) {
            continue;
        }
        if expected.is_some_and(|expected| expected != first) {
            break;
        }
        let (next, bins_size) = apply_entries(log, first, &mut bins);
        expected = Some(next);
        header.bins_size = bins_size.unwrap_or(header.bins_size);
    }
    Some((header, bins))
}

/// Puts the pages of a log of the old format where they belong. Nothing is changed where the log does not hold all of them.
///
/// Returns the size of the bins that the log was written for.
fn apply_pages(log: &[u8], bins: &mut Vec<u8>) -> Option<u32> {
    let header = Header::read(log)?;
    let sector = SECTOR.checked_mul(usize::try_from(header.clustering_factor.clamp(1, 8)).ok()?)?;
    let bins_size = usize::try_from(header.bins_size).ok()?;
    if bins_size > MAX_BINS_SIZE || slice_at(log, sector, 4)? != b"DIRT" {
        return None;
    }
    let bitmap = slice_at(log, sector + 4, bins_size / PAGE / 8)?;
    let mut from = (sector + 4 + bitmap.len()).next_multiple_of(sector);
    let mut pages = Vec::new();
    for (index, byte) in bitmap.iter().enumerate() {
        for bit in (0..8).filter(|bit| byte >> bit & 1 == 1) {
            pages.push(((index * 8 + bit) * PAGE, slice_at(log, from, PAGE)?));
            from += PAGE;
        }
    }
    if bins.len() < bins_size {
        bins.resize(bins_size, 0);
    }
    for (to, page) in pages {
        if let Some(target) = bins.get_mut(to..to + PAGE) {
            target.copy_from_slice(page);
        }
    }
    Some(header.bins_size)
}

/// Applies the entries of a log of the new format up to the first that does not fit.
///
/// Returns the number that the next entry would have, and the size of the bins after the last entry applied.
fn apply_entries(log: &[u8], first: u32, bins: &mut Vec<u8>) -> (u32, Option<u32>) {
    let mut expected = first;
    let mut bins_size = None;
    let mut at = SECTOR;
    while let Some(entry) = log.get(at..).and_then(Entry::read).filter(|entry| entry.sequence == expected) {
        if !entry.apply(bins) {
            break;
        }
        bins_size = Some(entry.bins_size);
        expected = expected.wrapping_add(1);
        at += entry.size;
    }
    (expected, bins_size)
}

struct Entry<'log> {
    sequence: u32,
    bins_size: u32,
    /// Offset and size of each page, 8 bytes each.
    references: &'log [u8],
    pages: &'log [u8],
    size: usize,
}

/// What stands before the references.
const ENTRY_HEAD: usize = 40;

impl<'log> Entry<'log> {
    /// None where the entry is not whole: wrong hashes are how Windows tells, too.
    fn read(bytes: &'log [u8]) -> Option<Self> {
        let size = usize::try_from(u32_at(bytes, 4)?).ok()?;
        let entry = bytes.get(..size).filter(|entry| entry.starts_with(b"HvLE") && size.is_multiple_of(SECTOR))?;
        let body = entry.get(ENTRY_HEAD..)?;
        if u64_at(entry, 24)? != marvin32(body) || u64_at(entry, 32)? != marvin32(entry.get(..32)?) {
            return None;
        }
        let count = usize::try_from(u32_at(entry, 20)?).ok()?;
        let (references, pages) = body.split_at_checked(count.checked_mul(8)?)?;
        let bins_size = u32_at(entry, 16)?;
        let sizes_fit = bins_size.is_multiple_of(BIN_ALIGNMENT) && usize::try_from(bins_size).ok()? <= MAX_BINS_SIZE;
        sizes_fit.then_some(Entry { sequence: u32_at(entry, 12)?, bins_size, references, pages, size })
    }

    /// Whether it could be applied; nothing is changed where not.
    fn apply(&self, bins: &mut Vec<u8>) -> bool {
        let bins_size = usize::try_from(self.bins_size).unwrap_or(usize::MAX);
        let mut pages = self.pages;
        let mut changes = Vec::new();
        for reference in self.references.chunks_exact(8) {
            let (Some(to), Some(size)) = (u32_at(reference, 0), u32_at(reference, 4)) else { return false };
            let (Ok(to), Ok(size)) = (usize::try_from(to), usize::try_from(size)) else { return false };
            let Some((page, rest)) = pages.split_at_checked(size) else { return false };
            if to.checked_add(size).is_none_or(|end| end > bins_size) {
                return false;
            }
            changes.push((to, page));
            pages = rest;
        }
        if bins.len() < bins_size {
            bins.resize(bins_size, 0);
        }
        for (to, page) in changes {
            if let Some(target) = bins.get_mut(to..to + page.len()) {
                target.copy_from_slice(page);
            }
        }
        true
    }
}

/// The seed that all logs use. The specification gives its bytes with the highest first.
const MARVIN_SEED: u64 = 0x82EF_4D88_7A4E_55C5;

/// The hash Marvin32 with the seed of the logs.
pub(super) fn marvin32(bytes: &[u8]) -> u64 {
    let mut state = (MARVIN_SEED as u32, (MARVIN_SEED >> 32) as u32);
    let mix = |(low, high): (u32, u32), value: u32| {
        let low = low.wrapping_add(value);
        let high = high ^ low;
        let low = low.rotate_left(20).wrapping_add(high);
        let high = high.rotate_left(9) ^ low;
        let low = low.rotate_left(27).wrapping_add(high);
        (low, high.rotate_left(19))
    };
    let chunks = bytes.chunks_exact(4);
    let mut last = [0; 4];
    for (slot, byte) in last.iter_mut().zip(chunks.remainder().iter().chain(&[0x80])) {
        *slot = *byte;
    }
    for value in chunks.filter_map(|chunk| u32_at(chunk, 0)) {
        state = mix(state, value);
    }
    let (low, high) = mix(mix(state, u32::from_le_bytes(last)), 0);
    u64::from(high) << 32 | u64::from(low)
}
