//! The version resource of a 16-bit executable.
//!
//! The layout is that of Microsoft's article 65122, "Executable-File Header Format".

use std::io::{Read, Seek};

use crate::Error;
use crate::bytes::{u16_at, u32_at};
use crate::reader::Reader;
use crate::version_info::MAX_SIZE;

const HEADER_SIZE: usize = 64;
/// `RT_VERSION` and `VS_VERSION_INFO`; the highest bit marks each as a number rather than the offset of a name.
const RT_VERSION: u16 = 0x8000 | 16;
const VS_VERSION_INFO: u16 = 0x8000 | 1;
const TYPE_SIZE: usize = 8;
const RESOURCE_SIZE: usize = 12;
/// Sectors are counted in 16 bits; files end long before sectors of more than 2^16 bytes would be needed.
const MAX_SHIFT: u16 = 16;

/// Returns the block of the version resource; `at` is the offset of the header.
pub(crate) fn version<R: Read + Seek>(reader: &mut Reader<R>, at: u64) -> Result<Option<Vec<u8>>, Error> {
    let header = reader.read(at, HEADER_SIZE, "the file ends within its header")?;
    let field = |at| u16_at(&header, at).unwrap_or_default();
    // The resource table ends where the resident-name table begins.
    let (table_at, table_end) = (field(0x24), field(0x26));
    let Some(size) = table_end.checked_sub(table_at) else {
        return Err(reader.damaged("its table of resources ends before it begins"));
    };
    if size == 0 {
        return Ok(None);
    }
    let table = reader.read(at + u64::from(table_at), usize::from(size), "the file ends within its resources")?;
    let Some((offset, size)) = find(&table).map_err(|problem| reader.damaged(problem))? else { return Ok(None) };
    if size == 0 {
        return Err(reader.damaged("its version resource is empty"));
    }
    let size = size.min(u64::from(MAX_SIZE)) as usize;
    reader.read(offset, size, "the file ends within its version resource").map(Some)
}

/// Returns the offset and size of the version resource in the file.
fn find(table: &[u8]) -> Result<Option<(u64, u64)>, &'static str> {
    const NO_END: &str = "its table of resources is not terminated";
    let shift = u16_at(table, 0).ok_or(NO_END)?;
    if shift > MAX_SHIFT {
        return Err("its resources are aligned to more than 64 KiB");
    }
    let mut at = 2;
    loop {
        let kind = u16_at(table, at).ok_or(NO_END)?;
        if kind == 0 {
            return Ok(None);
        }
        let count = usize::from(u16_at(table, at + 2).ok_or(NO_END)?);
        let resources = at + TYPE_SIZE;
        at = resources + count * RESOURCE_SIZE;
        if kind != RT_VERSION {
            continue;
        }
        let resources = table.get(resources..at).ok_or(NO_END)?;
        let version = resources.chunks_exact(RESOURCE_SIZE).find(|entry| u16_at(entry, 6) == Some(VS_VERSION_INFO));
        let extent = version.and_then(|entry| u32_at(entry, 0));
        return Ok(extent.map(|extent| (u64::from(extent & 0xffff) << shift, u64::from(extent >> 16) << shift)));
    }
}
