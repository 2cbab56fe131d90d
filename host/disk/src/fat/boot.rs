//! The boot sector: where things are in the volume.

use std::sync::Arc;

use crate::bytes::Fields;
use crate::error::Result;
use crate::read_at::{Cached, ReadAt};

const BOOT: &str = "the boot sector (FAT)";
const BOOT_SIZE: usize = 512;
pub(crate) const EXFAT: &[u8] = b"EXFAT   ";
/// The number of clusters from which the entries of the table have 16 and 32 bits.
const FAT16: u64 = 4085;
const FAT32: u64 = 65_525;
const ENTRY_SIZE: u64 = 32;
const MAX_CLUSTER: u64 = 32 << 20;

/// The cache for the table, in bytes.
const CACHE: usize = 64 << 10;

/// The width of an entry in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Fat12,
    Fat16,
    Fat32,
    ExFat,
}

/// The parts of a volume. Offsets and sizes are in bytes.
pub(super) struct Layout {
    pub(super) device: Arc<dyn ReadAt>,
    pub(super) table: Cached<Arc<dyn ReadAt>>,
    pub(super) width: Width,
    pub(super) cluster_size: u64,
    /// The number of clusters that the device holds, the first of which has the number 2.
    pub(super) clusters: u64,
    pub(super) table_at: u64,
    /// The offset of the cluster 2.
    pub(super) data_at: u64,
    /// The first cluster of the root folder; 0 if the root is in a place of its own.
    pub(super) root: u32,
    pub(super) fixed_root: (u64, u64),
}

/// Whether a sector begins a FAT volume: a jump, and numbers that are possible.
pub(crate) fn is_boot_sector(sector: &[u8]) -> bool {
    let fields = Fields::new(BOOT, sector);
    let is_possible = || -> Result<bool> {
        let (bytes, clusters, reserved, copies) = (fields.u16(11)?, fields.u8(13)?, fields.u16(14)?, fields.u8(16)?);
        let jump = fields.u8(0)?;
        Ok((jump == 0xeb || jump == 0xe9)
            && bytes.is_power_of_two()
            && (512..=4096).contains(&bytes)
            && clusters.is_power_of_two()
            && reserved > 0
            && (1..=2).contains(&copies)
            && (fields.u16(22)? > 0 || fields.u32(36)? > 0))
    };
    sector.get(3..11) == Some(EXFAT) || is_possible().unwrap_or(false)
}

/// The number of clusters that are on a device, whole or in part: the boot sector may claim more.
fn held(device: &dyn ReadAt, data_at: u64, cluster_size: u64) -> u64 {
    device.size().saturating_sub(data_at).div_ceil(cluster_size)
}

impl Layout {
    pub(super) fn read(device: Arc<dyn ReadAt>) -> Result<Layout> {
        let boot = device.bytes_at(0, BOOT_SIZE)?;
        let fields = Fields::new(BOOT, &boot);
        match fields.slice(3, 8)? == EXFAT {
            true => Layout::exfat(device, fields),
            false => Layout::fat(device, fields),
        }
    }

    fn fat(device: Arc<dyn ReadAt>, fields: Fields<'_>) -> Result<Layout> {
        let sector = u64::from(fields.u16(11)?);
        let cluster_size = u64::from(fields.u8(13)?) * sector;
        if !sector.is_power_of_two() || !(512..=4096).contains(&sector) || !cluster_size.is_power_of_two() {
            return Err(fields.damaged(format!("a sector has {sector} bytes, and a cluster {cluster_size}")));
        }
        let either = |short: u16, long: usize| match short {
            0 => fields.u32(long).map(u64::from),
            short => Ok(short.into()),
        };
        let sectors = either(fields.u16(19)?, 32)?;
        let table_size = either(fields.u16(22)?, 36)?;
        let table_at = u64::from(fields.u16(14)?) * sector;
        let root_at = table_at + u64::from(fields.u8(16)?) * table_size * sector;
        let root_size = (u64::from(fields.u16(17)?) * ENTRY_SIZE).next_multiple_of(sector);
        let data_at = root_at + root_size;
        let clusters = (sectors * sector).saturating_sub(data_at) / cluster_size;
        let width = match clusters {
            ..FAT16 => Width::Fat12,
            FAT16..FAT32 => Width::Fat16,
            FAT32.. => Width::Fat32,
        };
        let root = if width == Width::Fat32 { fields.u32(44)? } else { 0 };
        let table = Cached::new(Arc::clone(&device), CACHE);
        let fixed_root = (root_at, root_size);
        let clusters = clusters.min(held(&device, data_at, cluster_size));
        Ok(Layout { device, table, width, cluster_size, clusters, table_at, data_at, root, fixed_root })
    }

    fn exfat(device: Arc<dyn ReadAt>, fields: Fields<'_>) -> Result<Layout> {
        let (sector_bits, cluster_bits) = (u32::from(fields.u8(108)?), u32::from(fields.u8(109)?));
        let sector = 1u64.checked_shl(sector_bits).filter(|sector| (512..=4096).contains(sector));
        let sector = sector.ok_or_else(|| fields.damaged(format!("a sector has 2^{sector_bits} bytes")))?;
        let cluster_size = sector.checked_shl(cluster_bits).filter(|size| (sector..=MAX_CLUSTER).contains(size));
        let cluster_size =
            cluster_size.ok_or_else(|| fields.damaged(format!("a cluster has 2^{cluster_bits} sectors")))?;
        let table = Cached::new(Arc::clone(&device), CACHE);
        let data_at = u64::from(fields.u32(88)?) * sector;
        Ok(Layout {
            clusters: u64::from(fields.u32(92)?).min(held(&device, data_at, cluster_size)),
            device,
            table,
            width: Width::ExFat,
            cluster_size,
            table_at: u64::from(fields.u32(80)?) * sector,
            data_at,
            root: fields.u32(96)?,
            fixed_root: (0, 0),
        })
    }

    /// Returns the cluster after this one; `None` at the end of a chain.
    pub(super) fn next(&self, cluster: u32) -> Result<Option<u32>> {
        let number = u64::from(cluster);
        let read = |at: u64, count: usize| -> Result<u32> {
            let mut bytes = [0; 4];
            self.table.read_exact_at(bytes.get_mut(..count).unwrap_or_default(), self.table_at + at)?;
            Ok(u32::from_le_bytes(bytes))
        };
        let (next, last) = match self.width {
            Width::Fat12 => {
                let pair = read(number + number / 2, 2)?;
                (if number.is_multiple_of(2) { pair & 0xfff } else { pair >> 4 }, 0xff7)
            }
            Width::Fat16 => (read(number * 2, 2)?, 0xfff7),
            Width::Fat32 => (read(number * 4, 4)? & 0x0fff_ffff, 0x0fff_fff7),
            Width::ExFat => (read(number * 4, 4)?, 0xffff_fff7),
        };
        Ok((next < last).then_some(next))
    }

    /// Returns the offset of a cluster; `None` if there is no such cluster.
    pub(super) fn offset(&self, cluster: u32) -> Option<u64> {
        let index = u64::from(cluster).checked_sub(2).filter(|index| *index < self.clusters)?;
        Some(self.data_at + index * self.cluster_size)
    }
}
