//! E01: "Expert Witness Compression Format specification" by Joachim Metz, version 1.

use std::io;
use std::sync::Arc;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::siblings::Family;
use super::structure;
use crate::bytes::{Fields, length, shorten};
use crate::error::{Error, Result};
use crate::read_at::{Cached, Chunks, ReadAt};

const HEADER: &str = "the file header of the E01";
const HEADER_SIZE: usize = 13;
const SECTION: &str = "a section of the E01";
const SECTION_SIZE: usize = 76;
const VOLUME: &str = "the volume section of the E01";
const VOLUME_SIZE: usize = 24;
const TABLE: &str = "a table of the E01";
const TABLE_SIZE: usize = 24;
const ENTRY_SIZE: u64 = 4;
const COMPRESSED: u32 = 1 << 31;

const MAX_SEGMENTS: u16 = 4096;
const MAX_SECTIONS: usize = 1 << 16;
/// The largest chunk, in bytes. 32 KiB is usual.
const MAX_CHUNK: u64 = 16 << 20;
/// A compressed chunk is rarely longer than its contents, and then only by this.
const MARGIN: u64 = 4096;

/// The cache for the tables of one segment, in bytes.
const CACHE: usize = 64 << 10;

/// A table of chunks, which is read when one of them is.
struct Table {
    segment: usize,
    /// The number of the chunk after the last one.
    end: u64,
    count: u64,
    /// The offset of the entries, the number that offsets in them are relative to, and the end of the data.
    entries: u64,
    base: u64,
    data_end: u64,
}

struct Chunked {
    segments: Vec<Cached<Arc<dyn ReadAt>>>,
    size: u64,
    chunk: u64,
    tables: Vec<Table>,
    chunks: Chunks,
}

pub(super) fn open(family: Family<'_>, file: Arc<dyn ReadAt>) -> Result<Arc<dyn ReadAt>> {
    let first = segment_number(&file)?;
    if first != 1 {
        return Err(Error::damaged(family.name(), format!("it is segment {first}; give segment 1, the file .E01")));
    }
    let mut disk =
        Chunked { segments: Vec::new(), size: 0, chunk: 0, tables: Vec::new(), chunks: Chunks::of_size(MAX_CHUNK) };
    let (mut chunks, mut sections) = (0, 0);
    let mut file = file;
    for number in 1..=MAX_SEGMENTS {
        let ending = disk.read_segment(file, &mut chunks, &mut sections)?;
        if ending == Ending::Disk {
            break;
        }
        let next = number + 1;
        let name = segment_name(family.name(), next).filter(|_| number < MAX_SEGMENTS);
        let name = name.ok_or_else(|| Error::damaged(family.name(), format!("segment {next} cannot be named")))?;
        let base = name.rsplit('/').next().unwrap_or(&name).to_owned();
        file = family.open(&base)?;
        let found = segment_number(&file)?;
        if found != next {
            return Err(Error::damaged(base, format!("it is segment {found}, expected {next}")));
        }
    }
    let held = disk.tables.last().map_or(0, |table| table.end);
    if disk.chunk == 0 || disk.size.div_ceil(disk.chunk) > held {
        let reason = format!("{} bytes in chunks of {}, but the tables have {held} chunks", disk.size, disk.chunk);
        return Err(Error::damaged(VOLUME, reason));
    }
    Ok(Arc::new(disk))
}

fn segment_number(file: &dyn ReadAt) -> Result<u16> {
    let header = structure(file, HEADER, 0, HEADER_SIZE)?;
    let fields = Fields::new(HEADER, &header);
    fields.signature(0, b"EVF\t\r\n\xff\x00")?;
    fields.u16(9)
}

/// Names a segment: `.E01` to `.E99`, then `.EAA` to `.EZZ`, `.FAA` and so on. The case is that of the first segment's name.
fn segment_name(first: &str, number: u16) -> Option<String> {
    let (stem, extension) = first.rsplit_once('.')?;
    let letter = extension.chars().next()?;
    let extension = match number {
        ..100 => format!("{letter}{number:02}"),
        _ => {
            let index = u32::from(number - 100);
            let of = |base: char, index: u32| char::from_u32(u32::from(base) + index).filter(char::is_ascii_alphabetic);
            let a = if letter.is_ascii_uppercase() { 'A' } else { 'a' };
            [of(letter, index / 676)?, of(a, index / 26 % 26)?, of(a, index % 26)?].into_iter().collect()
        }
    };
    Some(format!("{stem}.{extension}"))
}

/// The end of a segment.
#[derive(PartialEq, Eq)]
enum Ending {
    Segment,
    Disk,
}

impl Chunked {
    fn read_segment(&mut self, file: Arc<dyn ReadAt>, chunks: &mut u64, sections: &mut usize) -> Result<Ending> {
        let file = Cached::new(file, CACHE);
        let segment = self.segments.len();
        let mut at = HEADER_SIZE as u64;
        let mut data_end = 0;
        let ending = loop {
            *sections += 1;
            if *sections > MAX_SECTIONS {
                return Err(Error::damaged(SECTION, format!("there are more than {MAX_SECTIONS}")));
            }
            let header = structure(&file, SECTION, at, SECTION_SIZE)?;
            let fields = Fields::new(SECTION, &header);
            let kind = fields.slice(0, 16)?.split(|byte| *byte == 0).next().unwrap_or_default();
            let next = fields.u64(16)?;
            let data = at + SECTION_SIZE as u64;
            match kind {
                b"volume" | b"disk" | b"data" if self.chunk == 0 => self.read_volume(&file, data)?,
                b"sectors" => data_end = at.saturating_add(fields.u64(24)?),
                b"table" => self.read_table(&file, segment, data, data_end.max(at), chunks)?,
                b"next" => break Ending::Segment,
                b"done" => break Ending::Disk,
                _ => {}
            }
            if next <= at {
                return Err(fields.damaged(format!("the section after the one at {at} is at {next}")));
            }
            at = next;
        };
        self.segments.push(file);
        Ok(ending)
    }

    fn read_volume(&mut self, file: &dyn ReadAt, at: u64) -> Result<()> {
        let volume = structure(file, VOLUME, at, VOLUME_SIZE)?;
        let fields = Fields::new(VOLUME, &volume);
        let sector = u64::from(fields.u32(12)?);
        let chunk = u64::from(fields.u32(8)?).saturating_mul(sector);
        let size = fields.u64(16)?.checked_mul(sector).filter(|size| *size < 1 << 63);
        if !(1..=MAX_CHUNK).contains(&chunk) {
            return Err(fields.damaged(format!("a chunk has {chunk} bytes, expected at most {MAX_CHUNK}")));
        }
        self.size = size.ok_or_else(|| fields.damaged("the disk is longer than any disk"))?;
        (self.chunk, self.chunks) = (chunk, Chunks::of_size(chunk));
        Ok(())
    }

    fn read_table(
        &mut self,
        file: &dyn ReadAt,
        segment: usize,
        at: u64,
        data_end: u64,
        chunks: &mut u64,
    ) -> Result<()> {
        let table = structure(file, TABLE, at, TABLE_SIZE)?;
        let fields = Fields::new(TABLE, &table);
        let count = u64::from(fields.u32(0)?);
        let entries = at + TABLE_SIZE as u64;
        if entries.saturating_add(count * ENTRY_SIZE) > file.size() {
            return Err(fields.damaged(format!("it has {count} entries, which end after the file")));
        }
        *chunks = chunks.saturating_add(count);
        self.tables.push(Table { segment, end: *chunks, count, entries, base: fields.u64(8)?, data_end });
        Ok(())
    }

    fn read_chunk(&self, number: u64) -> io::Result<Vec<u8>> {
        let damaged = |reason: String| Error::damaged(format!("the chunk {number} (E01)"), reason);
        let table = self.tables.get(self.tables.partition_point(|table| table.end <= number));
        let table = table.ok_or_else(|| damaged("no table has it".to_owned()))?;
        let index = number - (table.end - table.count);
        let file = self.segments.get(table.segment).ok_or_else(|| damaged("its segment is missing".to_owned()))?;
        let entry = |index: u64| -> io::Result<u32> {
            let mut bytes = [0; 4];
            file.read_exact_at(&mut bytes, table.entries + index * ENTRY_SIZE)?;
            Ok(u32::from_le_bytes(bytes))
        };
        let place = |entry: u32| table.base.saturating_add((entry & !COMPRESSED).into());
        let own = entry(index)?;
        let start = place(own);
        let end = if index + 1 < table.count { place(entry(index + 1)?) } else { table.data_end };
        let wanted = self.chunk.min(self.size.saturating_sub(number.saturating_mul(self.chunk)));
        if own & COMPRESSED == 0 {
            // A checksum follows.
            let bytes = file.uncached().bytes_at(start, length(wanted))?;
            return match bytes.len() as u64 == wanted {
                true => Ok(bytes),
                false => Err(damaged("the file ends inside it".to_owned()).into()),
            };
        }
        // The next offset may be lower in tables of old versions: the compressed data has its own end.
        let most = self.chunk + MARGIN;
        let size = end.checked_sub(start).filter(|size| *size > 0).map_or(most, |size| size.min(most));
        let stored = file.uncached().bytes_at(start, length(size))?;
        let bytes = decompress_to_vec_zlib_with_limit(&stored, length(self.chunk))
            .map_err(|error| damaged(error.to_string()))?;
        match bytes.len() as u64 >= wanted {
            true => Ok(bytes),
            false => Err(damaged(format!("it has {} bytes, expected {wanted}", bytes.len())).into()),
        }
    }
}

impl ReadAt for Chunked {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        let (number, within) = (offset / self.chunk, offset % self.chunk);
        let chunk = self.chunks.get(number, || self.read_chunk(number))?;
        chunk.read_at(buffer, within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_named_in_sequence() {
        for (number, expected) in
            [(2, "a.b.E02"), (99, "a.b.E99"), (100, "a.b.EAA"), (126, "a.b.EBA"), (775, "a.b.EZZ"), (776, "a.b.FAA")]
        {
            assert_eq!(segment_name("a.b.E01", number).as_deref(), Some(expected));
        }
        assert_eq!(segment_name("x.e01", 101).as_deref(), Some("x.eab"));
        assert_eq!(segment_name("x.E01", 60_000), None);
        assert_eq!(segment_name("none", 2), None);
    }
}
