//! Bytes at an offset of a file of known length.

use std::io::{self, Read, Seek, SeekFrom};

use crate::{Error, Format};

/// Bytes of a file that are held at once: the largest resource directory, of 2 × 65,535 entries, with its head.
pub const MAX_READ: usize = 16 + 2 * 0xffff * 8;

#[derive(Debug)]
pub(crate) struct Reader<R> {
    source: R,
    length: u64,
    /// What the file is taken for, for errors.
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

    /// All of these bytes, or an error with what is missing.
    pub(crate) fn read(&mut self, offset: u64, length: usize, missing: &'static str) -> Result<Vec<u8>, Error> {
        let bytes = self.read_up_to(offset, length)?;
        if bytes.len() == length { Ok(bytes) } else { Err(self.damaged(missing)) }
    }

    /// As many of these bytes as the file has.
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

    /// The file from its start.
    pub(crate) fn rewound(&mut self) -> io::Result<&mut R> {
        self.source.seek(SeekFrom::Start(0))?;
        Ok(&mut self.source)
    }
}
