//! The file of `-fq`: updates that are judged but not shown.

use std::collections::BTreeSet;
use std::path::Path;

use wardline_files::text_file::{self, TextFileError};
use wardline_windows_words::{UpdateName, update_names};

/// The maximum number of bytes of a file.
const MAX_BYTES: u64 = 4 << 20;

/// Updates to hide, by article or bulletin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden(BTreeSet<UpdateName>);

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HiddenError {
    #[error(transparent)]
    Unreadable(#[from] TextFileError),
    #[error("{file}, line {line}: expected a Q number, such as Q296441, found `{found}`")]
    Line {
        file: String,
        /// Counted from 1.
        line: usize,
        found: String,
    },
}

impl Hidden {
    /// Reads a file with one article (`Q296441`, `KB296441` or the number alone) or bulletin (`MS01-022`) on each line. Text after `#`
    /// is a comment.
    ///
    /// # Errors
    ///
    /// [`HiddenError`] if it cannot be read, or for the first line that is something else.
    pub fn read(path: &Path) -> Result<Self, HiddenError> {
        let text = text_file::read(path, MAX_BYTES)?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn parse(file: &str, text: &str) -> Result<Self, HiddenError> {
        let names = update_names(text, &['#']).map(|name| name.map(|(_, update)| update));
        let updates = names.collect::<Result<_, _>>();
        updates.map(Hidden).map_err(|(line, found)| HiddenError::Line { file: file.to_owned(), line, found })
    }

    /// Whether an article or bulletin is in the file.
    pub fn hides(&self, name: &str) -> bool {
        UpdateName::parse(name).is_some_and(|name| self.0.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_hidden_however_its_number_is_written() {
        let hidden =
            Hidden::parse("hide.txt", "\u{feff}Q296441 # by hand\r\n\r\nkb300972\r\n0301625\r\nms01-030\r\n").unwrap();
        for (name, expected) in [
            ("Q296441", true),
            ("KB296441", true),
            ("296441", true),
            ("Q300972", true),
            ("Q301625", true),
            ("MS01-030", true),
            ("MS01-031", false),
            ("Q1", false),
            ("", false),
        ] {
            assert_eq!(hidden.hides(name), expected, "{name}");
        }
        let error = Hidden::parse("hide.txt", "Q1\nall\n").unwrap_err().to_string();
        assert_eq!(error, "hide.txt, line 2: expected a Q number, such as Q296441, found `all`");
    }
}
