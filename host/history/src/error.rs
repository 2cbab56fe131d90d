//! The errors of a history.

use crate::limits::BUSY;

/// A history could not be read or written. Scans that it already has are unchanged. `store` is the file, or the server's URL without
/// its password.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("{store}: no such history; `wardline scan` creates one")]
    Missing { store: String },
    #[error("{store}: not a history of wardline")]
    NotAHistory { store: String },
    #[error(
        "{store}: has version {found} of the format, and this wardline knows versions up to {known}: use a newer wardline, or \
         another history (--history)"
    )]
    Newer { store: String, found: i64, known: i64 },
    #[error("{store}: cannot be written: it is read-only")]
    ReadOnly { store: String },
    #[error("{store}: cannot be written: no space is left")]
    Full { store: String },
    #[error("{store}: another process has locked it for {} seconds", BUSY.as_secs())]
    Busy { store: String },
    #[error("{store}: damaged: {detail}")]
    Damaged { store: String, detail: String },
    #[error("{store}: {source}")]
    Io { store: String, source: std::io::Error },
    /// The server does not answer, or not any more.
    #[error("{store}: the server cannot be reached: {reason}")]
    Unreachable { store: String, reason: String },
    /// The server does not let the user in: a wrong password, or no such user.
    #[error("{store}: the server does not accept the user or the password: {detail}")]
    NotLetIn { store: String, detail: String },
    #[error("{store}: the server asks for a password: set PGPASSWORD, or add a line to ~/.pgpass")]
    NoPassword { store: String },
    #[error("{file}: cannot be used for a password: {reason}")]
    PasswordFile { file: String, reason: String },
    #[error("{store}: {detail}; create it first (`createdb`)")]
    NoDatabase { store: String, detail: String },
    /// The user has no right to do this in the database.
    #[error("{store}: the user lacks a right: {detail}")]
    NotPermitted { store: String, detail: String },
    #[error(
        "{store}: the database's encoding is {found}, and names need UTF8: create it with `createdb --encoding UTF8`"
    )]
    Encoding { store: String, found: String },
    /// Any other error of the database.
    #[error("{store}: {source}")]
    Database { store: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{store}: no scan {wanted}: {known}")]
    NoSuchScan { store: String, wanted: String, known: String },
    /// Another process has pruned the history while this scan was being added.
    #[error("{store}: the unfinished scan {scan} was removed by another process")]
    Removed { store: String, scan: i64 },
}
