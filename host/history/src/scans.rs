//! The scans of a history.

use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use wardline_contract::{Grade, UpdateStatus};
use wardline_report::{CheckReport, OverallGrade, TargetReport, UpdateReport};

use crate::database::Row;
use crate::date::{Date, timestamp};
use crate::error::HistoryError;
use crate::history::History;

/// A whole scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// Its number in the history, which no other scan ever has.
    pub number: i64,
    /// When it began and ended, in seconds since 1970; in JSON, `2026-11-27T01:33:19Z`.
    #[serde(serialize_with = "as_timestamp")]
    pub begun: i64,
    #[serde(serialize_with = "as_timestamp")]
    pub ended: i64,
    /// Name and version of the program that made it.
    pub tool: String,
    #[serde(flatten)]
    pub totals: Totals,
    #[serde(skip)]
    pub(crate) head: i64,
    #[serde(skip)]
    pub(crate) closing: i64,
}

impl Scan {
    /// Returns when it ended: `2026-11-27T01:33:19Z`.
    pub fn date(&self) -> String {
        timestamp(self.ended)
    }
}

pub(crate) fn as_timestamp<S: Serializer>(seconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp(*seconds))
}

/// A scan in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    pub machines: u64,
    /// Machines that could not be opened.
    pub not_opened: u64,
    /// Machines that could not be scanned, or not completely.
    pub incomplete: u64,
    pub severe_risk: u64,
    pub potential_risk: u64,
    /// Missing updates, on all machines together.
    pub missing: u64,
    /// Updates that are missing on some machine, each counted once.
    pub missing_updates: u64,
    pub pending_restart: u64,
    /// Checks that failed, critical and non-critical, on all machines together.
    pub failed_checks: u64,
}

impl Totals {
    /// The totals of one machine; `missing_updates` is left at 0.
    pub(crate) fn of(report: &TargetReport) -> Totals {
        // As in the report, what is waived is not counted.
        let counts = |update: &&UpdateReport, wanted| update.status == wanted && update.waived.is_none();
        let updates = |wanted| report.updates.iter().filter(|update| counts(update, wanted)).count() as u64;
        let failed = |check: &&CheckReport| {
            matches!(check.grade, Grade::Critical | Grade::NonCritical) && check.waived.is_none()
        };
        Totals {
            machines: 1,
            not_opened: u64::from(report.source.kind.is_none()),
            incomplete: u64::from(!report.complete),
            severe_risk: u64::from(report.grade == OverallGrade::SevereRisk),
            potential_risk: u64::from(report.grade == OverallGrade::PotentialRisk),
            missing: updates(UpdateStatus::Missing),
            missing_updates: 0,
            pending_restart: updates(UpdateStatus::PendingRestart),
            failed_checks: report.checks.iter().filter(failed).count() as u64,
        }
    }

    pub(crate) fn add(&mut self, other: &Totals) {
        self.machines += other.machines;
        self.not_opened += other.not_opened;
        self.incomplete += other.incomplete;
        self.severe_risk += other.severe_risk;
        self.potential_risk += other.potential_risk;
        self.missing += other.missing;
        self.missing_updates += other.missing_updates;
        self.pending_restart += other.pending_restart;
        self.failed_checks += other.failed_checks;
    }
}

/// The name of a scan on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanChoice {
    /// The one that many places before the last: 0 for the last one.
    FromLast(u32),
    Number(i64),
    /// The last one that ended on this day or earlier, in UTC.
    Day(Date),
}

impl ScanChoice {
    /// `latest` and `previous`.
    pub const LATEST: ScanChoice = ScanChoice::FromLast(0);
    pub const PREVIOUS: ScanChoice = ScanChoice::FromLast(1);
}

impl FromStr for ScanChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "latest" => return Ok(ScanChoice::LATEST),
            "previous" => return Ok(ScanChoice::PREVIOUS),
            _ => {}
        }
        if let Some(day) = Date::parse(text) {
            return Ok(ScanChoice::Day(day));
        }
        let number = text.strip_prefix('#').unwrap_or(text).parse();
        number
            .ok()
            .filter(|number| *number > 0)
            .map(ScanChoice::Number)
            .ok_or("expected a scan's number, `latest`, `previous`, or a day such as 2026-11-27")
    }
}

impl std::fmt::Display for ScanChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ScanChoice::FromLast(0) => formatter.write_str("`latest`"),
            ScanChoice::FromLast(1) => formatter.write_str("`previous`"),
            ScanChoice::FromLast(places) => write!(formatter, "`latest` - {places}"),
            ScanChoice::Number(number) => write!(formatter, "{number}"),
            ScanChoice::Day(day) => write!(formatter, "until {day}"),
        }
    }
}

impl History {
    /// Returns the whole scans, oldest first.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn scans(&self) -> Result<Vec<Scan>, HistoryError> {
        let sql = "SELECT id, begun, ended, tool, totals, head, closing FROM scan WHERE ended IS NOT NULL ORDER BY id";
        self.db.rows(sql, &[], scan)
    }

    /// Finds a scan.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchScan`], or any of reading the history.
    pub fn scan(&self, choice: ScanChoice) -> Result<Scan, HistoryError> {
        let scans = self.scans()?;
        let found = match choice {
            ScanChoice::FromLast(places) => scans.iter().rev().nth(places as usize),
            ScanChoice::Number(number) => scans.iter().find(|scan| scan.number == number),
            ScanChoice::Day(day) => scans.iter().rev().find(|scan| scan.ended < day.end()),
        };
        found.cloned().ok_or_else(|| HistoryError::NoSuchScan {
            store: self.name().to_owned(),
            wanted: choice.to_string(),
            known: match scans.as_slice() {
                [] => "it has no scans yet".to_owned(),
                [only] => format!("it has only scan {}", only.number),
                [first, .., last] => {
                    format!(
                        "it has {} scans, {} to {}; `wardline history list` shows them",
                        scans.len(),
                        first.number,
                        last.number
                    )
                }
            },
        })
    }
}

fn scan(row: &Row<'_>) -> Result<Scan, HistoryError> {
    Ok(Scan {
        number: row.number(0)?,
        begun: row.number(1)?,
        ended: row.number(2)?,
        tool: row.text(3)?,
        totals: serde_json::from_str(&row.text(4)?).unwrap_or_default(),
        head: row.number(5)?,
        closing: row.number(6)?,
    })
}
