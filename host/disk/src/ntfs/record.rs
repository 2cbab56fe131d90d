//! Records of the master file table, and the attributes in them.

use crate::bytes::{Fields, length};
use crate::error::{Error, Result};
use crate::place::Reference;

/// The types of attributes.
pub(super) const STANDARD_INFORMATION: u32 = 0x10;
pub(super) const ATTRIBUTE_LIST: u32 = 0x20;
pub(super) const SECURITY_DESCRIPTOR: u32 = 0x50;
pub(super) const VOLUME_INFORMATION: u32 = 0x70;
pub(super) const DATA: u32 = 0x80;
pub(super) const INDEX_ROOT: u32 = 0x90;
pub(super) const INDEX_ALLOCATION: u32 = 0xa0;
pub(super) const REPARSE_POINT: u32 = 0xc0;
const END: u32 = u32::MAX;

const IN_USE: u16 = 1;
const IS_FOLDER: u16 = 2;

/// The unit protected by update sequences, in bytes, whatever the size of the disk's sectors.
const PROTECTED: usize = 512;

/// Undoes the protection against torn writes: the last two bytes of each 512 are replaced by those stored in the header.
pub(super) fn unprotect(place: &str, bytes: &mut [u8]) -> Result<()> {
    let fields = Fields::new(place, bytes);
    let (at, count) = (usize::from(fields.u16(4)?), usize::from(fields.u16(6)?));
    let sequence = fields.slice(at, count * 2)?.to_vec();
    let Some((expected, stored)) = sequence.split_at_checked(2) else {
        return Err(fields.damaged("it has no update sequence"));
    };
    let sectors = bytes.chunks_exact_mut(PROTECTED);
    if stored.len() / 2 != sectors.len() {
        let reason = format!("its update sequence covers {} sectors, expected {}", stored.len() / 2, sectors.len());
        return Err(Error::damaged(place, reason));
    }
    for (sector, stored) in sectors.zip(stored.chunks_exact(2)) {
        let Some(end) = sector.get_mut(PROTECTED - 2..) else { continue };
        if end != expected {
            return Err(Error::damaged(place, "it was not written completely (update sequence)"));
        }
        end.copy_from_slice(stored);
    }
    Ok(())
}

/// A record in use.
#[derive(Debug)]
pub(super) struct Record {
    bytes: Vec<u8>,
    place: String,
    first: usize,
    flags: u16,
    pub(super) sequence: u16,
    /// The record that this one extends; 0 if it is not an extension.
    pub(super) base: Reference,
}

/// One attribute of a record, or part of one.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) kind: u32,
    pub(super) id: u16,
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Resident(Vec<u8>),
    Extent(Extent),
}

/// Part of an attribute that is stored in clusters.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    pub(super) first: u64,
    pub(super) runs: Vec<u8>,
    /// The base-2 logarithm of the clusters in a compression unit; 0 if not compressed.
    pub(super) unit: u16,
    /// The sizes, which only the first extent has.
    pub(super) size: u64,
    pub(super) initialised: u64,
}

impl Record {
    /// Reads a record. `number` is its number in the table.
    pub(super) fn read(number: u64, mut bytes: Vec<u8>) -> Result<Record> {
        let place = format!("the file record {number}");
        let fields = Fields::new(&place, &bytes);
        if fields.slice(0, 4)? == b"BAAD" {
            return Err(fields.damaged("Windows marked it as damaged (`BAAD`)"));
        }
        fields.signature(0, b"FILE")?;
        unprotect(&place, &mut bytes)?;
        let fields = Fields::new(&place, &bytes);
        let flags = fields.u16(22)?;
        let (first, sequence, base) = (fields.u16(20)?.into(), fields.u16(16)?, Reference::new(fields.u64(32)?));
        Ok(Record { first, flags, sequence, base, bytes, place })
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.flags & IN_USE != 0
    }

    pub(super) fn is_folder(&self) -> bool {
        self.flags & IS_FOLDER != 0
    }

    pub(super) fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::damaged(self.place.as_str(), reason)
    }

    /// Reads the attributes of one type, in the order of the record.
    pub(super) fn attributes(&self, kind: u32) -> Result<Vec<Attribute>> {
        let fields = Fields::new(&self.place, &self.bytes);
        let mut found = Vec::new();
        let mut at = self.first;
        // The used size at 24 is not needed: the end is marked.
        while fields.u32(at)? != END {
            let size = length(fields.u32(at + 4)?.into());
            let bytes = fields.slice(at, size)?;
            // Each step has to lead forwards.
            if size < 16 {
                return Err(fields.damaged(format!("the attribute at {at} has {size} bytes, expected at least 16")));
            }
            if fields.u32(at)? == kind {
                found.push(attribute(kind, Fields::new(&self.place, bytes))?);
            }
            at += size;
        }
        Ok(found)
    }
}

fn attribute(kind: u32, fields: Fields<'_>) -> Result<Attribute> {
    let name = fields.slice(fields.u16(10)?.into(), usize::from(fields.u8(9)?) * 2)?.to_vec();
    let content = match fields.u8(8)? {
        0 => Content::Resident(fields.slice(fields.u16(20)?.into(), length(fields.u32(16)?.into()))?.to_vec()),
        _ => {
            let first = fields.u64(16)?;
            let runs_at = usize::from(fields.u16(32)?);
            let end = fields.u32(4).map(|size| length(size.into()))?;
            let runs = fields.slice(runs_at, end.saturating_sub(runs_at))?.to_vec();
            let (size, initialised) = if first == 0 { (fields.u64(48)?, fields.u64(56)?) } else { (0, 0) };
            Content::Extent(Extent { first, runs, unit: fields.u16(34)?, size, initialised })
        }
    };
    Ok(Attribute { kind, id: fields.u16(14)?, name, flags: fields.u16(12)?, content })
}

/// One entry of an attribute list.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) kind: u32,
    pub(super) name: Vec<u8>,
    pub(super) first: u64,
    pub(super) record: Reference,
    pub(super) id: u16,
}

/// Reads an attribute list: the attributes of a file that has more than one record.
pub(super) fn attribute_list(place: &str, bytes: &[u8]) -> Result<Vec<Listed>> {
    let mut list = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let fields = Fields::new(place, rest);
        let size = usize::from(fields.u16(4)?);
        if size < 26 {
            return Err(
                fields.damaged(format!("an entry of the attribute list has {size} bytes, expected at least 26"))
            );
        }
        let name = fields.slice(fields.u8(7)?.into(), usize::from(fields.u8(6)?) * 2)?.to_vec();
        let (kind, first, id) = (fields.u32(0)?, fields.u64(8)?, fields.u16(24)?);
        list.push(Listed { kind, name, first, record: Reference::new(fields.u64(16)?), id });
        rest = rest.get(size..).unwrap_or_default();
    }
    Ok(list)
}
