//! Small files that people write: read as a whole, up to a limit.

use std::io::Read as _;
use std::path::Path;

use crate::regular_file;

/// Why a file could not be read as text.
#[derive(Debug, thiserror::Error)]
pub enum TextFileError {
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("{file}: too large: at most {most} bytes are allowed")]
    TooLarge { file: String, most: u64 },
}

impl TextFileError {
    /// Whether there is no such file.
    pub fn is_absence(&self) -> bool {
        matches!(self, TextFileError::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// Reads the text of a file of at most `most` bytes.
///
/// # Errors
///
/// If it cannot be read, is not a regular file, is larger, or is not UTF-8.
pub fn read(path: &Path, most: u64) -> Result<String, TextFileError> {
    text(path, most, regular_file::read(path, most))
}

/// Like [`read`], but also from a pipe, for input that an operator passes that way: a password.
///
/// # Errors
///
/// As for [`read`].
pub fn read_also_from_a_pipe(path: &Path, most: u64) -> Result<String, TextFileError> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|opened| opened.take(most.saturating_add(1)).read_to_end(&mut bytes));
    text(path, most, read.map(|_| bytes))
}

fn text(path: &Path, most: u64, read: std::io::Result<Vec<u8>>) -> Result<String, TextFileError> {
    let file = path.display().to_string();
    let unreadable = |source| TextFileError::Unreadable { file: file.clone(), source };
    let bytes = read.map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(TextFileError::TooLarge { file, most });
    }
    String::from_utf8(bytes)
        .map_err(|_| unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, "not valid UTF-8")))
}

/// Returns the line, counted from 1, that contains the byte of `text` at `offset`.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
}
