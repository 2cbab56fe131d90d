//! Groups the rows of a file, reduced to the columns that are used, so that one thread can find rows while another works on them.

use std::io::{self, Read};
use std::path::Path;

use super::rows::{Row, RowError, RowErrorReason, Rows, unquoted};
use crate::error::{printable, printable_reason};
use crate::{CatalogError, Limits};

/// The columns that are used. Batches have a row's fields in this order.
const COLUMNS: [&str; 7] =
    ["DatePosted", "CVE", "BulletinKB", "AffectedProduct", "AffectedComponent", "Severity", "Supersedes"];

/// The numbers of bytes and rows from which on a batch is full.
const FULL_BYTES: usize = 64 << 10;
const FULL_ROWS: usize = 1 << 10;

/// The fields of a row as the file has them, with their quotes; `None` if they are not UTF-8.
pub(super) type Fields<'b> = Option<[&'b str; COLUMNS.len()]>;

/// Consecutive rows.
pub(super) struct Batch {
    /// All fields, one after the other. Whether they are UTF-8 is for the other thread to find out: this one has more to do.
    text: Vec<u8>,
    rows: Vec<BatchRow>,
}

struct BatchRow {
    line: u64,
    /// The offset of each field's end in the batch's text. A row begins where the one before it ends.
    ends: [usize; COLUMNS.len()],
}

impl Batch {
    /// Returns the line on which each row begins, counted from 1, and its fields.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, Fields<'_>)> {
        // As a whole, it is checked sooner than field by field.
        let text = std::str::from_utf8(&self.text);
        let mut start = 0;
        self.rows.iter().map(move |row| {
            let mut is_text = true;
            let fields = row.ends.map(|end| {
                let place = std::mem::replace(&mut start, end)..end;
                let field = match text {
                    Ok(text) => text.get(place),
                    Err(_) => self.text.get(place).and_then(|field| std::str::from_utf8(field).ok()),
                };
                is_text &= field.is_some();
                field.unwrap_or_default()
            });
            (row.line, is_text.then_some(fields))
        })
    }

    fn push(&mut self, row: &Row<'_>, columns: &[usize; COLUMNS.len()]) {
        let ends = columns.map(|column| {
            self.text.extend_from_slice(row.written(column));
            self.text.len()
        });
        self.rows.push(BatchRow { line: row.line(), ends });
    }
}

/// A file of rows, whose first one names the columns.
pub(super) struct Batches<'a, R> {
    rows: Rows<R>,
    origin: &'a Path,
    limits: &'a Limits,
    /// The place of each of [`COLUMNS`], and the number of all columns; `None` before the first row.
    header: Option<([usize; COLUMNS.len()], usize)>,
    end: Option<Result<(), CatalogError>>,
}

impl<'a, R: Read> Batches<'a, R> {
    /// `origin` is the archive's name in errors.
    pub(super) fn new(input: R, origin: &'a Path, limits: &'a Limits) -> Self {
        Self { rows: Rows::new(input, limits.markup_bytes), origin, limits, header: None, end: None }
    }

    /// Returns the next rows, or `None` at the end. An error comes after the rows before it.
    pub(super) fn next(&mut self) -> Option<Result<Batch, CatalogError>> {
        let mut batch = Batch { text: Vec::with_capacity(FULL_BYTES + FULL_BYTES / 8), rows: Vec::new() };
        while self.end.is_none() && batch.text.len() < FULL_BYTES && batch.rows.len() < FULL_ROWS {
            self.end = self.read_row(&mut batch).transpose();
        }
        if !batch.rows.is_empty() {
            return Some(Ok(batch));
        }
        // It is told once, and nothing after it.
        match self.end.replace(Ok(())) {
            Some(Err(error)) => Some(Err(error)),
            _ => None,
        }
    }

    /// Reads one row. Returns `Some` at the end of the file.
    fn read_row(&mut self, batch: &mut Batch) -> Result<Option<()>, CatalogError> {
        let (origin, limits) = (self.origin, self.limits);
        let not_definitions =
            |line: u64, reason: String| Err(CatalogError::NotDefinitions { path: origin.into(), line, reason });
        let row = match self.rows.next_row() {
            Ok(Some(row)) => row,
            Ok(None) if self.header.is_some() => return Ok(Some(())),
            Ok(None) => return not_definitions(1, "it is empty".to_owned()),
            Err(error) => return Err(failure(error, origin, limits)),
        };
        let Some((columns, width)) = &self.header else {
            let mut columns = [0; COLUMNS.len()];
            for (column, name) in columns.iter_mut().zip(COLUMNS) {
                let is_named =
                    |place: &usize| std::str::from_utf8(row.written(*place)).is_ok_and(|it| unquoted(it) == name);
                match (0..row.len()).find(is_named) {
                    Some(place) => *column = place,
                    None => return not_definitions(row.line(), format!("no column is named {name}")),
                }
            }
            self.header = Some((columns, row.len()));
            return Ok(None);
        };
        if row.len() != *width {
            return not_definitions(row.line(), format!("{} columns; expected {width}", row.len()));
        }
        if row.size() > limits.attribute_bytes
            && let Some(long) = (0..row.len()).map(|at| row.written(at)).find(|it| it.len() > limits.attribute_bytes)
        {
            let long = String::from_utf8_lossy(long);
            let reason = format!("{} is too long; the limit is {} bytes", printable(&long), limits.attribute_bytes);
            return not_definitions(row.line(), reason);
        }
        batch.push(&row, columns);
        Ok(None)
    }
}

fn failure(error: RowError, origin: &Path, limits: &Limits) -> CatalogError {
    let path = || origin.to_path_buf();
    let too_large = |what, limit| CatalogError::TooLarge {
        path: path(),
        what,
        limit,
        line: u32::try_from(error.line).unwrap_or(u32::MAX),
    };
    match error.reason {
        RowErrorReason::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            too_large("more bytes than allowed", limits.definition_bytes)
        }
        RowErrorReason::Io(error) => {
            CatalogError::Compressed { path: path(), reason: printable_reason(&error.to_string()) }
        }
        RowErrorReason::TooLong => too_large("a row that is too long", limits.markup_bytes as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "Exploits,AffectedComponent,Supersedes,DatePosted,CVE,BulletinKB,Severity,AffectedProduct\n";

    /// The lines and products of all rows, and the error after them.
    fn read(text: &str) -> (Vec<(u64, String)>, Option<CatalogError>) {
        let limits = Limits::default();
        let mut batches = Batches::new(text.as_bytes(), Path::new("x.zip"), &limits);
        let mut found = Vec::new();
        while let Some(batch) = batches.next() {
            match batch {
                Ok(batch) => found.extend(batch.rows().map(|(line, fields)| (line, fields.unwrap()[3].to_owned()))),
                Err(error) => {
                    assert!(batches.next().is_none(), "an error is the last");
                    return (found, Some(error));
                }
            }
        }
        (found, None)
    }

    #[test]
    fn rows_are_whole_and_in_order_across_batches() {
        let long = "x".repeat(FULL_BYTES / 3);
        let products: Vec<String> =
            (0..3 * FULL_ROWS).map(|n| if n % 1_000 == 0 { format!("{long}{n}") } else { n.to_string() }).collect();
        let rows: String = products.iter().map(|product| format!("\"a\nb\",,,,,,,{product}\n")).collect();
        let (found, error) = read(&format!("{HEADING}{rows}"));
        assert!(error.is_none());
        // The first field has a line break.
        assert!(found.into_iter().eq(products.into_iter().zip(0..).map(|(product, at)| (2 + 2 * at, product))));
    }

    #[test]
    fn an_error_comes_after_the_rows_before_it() {
        let rows = ",,,,,,,a\n".repeat(FULL_ROWS + 5);
        let (found, error) = read(&format!("{HEADING}{rows},\n{rows}"));
        assert_eq!(found.len(), FULL_ROWS + 5);
        let line = FULL_ROWS as u64 + 7;
        assert!(matches!(error, Some(CatalogError::NotDefinitions { line: at, .. }) if at == line));
    }

    #[test]
    fn rows_are_checked_each() {
        let limits = Limits::default();
        // A row of other bytes, one that is right, one whose fields are UTF-8 only together, and one with other bytes in a column that is
        // not used.
        let rows: &[&[u8]] = &[b",,,,,,\xFF,\n", b",,,,,,,a\n", b",,,,\xC3,\xA9,,b\n", b"\xFF,,,,,,,c\n"];
        let file = [HEADING.as_bytes(), &rows.concat()].concat();
        let batch = Batches::new(file.as_slice(), Path::new("x.zip"), &limits).next().unwrap().unwrap();
        let found: Vec<(u64, Option<&str>)> =
            batch.rows().map(|(line, fields)| (line, fields.map(|fields| fields[3]))).collect();
        assert_eq!(found, [(2, None), (3, Some("a")), (4, None), (5, Some("c"))]);
    }
}
