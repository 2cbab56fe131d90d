//! VHDX: [MS-VHDX], "Virtual Hard Disk v2 (VHDX) File Format".

use std::io;
use std::sync::Arc;

use super::siblings::Family;
use super::{read_parent, structure, vhdx_log};
use crate::bytes::{Fields, guid, length, shorten, text, units};
use crate::crc::checksum_is_right;
use crate::error::{Error, Result};
use crate::read_at::{Cached, ReadAt};

const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
const HEADER: &str = "the header of the VHDX";
const HEADER_SIZE: usize = 4096;
const REGION_TABLES: [u64; 2] = [192 << 10, 256 << 10];
const REGIONS: &str = "the region table of the VHDX";
const REGIONS_SIZE: usize = 64 << 10;
/// The maximum number of regions, and of items of metadata.
const MAX_REGIONS: u32 = 2047;
const METADATA: &str = "the metadata of the VHDX";
/// The size of the header of the table of metadata, and of an entry.
const METADATA_ENTRY: usize = 32;
/// The largest item of metadata read: the parent locator.
const MAX_ITEM: u32 = 1 << 20;

const BAT_REGION: &str = "2dc27766-f623-4200-9d64-115e9bfd4a08";
const METADATA_REGION: &str = "8b7ca206-4790-4b9a-b8fe-575f050f886e";
const FILE_PARAMETERS: &str = "caa16737-fa36-4d43-b3b6-33f0aa44e76b";
const DISK_SIZE: &str = "2fa54224-cd1b-4876-b211-5dbed83bf4b8";
const LOGICAL_SECTOR_SIZE: &str = "8141bf1d-a96f-4709-ba47-f233a8faab5f";
const PARENT_LOCATOR: &str = "a8d35f2d-b30b-454d-abf7-d3d84834ab0c";
const LOCATOR_TYPE: &str = "b04aefb7-d19e-4a81-b789-25b8e9445913";

const HAS_PARENT: u32 = 2;
/// The number of sectors that one block of the sectors' bitmap describes.
const SECTORS_PER_BITMAP: u64 = 1 << 23;
/// Files begin at multiples of this.
const UNIT: u64 = 1 << 20;
/// [MS-VHDX] 2.6.2.2: 64 TB.
const MAX_SIZE: u64 = 64 << 40;

/// The cache for the table of blocks and the bitmaps, in bytes.
const CACHE: usize = 256 << 10;

pub(super) struct Vhdx {
    pub(super) disk: Arc<dyn ReadAt>,
    /// Changes whenever the contents change: a child names the value its parent had.
    data_id: String,
}

pub(super) fn open(family: Family<'_>, file: Arc<dyn ReadAt>) -> Result<Vhdx> {
    let header = current_header(&file)?;
    let fields = Fields::new(HEADER, &header);
    let data_id = guid(fields.array(32)?);
    let log_id: [u8; 16] = fields.array(48)?;
    let file: Arc<dyn ReadAt> = match log_id == [0; 16] {
        true => file,
        false => vhdx_log::replay(file, log_id, fields.u64(72)?, fields.u32(68)?)?,
    };
    let regions = regions(&file)?;
    let region = |id: &str| {
        let found = regions.iter().find(|(other, ..)| other == id).map(|(_, offset, size)| (*offset, *size));
        found.ok_or_else(|| Error::damaged(REGIONS, format!("the region {id} is missing")))
    };
    let (table, table_size) = region(BAT_REGION)?;
    let (metadata, _) = region(METADATA_REGION)?;
    let item = |id| item(&file, metadata, id);
    let required = |id| item(id)?.ok_or_else(|| Error::damaged(METADATA, format!("the item {id} is missing")));
    let parameters = required(FILE_PARAMETERS)?;
    let parameters = Fields::new(METADATA, &parameters);
    let block = u64::from(parameters.u32(0)?);
    let disk_size = required(DISK_SIZE)?;
    let size = Fields::new(METADATA, &disk_size).u64(0)?;
    let sector_size = required(LOGICAL_SECTOR_SIZE)?;
    let sector = u64::from(Fields::new(METADATA, &sector_size).u32(0)?);
    if !block.is_power_of_two() || !(UNIT..=256 * UNIT).contains(&block) {
        return Err(parameters.damaged(format!("a block has {block} bytes, expected a power of 2 from 1 to 256 MiB")));
    }
    if sector != 512 && sector != 4096 {
        return Err(parameters.damaged(format!("a sector has {sector} bytes, expected 512 or 4096")));
    }
    if size > MAX_SIZE {
        return Err(parameters.damaged(format!("the disk has {size} bytes, expected at most {MAX_SIZE}")));
    }
    let mut disk = Blocks { file: Cached::new(file.clone(), CACHE), size, table, block, sector, parent: None };
    let needed = size.div_ceil(block).div_ceil(disk.ratio()) * (disk.ratio() + 1) * 8;
    // The table need not have an entry for the last block's bitmap.
    if needed.saturating_sub(disk.ratio() * 8 + 8) > table_size {
        return Err(Error::damaged(REGIONS, format!("the table of blocks has {table_size} bytes, expected {needed}")));
    }
    if parameters.u32(4)? & HAS_PARENT != 0 {
        disk.parent = Some(parent(family, &required(PARENT_LOCATOR)?)?);
    }
    Ok(Vhdx { disk: Arc::new(disk), data_id })
}

/// Returns the intact header with the higher sequence number.
fn current_header(file: &dyn ReadAt) -> Result<Vec<u8>> {
    let mut best: Option<(u64, Vec<u8>)> = None;
    for offset in HEADERS {
        let header = file.bytes_at(offset, HEADER_SIZE)?;
        let fields = Fields::new(HEADER, &header);
        if fields.signature(0, b"head").is_err() || !checksum_is_right(&header) {
            continue;
        }
        let number = fields.u64(8)?;
        if best.as_ref().is_none_or(|(other, _)| *other < number) {
            best = Some((number, header));
        }
    }
    let (_, header) =
        best.ok_or_else(|| Error::damaged(HEADER, "neither copy has a signature and a right checksum"))?;
    let version = Fields::new(HEADER, &header).u16(66)?;
    match version {
        1 => Ok(header),
        version => Err(Error::unsupported(format!("VHDX version {version}"))),
    }
}

/// The offset and length of each region, by identifier.
fn regions(file: &dyn ReadAt) -> Result<Vec<(String, u64, u64)>> {
    for offset in REGION_TABLES {
        let table = file.bytes_at(offset, REGIONS_SIZE)?;
        let fields = Fields::new(REGIONS, &table);
        if fields.signature(0, b"regi").is_err() || !checksum_is_right(&table) {
            continue;
        }
        let entry = |number: u32| {
            let at = 16 + 32 * length(number.into());
            Ok((guid(fields.array(at)?), fields.u64(at + 16)?, fields.u32(at + 24)?.into()))
        };
        return (0..fields.u32(8)?.min(MAX_REGIONS)).map(entry).collect();
    }
    Err(Error::damaged(REGIONS, "neither copy has a signature and a right checksum"))
}

/// Reads an item of the metadata.
fn item(file: &dyn ReadAt, metadata: u64, id: &str) -> Result<Option<Vec<u8>>> {
    let header = structure(file, METADATA, metadata, METADATA_ENTRY)?;
    let header = Fields::new(METADATA, &header);
    header.signature(0, b"metadata")?;
    let count = usize::from(header.u16(10)?).min(length(MAX_REGIONS.into()));
    let table = structure(file, METADATA, metadata, METADATA_ENTRY * (count + 1))?;
    let fields = Fields::new(METADATA, &table);
    for at in (METADATA_ENTRY..table.len()).step_by(METADATA_ENTRY) {
        if guid(fields.array(at)?) != id {
            continue;
        }
        let size = fields.u32(at + 20)?;
        if size > MAX_ITEM {
            return Err(fields.damaged(format!("the item {id} has {size} bytes, expected at most {MAX_ITEM}")));
        }
        let offset = metadata.saturating_add(fields.u32(at + 16)?.into());
        return structure(file, METADATA, offset, length(size.into())).map(Some);
    }
    Ok(None)
}

struct Blocks {
    file: Cached<Arc<dyn ReadAt>>,
    size: u64,
    table: u64,
    block: u64,
    sector: u64,
    parent: Option<Arc<dyn ReadAt>>,
}

/// The state of a block.
enum State {
    /// In the parent, or zeros.
    Absent,
    Zero,
    Present(u64),
    /// Some sectors are in the parent.
    Partial(u64),
}

impl Blocks {
    /// The number of blocks between two entries for bitmaps in the table.
    fn ratio(&self) -> u64 {
        (SECTORS_PER_BITMAP * self.sector / self.block).max(1)
    }

    fn entry(&self, index: u64) -> io::Result<u64> {
        let mut entry = [0; 8];
        self.file.read_exact_at(&mut entry, self.table.saturating_add(index.saturating_mul(8)))?;
        Ok(u64::from_le_bytes(entry))
    }

    fn state(&self, block: u64) -> io::Result<State> {
        let entry = self.entry(block + block / self.ratio())?;
        let offset = entry & !(UNIT - 1);
        Ok(match entry & 7 {
            0 => State::Absent,
            1..=3 => State::Zero,
            6 => State::Present(offset),
            7 => State::Partial(offset),
            state => {
                return Err(Error::damaged("the table of blocks", format!("block {block} has state {state}")).into());
            }
        })
    }

    /// Returns the bytes of the bitmap from the one for `sector`, the number of a sector in its chunk, to the one for `last`.
    fn bitmap(&self, block: u64, sector: u64, last: u64) -> io::Result<Vec<u8>> {
        let chunk = block / self.ratio();
        let entry = self.entry(chunk * (self.ratio() + 1) + self.ratio())?;
        if entry & 7 != 6 {
            return Err(Error::damaged("the table of blocks", format!("the bitmap of block {block} is missing")).into());
        }
        self.file.bytes_at((entry & !(UNIT - 1)).saturating_add(sector / 8), length(last / 8 - sector / 8 + 1))
    }
}

impl ReadAt for Blocks {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        let (block, within) = (offset / self.block, offset % self.block);
        let buffer = shorten(buffer, self.block - within);
        let parent = self.parent.as_deref();
        let data = match self.state(block)? {
            State::Absent => return read_parent(parent, buffer, offset),
            State::Zero => return read_parent(None, buffer, offset),
            State::Present(start) => {
                self.file.uncached().read_exact_at(buffer, start.saturating_add(within))?;
                return Ok(buffer.len());
            }
            State::Partial(start) => start.saturating_add(within),
        };
        let first = (block % self.ratio()) * (self.block / self.sector);
        let sector = first + within / self.sector;
        let last = first + (within + buffer.len() as u64 - 1) / self.sector;
        let bits = self.bitmap(block, sector, last)?;
        let is_own = |number: u64| {
            let byte = usize::try_from(number / 8 - sector / 8).ok().and_then(|index| bits.get(index));
            byte.is_some_and(|byte| byte >> (number % 8) & 1 == 1)
        };
        let own = is_own(sector);
        let same = (sector..=last).take_while(|number| is_own(*number) == own).count() as u64;
        let buffer = shorten(buffer, (sector - first + same) * self.sector - within);
        match own {
            true => self.file.uncached().read_exact_at(buffer, data).map(|()| buffer.len()),
            false => read_parent(parent, buffer, offset),
        }
    }
}

/// Opens the parent of a differencing disk and checks that it is in the state from which the child was made.
fn parent(family: Family<'_>, locator: &[u8]) -> Result<Arc<dyn ReadAt>> {
    let fields = Fields::new("the parent locator of the VHDX", locator);
    let kind = guid(fields.array(0)?);
    if kind != LOCATOR_TYPE {
        return Err(Error::unsupported(format!("the type {kind} of parent locators")));
    }
    let mut entries = Vec::new();
    for number in 0..usize::from(fields.u16(18)?) {
        let at = 20 + 12 * number;
        let part = |offset: usize, size: usize| -> Result<String> {
            let bytes = fields.slice(length(fields.u32(at + offset)?.into()), fields.u16(at + size)?.into())?;
            Ok(text(units(bytes)))
        };
        entries.push((part(0, 8)?, part(4, 10)?));
    }
    let find =
        |key: &'static str| entries.iter().filter(move |(other, _)| other == key).map(|(_, value)| value.clone());
    let paths = ["relative_path", "volume_path", "absolute_win32_path"].into_iter().flat_map(find).collect::<Vec<_>>();
    let states = ["parent_linkage", "parent_linkage2"].into_iter().flat_map(find).collect::<Vec<_>>();
    family.open_parent(&paths, |family, file| {
        let parent = open(family, file)?;
        let is_expected = |state: &String| state.trim_matches(['{', '}']).eq_ignore_ascii_case(&parent.data_id);
        match states.iter().any(is_expected) {
            true => Ok(parent.disk),
            false => Err(Error::damaged(family.name(), "its contents have changed since its child was made")),
        }
    })
}
