//! The definitions of Windows Exploit Suggester, Next Generation: a ZIP archive of CSV files, with one row for each vulnerability, update
//! and product.
//!
//! The columns are described at <https://github.com/bitsadmin/wesng>. Most rows come from the publisher's documents and name the
//! products as they do, without identifiers; the oldest come from the publisher's list of bulletins.

use std::io::{self, Cursor, Read};
use std::path::Path;

use foldhash::{HashMap, HashMapExt};
use wardline_contract::Severity;

use super::document::{Collector, Document, Fix, Rating, RemedyText, severity};
use super::rows::{Row, RowError, RowErrorReason, Rows};
use crate::ahead::read_ahead;
use crate::error::{printable, printable_reason};
use crate::xml::trimmed;
use crate::{CatalogError, CatalogInfo, Limits};

/// The maximum number of files in an archive; the publisher's have three.
const MAX_FILES: usize = 64;

/// The columns that are used, by their place in [`Columns`].
const COLUMNS: [&str; 6] = ["DatePosted", "CVE", "BulletinKB", "AffectedProduct", "Severity", "Supersedes"];

/// Parses an archive that is in memory as a whole; the files in it are read as they are decompressed. `info` is the identity of the
/// archive.
///
/// # Errors
///
/// `Compressed` if the archive is damaged or holds no definitions, `NotDefinitions` if a file in it does not have the columns, and
/// `TooLarge` if it exceeds `limits`.
pub(crate) fn parse(bytes: &[u8], info: CatalogInfo, origin: &Path, limits: &Limits) -> Result<Document, CatalogError> {
    let damaged = |reason: String| CatalogError::Compressed { path: origin.into(), reason: printable_reason(&reason) };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    if archive.len() > MAX_FILES {
        return Err(damaged(format!("it has {} files; the limit is {MAX_FILES}", archive.len())));
    }
    let mut definitions = Definitions {
        origin,
        limits,
        collector: Collector::new(limits),
        weaknesses: HashMap::new(),
        newest: String::new(),
        remedies: HashMap::new(),
        remedy: (Vec::new(), None),
        weakness: (String::new(), None),
        rating: (String::new(), None),
    };
    let mut left = limits.definition_bytes;
    let mut released = None;
    let mut found = false;
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(|error| damaged(error.to_string()))?;
        let name = file.name().map_err(|error| damaged(error.to_string()))?.into_owned();
        if !name.to_ascii_lowercase().ends_with(".csv") {
            continue;
        }
        found = true;
        released = released.max(date_in(&name));
        read_ahead(Bounded { input: file, left: &mut left }, |input| definitions.file(input))?;
    }
    if !found {
        return Err(damaged("it holds no CSV file; expected the definitions of WES-NG".to_owned()));
    }
    let Definitions { collector, newest, .. } = definitions;
    let date = released.or_else(|| Some(newest).filter(|date| !date.is_empty()));
    Ok(Document {
        info: CatalogInfo { date: date.clone(), ..info },
        id: "wesng".to_owned(),
        released: None,
        revised: date.unwrap_or_default(),
        products: collector.products,
        weaknesses: collector.weaknesses,
        ratings: collector.ratings,
        remedies: collector.remedies,
        fixes: collector.fixes,
        tally: collector.tally,
    })
}

struct Definitions<'a> {
    origin: &'a Path,
    limits: &'a Limits,
    collector: Collector<'a>,
    weaknesses: HashMap<Box<str>, u32>,
    /// The newest date of a row.
    newest: String,
    /// By a row's date, article, and superseded articles, each as the file has it after its length: the index of its remedy.
    remedies: HashMap<Box<[u8]>, u32>,
    /// The key of the last row in `remedies`, and the index there; `None` before the first row.
    remedy: (Vec<u8>, Option<u32>),
    /// The last row's vulnerability, and its index; `None` before the first row.
    weakness: (String, Option<u32>),
    /// The last row's word for a rating, and its meaning.
    rating: (String, Option<Severity>),
}

/// The place of each of [`COLUMNS`] in a file.
type Columns = [usize; COLUMNS.len()];

impl Definitions<'_> {
    fn file(&mut self, input: impl Read) -> Result<(), CatalogError> {
        let mut rows = Rows::new(input, self.limits.markup_bytes);
        let mut header: Option<(Columns, usize)> = None;
        while let Some(row) = rows.next_row().map_err(|error| self.failure(error))? {
            match &header {
                None => header = Some((self.columns(&row)?, row.len())),
                Some((columns, width)) if row.len() == *width => self.row(&row, columns)?,
                Some((_, width)) => {
                    let reason = format!("{} columns; expected {width}", row.len());
                    return Err(self.not_definitions(row.line(), reason));
                }
            }
        }
        match header {
            Some(_) => Ok(()),
            None => Err(self.not_definitions(1, "it is empty".to_owned())),
        }
    }

    fn columns(&self, row: &Row<'_>) -> Result<Columns, CatalogError> {
        let mut columns = [0; COLUMNS.len()];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            let place = (0..row.len()).find(|place| row.field(*place) == name);
            *column = place.ok_or_else(|| self.not_definitions(row.line(), format!("no column is named {name}")))?;
        }
        Ok(columns)
    }

    fn row(&mut self, row: &Row<'_>, columns: &Columns) -> Result<(), CatalogError> {
        if row.size() > self.limits.attribute_bytes
            && let Some(long) = row.written_fields().find(|text| text.len() > self.limits.attribute_bytes)
        {
            let reason = format!("{} is too long; the limit is {} bytes", printable(long), self.limits.attribute_bytes);
            return Err(self.not_definitions(row.line(), reason));
        }
        let fields = columns.map(|column| row.field(column));
        let [date, cve, article, product, rating, supersedes] = fields.each_ref().map(|field| trimmed(field));
        let origin = self.origin;
        let line = || u32::try_from(row.line()).unwrap_or(u32::MAX);
        let too_large = |what, limit| CatalogError::TooLarge { path: origin.into(), what, limit, line: line() };
        self.collector.state(too_large)?;
        self.collector.tally.vendor_fixes += 1;
        let weakness = self.weakness(cve, line, too_large)?;
        let known = self.collector.products.len();
        let (name, product) = (product, self.collector.product_named(product));
        if self.collector.products.len() > known {
            self.collector.keep(2 * name.len(), too_large)?;
        }
        if self.rating.0 != rating {
            self.rating = (rating.to_owned(), severity(rating));
        }
        if let Some(severity) = self.rating.1 {
            self.collector.state(too_large)?;
            self.collector.ratings.push(Rating { weakness, product, severity });
        }
        let remedy = self.remedy(date, article, supersedes, line, too_large)?;
        self.collector.fixes.push(Fix { remedy, weakness, product });
        Ok(())
    }

    /// Returns the vulnerability of a row, which is mostly that of the row before.
    fn weakness(
        &mut self,
        cve: &str,
        line: impl FnOnce() -> u32,
        too_large: impl FnOnce(&'static str, u64) -> CatalogError,
    ) -> Result<u32, CatalogError> {
        if let (last, Some(index)) = &self.weakness
            && last == cve
        {
            return Ok(*index);
        }
        let index = match self.weaknesses.get(cve) {
            Some(index) => *index,
            None => {
                self.collector.keep(2 * cve.len(), too_large)?;
                let index = self.collector.weakness(0);
                self.collector.tally.vulnerabilities += 1;
                if let Some(weakness) = self.collector.weaknesses.get_mut(index as usize) {
                    (weakness.id, weakness.line) = (cve.into(), line());
                }
                self.weaknesses.insert(cve.into(), index);
                index
            }
        };
        let (last, last_index) = &mut self.weakness;
        last.clear();
        last.push_str(cve);
        *last_index = Some(index);
        Ok(index)
    }

    /// Returns the remedy of a row.
    fn remedy(
        &mut self,
        date: &str,
        article: &str,
        supersedes: &str,
        line: impl FnOnce() -> u32,
        too_large: impl Fn(&'static str, u64) -> CatalogError,
    ) -> Result<u32, CatalogError> {
        let (key, last) = &mut self.remedy;
        let before = key.len();
        for text in [date, article, supersedes] {
            key.extend_from_slice(&text.len().to_ne_bytes());
            key.extend_from_slice(text.as_bytes());
        }
        let is_last = key.get(..before) == key.get(before..);
        key.drain(..before);
        if let Some(index) = last.filter(|_| is_last) {
            return Ok(index);
        }
        let index = match self.remedies.get(key.as_slice()) {
            Some(index) => *index,
            None => {
                self.collector.keep(key.len(), &too_large)?;
                let posted = iso(date).unwrap_or_default();
                if posted > self.newest {
                    self.newest.clone_from(&posted);
                }
                let (description, supersedes) = (article.to_owned(), supersedes.to_owned());
                let text = RemedyText { description, supersedes, posted, ..RemedyText::default() };
                let index = self.collector.remedy(&text, 0, too_large)?;
                if let Some(remedy) = self.collector.remedies.get_mut(index as usize).filter(|remedy| remedy.line == 0)
                {
                    remedy.line = line();
                }
                self.remedies.insert(key.as_slice().into(), index);
                index
            }
        };
        *last = Some(index);
        Ok(index)
    }

    fn not_definitions(&self, line: u64, reason: String) -> CatalogError {
        CatalogError::NotDefinitions { path: self.origin.into(), line, reason }
    }

    fn failure(&self, error: RowError) -> CatalogError {
        let too_large = |what, limit| CatalogError::TooLarge {
            path: self.origin.into(),
            what,
            limit,
            line: u32::try_from(error.line).unwrap_or(u32::MAX),
        };
        match error.reason {
            RowErrorReason::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                too_large("more bytes than allowed", self.limits.definition_bytes)
            }
            RowErrorReason::Io(error) => {
                CatalogError::Compressed { path: self.origin.into(), reason: printable_reason(&error.to_string()) }
            }
            RowErrorReason::TooLong => too_large("a row that is too long", self.limits.markup_bytes as u64),
            RowErrorReason::NotUtf8 => self.not_definitions(error.line, "it is not UTF-8".to_owned()),
        }
    }
}

/// Fails after a number of bytes that all files of an archive share: a small archive may decompress without end.
struct Bounded<'a, R> {
    input: R,
    left: &'a mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let taken = self.input.read(into)?;
        *self.left = self
            .left
            .checked_sub(taken as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "more bytes than allowed"))?;
        Ok(taken)
    }
}

/// Returns `2026-06-28` for `CVEs_20260628.csv`.
fn date_in(name: &str) -> Option<String> {
    iso(name.rsplit('_').next()?.get(..8)?)
}

/// Returns `2017-03-14` for `20170314`.
fn iso(text: &str) -> Option<String> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    Some(format!("{year}-{month}-{day}"))
}
