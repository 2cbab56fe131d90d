//! The version resource of a virtual device driver.
//!
//! Its header is `IMAGE_VXD_HEADER`, whose last fields exist only in drivers for Windows. They lead to a resource in the form that
//! 16-bit resource compilers write to a `.res` file: type and name as numbers, flags, size, then the block.

use std::io::{Read, Seek};

use crate::Error;
use crate::bytes::u32_at;
use crate::reader::Reader;
use crate::version_info::MAX_SIZE;

const HEADER_SIZE: usize = 196;
/// The offset in the header of the object table's offset. The table follows the header, which may or may not have the fields for
/// resources.
const OBJECTS: usize = 0x40;
/// `e32_winresoff` and `e32_winreslen`.
const RESOURCE_OFFSET: usize = 0xb8;
const RESOURCE_SIZE: usize = 0xbc;
/// The type `RT_VERSION` and the name `VS_VERSION_INFO`, each a number after 0xff.
const RESOURCE_HEAD: [u8; 6] = [0xff, 16, 0, 0xff, 1, 0];
/// The size including the flags and the size field.
const RESOURCE_HEAD_SIZE: usize = RESOURCE_HEAD.len() + 6;

/// Returns the block of the version resource; `at` is the offset of the header.
pub(crate) fn version<R: Read + Seek>(reader: &mut Reader<R>, at: u64) -> Result<Option<Vec<u8>>, Error> {
    let header = reader.read_up_to(at, HEADER_SIZE)?;
    let field = |at| u32_at(&header, at);
    let Some(objects) = field(OBJECTS) else { return Err(reader.damaged("the file ends within its header")) };
    if (objects as usize) < HEADER_SIZE {
        return Ok(None);
    }
    let Some((offset, size)) = field(RESOURCE_OFFSET).zip(field(RESOURCE_SIZE)) else {
        return Err(reader.damaged("the file ends within its header"));
    };
    if offset == 0 || size == 0 {
        return Ok(None);
    }
    let size = size.min(MAX_SIZE) as usize;
    let resource = reader.read(u64::from(offset), size, "the file ends within its version resource")?;
    match resource.get(RESOURCE_HEAD_SIZE..) {
        Some(block) if resource.starts_with(&RESOURCE_HEAD) => Ok(Some(block.to_vec())),
        _ => Err(reader.damaged("its resource is not a version resource")),
    }
}
