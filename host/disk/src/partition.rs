//! Partition tables: MBR with logical partitions, and GPT (UEFI specification, chapter 5).

use crate::bytes::{Fields, guid, length};
use crate::crc::crc32;
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

/// A partition of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// The number by which Windows and Linux know it, from 1; logical partitions of an MBR begin at 5.
    pub(crate) number: u32,
    /// The offset from the start of the disk, in bytes.
    pub(crate) start: u64,
    /// The length in bytes.
    pub(crate) size: u64,
    pub(crate) kind: Kind,
}

/// The kind of partition, where it says more than the contents do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Not a volume: Microsoft's reserved partition.
    Reserved,
    /// Part of a volume of dynamic disks (Logical Disk Manager).
    Dynamic,
    /// Part of a pool of Storage Spaces.
    StorageSpaces,
}

const MBR: &str = "the MBR";
const MBR_SIZE: usize = 512;
const MBR_SIGNATURE: &[u8] = &[0x55, 0xaa];
const SIGNATURE_AT: usize = 510;
const EXTENDED: [u8; 3] = [0x05, 0x0f, 0x85];
const PROTECTIVE: u8 = 0xee;
const DYNAMIC: u8 = 0x42;
/// The maximum number of logical partitions.
const MAX_LOGICAL: u32 = 128;

const GPT: &str = "the partition table (GPT)";
const GPT_SIGNATURE: &[u8] = b"EFI PART";
/// The maximum number of entries: 128 are usual.
const MAX_ENTRIES: u32 = 4096;
const KINDS: [(&str, Kind); 4] = [
    ("e3c9e316-0b5c-4db8-817d-f92df00215ae", Kind::Reserved),
    ("5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", Kind::Dynamic),
    ("af9b60a0-1431-4f62-bc68-3311714a69ad", Kind::Dynamic),
    ("e75caf8f-f680-4cee-afa3-b001e56efc2d", Kind::StorageSpaces),
];
const UNUSED: &str = "00000000-0000-0000-0000-000000000000";

/// The sizes of sectors on disks.
const SECTORS: [u64; 2] = [512, 4096];

/// Lists the partitions of a disk in the order of their numbers; `None` if it has no partition table.
pub(crate) fn partitions(disk: &dyn ReadAt, damage: &mut Vec<String>) -> Result<Option<Vec<Partition>>> {
    let mbr = disk.bytes_at(0, MBR_SIZE)?;
    let has_mbr = mbr.get(SIGNATURE_AT..) == Some(MBR_SIGNATURE);
    let primary = if has_mbr { entries(Fields::new(MBR, &mbr))? } else { Vec::new() };
    let is_protective = primary.iter().any(|entry| entry.kind == PROTECTIVE);
    // A table in use by hybrid systems has other entries too: the GPT is the one that Windows reads.
    for sector in SECTORS {
        if is_protective || !has_mbr {
            match gpt(disk, sector, damage) {
                Ok(Some(partitions)) => return Ok(Some(partitions)),
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
    }
    if is_protective && primary.len() == 1 {
        return Err(Error::damaged(GPT, "neither copy has a signature and right checksums"));
    }
    has_mbr.then(|| mbr_partitions(disk, &primary)).transpose()
}

struct Entry {
    number: u32,
    kind: u8,
    start: u64,
    count: u64,
}

/// Reads the four entries of an MBR, without unused ones.
fn entries(mbr: Fields<'_>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (number, at) in (1..).zip((446..SIGNATURE_AT).step_by(16)) {
        let (kind, start, count) = (mbr.u8(at + 4)?, mbr.u32(at + 8)?.into(), mbr.u32(at + 12)?.into());
        if kind != 0 && count != 0 {
            entries.push(Entry { number, kind, start, count });
        }
    }
    Ok(entries)
}

fn mbr_partitions(disk: &dyn ReadAt, primary: &[Entry]) -> Result<Vec<Partition>> {
    let sector = SECTORS[0];
    let partition = |number: u32, kind: u8, start: u64, count: u64| Partition {
        number,
        start: start.saturating_mul(sector),
        size: count.saturating_mul(sector),
        kind: if kind == DYNAMIC { Kind::Dynamic } else { Kind::Plain },
    };
    let mut partitions = Vec::new();
    let mut logical = Vec::new();
    for entry in primary {
        if !EXTENDED.contains(&entry.kind) {
            partitions.push(partition(entry.number, entry.kind, entry.start, entry.count));
            continue;
        }
        // Each table has a partition, relative to itself, and the next table, relative to the first.
        let mut table = Some(entry.start);
        let mut steps = 0;
        while let Some(start) = table.take() {
            steps += 1;
            if steps > MAX_LOGICAL {
                return Err(Error::damaged(MBR, format!("there are more than {MAX_LOGICAL} logical partitions")));
            }
            let bytes = disk.bytes_at(start.saturating_mul(sector), MBR_SIZE)?;
            if bytes.get(SIGNATURE_AT..) != Some(MBR_SIGNATURE) {
                break;
            }
            for found in entries(Fields::new(MBR, &bytes))? {
                if EXTENDED.contains(&found.kind) {
                    table = Some(entry.start + found.start);
                } else {
                    logical.push((found.kind, start + found.start, found.count));
                }
            }
        }
    }
    let numbered = (5..).zip(logical).map(|(number, (kind, start, count))| partition(number, kind, start, count));
    partitions.extend(numbered);
    Ok(partitions)
}

/// Reads the GPT of a disk with sectors of this size; `None` if it has no intact one.
fn gpt(disk: &dyn ReadAt, sector: u64, damage: &mut Vec<String>) -> Result<Option<Vec<Partition>>> {
    let last = (disk.size() / sector).saturating_sub(1);
    let first = table(disk, sector, 1);
    if let Ok(Some(found)) = first {
        return Ok(Some(found));
    }
    let backup = table(disk, sector, last)?;
    if backup.is_some() {
        damage.push(format!("{GPT} is damaged; its copy at the end of the disk is used"));
    }
    Ok(backup)
}

/// Reads the table whose header is in this sector; `None` if it is not intact.
fn table(disk: &dyn ReadAt, sector: u64, number: u64) -> Result<Option<Vec<Partition>>> {
    let header = disk.bytes_at(number.saturating_mul(sector), MBR_SIZE)?;
    let fields = Fields::new(GPT, &header);
    if fields.signature(0, GPT_SIGNATURE).is_err() {
        return Ok(None);
    }
    let mut summed = fields.slice(0, length(fields.u32(12)?.into()))?.to_vec();
    summed.get_mut(16..20).unwrap_or_default().fill(0);
    let (count, size) = (fields.u32(80)?, length(fields.u32(84)?.into()));
    if crc32(&summed) != fields.u32(16)? || count > MAX_ENTRIES || !(128..=512).contains(&size) {
        return Ok(None);
    }
    let entries = disk.bytes_at(fields.u64(72)?.saturating_mul(sector), length(count.into()) * size)?;
    if crc32(&entries) != fields.u32(88)? {
        return Ok(None);
    }
    let mut partitions = Vec::new();
    for (number, entry) in (1..).zip(entries.chunks_exact(size)) {
        let entry = Fields::new(GPT, entry);
        let id = guid(entry.array(0)?);
        let (first, last) = (entry.u64(32)?, entry.u64(40)?);
        if id == UNUSED || last < first {
            continue;
        }
        let kind = KINDS.iter().find(|(known, _)| *known == id).map_or(Kind::Plain, |(_, kind)| *kind);
        let size = (last - first).saturating_add(1).saturating_mul(sector);
        partitions.push(Partition { number, start: first.saturating_mul(sector), size, kind });
    }
    Ok(Some(partitions))
}
