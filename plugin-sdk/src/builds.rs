//! Tables that say what a build belongs to: a release and the end of its support, a branch and its names in catalogs.
//!
//! Such a table is a data file in the plugin's folder. Its lines hold cells separated by tabs: the first build of a range, the
//! first build above it, and the table's own columns. Lines that begin with `#` are remarks; two of them are required and
//! name the source and the date of the data.
//!
//! ```
//! use wardline_plugin::builds::BuildTable;
//!
//! let table = BuildTable::parse("# source: example.com\n# date: 2026-11-22\n15.0.4003\t15.1\tCumulative updates\n", 1)?;
//! assert_eq!(table.date, "2026-11-22");
//! assert_eq!(table.of("15.0.4360.2").map(|range| range.cell(0)).collect::<Vec<_>>(), ["Cumulative updates"]);
//! assert_eq!(table.of("15.0.2000.5").count(), 0);
//! # Ok::<(), wardline_plugin::builds::BadTable>(())
//! ```

use std::cmp::Ordering;
use std::fmt;

use crate::version::compare_dotted;

/// A table of ranges of builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildTable {
    /// The origin of the data.
    pub source: String,
    /// The day on which the data were last compared with the source, as an ISO date.
    pub date: String,
    /// The ranges, in the file's order.
    pub ranges: Vec<BuildRange>,
}

/// A range of builds, with the cells of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildRange {
    /// The first build of the range.
    pub from: String,
    /// The first build above the range.
    pub below: String,
    cells: Vec<String>,
}

impl BuildRange {
    /// Whether the build is in this range. Text that is not a version is in none.
    pub fn holds(&self, build: &str) -> bool {
        compare_dotted(&self.from, build).is_some_and(Ordering::is_le)
            && compare_dotted(build, &self.below) == Some(Ordering::Less)
    }

    /// Returns a cell after the range's two builds, counted from 0. Empty if it is `-`, the sign for a cell without a value.
    pub fn cell(&self, place: usize) -> &str {
        self.cells.get(place).map(String::as_str).filter(|cell| *cell != "-").unwrap_or_default()
    }
}

impl BuildTable {
    /// Parses a table with `columns` cells after the two builds of each line.
    ///
    /// # Errors
    ///
    /// If a line is malformed, or the source or the date is missing.
    pub fn parse(text: &str, columns: usize) -> Result<BuildTable, BadTable> {
        let mut table = BuildTable::default();
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(remark) = line.strip_prefix('#') {
                match remark.split_once(':').map(|(name, value)| (name.trim(), value.trim())) {
                    Some(("source", source)) => table.source = source.to_owned(),
                    Some(("date", date)) => table.date = date.to_owned(),
                    _ => {}
                }
                continue;
            }
            if line.trim().is_empty() {
                continue;
            }
            let mut cells = line.split('\t').map(|cell| cell.trim().to_owned());
            let (Some(from), Some(below)) = (cells.next(), cells.next()) else { return Err(BadTable::Line(number)) };
            let range = BuildRange { from, below, cells: cells.collect() };
            let ascends = compare_dotted(&range.from, &range.below) == Some(Ordering::Less);
            if !ascends || range.cells.len() != columns || range.cells.iter().any(String::is_empty) {
                return Err(BadTable::Line(number));
            }
            table.ranges.push(range);
        }
        if table.source.is_empty() {
            return Err(BadTable::Source);
        }
        if !is_date(&table.date) {
            return Err(BadTable::Date);
        }
        Ok(table)
    }

    /// Returns the ranges that a build is in.
    pub fn of<'t>(&'t self, build: &'t str) -> impl Iterator<Item = &'t BuildRange> {
        self.ranges.iter().filter(move |range| range.holds(build))
    }
}

/// A table that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTable {
    /// The line with this number, counted from 1, is not a range of builds with the table's columns.
    Line(u32),
    /// No line begins with `# source:`.
    Source,
    /// No line begins with `# date:` and an ISO date.
    Date,
}

impl fmt::Display for BadTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadTable::Line(number) => {
                write!(
                    formatter,
                    "bad line {number} in a table of builds: expected two ascending builds and its columns"
                )
            }
            BadTable::Source => formatter.write_str("a table of builds lacks the line `# source:`"),
            BadTable::Date => formatter.write_str("a table of builds lacks the line `# date:` with an ISO date"),
        }
    }
}

impl std::error::Error for BadTable {}

/// Whether this is a date like `2026-11-22`; these dates compare as text.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# source: example.com\n# date: 2026-11-22\n";

    #[test]
    fn ranges_include_their_first_build_and_exclude_the_next() {
        let table = BuildTable::parse(&format!("{HEAD}15.0.2000\t15.0.4003\tGDR\n15.0.4003\t15.1\tCU\n"), 1).unwrap();
        let of = |build| table.of(build).map(|range| range.cell(0)).collect::<Vec<_>>();
        assert_eq!(of("15.0.2000"), ["GDR"]);
        assert_eq!(of("15.00.4002.9"), ["GDR"]);
        assert_eq!(of("15.0.4003.23"), ["CU"]);
        assert_eq!(of("15.1"), [""; 0]);
        assert_eq!(of("fifteen"), [""; 0]);
    }

    #[test]
    fn a_bad_table_is_refused_with_its_line() {
        for (rest, expected) in [
            ("1.0\t1.0\tx\n", BadTable::Line(3)),
            ("1.0\t2.0\n", BadTable::Line(3)),
            ("1.0\t2.0\tx\ty\n", BadTable::Line(3)),
            ("1.0\t2.0\tx\n\none\n", BadTable::Line(5)),
            ("1.0\t2.0\t\n", BadTable::Line(3)),
        ] {
            assert_eq!(BuildTable::parse(&format!("{HEAD}{rest}"), 1), Err(expected), "{rest:?}");
        }
        assert_eq!(BuildTable::parse("# date: 2026-11-22\n", 1), Err(BadTable::Source));
        assert_eq!(BuildTable::parse("# source: x\n# date: today\n", 1), Err(BadTable::Date));
    }

    #[test]
    fn a_dash_is_an_empty_cell() {
        let table = BuildTable::parse(&format!("{HEAD}1.0\t2.0\t-\n"), 1).unwrap();
        assert_eq!(table.ranges[0].cell(0), "");
        assert_eq!(table.ranges[0].cell(7), "");
    }
}
