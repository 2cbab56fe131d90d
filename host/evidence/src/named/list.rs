//! Server lists: the names of machines, one in a line.
//!
//! They are written by people and by tools, on any system: in UTF-8, UTF-16 or a console's code page, with or without a byte order
//! mark, with lines that end in CR LF, LF or CR. Blank lines do not count. A comment begins with `#` or `;` at the beginning of a line
//! or after white space. A name that occurs again is the same machine.

use std::collections::HashSet;
use std::hash::Hash;
use std::io::{self, Read as _};
use std::path::Path;

use wardline_files::regular_file;

use super::{BadName, MachineName};

/// The maximum number of bytes of a list.
pub const MAX_BYTES: u64 = 16 << 20;

/// The maximum number of machines in a list.
const MAX_MACHINES: usize = 1_000_000;

/// Why a list cannot be used. A line that is not understood would leave a machine out, so that the whole list is refused.
#[derive(Debug, thiserror::Error)]
pub enum ListError<E: std::error::Error + 'static = BadName> {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("too large: a list may have at most {MAX_BYTES} bytes")]
    TooLarge,
    #[error("too many machines: a list may have at most {MAX_MACHINES}")]
    TooMany,
    #[error("line {line}: {source}")]
    Line {
        /// Counted from 1.
        line: usize,
        source: E,
    },
    #[error("no names: expected the name of a machine on each line")]
    Empty,
}

/// Reads the list in a file, or from a pipe that the process was started with.
///
/// # Errors
///
/// [`ListError`]; the file's name is not in it.
pub fn read(path: &Path) -> Result<Vec<MachineName>, ListError> {
    read_as(regular_file::open_also_from_a_shell(path)?, MachineName::parse)
}

/// Reads a list of what `name` makes of each line.
///
/// # Errors
///
/// As for [`read`].
pub fn read_as<T: Clone + Eq + Hash, E: std::error::Error + 'static>(
    list: impl io::Read,
    name: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, ListError<E>> {
    let mut bytes = Vec::new();
    list.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    parse_as(&bytes, name)
}

/// Reads a list: its machines in the order of their first lines, each once.
///
/// # Errors
///
/// [`ListError`] for the first line that is neither a name nor a comment, and for a list without names.
pub fn parse(bytes: &[u8]) -> Result<Vec<MachineName>, ListError> {
    parse_as(bytes, MachineName::parse)
}

fn parse_as<T: Clone + Eq + Hash, E: std::error::Error + 'static>(
    bytes: &[u8],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, ListError<E>> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ListError::TooLarge);
    }
    let text = wardline_systeminfo::decode(bytes).replace("\r\n", "\n");
    let mut names: Vec<T> = Vec::new();
    let mut seen = HashSet::new();
    for (line, text) in (1..).zip(text.split(['\n', '\r'])) {
        let name =
            without_comment(text).trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
        if name.is_empty() {
            continue;
        }
        let name = parse(name).map_err(|source| ListError::Line { line, source })?;
        if seen.insert(name.clone()) {
            if names.len() == MAX_MACHINES {
                return Err(ListError::TooMany);
            }
            names.push(name);
        }
    }
    if names.is_empty() { Err(ListError::Empty) } else { Ok(names) }
}

fn without_comment(line: &str) -> &str {
    let mut before = None;
    for (at, character) in line.char_indices() {
        if matches!(character, '#' | ';') && before.is_none_or(char::is_whitespace) {
            return line.get(..at).unwrap_or_default();
        }
        before = Some(character);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(bytes: &[u8]) -> Vec<String> {
        parse(bytes).unwrap().iter().map(ToString::to_string).collect()
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn a_list_is_read_as_people_and_tools_write_it() {
        let text = "; the servers of Contoso\r\nFP01\r\n\r\n  FP02\t# file and print\r\nfp01\r\nCONTOSO\\WEB#1\r\n#FP09\r\n\\\\FP03";
        let expected = ["FP01", "FP02", r"CONTOSO\WEB#1", "FP03"];
        assert_eq!(names(text.as_bytes()), expected);
        assert_eq!(names(format!("\u{feff}{text}").as_bytes()), expected);
        assert_eq!(names(&utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)), expected);
        assert_eq!(names(&utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)), expected);
        assert_eq!(names(text.replace("\r\n", "\n").as_bytes()), expected);
        assert_eq!(names(text.replace("\r\n", "\r").as_bytes()), expected);
        // Notepad on a German system, in its code page.
        assert_eq!(names(b"B\xdcRO1\r\nb\xfcro1\r\n"), ["BÜRO1"]);
        assert_eq!(names(&utf16("FP01\r\nFP02\r\n", u16::to_le_bytes)), ["FP01", "FP02"]);
    }

    #[test]
    fn a_list_of_something_else_is_read_alike() {
        let numbers = |text: &[u8]| read_as(text, str::parse::<u8>).map_err(|error| error.to_string());
        assert_eq!(numbers(&utf16("\u{feff}1 ; one\r\n2\r\n1\r\n", u16::to_be_bytes)), Ok(vec![1, 2]));
        assert_eq!(numbers(b"1\r\n\r\n300\r\n"), Err("line 3: number too large to fit in target type".to_owned()));
    }

    #[test]
    fn a_line_that_is_no_name_is_named_by_its_number() {
        for (text, expected) in [
            (
                "FP01\nFP02,FP03\n",
                "line 2: expected the name of a machine, such as WEB01 or CONTOSO\\WEB01, found `FP02,FP03`",
            ),
            (
                "FP01\r\n\r\nweb server\r\n",
                "line 3: expected the name of a machine, such as WEB01 or CONTOSO\\WEB01, found `web server`",
            ),
            ("../etc", "line 1: expected the name of a machine, such as WEB01 or CONTOSO\\WEB01, found `../etc`"),
            ("..", "line 1: expected the name of a machine, such as WEB01 or CONTOSO\\WEB01, found `..`"),
            (r"A\..", r"line 1: expected the name of a machine, such as WEB01 or CONTOSO\WEB01, found `A\\..`"),
            (r"A\B\C", r"line 1: expected the name of a machine, such as WEB01 or CONTOSO\WEB01, found `A\\B\\C`"),
            (
                "a\u{202e}b",
                "line 1: expected the name of a machine, such as WEB01 or CONTOSO\\WEB01, found `a\\u{202e}b`",
            ),
            ("# nothing\r\n", "no names: expected the name of a machine on each line"),
            ("", "no names: expected the name of a machine on each line"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
        }
        assert!(matches!(parse("x".repeat(300).as_bytes()), Err(ListError::Line { line: 1, .. })));
    }

    #[test]
    fn a_list_that_is_too_large_is_not_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.txt");
        std::fs::write(&file, vec![b'\n'; usize::try_from(MAX_BYTES).unwrap() + 1]).unwrap();
        assert!(matches!(read(&file), Err(ListError::TooLarge)));
        assert!(matches!(read(folder.path()), Err(ListError::Unreadable(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(names) = parse(&bytes) {
                // A list of the names read is the same list.
                let written: String = names.iter().map(|name| format!("{name}\r\n")).collect();
                prop_assert_eq!(parse(written.as_bytes()).unwrap(), names);
            }
        }

        #[test]
        fn names_are_read_from_every_encoding(given in proptest::collection::vec("[A-Z0-9][A-Z0-9ÄÖ-]{0,14}", 1..20)) {
            let text = given.join("\r\n");
            let read = parse(text.as_bytes()).unwrap();
            let mut expected = given.clone();
            let mut seen = HashSet::new();
            expected.retain(|name| seen.insert(name.clone()));
            prop_assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
            let wide = utf16(&format!("\u{feff}{text}"), u16::to_le_bytes);
            prop_assert_eq!(parse(&wide).unwrap(), read);
        }
    }
}
