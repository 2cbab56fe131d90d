//! A scan as a whole: its machines in numbers, and the work that they leave to be done.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use wardline_report::{CatalogReport, SavedSummary, Summary, Tally, TargetReport, WorkEntry};

use crate::database::Value;
use crate::error::HistoryError;
use crate::history::History;
use crate::limits::GROUP;
use crate::part::{PartReader, Remembered};
use crate::read::SavedHead;
use crate::scans::{Scan, ScanChoice};
use crate::tally::{self, PreparedTally, StoredTally};

/// A scan as a whole.
#[derive(Debug)]
pub struct Overview {
    pub catalog: Option<CatalogReport>,
    pub summary: Summary,
}

/// A machine of a scan, and its tally, if it has one.
struct Counted {
    name: String,
    /// The row of its report's root.
    report: i64,
    tally: Option<StoredTally>,
}

impl History {
    /// Counts the machines of a scan, and collects their work. Passes the tally of each to `machine`, in their order, without its
    /// work, and with the name of its system, which is empty if it is not known.
    ///
    /// Takes a fifth of a second for 10,000 machines whose tallies are stored, and as long as reading their reports otherwise.
    ///
    /// # Errors
    /// If the history cannot be read, or does not have the scan any more.
    pub fn overview(&self, scan: &Scan, machine: &mut dyn FnMut(&Tally, &Arc<str>)) -> Result<Overview, HistoryError> {
        self.db.snapshot(|| {
            self.scan(ScanChoice::Number(scan.number))?;
            let mut pieces = PartReader::new(&self.db);
            let head: SavedHead = pieces.json(scan.head)?;
            let closing: SavedSummary = pieces.json(scan.closing)?;
            let summary = Summary::new(closing.not_covered).without_plugins(closing.plugins_not_loaded);
            let mut overview = Overview { catalog: head.catalog, summary };
            let mut work = CollectedWork::default();
            let mut texts = Texts::default();
            for (place, group) in self.counted(scan)?.chunks(GROUP).enumerate() {
                let lacking = group.iter().filter(|machine| machine.tally.is_none());
                pieces.load_reports(&lacking.map(|machine| machine.report).collect::<Vec<_>>())?;
                for (place, counted) in (place * GROUP..).zip(group) {
                    let place = u32::try_from(place).unwrap_or(u32::MAX);
                    let (tally, system) = match &counted.tally {
                        Some(stored) => {
                            stored.entries.iter().for_each(|entry| work.add_stored(*entry, place));
                            (made(counted, stored, &mut texts, &mut pieces)?, texts.get(stored.system, &mut pieces)?)
                        }
                        None => {
                            let report = pieces.report(counted.report)?;
                            let mut tally = Tally::new(&report);
                            tally.name.clone_from(&counted.name);
                            tally.take_work().into_iter().for_each(|entry| work.add(entry, place));
                            (tally, texts.shared(system(&report)))
                        }
                    };
                    machine(&tally, &system);
                    overview.summary.add(tally);
                }
            }
            overview.summary.add_work(work.entries(&mut texts, &mut pieces)?);
            Ok(overview)
        })
    }

    /// Whether [`History::overview`] has to read reports, because the tallies of machines were not stored with their scan, or by
    /// another version.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn lacks_tallies(&self, scan: &Scan) -> Result<bool, HistoryError> {
        if !self.has_tallies {
            return Ok(true);
        }
        let lacking = self.db.rows(
            "SELECT result.report FROM result LEFT JOIN tally ON tally.report = result.report AND tally.version = ?2
             WHERE scan = ?1 AND tally.report IS NULL LIMIT 1",
            &[Value::Number(scan.number), Value::Number(tally::VERSION)],
            |row| row.number(0),
        )?;
        Ok(!lacking.is_empty())
    }

    /// Stores the tallies that a scan lacks.
    ///
    /// # Errors
    /// If the history cannot be read or written, or does not have the scan any more. Tallies that are already stored stay.
    pub fn store_tallies(&self, scan: &Scan) -> Result<(), HistoryError> {
        if !self.has_tallies {
            return Err(HistoryError::ReadOnly { store: self.name().to_owned() });
        }
        let lacking: Vec<Counted> = self.counted(scan)?.into_iter().filter(|machine| machine.tally.is_none()).collect();
        let mut pieces = PartReader::new(&self.db);
        let mut remembered = Remembered::default();
        for group in lacking.chunks(GROUP) {
            let reports: Vec<i64> = group.iter().map(|machine| machine.report).collect();
            self.db.transaction(|| {
                // As long as the history has the scan, these rows are those of its reports.
                self.scan(ScanChoice::Number(scan.number))?;
                pieces.load_reports(&reports)?;
                let read = reports.iter().map(|report| Ok(PreparedTally::new(&pieces.report(*report)?)));
                let tallies = read.collect::<Result<Vec<_>, HistoryError>>()?;
                remembered.store(&self.db, tallies.iter().flat_map(PreparedTally::pieces))?;
                tally::store(reports.iter().copied().zip(&tallies), &self.db, &remembered)
            })?;
        }
        Ok(())
    }

    /// Returns the machines of a scan with their tallies, in their order.
    fn counted(&self, scan: &Scan) -> Result<Vec<Counted>, HistoryError> {
        let sql = match self.has_tallies {
            true => {
                "SELECT name, result.report, tally.body FROM result
                 JOIN machine ON machine.id = result.machine
                 LEFT JOIN tally ON tally.report = result.report AND tally.version = ?2
                 WHERE scan = ?1 ORDER BY place"
            }
            false => {
                "SELECT name, result.report FROM result JOIN machine ON machine.id = result.machine
                 WHERE scan = ?1 AND CAST(?2 AS BIGINT) > 0 ORDER BY place"
            }
        };
        self.db.rows(sql, &[Value::Number(scan.number), Value::Number(tally::VERSION)], |row| {
            let body = if self.has_tallies { row.optional_bytes(2)? } else { None };
            let tally = body.and_then(|body| StoredTally::read(&body));
            Ok(Counted { name: row.text(0)?, report: row.number(1)?, tally })
        })
    }
}

fn system(report: &TargetReport) -> &str {
    report.system.product.as_deref().unwrap_or_default()
}

/// Makes a machine's tally again.
fn made(
    counted: &Counted,
    stored: &StoredTally,
    texts: &mut Texts,
    pieces: &mut PartReader<'_>,
) -> Result<Tally, HistoryError> {
    let error = match stored.error {
        0 => None,
        row => Some(texts.get(row, pieces)?.to_string()),
    };
    Tally::from_numbers(counted.name.clone(), error, &stored.numbers)
        .ok_or_else(|| pieces.damaged(counted.report, "its tally is not one"))
}

/// Texts that many machines share.
#[derive(Default)]
struct Texts {
    of_rows: HashMap<i64, Arc<str>>,
    known: HashSet<Arc<str>>,
}

impl Texts {
    /// Returns the text of a piece; row 0 is an empty one.
    fn get(&mut self, row: i64, pieces: &mut PartReader<'_>) -> Result<Arc<str>, HistoryError> {
        if let Some(text) = self.of_rows.get(&row) {
            return Ok(Arc::clone(text));
        }
        let text: String = if row == 0 { String::new() } else { pieces.json(row)? };
        let text = self.shared(&text);
        self.of_rows.insert(row, Arc::clone(&text));
        Ok(text)
    }

    fn shared(&mut self, text: &str) -> Arc<str> {
        match self.known.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let text: Arc<str> = text.into();
                self.known.insert(Arc::clone(&text));
                text
            }
        }
    }
}

/// The work of machines: each entry once, in the order of the first machine that has it.
#[derive(Default)]
struct CollectedWork {
    entries: Vec<(Source, Vec<u32>)>,
    stored: HashMap<(i64, i64), usize>,
    /// The entries that are not stored, by their JSON.
    others: HashMap<Vec<u8>, usize>,
}

enum Source {
    /// The row of its piece, and what it has beside it.
    Stored(i64, i64),
    Other(Box<WorkEntry>),
}

impl CollectedWork {
    fn add_stored(&mut self, (piece, with): (i64, i64), place: u32) {
        let next = self.entries.len();
        match self.stored.entry((piece, with)) {
            Entry::Occupied(known) => {
                if let Some((_, places)) = self.entries.get_mut(*known.get()) {
                    places.push(place);
                }
            }
            Entry::Vacant(new) => {
                new.insert(next);
                self.entries.push((Source::Stored(piece, with), vec![place]));
            }
        }
    }

    fn add(&mut self, entry: WorkEntry, place: u32) {
        let next = self.entries.len();
        // Writing to memory cannot fail.
        match self.others.entry(serde_json::to_vec(&entry).unwrap_or_default()) {
            Entry::Occupied(known) => {
                if let Some((_, places)) = self.entries.get_mut(*known.get()) {
                    places.push(place);
                }
            }
            Entry::Vacant(new) => {
                new.insert(next);
                self.entries.push((Source::Other(Box::new(entry)), vec![place]));
            }
        }
    }

    /// Reads the entries.
    fn entries(
        self,
        texts: &mut Texts,
        pieces: &mut PartReader<'_>,
    ) -> Result<Vec<(WorkEntry, Vec<u32>)>, HistoryError> {
        let rows = self.entries.iter().filter_map(|(source, _)| match source {
            Source::Stored(piece, _) => Some(*piece),
            Source::Other(_) => None,
        });
        pieces.load(rows)?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for (source, places) in self.entries {
            let entry = match source {
                Source::Other(entry) => *entry,
                Source::Stored(piece, with) => {
                    let mut entry: WorkEntry = pieces.json(piece)?;
                    match &mut entry {
                        WorkEntry::Change(change) if with != 0 => {
                            change.remedy = Some(texts.get(with, pieces)?.as_ref().into());
                        }
                        entry => {
                            if let Some(number) = entry.update_number() {
                                *number = u32::try_from(with)
                                    .map_err(|_| pieces.damaged(piece, "a number is out of range"))?;
                            }
                        }
                    }
                    entry
                }
            };
            entries.push((entry, places));
        }
        Ok(entries)
    }
}
