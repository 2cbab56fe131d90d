//! Reads bytes at an offset in a file of known length.

use std::io::{self, Read, Seek, SeekFrom};

use crate::{Error, Format};

/// The maximum number of bytes of a file held at once: the largest resource directory, with 2 × 65,535 entries and its head.
pub const MAX_READ: usize = 16 + 2 * 0xffff * 8;

#[derive(Debug)]
pub(crate) struct Reader<R> {
    source: R,
    length: u64,
    /// The detected format, for errors.
    pub(crate) format: Format,
}

impl<R: Read + Seek> Reader<R> {
    pub(crate) fn new(mut source: R) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        Ok(Reader { source, length, format: Format::Other })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn damaged(&self, problem: &'static str) -> Error {
        Error::Damaged { format: self.format, problem }
    }

    /// Reads all of these bytes, or returns an error that says what is missing.
    pub(crate) fn read(&mut self, offset: u64, length: usize, missing: &'static str) -> Result<Vec<u8>, Error> {
        let bytes = self.read_up_to(offset, length)?;
        if bytes.len() == length { Ok(bytes) } else { Err(self.damaged(missing)) }
    }

    /// Reads as many of these bytes as the file has.
    pub(crate) fn read_up_to(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = length.min(left).min(MAX_READ);
        let mut bytes = vec![0; length];
        if length > 0 {
            self.source.seek(SeekFrom::Start(offset))?;
            self.source.read_exact(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// Returns the file, positioned at its start.
    pub(crate) fn rewound(&mut self) -> io::Result<&mut R> {
        self.source.seek(SeekFrom::Start(0))?;
        Ok(&mut self.source)
    }
}
