//! The errors of a history.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::limits::BUSY;

/// A history could not be read or written. Scans that it already has are unchanged.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("{file}: no such history; `wardline scan` creates one")]
    Missing { file: String },
    #[error("{file}: not a history of wardline")]
    NotAHistory { file: String },
    #[error(
        "{file}: has version {found} of the format, and this wardline knows versions up to {known}: use a newer wardline, or \
         another file (--history)"
    )]
    Newer { file: String, found: i64, known: i64 },
    #[error("{file}: cannot be written: the file or its folder is read-only")]
    ReadOnly { file: String },
    #[error("{file}: cannot be written: no space is left")]
    Full { file: String },
    #[error("{file}: another process has locked it for {} seconds", BUSY.as_secs())]
    Busy { file: String },
    #[error("{file}: damaged: {detail}")]
    Damaged { file: String, detail: String },
    #[error("{file}: {source}")]
    Io { file: String, source: std::io::Error },
    /// Any other error of SQLite.
    #[error("{file}: {source}")]
    Database { file: String, source: rusqlite::Error },
    #[error("{file}: no scan {wanted}: {known}")]
    NoSuchScan { file: String, wanted: String, known: String },
    /// Another process has pruned the history while this scan was being added.
    #[error("{file}: the unfinished scan {scan} was removed by another process")]
    Removed { file: String, scan: i64 },
}

impl HistoryError {
    pub(crate) fn new(file: &Path, source: rusqlite::Error) -> HistoryError {
        let file = file.display().to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => HistoryError::Busy { file },
            Some(ErrorCode::ReadOnly) => HistoryError::ReadOnly { file },
            Some(ErrorCode::DiskFull) => HistoryError::Full { file },
            Some(ErrorCode::NotADatabase) => HistoryError::NotAHistory { file },
            Some(ErrorCode::DatabaseCorrupt) => HistoryError::Damaged { file, detail: source.to_string() },
            _ => HistoryError::Database { file, source },
        }
    }

    pub(crate) fn damaged(file: &Path, detail: impl Into<String>) -> HistoryError {
        HistoryError::Damaged { file: file.display().to_string(), detail: detail.into() }
    }
}
