//! Reads the rows of a CSV file (RFC 4180).
//!
//! The result is that of the crate `csv`, several times faster: delimiters are searched for in bulk, and only requested fields are copied.
//! The size of a row is bounded, because a quote that is never closed would make one row of the rest of the file.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read};
use std::ops::Range;

/// The number of bytes read at a time.
const BLOCK: usize = 256 << 10;
/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A row cannot be read.
#[derive(Debug)]
pub(super) struct RowError {
    /// The line on which the row begins, counted from 1.
    pub(super) line: u64,
    pub(super) reason: RowErrorReason,
}

#[derive(Debug)]
pub(super) enum RowErrorReason {
    Io(io::Error),
    TooLong,
}

/// A file of rows. Empty lines, and lines that begin with `#`, are not rows.
pub(super) struct Rows<R> {
    input: R,
    buffer: Vec<u8>,
    /// The bytes in the buffer that belong to no row yet.
    unread: Range<usize>,
    ended: bool,
    at_beginning: bool,
    /// The maximum number of bytes of a row.
    most: usize,
    fields: Vec<Range<usize>>,
    lines: Cell<Lines>,
    /// The offsets of the line breaks in the buffer, found at once: looking for them in each row takes several times as long.
    breaks: Vec<usize>,
}

/// Where lines have been counted to.
#[derive(Clone, Copy, Debug)]
struct Lines {
    /// The line, from 1, on which the byte after the last line break that was passed is.
    line: u64,
    /// The number of line breaks in the buffer that were passed.
    passed: usize,
}

impl Lines {
    /// Counts on to an offset that is not below the previous one, and returns its line. `breaks` are the offsets of the line breaks.
    fn at(lines: &Cell<Self>, breaks: &[usize], offset: usize) -> u64 {
        let Lines { mut line, mut passed } = lines.get();
        while breaks.get(passed).is_some_and(|at| *at < offset) {
            passed += 1;
            line += 1;
        }
        lines.set(Lines { line, passed });
        line
    }
}

/// The fields of a row, by their place.
pub(super) struct Row<'a> {
    bytes: &'a [u8],
    fields: &'a [Range<usize>],
    /// The offset of the row in the buffer.
    begin: usize,
    lines: &'a Cell<Lines>,
    breaks: &'a [usize],
}

impl<'a> Row<'a> {
    /// Returns the line on which the row begins, counted from 1.
    pub(super) fn line(&self) -> u64 {
        Lines::at(self.lines, self.breaks, self.begin)
    }

    /// The size in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns a field as the file has it, with its quotes; empty if the row has none at this place.
    pub(super) fn written(&self, place: usize) -> &'a [u8] {
        self.fields.get(place).and_then(|field| self.bytes.get(field.clone())).unwrap_or_default()
    }
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: R, most: usize) -> Self {
        Self {
            input,
            buffer: vec![0; BLOCK],
            unread: 0..0,
            ended: false,
            at_beginning: true,
            most,
            fields: Vec::new(),
            lines: Cell::new(Lines { line: 1, passed: 0 }),
            breaks: Vec::new(),
        }
    }

    /// Reads the next row.
    pub(super) fn next_row(&mut self) -> Result<Option<Row<'_>>, RowError> {
        let row = match self.find() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(None),
            Err(reason) => return Err(self.error(reason, self.unread.start)),
        };
        let begin = row.start;
        if row.len() > self.most {
            return Err(self.error(RowErrorReason::TooLong, begin));
        }
        let bytes = self.buffer.get(row).unwrap_or_default();
        Ok(Some(Row { bytes, fields: &self.fields, begin, lines: &self.lines, breaks: &self.breaks }))
    }

    /// An error about the row that begins at this offset in the buffer.
    fn error(&self, reason: RowErrorReason, begin: usize) -> RowError {
        RowError { line: Lines::at(&self.lines, &self.breaks, begin), reason }
    }

    /// Finds the next row's bytes in the buffer.
    fn find(&mut self) -> Result<Option<Range<usize>>, RowErrorReason> {
        if std::mem::take(&mut self.at_beginning) {
            self.fill().map_err(RowErrorReason::Io)?;
            if self.buffer.get(self.unread.clone()).is_some_and(|unread| unread.starts_with(MARK)) {
                self.unread.start += MARK.len();
            }
        }
        loop {
            let begin = self.unread.start;
            let unread = self.buffer.get(self.unread.clone()).unwrap_or_default();
            match find_row(unread, self.ended, &mut self.fields) {
                Found::Row { row, next } => {
                    self.unread.start += next;
                    return Ok(Some(begin + row.start..begin + row.end));
                }
                Found::Incomplete { begin: skipped } => {
                    self.unread.start += skipped;
                    if self.ended {
                        return Ok(None);
                    }
                    if self.unread.len() > self.most {
                        return Err(RowErrorReason::TooLong);
                    }
                    self.fill().map_err(RowErrorReason::Io)?;
                }
            }
        }
    }

    /// Fills the buffer behind the bytes that are unread, or reaches the end.
    fn fill(&mut self) -> io::Result<()> {
        let line = Lines::at(&self.lines, &self.breaks, self.unread.start);
        self.lines.set(Lines { line, passed: 0 });
        self.breaks.clear();
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        if self.unread.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        while let Some(room) = self.buffer.get_mut(self.unread.end..).filter(|room| !room.is_empty()) {
            match self.input.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(taken) => self.unread.end += taken.min(room.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.breaks.extend(memchr::memchr_iter(b'\n', self.buffer.get(..self.unread.end).unwrap_or_default()));
        Ok(())
    }
}

/// The next row in some bytes, without its line break, and where the one after it is to be looked for; or where a row begins that
/// continues beyond the bytes.
#[derive(Debug)]
enum Found {
    Row { row: Range<usize>, next: usize },
    Incomplete { begin: usize },
}

/// Finds the next row, and its fields from the row's first byte. If `ended`, nothing follows the bytes.
fn find_row(bytes: &[u8], ended: bool, fields: &mut Vec<Range<usize>>) -> Found {
    let mut begin = 0;
    let row = loop {
        let rest = bytes.get(begin..).unwrap_or_default();
        match rest.first() {
            Some(b'\r' | b'\n') => begin += 1,
            Some(b'#') => match memchr::memchr(b'\n', rest) {
                Some(length) => begin += length + 1,
                None => return Found::Incomplete { begin },
            },
            Some(_) => break rest,
            None => return Found::Incomplete { begin },
        }
    };
    fields.clear();
    let mut at = 0;
    loop {
        let start = at;
        let rest = row.get(at..).unwrap_or_default();
        if rest.first() == Some(&b'"') {
            match after_closing_quote(rest) {
                Some(length) => at += length,
                None if ended => at = row.len(),
                None => return Found::Incomplete { begin },
            }
        }
        let rest = row.get(at..).unwrap_or_default();
        at += match rest.first() {
            Some(b',' | b'\r' | b'\n') => 0,
            _ => match memchr::memchr3(b',', b'\r', b'\n', rest) {
                Some(length) => length,
                None if ended => rest.len(),
                None => return Found::Incomplete { begin },
            },
        };
        fields.push(start..at);
        match row.get(at) {
            Some(b',') => at += 1,
            Some(_) => return Found::Row { row: begin..begin + at, next: begin + at + 1 },
            None => return Found::Row { row: begin..begin + at, next: begin + at },
        }
    }
}

/// Returns the length of the quoted part that a field begins with; `None` if its end cannot be told from these bytes.
fn after_closing_quote(field: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr(b'"', field.get(at..)?)? + 1;
        match field.get(at)? {
            b'"' => at += 1,
            _ => return Some(at),
        }
    }
}

/// Removes the quotes around a field, and every second one of those in it. After the closing quote, everything counts as it is.
pub(super) fn unquoted(written: &str) -> Cow<'_, str> {
    let Some(inner) = written.strip_prefix('"') else { return Cow::Borrowed(written) };
    match memchr::memchr(b'"', inner.as_bytes()) {
        None => return Cow::Borrowed(inner),
        Some(end) if end + 1 == inner.len() => return Cow::Borrowed(inner.get(..end).unwrap_or_default()),
        Some(_) => {}
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('"') {
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => {
                rest = after;
                break;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An input that yields a few bytes at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = into.len().min(7);
            self.0.read(&mut into[..length])
        }
    }

    fn read(bytes: &[u8], most: usize) -> Result<Vec<(u64, Vec<String>)>, RowError> {
        let mut rows = Rows::new(Trickle(bytes), most);
        let mut found = Vec::new();
        while let Some(row) = rows.next_row()? {
            let text = |place| std::str::from_utf8(row.written(place)).unwrap();
            let fields = (0..row.len()).map(|place| unquoted(text(place)).into_owned()).collect();
            found.push((row.line(), fields));
        }
        Ok(found)
    }

    fn fields(bytes: &[u8]) -> Vec<Vec<String>> {
        read(bytes, 1 << 20).unwrap().into_iter().map(|(_, fields)| fields).collect()
    }

    #[test]
    fn lines_are_those_on_which_rows_begin() {
        let rows = read(b"\xEF\xBB\xBFa,b\r\n\r\n# c,\"\r\n\"d\r\ne\",f\r\ng,", 100).unwrap();
        let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 4, 6]);
        assert_eq!(rows[1].1, ["d\r\ne", "f"]);
        assert_eq!(rows[2].1, ["g", ""]);
    }

    #[test]
    fn rows_longer_than_the_buffer_are_read_up_to_the_limit() {
        let long = format!("a,\"{}\"\nb,c\n", "x\"\"".repeat(BLOCK));
        let rows = fields(long.as_bytes());
        assert_eq!((rows[0][1].len(), rows[1].len()), (2 * BLOCK, 2));
        let unclosed = format!("a,b\na,\"{}", "x\n".repeat(BLOCK));
        let mut found = Rows::new(unclosed.as_bytes(), 100_000);
        assert!(found.next_row().is_ok());
        assert!(matches!(found.next_row(), Err(RowError { line: 2, reason: RowErrorReason::TooLong })));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// The crate `csv` finds the same rows.
        #[test]
        fn rows_are_those_of_another_reader(pieces in prop::collection::vec("[a,\"#\r\n ]|ä|\"\"|\r\n|\",\"|\"\r\n\"", 0..40)) {
            // The crate makes a row of a comment that ends the file without a line feed.
            let text = pieces.concat() + "\n";
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .comment(Some(b'#'))
                .from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(fields(text.as_bytes()), expected);
        }
    }
}
