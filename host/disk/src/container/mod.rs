//! Containers of virtual disks, recognised by their contents.

mod ewf;
mod qcow2;
pub(crate) mod siblings;
mod vhd;
mod vhdx;
mod vhdx_log;
mod vmdk;
mod vmdk_descriptor;

use std::fmt;
use std::sync::Arc;

use crate::bytes::Fields;
use crate::error::{Error, Result};
use crate::read_at::ReadAt;
use siblings::Family;

/// The format of an image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The bytes of the disk, one after another.
    Raw,
    /// Virtual PC and Hyper-V: fixed, dynamic or differencing.
    Vhd,
    /// Hyper-V since Server 2012: fixed, dynamic or differencing.
    Vhdx,
    /// VMware: a descriptor with extents, or a sparse or stream-optimised extent.
    Vmdk,
    /// QEMU, versions 2 and 3.
    Qcow2,
    /// EnCase's Expert Witness format.
    Ewf,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Format::Raw => "raw",
            Format::Vhd => "VHD",
            Format::Vhdx => "VHDX",
            Format::Vmdk => "VMDK",
            Format::Qcow2 => "QCOW2",
            Format::Ewf => "E01",
        })
    }
}

/// A virtual disk read from its container.
pub(crate) struct Opened {
    pub(crate) format: Format,
    pub(crate) disk: Arc<dyn ReadAt>,
    /// Damage that did not prevent opening.
    pub(crate) damage: Vec<String>,
}

/// The number of bytes that signatures at the start of a file take.
const START: usize = 512;

/// Formats that are recognised to be refused by name.
const REFUSED: [(&[u8], &str); 6] = [
    (b"EVF2\r\n\x81\x00", "the image format Ex01 (EWF 2)"),
    (b"LVF\t\r\n\xff\x00", "the logical image format L01"),
    (b"AFF10\r\n\x00", "the image format AFF"),
    (b"<<< ", "the image format VDI"),
    (b"\xbe\xba\xfe\xca\x00\x00\x00\x00", "the extent type seSparse (VMDK)"),
    (b"QED\0", "the image format QED"),
];

/// Recognises a container by its signature; [`Format::Raw`] if there is none.
pub(crate) fn recognise(file: &dyn ReadAt) -> Result<Format> {
    let start = file.bytes_at(0, START)?;
    if let Some((_, name)) = REFUSED.iter().find(|(signature, _)| start.starts_with(signature)) {
        return Err(Error::unsupported(*name));
    }
    let by_start: [(&[u8], Format); 6] = [
        (b"vhdxfile", Format::Vhdx),
        (b"KDMV", Format::Vmdk),
        (b"COWD", Format::Vmdk),
        (b"QFI\xfb", Format::Qcow2),
        (b"EVF\t\r\n\xff\x00", Format::Ewf),
        (vhd::COOKIE, Format::Vhd),
    ];
    if let Some((_, format)) = by_start.iter().find(|(signature, _)| start.starts_with(signature)) {
        return Ok(*format);
    }
    if vmdk_descriptor::is_descriptor(&start) {
        return Ok(Format::Vmdk);
    }
    Ok(if vhd::has_footer(file)? { Format::Vhd } else { Format::Raw })
}

/// Opens the disk in a file whose format is known or recognised.
pub(crate) fn open(family: Family<'_>, file: Arc<dyn ReadAt>, format: Option<Format>) -> Result<Opened> {
    let format = match format {
        Some(format) => format,
        None => recognise(&file)?,
    };
    let mut damage = Vec::new();
    let disk: Arc<dyn ReadAt> = match format {
        Format::Raw => file,
        Format::Vhd => vhd::open(family, file, &mut damage)?.disk,
        Format::Vhdx => vhdx::open(family, file)?.disk,
        Format::Vmdk => vmdk::open(family, file)?,
        Format::Qcow2 => qcow2::open(family, file)?,
        Format::Ewf => ewf::open(family, file)?,
    };
    Ok(Opened { format, disk, damage })
}

/// Reads a structure of a fixed size.
fn structure(file: &dyn ReadAt, place: &str, offset: u64, size: usize) -> Result<Vec<u8>> {
    let bytes = file.bytes_at(offset, size)?;
    Fields::new(place, &bytes).slice(0, size)?;
    Ok(bytes)
}

/// Reads from the parent of a differencing disk; beyond its end, and without a parent, there are zeros.
fn read_parent(parent: Option<&dyn ReadAt>, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    let count = match parent {
        Some(parent) if offset < parent.size() => parent.read_at(buffer, offset)?,
        _ => 0,
    };
    if count == 0 {
        buffer.fill(0);
        return Ok(buffer.len());
    }
    Ok(count)
}
