//! QCOW2, versions 2 and 3: `docs/interop/qcow2.rst` of QEMU.

use std::io;
use std::sync::Arc;

use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::siblings::Family;
use super::{Format, read_parent, structure};
use crate::bytes::{Fields, length, shorten};
use crate::error::{Error, Result};
use crate::read_at::{Cached, Chunks, ReadAt};

const HEADER: &str = "the header of the QCOW2";
const HEADER_SIZE: usize = 72;
/// The bytes that are searched for extensions of the header.
const MAX_HEADER: usize = 4096;
const BACKING_FORMAT: u32 = 0xe279_2aca;
/// The format's own limit.
const MAX_NAME: u32 = 1023;
const MAX_EXTENSIONS: usize = 256;

/// QEMU's limit for the first-level table: 32 MiB.
const MAX_L1: u32 = 4 << 20;
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
const COMPRESSED: u64 = 1 << 62;
const ZERO: u64 = 1;

/// Incompatible features: the first two say only that the image was not closed, and that metadata is damaged.
const HARMLESS: u64 = 0b11;
const FEATURES: [(u64, &str); 3] = [
    (1 << 2, "a QCOW2 with an external data file"),
    (1 << 3, "a QCOW2 with a compression other than deflate"),
    (1 << 4, "a QCOW2 with subclusters (extended L2 entries)"),
];

/// The cache for the tables, in bytes.
const CACHE: usize = 1 << 20;

pub(super) fn open(family: Family<'_>, file: Arc<dyn ReadAt>) -> Result<Arc<dyn ReadAt>> {
    let header = structure(&file, HEADER, 0, HEADER_SIZE)?;
    let fields = Fields::new(HEADER, &header);
    fields.signature(0, b"QFI\xfb")?;
    let version = fields.be_u32(4)?;
    if !(2..=3).contains(&version) {
        return Err(Error::unsupported(format!("QCOW version {version}")));
    }
    let cluster_bits = fields.be_u32(20)?;
    if !(9..=21).contains(&cluster_bits) {
        return Err(fields.damaged(format!("a cluster has 2^{cluster_bits} bytes, expected 2^9 to 2^21")));
    }
    let size = fields.be_u64(24)?;
    if fields.be_u32(32)? != 0 {
        return Err(Error::unsupported("an encrypted QCOW2"));
    }
    let (l1_entries, l1) = (fields.be_u32(36)?, fields.be_u64(40)?);
    if l1_entries > MAX_L1 {
        return Err(fields.damaged(format!("the first table has {l1_entries} entries, expected at most {MAX_L1}")));
    }
    // Each first-level entry leads to a cluster of 8-byte entries.
    let most = (u128::from(l1_entries) << (2 * cluster_bits - 3)).min(1 << 62);
    if u128::from(size) > most {
        return Err(fields.damaged(format!("the disk has {size} bytes, but the tables only {most}")));
    }
    let start = file.bytes_at(0, MAX_HEADER)?;
    let start = Fields::new(HEADER, &start);
    let header_size = if version >= 3 { features(start)? } else { HEADER_SIZE };
    let (name_at, name_size) = (fields.be_u64(8)?, fields.be_u32(16)?);
    let parent = match name_at {
        0 => None,
        _ if name_size > MAX_NAME => return Err(fields.damaged("the name of the backing file is too long")),
        _ => {
            let name = structure(&file, HEADER, name_at, length(name_size.into()))?;
            let name = String::from_utf8_lossy(&name).into_owned();
            let format = backing_format(start, header_size)?;
            Some(family.open_parent(&[name], |family, file| Ok(super::open(family, file, format)?.disk))?)
        }
    };
    let file = Cached::new(file, CACHE);
    let chunks = Chunks::of_size(1 << cluster_bits);
    Ok(Arc::new(Clusters { file, size, cluster_bits, l1, parent, has_zeros: version >= 3, chunks }))
}

/// Checks the features that readers have to know, and returns the length of the header.
fn features(start: Fields<'_>) -> Result<usize> {
    let features = start.be_u64(72)?;
    if let Some((_, name)) = FEATURES.iter().find(|(bit, _)| features & bit != 0) {
        return Err(Error::unsupported(*name));
    }
    match features & !HARMLESS {
        0 => Ok(length(start.be_u32(100)?.into())),
        features => Err(Error::unsupported(format!("a QCOW2 with the features {features:#x}"))),
    }
}

/// The format of the backing file. If the image does not say, it is recognised.
fn backing_format(start: Fields<'_>, header_size: usize) -> Result<Option<Format>> {
    let mut at = header_size;
    for _ in 0..MAX_EXTENSIONS {
        let (Ok(kind), Ok(size)) = (start.be_u32(at), start.be_u32(at.saturating_add(4))) else { break };
        let size = length(size.into());
        let data_at = at.saturating_add(8);
        match kind {
            0 => break,
            BACKING_FORMAT => {
                let name = start.slice(data_at, size)?;
                return match name {
                    b"raw" => Ok(Some(Format::Raw)),
                    b"qcow2" => Ok(Some(Format::Qcow2)),
                    b"vmdk" => Ok(Some(Format::Vmdk)),
                    b"vpc" => Ok(Some(Format::Vhd)),
                    b"vhdx" => Ok(Some(Format::Vhdx)),
                    name => Err(Error::unsupported(format!("the format `{}` of a backing file", name.escape_ascii()))),
                };
            }
            _ => at = data_at.saturating_add(size.div_ceil(8).saturating_mul(8)),
        }
    }
    Ok(None)
}

struct Clusters {
    file: Cached<Arc<dyn ReadAt>>,
    size: u64,
    cluster_bits: u32,
    l1: u64,
    parent: Option<Arc<dyn ReadAt>>,
    /// Whether bit 0 of an entry marks a cluster of zeros.
    has_zeros: bool,
    chunks: Chunks,
}

impl Clusters {
    fn number(&self, offset: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// Returns the second-level entry of a cluster; 0 if its table is absent.
    fn entry(&self, cluster: u64) -> io::Result<u64> {
        let per_table = 1 << (self.cluster_bits - 3);
        let table = self.number(self.l1.saturating_add(cluster / per_table * 8))? & OFFSET;
        match table {
            0 => Ok(0),
            table => self.number(table.saturating_add(cluster % per_table * 8)),
        }
    }

    fn decompressed(&self, cluster: u64, entry: u64) -> io::Result<Vec<u8>> {
        let bits = 62 - (self.cluster_bits - 8);
        let offset = entry & ((1 << bits) - 1);
        let sectors = (entry & (COMPRESSED - 1)) >> bits;
        let stored = self.file.uncached().bytes_at(offset, length((sectors + 1) * 512 - offset % 512))?;
        let mut bytes = vec![0; 1 << self.cluster_bits];
        // Bytes after the compressed data in its last sector belong to another cluster.
        let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (_, _, count) = decompress(&mut DecompressorOxide::new(), &stored, &mut bytes, 0, flags);
        match count == bytes.len() {
            true => Ok(bytes),
            false => {
                let reason = format!("it has {count} bytes when decompressed, expected {}", bytes.len());
                Err(Error::damaged(format!("the cluster {cluster} (QCOW2)"), reason).into())
            }
        }
    }
}

impl ReadAt for Clusters {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        let size = 1u64 << self.cluster_bits;
        let (cluster, within) = (offset / size, offset % size);
        let buffer = shorten(buffer, size - within);
        let entry = self.entry(cluster)?;
        if entry & COMPRESSED != 0 {
            let bytes = self.chunks.get(cluster, || self.decompressed(cluster, entry))?;
            return bytes.read_at(buffer, within);
        }
        if self.has_zeros && entry & ZERO != 0 {
            return read_parent(None, buffer, offset);
        }
        match entry & OFFSET {
            0 => read_parent(self.parent.as_deref(), buffer, offset),
            start => {
                // The last cluster of a file may be cut short; the rest is zeros.
                let count = self.file.uncached().read_full_at(buffer, start.saturating_add(within))?;
                buffer.get_mut(count..).unwrap_or_default().fill(0);
                Ok(buffer.len())
            }
        }
    }
}
