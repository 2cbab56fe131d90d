//! Folders of FAT: short names, and the long names before them.

use std::ops::ControlFlow;

use super::chain::Chain;
use super::time::file_time;
use super::{Entry, Found};
use crate::bytes::{Fields, text, units};
use crate::error::Result;
use crate::read_at::ReadAt;

const ENTRY: usize = 32;
/// The entries read at a time.
const BATCH: usize = 128 * ENTRY;

const FREE: u8 = 0xe5;
/// A first byte that means 0xe5.
const ESCAPED: u8 = 0x05;
const LONG: u8 = 0x0f;
const LABEL: u8 = 0x08;
const FOLDER: u8 = 0x10;
const SMALL_BASE: u8 = 0x08;
const SMALL_EXTENSION: u8 = 0x10;
const LAST: u8 = 0x40;
const NUMBER: u8 = 0x1f;
/// The code units in one entry of a long name.
const LONG_UNITS: usize = 13;

pub(super) fn visit(folder: &Chain, visit: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<()> {
    let mut long = Long::default();
    let mut at = 0;
    loop {
        let batch = folder.bytes_at(at, BATCH)?;
        if batch.is_empty() {
            return Ok(());
        }
        at += batch.len() as u64;
        for bytes in batch.chunks_exact(ENTRY) {
            let fields = Fields::new("an entry of a folder", bytes);
            let (first, attributes) = (fields.u8(0)?, fields.u8(11)?);
            if first == 0 {
                return Ok(());
            }
            if first == FREE {
                long = Long::default();
            } else if attributes & 0x3f == LONG {
                long.add(first, fields)?;
            } else {
                let name = std::mem::take(&mut long).finish(bytes);
                let short = short_name(fields)?;
                if attributes & LABEL == 0 && short != "." && short != ".." {
                    let entry = entry(fields, attributes)?;
                    let found = match name {
                        Some(name) => Found { name, short: Some(short), entry },
                        None => Found { name: short, short: None, entry },
                    };
                    if visit(found).is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

fn entry(fields: Fields<'_>, attributes: u8) -> Result<Entry> {
    let size = u64::from(fields.u32(28)?);
    Ok(Entry {
        is_folder: attributes & FOLDER != 0,
        first_cluster: u32::from(fields.u16(20)?) << 16 | u32::from(fields.u16(26)?),
        size,
        initialised: size,
        is_contiguous: false,
        modified: file_time(fields.u16(24)?, fields.u16(22)?),
    })
}

/// Formats `README  TXT` as `README.TXT`. Characters outside ASCII depend on the code page of the system that wrote them; they
/// become U+FFFD.
fn short_name(fields: Fields<'_>) -> Result<String> {
    let flags = fields.u8(12)?;
    let part = |at: usize, size: usize, is_small: bool| -> Result<String> {
        let bytes = fields.slice(at, size)?;
        let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        let character = |(index, byte): (usize, &u8)| match *byte {
            ESCAPED if at == 0 && index == 0 => char::REPLACEMENT_CHARACTER,
            byte if byte.is_ascii() && is_small => char::from(byte.to_ascii_lowercase()),
            byte if byte.is_ascii() => char::from(byte),
            _ => char::REPLACEMENT_CHARACTER,
        };
        Ok(bytes.iter().take(end).enumerate().map(character).collect())
    };
    let base = part(0, 8, flags & SMALL_BASE != 0)?;
    let extension = part(8, 3, flags & SMALL_EXTENSION != 0)?;
    Ok(if extension.is_empty() { base } else { format!("{base}.{extension}") })
}

/// A long name, whose last part comes first.
#[derive(Default)]
struct Long {
    parts: Vec<[u16; LONG_UNITS]>,
    /// The number of the part that has to follow, from the end; 0 if the name is whole.
    next: u8,
    checksum: u8,
}

impl Long {
    fn add(&mut self, order: u8, fields: Fields<'_>) -> Result<()> {
        let number = order & NUMBER;
        if order & LAST != 0 {
            *self = Long { parts: Vec::new(), next: number, checksum: fields.u8(13)? };
        }
        if number == 0 || number != self.next || fields.u8(13)? != self.checksum {
            *self = Long::default();
            return Ok(());
        }
        let ranges = [fields.slice(1, 10)?, fields.slice(14, 12)?, fields.slice(28, 4)?];
        let mut part = [0; LONG_UNITS];
        part.iter_mut().zip(ranges.into_iter().flat_map(units)).for_each(|(slot, unit)| *slot = unit);
        self.parts.push(part);
        self.next = number - 1;
        Ok(())
    }

    /// Returns the name, if it is whole and belongs to this short one.
    fn finish(self, short: &[u8]) -> Option<String> {
        let sum = short.iter().take(11).fold(0u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte));
        let units = self.parts.iter().rev().flatten().copied().take_while(|unit| *unit != 0);
        (self.next == 0 && !self.parts.is_empty() && sum == self.checksum).then(|| text(units))
    }
}
