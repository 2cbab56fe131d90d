//! The fleet that wardline carries: recordings of Windows volumes built by code, and a catalog for them.
//!
//! `host/cli/tests/vet/corpus.rs` rebuilds them and compares.

use std::path::Path;

use wardline_catalog::CatalogError;
use wardline_contract::Update;
use wardline_evidence::recording::{Recording, RecordingError};

macro_rules! recordings {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../corpus/", $name, ".json")).as_slice())),*]
    };
}

/// Each recording with its target's name.
const RECORDINGS: &[(&str, &[u8])] = recordings![
    "unpatched",
    "partly-patched",
    "patched",
    "superseding-only",
    "web-server",
    "sql-server",
    "damaged-hive",
    "nt4-web-server",
    "xp-workstation",
    "domain-controller",
    "metabase-cut-off",
    "sql-instances",
    "windows-7",
    "windows-10",
    "server-2022",
    "products-of-today",
];

const CATALOG: &[u8] = include_bytes!("../corpus/mssecure.xml");

/// The recordings, always in the same order.
///
/// # Errors
///
/// If this build carries a file that is not a recording.
pub fn recordings() -> Result<Vec<Recording>, RecordingError> {
    let parse = |(name, json): &(&str, &[u8])| Recording::parse(json, Path::new(&format!("built-in/{name}.json")));
    RECORDINGS.iter().map(parse).collect()
}

/// The updates of the catalog that the recordings were made with.
///
/// # Errors
///
/// If this build carries a file that is not a catalog.
pub fn updates() -> Result<Vec<Update>, CatalogError> {
    let catalog =
        wardline_catalog::parse(CATALOG, Path::new("built-in/mssecure.xml"), &wardline_catalog::Limits::default())?;
    Ok(wardline_catalog::merge(vec![catalog]).updates)
}
