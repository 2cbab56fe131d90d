//! VMDK: "Virtual Disk Format 5.0" (VMware, 2011), and the sparse extents of ESX (`COWD`).

use std::io;
use std::sync::Arc;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::siblings::Family;
use super::vmdk_descriptor::{self as descriptor, Descriptor, ExtentKind, MAX_DESCRIPTOR};
use super::{read_parent, structure};
use crate::bytes::{Fields, length, shorten};
use crate::error::{Error, Result};
use crate::read_at::{Cached, Chunks, ReadAt, Slice};

const SECTOR: u64 = 512;
const HEADER: &str = "the header of the sparse extent (VMDK)";
const HEADER_SIZE: usize = 512;
/// The directory's offset says that the header's copy at the end has the right one.
const AT_END: u64 = u64::MAX;
/// The copy of the header is followed by the marker of the end.
const FOOTER_FROM_END: u64 = 1024;

const HAS_ZERO_GRAINS: u32 = 1 << 2;
const IS_COMPRESSED: u32 = 1 << 16;
const DEFLATE: u16 = 1;

/// The largest grain, in bytes. 64 KiB is usual.
const MAX_GRAIN: u64 = 4 << 20;
/// The entries of a table of an ESX extent.
const ESX_TABLE: u64 = 4096;

/// The cache for the directory and the tables, in bytes.
const CACHE: usize = 256 << 10;

/// Opens a descriptor or a single extent with its descriptor inside.
pub(super) fn open(family: Family<'_>, file: Arc<dyn ReadAt>) -> Result<Arc<dyn ReadAt>> {
    open_with_id(family, file).map(|(disk, _)| disk)
}

/// Opens a disk and returns its content identifier.
fn open_with_id(family: Family<'_>, file: Arc<dyn ReadAt>) -> Result<(Arc<dyn ReadAt>, Option<String>)> {
    if descriptor::is_descriptor(&file.bytes_at(0, HEADER_SIZE)?) {
        let mut descriptor = descriptor::read(&file.bytes_at(0, MAX_DESCRIPTOR)?)?;
        let parent = parent(family, &descriptor)?;
        let disk = Extents::open(family, &descriptor, parent)?;
        return Ok((Arc::new(disk), descriptor.id.take()));
    }
    let mut sparse = Sparse::open(file)?;
    let Some((offset, size)) = sparse.descriptor.filter(|(offset, size)| *offset > 0 && *size > 0) else {
        return Ok((Arc::new(sparse), None));
    };
    let descriptor = descriptor::read(&sparse.file.bytes_at(offset, MAX_DESCRIPTOR.min(length(size)))?)?;
    sparse.parent = parent(family, &descriptor)?;
    Ok((Arc::new(sparse), descriptor.id))
}

fn parent(family: Family<'_>, descriptor: &Descriptor) -> Result<Option<Arc<dyn ReadAt>>> {
    let Some(id) = &descriptor.parent_id else { return Ok(None) };
    let paths = descriptor.parent.iter().cloned().collect::<Vec<_>>();
    family
        .open_parent(&paths, |family, file| {
            let (disk, own) = open_with_id(family, file)?;
            match own.as_ref() == Some(id) {
                true => Ok(disk),
                false => Err(Error::damaged(family.name(), "its contents have changed since its child was made")),
            }
        })
        .map(Some)
}

/// The extents of a disk, one after another.
struct Extents {
    /// The end of each extent in the disk, and its contents; `None` for zeros.
    extents: Vec<(u64, Option<Box<dyn ReadAt>>)>,
}

impl Extents {
    fn open(family: Family<'_>, descriptor: &Descriptor, parent: Option<Arc<dyn ReadAt>>) -> Result<Extents> {
        let mut extents = Vec::<(u64, Option<Box<dyn ReadAt>>)>::new();
        let mut end = 0u64;
        for extent in &descriptor.extents {
            let start = end;
            let overflow = || Error::damaged("the descriptor of the VMDK", "the extents are longer than any disk");
            end = start.checked_add(extent.size).filter(|end| *end < 1 << 63).ok_or_else(overflow)?;
            let source: Option<Box<dyn ReadAt>> = match &extent.kind {
                ExtentKind::Zero => None,
                ExtentKind::Flat(name, offset) => {
                    let slice = Slice::new(family.open(name)?, *offset, extent.size);
                    if slice.size() < extent.size {
                        let reason = format!("it has {} bytes, expected {}", slice.size(), extent.size);
                        return Err(Error::damaged(format!("the extent {name}"), reason));
                    }
                    Some(Box::new(slice))
                }
                ExtentKind::Sparse(name) => {
                    let mut sparse = Sparse::open(family.open(name)?)?;
                    sparse.parent = parent
                        .clone()
                        .map(|parent| -> Arc<dyn ReadAt> { Arc::new(Slice::new(parent, start, extent.size)) });
                    sparse.size = extent.size;
                    Some(Box::new(sparse))
                }
            };
            extents.push((end, source));
        }
        Ok(Extents { extents })
    }
}

impl ReadAt for Extents {
    fn size(&self) -> u64 {
        self.extents.last().map_or(0, |(end, _)| *end)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let index = self.extents.partition_point(|(end, _)| *end <= offset);
        let Some((end, source)) = self.extents.get(index) else { return Ok(0) };
        let start = index.checked_sub(1).and_then(|index| self.extents.get(index)).map_or(0, |(end, _)| *end);
        let buffer = shorten(buffer, end - offset);
        match source {
            Some(source) => source.read_at(buffer, offset - start),
            None => read_parent(None, buffer, offset),
        }
    }
}

/// An extent that has only the grains that were written.
struct Sparse {
    file: Cached<Arc<dyn ReadAt>>,
    size: u64,
    grain: u64,
    /// The offset of the directory, and the number of entries in each table.
    directory: u64,
    table: u64,
    has_zero_grains: bool,
    is_compressed: bool,
    /// The offset and length of the descriptor inside.
    descriptor: Option<(u64, u64)>,
    parent: Option<Arc<dyn ReadAt>>,
    grains: Chunks,
}

impl Sparse {
    fn open(file: Arc<dyn ReadAt>) -> Result<Sparse> {
        let header = structure(&file, HEADER, 0, HEADER_SIZE)?;
        if header.starts_with(b"COWD") {
            return Sparse::of_esx(file, Fields::new(HEADER, &header));
        }
        let fields = Fields::new(HEADER, &header);
        fields.signature(0, b"KDMV")?;
        let descriptor = Some((sectors(fields.u64(28)?), sectors(fields.u64(36)?)));
        if fields.u64(56)? != AT_END {
            return Sparse::of(file, fields, descriptor);
        }
        let footer = structure(&file, HEADER, file.size().saturating_sub(FOOTER_FROM_END), HEADER_SIZE)?;
        let fields = Fields::new("the footer of the stream-optimised extent (VMDK)", &footer);
        fields.signature(0, b"KDMV")?;
        Sparse::of(file, fields, descriptor)
    }

    fn of(file: Arc<dyn ReadAt>, fields: Fields<'_>, descriptor: Option<(u64, u64)>) -> Result<Sparse> {
        let flags = fields.u32(8)?;
        let is_compressed = flags & IS_COMPRESSED != 0;
        let algorithm = fields.u16(77)?;
        if is_compressed && algorithm != DEFLATE {
            return Err(Error::unsupported(format!("the compression {algorithm} (VMDK)")));
        }
        let grain = sectors(fields.u64(20)?);
        let sparse = Sparse {
            file: Cached::new(file, CACHE),
            size: sectors(fields.u64(12)?),
            grain,
            directory: sectors(fields.u64(56)?),
            table: fields.u32(44)?.into(),
            has_zero_grains: flags & HAS_ZERO_GRAINS != 0,
            is_compressed,
            descriptor,
            parent: None,
            grains: Chunks::of_size(grain),
        };
        sparse.checked(fields)
    }

    fn of_esx(file: Arc<dyn ReadAt>, fields: Fields<'_>) -> Result<Sparse> {
        let grain = sectors(fields.u32(16)?.into());
        let sparse = Sparse {
            file: Cached::new(file, CACHE),
            size: sectors(fields.u32(12)?.into()),
            grain,
            directory: sectors(fields.u32(20)?.into()),
            table: ESX_TABLE,
            has_zero_grains: true,
            is_compressed: false,
            descriptor: None,
            parent: None,
            grains: Chunks::of_size(grain),
        };
        sparse.checked(fields)
    }

    fn checked(self, fields: Fields<'_>) -> Result<Sparse> {
        if !(SECTOR..=MAX_GRAIN).contains(&self.grain) {
            return Err(fields.damaged(format!("a grain has {} bytes, expected 512 to {MAX_GRAIN}", self.grain)));
        }
        if self.table == 0 || self.size >= 1 << 63 {
            return Err(fields.damaged(format!("{} bytes in tables of {} grains", self.size, self.table)));
        }
        Ok(self)
    }

    fn number(&self, offset: u64) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Returns the sector of a grain; 0 if it was never written, 1 for a grain of zeros.
    fn sector(&self, grain: u64) -> io::Result<u64> {
        let table = self.number(self.directory.saturating_add(grain / self.table * 4))?;
        if table == 0 {
            return Ok(0);
        }
        self.number(sectors(table.into()).saturating_add(grain % self.table * 4)).map(u64::from)
    }

    fn decompressed(&self, grain: u64, sector: u64) -> io::Result<Vec<u8>> {
        let offset = sectors(sector);
        let damaged = |reason: String| Error::damaged(format!("the grain {grain} (VMDK)"), reason);
        let mut marker = [0; 12];
        self.file.read_exact_at(&mut marker, offset)?;
        let [.., a, b, c, d] = marker;
        let size = u64::from(u32::from_le_bytes([a, b, c, d]));
        if size > 2 * self.grain + SECTOR {
            return Err(damaged(format!("it has {size} bytes when compressed")).into());
        }
        let stored = self.file.uncached().bytes_at(offset.saturating_add(12), length(size))?;
        let mut bytes = decompress_to_vec_zlib_with_limit(&stored, length(self.grain))
            .map_err(|error| damaged(error.to_string()))?;
        bytes.resize(length(self.grain), 0);
        Ok(bytes)
    }
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let buffer = shorten(buffer, self.size.saturating_sub(offset));
        if buffer.is_empty() {
            return Ok(0);
        }
        let (grain, within) = (offset / self.grain, offset % self.grain);
        let buffer = shorten(buffer, self.grain - within);
        match self.sector(grain)? {
            0 => read_parent(self.parent.as_deref(), buffer, offset),
            1 if self.has_zero_grains => read_parent(None, buffer, offset),
            sector if self.is_compressed => {
                let bytes = self.grains.get(grain, || self.decompressed(grain, sector))?;
                bytes.read_at(buffer, within)
            }
            sector => {
                self.file.uncached().read_exact_at(buffer, sectors(sector).saturating_add(within))?;
                Ok(buffer.len())
            }
        }
    }
}

fn sectors(count: u64) -> u64 {
    count.saturating_mul(SECTOR)
}
