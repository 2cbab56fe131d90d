//! The headers of an executable, as far as they lead to its resources.

use std::io::{Read, Seek};

use super::{PeError, Reader};
use crate::evidence::image::bytes::{u16_at, u32_at};

const DOS_HEADER_SIZE: usize = 64;
const COFF_HEADER_SIZE: usize = 20;
const SECTION_SIZE: usize = 40;
/// The loader's own limit.
const MAX_SECTIONS: usize = 96;
/// The place of the resources in the table of data directories.
const RESOURCES: usize = 2;

/// A file that begins as an executable does, or not.
#[derive(Debug)]
pub(in crate::evidence::image) enum FileKind {
    /// Anything else, DOS and 16-bit Windows programs among them.
    Other,
    Image(Image),
}

#[derive(Debug)]
pub(in crate::evidence::image) struct Image {
    stored_checksum: u32,
    /// Address and size of the resources, where there are any.
    pub(super) resources: Option<(u32, u32)>,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    address: u32,
    size: u32,
    file_offset: u32,
}

impl Image {
    /// The checksum in the header, which takes no part in the sum.
    pub(in crate::evidence::image) fn stored_checksum(&self) -> u32 {
        self.stored_checksum
    }

    /// The place in the file of an address in memory, and how many bytes of its section follow.
    pub(super) fn file_offset(&self, address: u32) -> Option<(u64, u32)> {
        self.sections.iter().find_map(|section| {
            let within = address.checked_sub(section.address)?;
            let left = section.size.checked_sub(within).filter(|left| *left > 0)?;
            Some((u64::from(section.file_offset) + u64::from(within), left))
        })
    }
}

/// Reads the headers.
///
/// # Errors
///
/// A file that begins as an executable and is none: headers or sections that are not all there.
pub(in crate::evidence::image) fn read<R: Read + Seek>(file: &mut Reader<R>) -> Result<FileKind, PeError> {
    if file.length() < 2 || file.read(0, 2, "")? != b"MZ" {
        return Ok(FileKind::Other);
    }
    let dos = file.read(0, DOS_HEADER_SIZE, "it ends within its DOS header")?;
    let relocations_at = u16_at(&dos, 24).unwrap_or_default();
    let header_at = u64::from(u32_at(&dos, 60).unwrap_or_default());
    // A DOS program whose relocations begin within these 64 bytes has something else there.
    if header_at == 0 || (1..DOS_HEADER_SIZE).contains(&usize::from(relocations_at)) {
        return Ok(FileKind::Other);
    }
    let signature = file.read(header_at, 4, "it ends before its header")?;
    match signature.as_slice() {
        b"PE\0\0" => {}
        [b'N', b'E', ..] | [b'L', b'E', ..] | [b'L', b'X', ..] => return Ok(FileKind::Other),
        _ => return Err(PeError::Malformed("its header has no signature")),
    }
    let coff = file.read(header_at + 4, COFF_HEADER_SIZE, "it ends within its header")?;
    let section_count = usize::from(u16_at(&coff, 2).unwrap_or_default());
    let optional_size = usize::from(u16_at(&coff, 16).unwrap_or_default());
    if section_count > MAX_SECTIONS {
        return Err(PeError::Malformed("it has too many sections"));
    }
    let optional_at = header_at + 4 + COFF_HEADER_SIZE as u64;
    let optional = file.read(optional_at, optional_size, "it ends within its header")?;
    let directories_at = match u16_at(&optional, 0) {
        Some(0x10b) => 96,
        Some(0x20b) => 112,
        _ => return Err(PeError::Malformed("its header is neither 32-bit nor 64-bit")),
    };
    let stored_checksum = u32_at(&optional, 64).ok_or(PeError::Malformed("its header is cut short"))?;
    let table = file.read(
        optional_at + optional_size as u64,
        section_count * SECTION_SIZE,
        "it ends within its table of sections",
    )?;
    let sections = table.chunks_exact(SECTION_SIZE).filter_map(section).collect::<Vec<_>>();
    if sections.iter().any(|section| u64::from(section.file_offset) + u64::from(section.size) > file.length()) {
        return Err(PeError::Malformed("a section reaches behind the end of the file"));
    }
    let directory_count = u32_at(&optional, directories_at - 4).unwrap_or_default();
    let resources = u32_at(&optional, directories_at + RESOURCES * 8)
        .zip(u32_at(&optional, directories_at + RESOURCES * 8 + 4))
        .filter(|(address, size)| directory_count as usize > RESOURCES && *address != 0 && *size != 0);
    Ok(FileKind::Image(Image { stored_checksum, resources, sections }))
}

fn section(entry: &[u8]) -> Option<Section> {
    let size = u32_at(entry, 16)?;
    let file_offset = u32_at(entry, 20)?;
    // A section that takes no room in the file holds nothing to be read.
    let (file_offset, size) = if file_offset == 0 || size == 0 { (0, 0) } else { (file_offset, size) };
    Some(Section { address: u32_at(entry, 12)?, size, file_offset })
}
