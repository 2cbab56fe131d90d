//! Files that people write and that are small: read whole, within a bound.

use std::io::Read as _;
use std::path::Path;

/// Why a file gave no text.
#[derive(Debug, thiserror::Error)]
pub enum TextFileError {
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("{file}: is larger than the {most} bytes that such a file may have")]
    TooLarge { file: String, most: u64 },
}

impl TextFileError {
    /// Whether there is no such file.
    pub fn is_absence(&self) -> bool {
        matches!(self, TextFileError::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// The text of a file of at most `most` bytes.
///
/// # Errors
///
/// When it cannot be read, is larger, or is no UTF-8.
pub fn read(path: &Path, most: u64) -> Result<String, TextFileError> {
    let file = path.display().to_string();
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|opened| opened.take(most.saturating_add(1)).read_to_string(&mut text));
    match read {
        // A character cut in two by the bound is no fault of the encoding.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData && is_larger(path, most) => {
            Err(TextFileError::TooLarge { file, most })
        }
        Err(source) => Err(TextFileError::Unreadable { file, source }),
        Ok(length) if length as u64 > most => Err(TextFileError::TooLarge { file, most }),
        Ok(_) => Ok(text),
    }
}

fn is_larger(path: &Path, most: u64) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > most)
}

/// The line, counted from 1, in which a byte of `text` stands.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
}
