//! Errors that stop a catalog from being read. Each message is one line and names the file and the position.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The reasons a catalog cannot be read. No part of such a catalog is used: an incomplete catalog would report machines as up to
/// date that are not.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// The file could not be opened, or reading it failed partway.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: is empty", path.display())]
    Empty { path: PathBuf },
    #[error("{}: is not XML: no element was found up to byte {byte}", path.display())]
    NotXml { path: PathBuf, byte: u64 },
    #[error("{}: is not a catalog: its root is <{root}>; expected <BulletinDatastore> or <cvrfdoc>", path.display())]
    WrongRoot { path: PathBuf, root: String },
    /// The file was copied or downloaded only in part.
    #[error("{}: ends in the middle of <{element}> at byte {byte}; fetch it again", path.display())]
    Truncated { path: PathBuf, element: String, byte: u64 },
    #[error("{}: is not well-formed XML at line {line}, byte {byte}: {reason}", path.display())]
    Malformed { path: PathBuf, line: u32, byte: u64, reason: String },
    #[error("{}: has schema version {version}; schemas 1.0 and 1.1 can be read", path.display())]
    UnsupportedSchema { path: PathBuf, version: String },
    /// A compressed file is damaged, or not of the kind that can be read.
    #[error("{}: cannot be decompressed: {reason}", path.display())]
    Compressed { path: PathBuf, reason: String },
    /// A JSON file is not a CSAF document, or is damaged.
    #[error("{}: is not a CSAF document: {reason}", path.display())]
    NotCsaf { path: PathBuf, reason: String },
    /// A CSV file does not have the columns of WES-NG's definitions, or is damaged.
    #[error("{}: is not a file of WES-NG definitions at line {line}: {reason}", path.display())]
    NotDefinitions { path: PathBuf, line: u64, reason: String },
    #[error("{}: is a folder without catalogs; expected mssecure.xml, CVRF or CSAF documents, or WES-NG's definitions.zip", path.display())]
    NoCatalogs { path: PathBuf },
    /// One of [`Limits`](super::Limits) was exceeded.
    #[error("{}: has {what} at line {line}; the limit is {limit}", path.display())]
    TooLarge { path: PathBuf, what: &'static str, limit: u64, line: u32 },
    /// [`Limits::resolved_bytes`](super::Limits::resolved_bytes) was exceeded.
    #[error("{}: grows beyond {limit} bytes once its references are followed", path.display())]
    Overgrown { path: PathBuf, limit: u64 },
}

/// Makes a name from a hostile file fit for a one-line message: no control characters, at most 40 characters.
pub(super) fn printable(name: &str) -> String {
    let mut out: String = name.chars().take(40).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if name.chars().nth(40).is_some() {
        out.push('…');
    }
    out
}

/// Makes a message that may quote a file, such as a library's, fit for display: one line, no control characters, limited length.
pub(super) fn printable_reason(reason: &str) -> String {
    reason.chars().take(200).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
