//! The resources of a PE image: a tree of three levels, type, name and language.
//!
//! A directory that refers to itself does no harm: the reader never descends more than three levels.

use std::cmp::Ordering;
use std::io::{Read, Seek};

use crate::bytes::{u16_at, u32_at};
use crate::image::{Image, MappedRange};
use crate::reader::Reader;
use crate::version_info::MAX_SIZE;
use crate::{Error, language};

/// The type of version resources.
const RT_VERSION: u32 = 16;
/// The number of the only version resource that Windows uses.
const VS_VERSION_INFO: u32 = 1;
/// Flag in an entry's target: it is a directory, not data.
const SUBDIRECTORY: u32 = 0x8000_0000;
const DIRECTORY_SIZE: u32 = 16;
const ENTRY_SIZE: usize = 8;
const DATA_ENTRY_SIZE: usize = 16;

const OUTSIDE: &str = "its resources reach past the end of their section";

/// A version resource as stored.
pub(crate) struct StoredVersion {
    /// The Windows language identifier of its entry. `None` if the file's format has none.
    pub(crate) language: Option<u16>,
    pub(crate) block: Vec<u8>,
}

/// Returns the version resource that Windows chooses, or `None` if the image has none.
pub(crate) fn version<R: Read + Seek>(
    reader: &mut Reader<R>,
    image: &Image,
    preferred: &[u16],
) -> Result<Option<StoredVersion>, Error> {
    let Some((tree, languages)) = languages(reader, image)? else { return Ok(None) };
    let mut chosen = None;
    for language in language::order(preferred) {
        chosen = languages.find(reader, u32::from(language))?;
        if chosen.is_some() {
            break;
        }
    }
    let Some(entry) = chosen.or_else(|| languages.first()) else {
        return Err(reader.damaged("its version resource has no language"));
    };
    if entry.target & SUBDIRECTORY != 0 {
        return Err(reader.damaged("its resources have more than three levels"));
    }
    let data = tree.read(reader, entry.target, DATA_ENTRY_SIZE)?.ok_or_else(|| reader.damaged(OUTSIDE))?;
    let (address, size) = u32_at(&data, 0).zip(u32_at(&data, 4)).unwrap_or_default();
    let Some(range) = image.at(address, reader.length()) else {
        return Err(reader.damaged("its version resource is outside of all sections"));
    };
    // A block that does not fit into its section is truncated; if the fixed part is affected, it is reported there.
    let length = size.min(range.size()).min(MAX_SIZE) as usize;
    let block = range.read(reader, 0, length)?.unwrap_or_default();
    Ok(Some(StoredVersion { language: u16::try_from(entry.id).ok(), block }))
}

/// Returns whether the choice made by [`version`] depends on the preferred languages.
pub(crate) fn depends_on_language<R: Read + Seek>(reader: &mut Reader<R>, image: &Image) -> Result<bool, Error> {
    let Some((_, languages)) = languages(reader, image)? else { return Ok(false) };
    Ok(languages.entries.len() > 1 && languages.find(reader, u32::from(language::NEUTRAL))?.is_none())
}

/// Returns the whole tree, and the directory of the version resource's languages.
fn languages<R: Read + Seek>(reader: &mut Reader<R>, image: &Image) -> Result<Option<(MappedRange, Directory)>, Error> {
    let Some(address) = image.resources else { return Ok(None) };
    let Some(tree) = image.at(address, reader.length()) else {
        return Err(reader.damaged("its resources are outside of all sections"));
    };
    let mut directory = Directory::read(reader, tree, 0)?;
    for id in [RT_VERSION, VS_VERSION_INFO] {
        let Some(entry) = directory.find(reader, id)? else { return Ok(None) };
        if entry.target & SUBDIRECTORY == 0 {
            return Err(reader.damaged("its resources have fewer than three levels"));
        }
        directory = Directory::read(reader, tree, entry.target & !SUBDIRECTORY)?;
    }
    Ok(Some((tree, directory)))
}

/// Entries with names, then entries with numbers, each sorted.
struct Directory {
    entries: Vec<Entry>,
    named: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    /// A number; for a named entry the offset of its name, with the highest bit set.
    id: u32,
    target: u32,
}

impl Directory {
    fn read<R: Read + Seek>(reader: &mut Reader<R>, tree: MappedRange, offset: u32) -> Result<Directory, Error> {
        let head = tree.read(reader, offset, DIRECTORY_SIZE as usize)?.ok_or_else(|| reader.damaged(OUTSIDE))?;
        let count = |at| usize::from(u16_at(&head, at).unwrap_or_default());
        let (named, numbered) = (count(12), count(14));
        let entries = match offset.checked_add(DIRECTORY_SIZE) {
            Some(after) => tree.read(reader, after, (named + numbered) * ENTRY_SIZE)?,
            None => None,
        };
        let entries = entries.ok_or_else(|| reader.damaged(OUTSIDE))?;
        let entry = |entry: &[u8]| Some(Entry { id: u32_at(entry, 0)?, target: u32_at(entry, 4)? });
        Ok(Directory { entries: entries.chunks_exact(ENTRY_SIZE).filter_map(entry).collect(), named })
    }

    fn first(&self) -> Option<Entry> {
        self.entries.first().copied()
    }

    /// Returns the entry with a number. Windows uses a binary search, so it may miss an entry that is out of order and find either
    /// of two duplicates: both cases are errors.
    fn find<R: Read + Seek>(&self, reader: &Reader<R>, id: u32) -> Result<Option<Entry>, Error> {
        let numbered = self.entries.get(self.named..).unwrap_or_default();
        let mut matching = numbered.iter().filter(|entry| entry.id == id);
        let Some(entry) = matching.next() else { return Ok(None) };
        if matching.next().is_some() {
            return Err(reader.damaged("its resources have two versions"));
        }
        if binary_search_finds(numbered, id) {
            Ok(Some(*entry))
        } else {
            Err(reader.damaged("its resources are not sorted"))
        }
    }
}

/// Searches from the middle, rounded down, which matters if the entries are not sorted.
fn binary_search_finds(mut entries: &[Entry], id: u32) -> bool {
    while let Some(last) = entries.len().checked_sub(1) {
        let (before, rest) = entries.split_at(last / 2);
        let Some((middle, after)) = rest.split_first() else { return false };
        entries = match middle.id.cmp(&id) {
            Ordering::Equal => return true,
            Ordering::Greater => before,
            Ordering::Less => after,
        };
    }
    false
}
