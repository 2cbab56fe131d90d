//! The tallies of machines, from which the numbers of a scan are added up without reading its reports.
//!
//! A tally is derived from a machine's report, and stored with the row of the report's root. Its body is a list of LEB128 numbers
//! behind the first bytes of their digest: how many numbers the tally has, and these, see [`Tally::numbers`]; the rows of the system's
//! name and of the error (0 for none); two numbers for each entry of work: the row of its piece, and the number of its update or the
//! row of its remedy (0 for none), which is often a machine's own.

use wardline_report::{Tally, TargetReport, WorkEntry};

use crate::database::{Column, Database, Each};
use crate::error::HistoryError;
use crate::numbers::{Numbers, numbers};
use crate::part::{Blob, Remembered};

/// The version of what is derived, by this crate and by `wardline-report`. A tally of another one is made again.
pub(crate) const VERSION: i64 = 3;

/// The length of the digest in bytes. It only has to show damage: a tally that is not taken is made again.
const DIGEST: usize = 8;

const ADD: Each = Each {
    one: "INSERT INTO tally (report, version, body) VALUES (?1, ?2, ?3)
          ON CONFLICT (report) DO UPDATE SET version = excluded.version, body = excluded.body
          WHERE tally.version <> excluded.version OR tally.body <> excluded.body",
    all: "INSERT INTO tally (report, version, body) SELECT DISTINCT ON (report) report, version, body
          FROM unnest(?1::bigint[], ?2::bigint[], ?3::bytea[]) AS new (report, version, body)
          ON CONFLICT (report) DO UPDATE SET version = excluded.version, body = excluded.body
          WHERE tally.version <> excluded.version OR tally.body <> excluded.body",
};

/// The tally of a machine, ready to be stored.
#[derive(Debug)]
pub(crate) struct PreparedTally {
    numbers: Vec<u64>,
    system: Option<Blob>,
    error: Option<Blob>,
    entries: Vec<PreparedEntry>,
}

#[derive(Debug)]
struct PreparedEntry {
    piece: Blob,
    with: With,
}

/// The part of an entry beside its piece.
#[derive(Debug)]
enum With {
    Number(u32),
    Remedy(Blob),
    Nothing,
}

impl PreparedTally {
    pub(crate) fn new(report: &TargetReport) -> PreparedTally {
        let mut tally = Tally::new(report);
        let entries = tally.take_work().into_iter().map(|mut entry| {
            let number = entry.update_number().map(std::mem::take).map(With::Number);
            let remedy = match &mut entry {
                WorkEntry::Change(change) => change.remedy.take().map(|remedy| With::Remedy(Blob::json(&remedy))),
                WorkEntry::Install(_) | WorkEntry::Gap(_) | WorkEntry::Waived(_) => None,
            };
            let with = number.or(remedy).unwrap_or(With::Nothing);
            PreparedEntry { piece: Blob::json(&entry), with }
        });
        let entries = entries.collect();
        PreparedTally {
            numbers: tally.numbers(),
            system: report.system.product.as_ref().map(Blob::json),
            error: tally.error.as_ref().map(Blob::json),
            entries,
        }
    }

    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Blob> {
        let entries = self.entries.iter().flat_map(|entry| {
            let remedy = match &entry.with {
                With::Remedy(remedy) => Some(remedy),
                With::Number(_) | With::Nothing => None,
            };
            [Some(&entry.piece), remedy].into_iter().flatten()
        });
        self.system.iter().chain(&self.error).chain(entries)
    }

    /// Encodes the tally, whose pieces have been stored.
    fn body(&self, db: &Database, remembered: &Remembered) -> Result<Vec<u8>, HistoryError> {
        let row = |blob: &Option<Blob>| blob.as_ref().map_or(Ok(0), |blob| remembered.row(db, blob));
        let mut body = Numbers::default();
        body.push(self.numbers.len() as i64);
        self.numbers.iter().for_each(|number| body.push(i64::try_from(*number).unwrap_or(i64::MAX)));
        body.push(row(&self.system)?);
        body.push(row(&self.error)?);
        for entry in &self.entries {
            body.push(remembered.row(db, &entry.piece)?);
            body.push(match &entry.with {
                With::Number(number) => i64::from(*number),
                With::Remedy(remedy) => remembered.row(db, remedy)?,
                With::Nothing => 0,
            });
        }
        let body = Blob::new(body.into_bytes());
        let mut whole = body.digest.first_chunk::<DIGEST>().map(|digest| digest.to_vec()).unwrap_or_default();
        whole.extend(&body.bytes);
        Ok(whole)
    }
}

/// Stores the tallies of reports, given by their rows, whose pieces have been stored.
pub(crate) fn store<'t>(
    tallies: impl IntoIterator<Item = (i64, &'t PreparedTally)>,
    db: &Database,
    remembered: &Remembered,
) -> Result<(), HistoryError> {
    let (mut reports, mut bodies) = (Vec::new(), Vec::new());
    for (report, tally) in tallies {
        reports.push(report);
        bodies.push(tally.body(db, remembered)?);
    }
    let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
    let versions = vec![VERSION; reports.len()];
    let columns = [Column::Numbers(&reports), Column::Numbers(&versions), Column::Bytes(&bodies)];
    db.each(ADD, &columns, |_| Ok(())).map(|_| ())
}

/// A tally as it is stored.
#[derive(Debug)]
pub(crate) struct StoredTally {
    pub(crate) numbers: Vec<u64>,
    pub(crate) system: i64,
    pub(crate) error: i64,
    /// For each entry of work, the row of its piece, and what it has beside it.
    pub(crate) entries: Vec<(i64, i64)>,
}

impl StoredTally {
    /// `None` if the tally is damaged.
    pub(crate) fn read(body: &[u8]) -> Option<StoredTally> {
        let (digest, body) = body.split_first_chunk::<DIGEST>()?;
        let blob = Blob::new(body.to_vec());
        let all = numbers(body).filter(|_| blob.digest.starts_with(digest))?;
        let (count, all) = all.split_first()?;
        let (of_tally, rest) = all.split_at_checked(usize::try_from(*count).ok()?)?;
        let ([system, error], rest) = rest.split_first_chunk::<2>()?;
        let (entries, []) = rest.as_chunks::<2>() else { return None };
        Some(StoredTally {
            numbers: of_tally.iter().map(|number| number.unsigned_abs()).collect(),
            system: *system,
            error: *error,
            entries: entries.iter().map(|[piece, with]| (*piece, *with)).collect(),
        })
    }

    /// The rows that it names. The number of an update is not one, but keeps at most one piece too many.
    pub(crate) fn rows(&self) -> impl Iterator<Item = i64> {
        let of_entries = self.entries.iter().flat_map(|(piece, with)| [*piece, *with]);
        [self.system, self.error].into_iter().chain(of_entries)
    }
}
