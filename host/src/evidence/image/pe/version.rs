//! The fixed version resource of an executable.

use std::io::{Read, Seek};

use super::image::Image;
use super::{PeError, Reader};
use crate::contract::FileVersion;
use crate::evidence::image::bytes::{slice_at, u16_at, u32_at};

/// The type of version resources.
const RT_VERSION: u32 = 16;
/// In a resource directory: the offset leads to another directory, not to data.
const SUBDIRECTORY: u32 = 0x8000_0000;
/// More entries than this no directory of a real file has.
const MAX_ENTRIES: usize = 4096;
/// Version resources hold a few hundred bytes; their own length field ends at 64 KiB.
const MAX_RESOURCE_SIZE: u32 = 0xffff;
const FIXED_SIGNATURE: u32 = 0xfeef_04bd;
/// The size of `VS_FIXEDFILEINFO`.
const FIXED_SIZE: usize = 52;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evidence::image) struct VersionResource {
    pub(in crate::evidence::image) version: FileVersion,
    pub(in crate::evidence::image) language: Option<u16>,
}

/// None where the file has no version resource, or one without the fixed part.
pub(in crate::evidence::image) fn read<R: Read + Seek>(
    file: &mut Reader<R>,
    image: &Image,
) -> Result<Option<VersionResource>, PeError> {
    let Some((resources, _)) = image.resources else { return Ok(None) };
    let (start, left) = image.file_offset(resources).ok_or(PeError::Malformed("its resources are in no section"))?;
    let mut directory = Directory { file, start, left };

    // Three levels, no more: type, name, language. A directory that leads back to itself leads to no data on the third.
    let Some(names) = directory.entries(0)?.into_iter().find(|entry| entry.id == RT_VERSION) else { return Ok(None) };
    let Some(name) = directory.entries(names.subdirectory()?)?.into_iter().next() else { return Ok(None) };
    let Some(language) = directory.entries(name.subdirectory()?)?.into_iter().next() else { return Ok(None) };
    let data = directory.bytes(language.data()?, 16)?;
    let (address, size) = u32_at(&data, 0).zip(u32_at(&data, 4)).unwrap_or_default();
    if size > MAX_RESOURCE_SIZE {
        return Err(PeError::Malformed("its version resource is too large"));
    }
    let (offset, left) =
        image.file_offset(address).ok_or(PeError::Malformed("its version resource is in no section"))?;
    if left < size {
        return Err(PeError::Malformed("its version resource reaches behind its section"));
    }
    let resource = file.read(offset, size as usize, "its version resource is cut short")?;
    let Some(version) = fixed_version(&resource)? else { return Ok(None) };
    // Where the resource is for every language, the file says in a text of its own which one it is in.
    let language = match u16::try_from(language.id) {
        Ok(0) | Err(_) => translation(&resource),
        Ok(language) => Some(language),
    };
    Ok(Some(VersionResource { version, language }))
}

struct Directory<'file, R> {
    file: &'file mut Reader<R>,
    /// Of the resources, in the file.
    start: u64,
    /// How many bytes of the section follow.
    left: u32,
}

#[derive(Clone, Copy)]
struct DirectoryEntry {
    /// With the highest bit set, the offset of a name.
    id: u32,
    target: u32,
}

impl DirectoryEntry {
    fn subdirectory(self) -> Result<u32, PeError> {
        if self.target & SUBDIRECTORY == 0 {
            return Err(PeError::Malformed("its resources end a level too early"));
        }
        Ok(self.target & !SUBDIRECTORY)
    }

    fn data(self) -> Result<u32, PeError> {
        if self.target & SUBDIRECTORY != 0 {
            return Err(PeError::Malformed("its resources go on after the third level"));
        }
        Ok(self.target)
    }
}

impl<R: Read + Seek> Directory<'_, R> {
    fn bytes(&mut self, offset: u32, length: usize) -> Result<Vec<u8>, PeError> {
        if u64::from(offset) + length as u64 > u64::from(self.left) {
            return Err(PeError::Malformed("its resources reach behind their section"));
        }
        self.file.read(self.start + u64::from(offset), length, "its resources are cut short")
    }

    fn entries(&mut self, offset: u32) -> Result<Vec<DirectoryEntry>, PeError> {
        let head = self.bytes(offset, 16)?;
        let count = |at| usize::from(u16_at(&head, at).unwrap_or_default());
        let count = count(12) + count(14);
        if count > MAX_ENTRIES {
            return Err(PeError::Malformed("its resources have too many entries"));
        }
        let after_head =
            offset.checked_add(16).ok_or(PeError::Malformed("its resources reach behind their section"))?;
        let entries = self.bytes(after_head, count * 8)?;
        let entry = |entry: &[u8]| Some(DirectoryEntry { id: u32_at(entry, 0)?, target: u32_at(entry, 4)? });
        Ok(entries.chunks_exact(8).filter_map(entry).collect())
    }
}

/// Out of `VS_VERSION_INFO`: head, name, padding, then the fixed part.
fn fixed_version(resource: &[u8]) -> Result<Option<FileVersion>, PeError> {
    const CUT_SHORT: PeError = PeError::Malformed("its version resource is cut short");
    let value_length = u16_at(resource, 2).ok_or(CUT_SHORT)?;
    if usize::from(value_length) < FIXED_SIZE {
        return Ok(None);
    }
    let name = "VS_VERSION_INFO".encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    if slice_at(resource, 6, name.len()).ok_or(CUT_SHORT)? != name {
        return Err(PeError::Malformed("its version resource does not begin as one does"));
    }
    let fixed = slice_at(resource, (6 + name.len()).next_multiple_of(4), FIXED_SIZE).ok_or(CUT_SHORT)?;
    if u32_at(fixed, 0) != Some(FIXED_SIGNATURE) {
        return Err(PeError::Malformed("its version resource has no signature"));
    }
    let number = |at| u16_at(fixed, at).unwrap_or_default();
    Ok(Some(FileVersion { major: number(10), minor: number(8), build: number(14), revision: number(12) }))
}

/// The language in `VarFileInfo\Translation`, wherever it stands: the name, padding, then language and code page.
fn translation(resource: &[u8]) -> Option<u16> {
    let name = "Translation".encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let at = (0..resource.len()).step_by(2).find(|at| slice_at(resource, *at, name.len()) == Some(&name))?;
    let language = u16_at(resource, (at + name.len()).next_multiple_of(4))?;
    (language != 0).then_some(language)
}
