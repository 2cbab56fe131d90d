//! A PE image: its headers, and its sections as the loader maps them.
//!
//! The layout is that of the PE format specification. For values that the specification forbids, the loader's behavior follows the
//! public observations of corkami and `pefile`, which are named where it matters.

use std::io::{Read, Seek};

use crate::Error;
use crate::bytes::{u16_at, u32_at};
use crate::reader::Reader;

const COFF_HEADER_SIZE: u64 = 20;
const SECTION_SIZE: usize = 40;
/// The index of the resources in the table of data directories.
const RESOURCES: usize = 2;
/// The size of the optional header of a 64-bit image up to the end of the entry for resources.
const LONGEST_HEADER: usize = 112 + (RESOURCES + 1) * 8;
/// Images with a smaller section alignment are mapped as they are in the file.
const PAGE: u32 = 4096;
/// The loader reads whole sectors.
const SECTOR: u32 = 512;

#[derive(Debug)]
pub(crate) struct Image {
    stored_checksum: Option<u32>,
    /// The address of the resources, if there are any.
    pub(crate) resources: Option<u32>,
    sections: Vec<Section>,
    /// An address in no section is an offset in the file if it is below this limit.
    headers: u32,
}

#[derive(Clone, Copy, Debug)]
struct Section {
    address: u32,
    /// The size in memory in bytes, rounded up to whole pages.
    mapped_size: u32,
    file_offset: u32,
    file_size: u32,
}

/// A range of the image's memory, up to the end of the section in which it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MappedRange {
    file_offset: u64,
    /// The number of bytes in the file. Zeros follow them.
    in_file: u32,
    size: u32,
}

impl Image {
    /// Reads the headers; `at` is the offset of the first one.
    pub(crate) fn read<R: Read + Seek>(reader: &mut Reader<R>, at: u64) -> Result<Image, Error> {
        let coff = reader.read(at + 4, COFF_HEADER_SIZE as usize, "the file ends within its header")?;
        let section_count = usize::from(u16_at(&coff, 2).unwrap_or_default());
        let optional_size = u64::from(u16_at(&coff, 16).unwrap_or_default());
        // Windows reads the fields even past the end of the header that this size gives; the size only determines where the
        // sections are.
        let optional_at = at + 4 + COFF_HEADER_SIZE;
        let optional = reader.read_up_to(optional_at, LONGEST_HEADER)?;
        let directories_at = match u16_at(&optional, 0) {
            Some(0x10b) => 96,
            Some(0x20b) => 112,
            Some(0x107) => return Ok(Image::rom()),
            _ => return Err(reader.damaged("its optional header is neither 32-bit nor 64-bit")),
        };
        let truncated = || reader.damaged("the file ends within its optional header");
        let field = |at| u32_at(&optional, at).ok_or_else(truncated);
        let stored_checksum = field(64)?;
        let section_alignment = field(32)?;
        let headers = field(60)?;
        let directory_count = field(directories_at - 4)?;
        let resources = match directory_count as usize > RESOURCES {
            true => Some((field(directories_at + RESOURCES * 8)?, field(directories_at + RESOURCES * 8 + 4)?)),
            false => None,
        };

        let table = reader.read(
            optional_at + optional_size,
            section_count * SECTION_SIZE,
            "the file ends within its table of sections",
        )?;
        let section = |entry: &[u8]| Section::parse(entry, section_alignment);
        let sections = table.chunks_exact(SECTION_SIZE).filter_map(section).collect::<Vec<_>>();
        if sections.iter().any(|section| section.file_end() > reader.length()) {
            return Err(reader.damaged("the file ends within a section"));
        }
        let headers = if section_alignment < PAGE { u32::MAX } else { headers };
        let mut image = Image { stored_checksum: Some(stored_checksum), resources: None, sections, headers };
        // As in Windows, a directory at address 0 does not exist. One without a size is searched if it is in a section.
        image.resources = resources
            .filter(|(address, size)| *address != 0 && (*size != 0 || image.section(*address).is_some()))
            .map(|(address, _)| address);
        Ok(image)
    }

    /// A ROM image for firmware, which has no data directories and no checksum.
    fn rom() -> Image {
        Image { stored_checksum: None, resources: None, sections: Vec::new(), headers: 0 }
    }

    /// The checksum in the header, which is excluded from the sum.
    pub(crate) fn stored_checksum(&self) -> Option<u32> {
        self.stored_checksum
    }

    /// Returns the range of the image's memory at an address.
    pub(crate) fn at(&self, address: u32, file_length: u64) -> Option<MappedRange> {
        match self.section(address) {
            Some(section) => {
                let within = address.checked_sub(section.address)?;
                let in_file = section.file_size.saturating_sub(within);
                let size = section.mapped_size.max(section.file_size).saturating_sub(within);
                Some(MappedRange { file_offset: u64::from(section.file_offset) + u64::from(within), in_file, size })
            }
            // The headers are mapped too, and an image without pages is mapped as a whole.
            None => {
                let end = u32::try_from(file_length).unwrap_or(u32::MAX).min(self.headers);
                let size = end.checked_sub(address).filter(|size| *size > 0)?;
                Some(MappedRange { file_offset: u64::from(address), in_file: size, size })
            }
        }
    }

    fn section(&self, address: u32) -> Option<&Section> {
        let holds =
            |section: &Section, size: u32| address.checked_sub(section.address).is_some_and(|within| within < size);
        let mapped = self.sections.iter().find(|section| holds(section, section.mapped_size));
        // Windows also finds resources by a section's size in the file: it opens the file as data, not for execution.
        mapped.or_else(|| self.sections.iter().find(|section| holds(section, section.file_size)))
    }
}

impl Section {
    fn parse(entry: &[u8], alignment: u32) -> Option<Section> {
        let virtual_size = u32_at(entry, 8)?;
        let raw_size = u32_at(entry, 16)?;
        let raw_offset = u32_at(entry, 20)?;
        // Either is enough to make it a section that takes no space in the file and is all zeros.
        let (file_offset, raw_size) = if raw_offset == 0 || raw_size == 0 { (0, 0) } else { (raw_offset, raw_size) };
        // If the linker omits the size in memory, the size in the file is used.
        let size = if virtual_size == 0 { raw_size } else { virtual_size };
        let (file_offset, mapped_size) = match alignment < PAGE {
            true => (file_offset, size),
            false => (file_offset & !(SECTOR - 1), size.checked_next_multiple_of(PAGE).unwrap_or(u32::MAX)),
        };
        Some(Section { address: u32_at(entry, 12)?, mapped_size, file_offset, file_size: raw_size })
    }

    fn file_end(&self) -> u64 {
        u64::from(self.file_offset) + u64::from(self.file_size)
    }
}

impl MappedRange {
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// Reads bytes at an offset in the range, or returns `None` if it ends before them.
    pub(crate) fn read<R: Read + Seek>(
        &self,
        reader: &mut Reader<R>,
        offset: u32,
        length: usize,
    ) -> Result<Option<Vec<u8>>, Error> {
        if u64::from(offset) + length as u64 > u64::from(self.size) {
            return Ok(None);
        }
        let in_file = usize::try_from(self.in_file.saturating_sub(offset)).unwrap_or(usize::MAX).min(length);
        let at = self.file_offset + u64::from(offset);
        let mut bytes = reader.read(at, in_file, "the file ends within its resources")?;
        bytes.resize(length, 0);
        Ok(Some(bytes))
    }
}
