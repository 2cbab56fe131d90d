//! Executable files: their checksum and their version. Nothing else is read from them.

pub(super) mod checksum;
pub(super) mod image;
pub(super) mod version;

use std::io::{self, Read, Seek, SeekFrom};

/// Why a file's version cannot be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum PeError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is no whole executable: {0}")]
    Malformed(&'static str),
}

/// Bytes at an offset of a file of known length; what lies behind the end is an error that says what is missing.
pub(super) struct Reader<R> {
    source: R,
    length: u64,
}

impl<R: Read + Seek> Reader<R> {
    pub(super) fn new(source: R, length: u64) -> Self {
        Reader { source, length }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn read(&mut self, offset: u64, length: usize, missing: &'static str) -> Result<Vec<u8>, PeError> {
        if offset.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(PeError::Malformed(missing));
        }
        let mut bytes = vec![0; length];
        self.source.seek(SeekFrom::Start(offset))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
