//! The new format: entries with consecutive numbers, each with pages and two hashes.

use std::ops::Range;

use super::{Candidate, LogName, Obstacle};
use crate::bytes::{u32_at, u64_at};
use crate::header::{Header, SECTOR};
use crate::marvin::{Marvin, marvin32};
use crate::patches::{Patch, Patches, Source};
use crate::read_at::ReadAt;

pub(super) const FILE_TYPE: u32 = 6;

const BIN_ALIGNMENT: u32 = 4096;

/// The size of an entry's header, which precedes the page references.
const HEADER_SIZE: usize = 40;
const REFERENCE: usize = 8;

/// The number of bytes of a log read at once, a multiple of the hash's block size.
const CHUNK: usize = 1 << 16;

/// The combined result of the entries of all logs.
#[derive(Default)]
pub(super) struct Chain {
    /// The base block that a log has for a hive that lost its own.
    pub(super) header: Option<Header>,
    pub(super) patches: Patches,
    pub(super) applied: u32,
    /// The size of the bins after the last entry applied.
    pub(super) bins_size: Option<u32>,
    pub(super) obstacle: Option<Obstacle>,
    /// The number of the first entry that the hive lacks.
    pub(super) first: Option<u32>,
}

/// Applies the entries from the first one that the hive lacks to the last one before an incomplete entry.
pub(super) fn apply(primary: Option<Header>, mut logs: Vec<Candidate<'_>>) -> Chain {
    let mut chain = Chain::default();
    // Numbers may wrap around; they are compared by their distance from one of them.
    let Some(base) = primary
        .map(|primary| primary.secondary_sequence)
        .or_else(|| logs.first().map(|log| log.header.primary_sequence))
    else {
        return chain;
    };
    logs.sort_by_key(|log| log.header.primary_sequence.wrapping_sub(base).cast_signed());
    if primary.is_none() {
        // Without a base block to start from, Windows uses only the latest log.
        logs.drain(..logs.len().saturating_sub(1));
        chain.header = logs.first().map(|log| log.header);
    }
    // Earlier entries have been written to the hive.
    let base = chain.header.map_or(base, |header| header.primary_sequence);
    let (mut last, mut end) = (None, None);
    for log in &logs {
        // Windows continues the numbering from one log to the other: entries in between were in the earlier log and are lost.
        if end.is_some_and(|end| end != log.header.primary_sequence) && last.is_none() {
            chain.first.get_or_insert(base);
        }
        let (in_log, next) = apply_log(log, base, &mut chain);
        (last, end) = (last.max(in_log), Some(next));
    }
    let first = chain.first.unwrap_or(base);
    let beyond = last.map(|last| base.wrapping_add(last).wrapping_sub(first)).filter(|last| *last >= chain.applied);
    if let (None, Some(last)) = (&chain.obstacle, beyond) {
        chain.obstacle = Some(Obstacle::Broken { applied: chain.applied, of: last.saturating_add(1) });
    }
    chain
}

/// Applies the matching entries of one log. Returns the highest number among its entries, complete or not, as its distance from
/// `base`, or `None` if all are earlier; and the number of the first entry that is missing or incomplete.
fn apply_log(log: &Candidate<'_>, base: u32, chain: &mut Chain) -> (Option<u32>, u32) {
    // The base block names the first entry, which counts even if nothing is left of it.
    let mut last = ahead_of(base, log.header.primary_sequence);
    if last.is_some() {
        chain.first.get_or_insert(log.header.primary_sequence);
    }
    let mut at = SECTOR as u64;
    let mut expected = log.header.primary_sequence;
    // Entries are consecutive. After the last one there are zeros, or remnants of earlier entries.
    while chain.obstacle.is_none() {
        let header = match EntryHeader::read(log, at) {
            Ok(Some(header)) if header.sequence == expected => header,
            Ok(_) => break,
            Err(obstacle) => {
                chain.obstacle = Some(obstacle);
                break;
            }
        };
        if let Some(ahead) = ahead_of(base, header.sequence) {
            last = last.max(Some(ahead));
            let first = *chain.first.get_or_insert(header.sequence);
            if header.sequence != first.wrapping_add(chain.applied) {
                break;
            }
            match header.apply(log, at, &mut chain.patches) {
                Ok(true) => {
                    chain.applied += 1;
                    chain.bins_size = Some(header.bins_size);
                }
                Ok(false) => break,
                Err(obstacle) => {
                    chain.obstacle = Some(obstacle);
                    break;
                }
            }
        }
        at += u64::from(header.size.max(SECTOR as u32));
        expected = expected.wrapping_add(1);
    }
    match last_entry(log.name, log.file, at..log.size, base) {
        Ok(cut_off) => last = last.max(cut_off),
        Err(obstacle) => {
            chain.obstacle.get_or_insert(obstacle);
        }
    }
    (last, expected)
}

/// Returns how far a number is ahead of `base`, or `None` if it is behind.
fn ahead_of(base: u32, sequence: u32) -> Option<u32> {
    Some(sequence.wrapping_sub(base)).filter(|ahead| ahead.cast_signed() >= 0)
}

/// Returns the highest number, as its distance from `base`, among the intact entry headers in a part of a log, or `None` if all are
/// earlier. After the place where a log's entries end or break off, this finds the entries that are cut off.
pub(super) fn last_entry(
    name: LogName,
    file: &dyn ReadAt,
    part: Range<u64>,
    base: u32,
) -> Result<Option<u32>, Obstacle> {
    let mut chunk = vec![0; CHUNK];
    let mut last = None;
    for at in part.step_by(CHUNK) {
        let unreadable = |error: std::io::Error| Obstacle::Unreadable { log: name, reason: error.to_string() };
        let count = file.read_full_at(&mut chunk, at).map_err(unreadable)?;
        let headers = chunk.get(..count).unwrap_or_default().chunks(SECTOR).filter_map(EntryHeader::parse);
        last =
            last.max(headers.filter(|header| header.intact).filter_map(|header| ahead_of(base, header.sequence)).max());
    }
    Ok(last)
}

struct EntryHeader {
    size: u32,
    sequence: u32,
    bins_size: u32,
    pages: u32,
    body_hash: u64,
    /// Whether the header's own hash is correct.
    intact: bool,
}

impl EntryHeader {
    fn parse(bytes: &[u8]) -> Option<EntryHeader> {
        if !bytes.starts_with(b"HvLE") {
            return None;
        }
        Some(EntryHeader {
            size: u32_at(bytes, 4)?,
            sequence: u32_at(bytes, 12)?,
            bins_size: u32_at(bytes, 16)?,
            pages: u32_at(bytes, 20)?,
            body_hash: u64_at(bytes, 24)?,
            intact: u64_at(bytes, 32)? == marvin32(bytes.get(..32)?),
        })
    }

    /// Reads a header, or returns `None` if there is no entry.
    fn read(log: &Candidate<'_>, at: u64) -> Result<Option<EntryHeader>, Obstacle> {
        if at.saturating_add(HEADER_SIZE as u64) > log.size {
            return Ok(None);
        }
        let mut header = [0; HEADER_SIZE];
        log.read(at, &mut header)?;
        Ok(EntryHeader::parse(&header))
    }

    /// Applies the entry. Returns false if it is incomplete.
    fn apply(&self, log: &Candidate<'_>, at: u64, patches: &mut Patches) -> Result<bool, Obstacle> {
        let references_end = u64::from(self.pages) * REFERENCE as u64 + HEADER_SIZE as u64;
        let fits = self.intact
            && self.size.is_multiple_of(SECTOR as u32)
            && self.bins_size.is_multiple_of(BIN_ALIGNMENT)
            && self.bins_size != 0
            && self.pages != 0
            && patches.has_room_for(usize::try_from(self.pages).unwrap_or(usize::MAX))
            && references_end <= u64::from(self.size)
            && at + u64::from(self.size) <= log.size;
        if !fits || self.hash_body(log, at)? != self.body_hash {
            return Ok(false);
        }
        // All references are checked before the first page is applied.
        let mut ranges = Vec::new();
        let mut from = at + references_end;
        let end = at + u64::from(self.size);
        let mut chunk = vec![0; CHUNK];
        let mut reference_at = at + HEADER_SIZE as u64;
        let mut left = u64::from(self.pages) * REFERENCE as u64;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            let Some(piece) = chunk.get_mut(..count) else { return Ok(false) };
            log.read(reference_at, piece)?;
            for reference in piece.chunks_exact(REFERENCE) {
                let (Some(to), Some(size)) = (u32_at(reference, 0), u32_at(reference, 4)) else { return Ok(false) };
                let (to, size) = (u64::from(to), u64::from(size));
                if size > end - from || to + size > u64::from(self.bins_size) {
                    return Ok(false);
                }
                // Pages are whole sectors; this also bounds the number of pages in a log.
                if !to.is_multiple_of(SECTOR as u64) || !size.is_multiple_of(SECTOR as u64) || size == 0 {
                    return Ok(false);
                }
                ranges.push((to, Patch { length: size, source: Source { log: log.index, offset: from } }));
                from += size;
            }
            reference_at += count as u64;
            left -= count as u64;
        }
        Ok(ranges.into_iter().all(|(to, patch)| patches.put(to, patch)))
    }

    fn hash_body(&self, log: &Candidate<'_>, at: u64) -> Result<u64, Obstacle> {
        let mut marvin = Marvin::new();
        let mut chunk = vec![0; CHUNK];
        let mut from = at + HEADER_SIZE as u64;
        let end = at + u64::from(self.size);
        loop {
            let count = usize::try_from(end.saturating_sub(from)).unwrap_or(usize::MAX).min(CHUNK);
            let piece = chunk.get_mut(..count).unwrap_or_default();
            log.read(from, piece)?;
            from += count as u64;
            if from >= end {
                return Ok(marvin.finish(piece));
            }
            marvin.take(piece);
        }
    }
}
