//! VHD: "Virtual Hard Disk Image Format Specification", version 1.0 (Microsoft, 2006).

use std::io;
use std::sync::Arc;

use super::siblings::Family;
use super::{read_parent, structure};
use crate::bytes::{Fields, length, shorten, text, units};
use crate::error::{Error, Result};
use crate::read_at::{Cached, ReadAt, Slice};

pub(super) const COOKIE: &[u8] = b"conectix";
const FOOTER: &str = "the footer of the VHD";
const FOOTER_SIZE: usize = 512;
/// The footers of versions before Virtual PC 2004 are one byte shorter.
const OLD_FOOTER_SIZE: u64 = 511;
const HEADER: &str = "the dynamic header of the VHD";
const HEADER_SIZE: usize = 1024;

const SECTOR: u64 = 512;
const UNUSED: u32 = u32::MAX;

/// The largest block: 2 MiB is usual.
const MAX_BLOCK: u64 = 256 << 20;

/// The cache for the table of blocks and the bitmaps, in bytes.
const CACHE: usize = 256 << 10;

/// The code of the platform of a parent's path: UTF-16, relative or absolute.
const RELATIVE: &[u8] = b"W2ru";
const ABSOLUTE: &[u8] = b"W2ku";
const LOCATORS: usize = 8;
/// The longest path of a parent, in bytes.
const MAX_PATH: u32 = 65_536;

pub(super) struct Vhd {
    pub(super) disk: Arc<dyn ReadAt>,
    id: [u8; 16],
}

/// Returns whether a file ends with a footer.
pub(super) fn has_footer(file: &dyn ReadAt) -> Result<bool> {
    for size in [FOOTER_SIZE as u64, OLD_FOOTER_SIZE] {
        let start = file.size().saturating_sub(size);
        if file.bytes_at(start, COOKIE.len())? == COOKIE {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Finds the footer: the last one, unless only its copy at the start is intact.
fn footer(file: &dyn ReadAt, damage: &mut Vec<String>) -> Result<Vec<u8>> {
    let mut damaged = None;
    for offset in [file.size().saturating_sub(FOOTER_SIZE as u64), file.size().saturating_sub(OLD_FOOTER_SIZE), 0] {
        let mut bytes = file.bytes_at(offset, FOOTER_SIZE)?;
        if !bytes.starts_with(COOKIE) {
            continue;
        }
        bytes.resize(FOOTER_SIZE, 0);
        if checksum_is_right(&bytes, 64) {
            return Ok(bytes);
        }
        damaged.get_or_insert(bytes);
    }
    let bytes = damaged.ok_or_else(|| Error::damaged(FOOTER, "bad signature: expected `conectix`"))?;
    damage.push(format!("{FOOTER} has a wrong checksum"));
    Ok(bytes)
}

/// The checksum at `at` is the complement of the sum of all other bytes.
fn checksum_is_right(bytes: &[u8], at: usize) -> bool {
    let field = at..at + 4;
    let others = bytes.iter().enumerate().filter(|(index, _)| !field.contains(index));
    let sum = others.fold(0u32, |sum, (_, byte)| sum.wrapping_add(u32::from(*byte)));
    bytes.get(field.clone()).is_some_and(|stored| stored == (!sum).to_be_bytes())
}

pub(super) fn open(family: Family<'_>, file: Arc<dyn ReadAt>, damage: &mut Vec<String>) -> Result<Vhd> {
    let footer = footer(&file, damage)?;
    let fields = Fields::new(FOOTER, &footer);
    let size = fields.be_u64(48)?;
    let id = fields.array(68)?;
    let disk: Arc<dyn ReadAt> = match fields.be_u32(60)? {
        2 if size > file.size() => {
            return Err(fields.damaged(format!("the disk has {size} bytes, but the file only {}", file.size())));
        }
        2 => Arc::new(Slice::new(file, 0, size)),
        3 => Arc::new(Dynamic::open(file, fields.be_u64(16)?, size, None, damage)?),
        4 => Arc::new(Dynamic::open(file, fields.be_u64(16)?, size, Some(family), damage)?),
        kind => return Err(Error::unsupported(format!("VHD disk type {kind}"))),
    };
    Ok(Vhd { disk, id })
}

struct Dynamic {
    file: Cached<Arc<dyn ReadAt>>,
    size: u64,
    table: u64,
    entries: u64,
    block: u64,
    parent: Option<Arc<dyn ReadAt>>,
}

impl Dynamic {
    fn open(
        file: Arc<dyn ReadAt>,
        header_at: u64,
        size: u64,
        differencing: Option<Family<'_>>,
        damage: &mut Vec<String>,
    ) -> Result<Dynamic> {
        let header = structure(&file, HEADER, header_at, HEADER_SIZE)?;
        let fields = Fields::new(HEADER, &header);
        fields.signature(0, b"cxsparse")?;
        if !checksum_is_right(&header, 36) {
            damage.push(format!("{HEADER} has a wrong checksum"));
        }
        let block = u64::from(fields.be_u32(32)?);
        if !block.is_power_of_two() || !(SECTOR..=MAX_BLOCK).contains(&block) {
            return Err(
                fields.damaged(format!("a block has {block} bytes, expected a power of 2 from 512 to {MAX_BLOCK}"))
            );
        }
        let entries = u64::from(fields.be_u32(28)?);
        if entries < size.div_ceil(block) {
            return Err(
                fields.damaged(format!("the table has {entries} blocks, but the disk {}", size.div_ceil(block)))
            );
        }
        let parent = differencing.map(|family| parent(family, &file, fields)).transpose()?;
        Ok(Dynamic { file: Cached::new(file, CACHE), size, table: fields.be_u64(16)?, entries, block, parent })
    }

    /// The size of a block's bitmap, which precedes its data.
    fn bitmap_size(&self) -> u64 {
        (self.block / SECTOR).div_ceil(8).next_multiple_of(SECTOR)
    }
}

impl ReadAt for Dynamic {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        let number = offset / self.block;
        if buffer.is_empty() || number >= self.entries {
            return Ok(0);
        }
        let within = offset % self.block;
        let buffer = shorten(buffer, self.block - within);
        let mut entry = [0; 4];
        self.file.read_exact_at(&mut entry, self.table.saturating_add(number * 4))?;
        let parent = self.parent.as_deref();
        let entry = u32::from_be_bytes(entry);
        if entry == UNUSED {
            return read_parent(parent, buffer, offset);
        }
        let bitmap = u64::from(entry) * SECTOR;
        let data = bitmap + self.bitmap_size() + within;
        if parent.is_none() {
            self.file.uncached().read_exact_at(buffer, data)?;
            return Ok(buffer.len());
        }
        // Sectors whose bit is clear are the parent's.
        let sector = within / SECTOR;
        let last = (within + buffer.len() as u64 - 1) / SECTOR;
        let bits = self.file.bytes_at(bitmap + sector / 8, length(last / 8 - sector / 8 + 1))?;
        let is_own = |number: u64| {
            let byte = usize::try_from(number / 8 - sector / 8).ok().and_then(|index| bits.get(index));
            byte.is_some_and(|byte| byte & (0x80 >> (number % 8)) != 0)
        };
        let own = is_own(sector);
        let same = (sector..=last).take_while(|number| is_own(*number) == own).count() as u64;
        let buffer = shorten(buffer, (sector + same) * SECTOR - within);
        match own {
            true => self.file.uncached().read_exact_at(buffer, data).map(|()| buffer.len()),
            false => read_parent(parent, buffer, offset),
        }
    }
}

/// Opens the parent of a differencing disk and checks that it is the one from which the child was made.
fn parent(family: Family<'_>, file: &dyn ReadAt, header: Fields<'_>) -> Result<Arc<dyn ReadAt>> {
    let id: [u8; 16] = header.array(40)?;
    let mut paths = Vec::new();
    for code in [RELATIVE, ABSOLUTE] {
        for locator in 0..LOCATORS {
            let at = 576 + locator * 24;
            let size = header.be_u32(at + 8)?;
            if header.slice(at, 4)? == code && size <= MAX_PATH {
                let bytes = file.bytes_at(header.be_u64(at + 16)?, length(size.into()))?;
                paths.push(text(units(&bytes).take_while(|unit| *unit != 0)));
            }
        }
    }
    let name = header.slice(64, 512)?.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
    paths.push(text(name.take_while(|unit| *unit != 0)));
    paths.retain(|path| !path.is_empty());
    family.open_parent(&paths, |family, file| {
        let parent = open(family, file, &mut Vec::new())?;
        match parent.id == id {
            true => Ok(parent.disk),
            false => Err(Error::damaged(family.name(), "its identifier differs from the one that its child names")),
        }
    })
}
