//! The base block: the first 4,096 bytes of a hive, and, cut short, the first sector of its logs.

use crate::evidence::image::bytes::{u32_at, u64_at};

pub(super) const HEADER_SIZE: usize = 4096;

/// What the base block's checksum covers.
const CHECKED_SIZE: usize = 508;

#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// Counted up before and after each write: a hive with two different numbers was not written to the end.
    pub(super) primary_sequence: u32,
    pub(super) secondary_sequence: u32,
    /// As a Windows file time.
    pub(super) written: u64,
    pub(super) major_version: u32,
    pub(super) minor_version: u32,
    /// 0 for the hive itself, 1, 2 and 6 for logs.
    pub(super) file_type: u32,
    /// Offset of the root key in the bins.
    pub(super) root: u32,
    pub(super) bins_size: u32,
    /// Size of a sector on the disk, in units of 512 bytes.
    pub(super) clustering_factor: u32,
    /// Whether the checksum is right.
    pub(super) intact: bool,
}

impl Header {
    /// None where the bytes are too short or begin differently.
    pub(super) fn read(bytes: &[u8]) -> Option<Header> {
        if !bytes.starts_with(b"regf") {
            return None;
        }
        Some(Header {
            primary_sequence: u32_at(bytes, 4)?,
            secondary_sequence: u32_at(bytes, 8)?,
            written: u64_at(bytes, 12)?,
            major_version: u32_at(bytes, 20)?,
            minor_version: u32_at(bytes, 24)?,
            file_type: u32_at(bytes, 28)?,
            root: u32_at(bytes, 36)?,
            bins_size: u32_at(bytes, 40)?,
            clustering_factor: u32_at(bytes, 44)?,
            intact: u32_at(bytes, CHECKED_SIZE)? == checksum(bytes.get(..CHECKED_SIZE)?),
        })
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.primary_sequence != self.secondary_sequence
    }
}

/// All numbers xored; 0 and -1 are never stored, their neighbours are.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let sum = bytes.chunks_exact(4).filter_map(|number| u32_at(number, 0)).fold(0, |sum, number| sum ^ number);
    match sum {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}
