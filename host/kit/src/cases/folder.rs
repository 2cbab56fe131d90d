//! The files of a case.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use wardline_contract::Update;
use wardline_evidence::recording::{Recording, RecordingError};

use super::{CasesError, Kind};

/// The expected findings.
pub(super) const EXPECTED: &str = "expected.json";

/// The maximum size of `expected.json` or `updates.json` in bytes; a larger file was not written for a test.
const LARGEST_FILE: u64 = 64 << 20;

/// Why a case cannot be used, with the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error(transparent)]
    Target(#[from] RecordingError),
    #[error("{}: {source}", file.display())]
    File { file: PathBuf, source: std::io::Error },
    #[error("{}: is missing; write it, or let `wardline plugin test --accept` write what is found now", file.display())]
    NoExpected { file: PathBuf },
    #[error("{}: is larger than the {LARGEST_FILE} bytes that it may have", file.display())]
    TooLarge { file: PathBuf },
    #[error("{}: {source}", file.display())]
    Json { file: PathBuf, source: serde_json::Error },
    #[error("{}: the plugin has no check {check:?}; it has {known}", file.display())]
    NoCheck { file: PathBuf, check: String, known: String },
    #[error("{}: two updates have the number {number}", file.display())]
    Number { file: PathBuf, number: u32 },
    #[error("{}: a case has catalog.xml or updates.json, not both", folder.display())]
    TwoCatalogs { folder: PathBuf },
    #[error(transparent)]
    Catalog(#[from] wardline_catalog::CatalogError),
    #[error("{0}")]
    Settings(String),
}

/// A case as read. The expected findings are read separately, because they may have to be written first.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) target: Recording,
    pub(super) updates: Vec<Update>,
    /// Not read yet.
    pub(super) settings: Option<PathBuf>,
}

impl Case {
    pub(super) fn read(folder: &Path) -> Result<Self, CaseError> {
        let target = Recording::read(&folder.join("target.json"))?;
        let (catalog, updates) = (folder.join("catalog.xml"), folder.join("updates.json"));
        let updates = match (catalog.exists(), updates.exists()) {
            (true, true) => return Err(CaseError::TwoCatalogs { folder: folder.to_owned() }),
            (true, false) => {
                wardline_catalog::merge(vec![wardline_catalog::read(&catalog, &wardline_catalog::Limits::default())?])
                    .updates
            }
            (false, true) => read_updates(updates)?,
            (false, false) => Vec::new(),
        };
        let settings = Some(folder.join("settings.toml")).filter(|file| file.exists());
        Ok(Case { target, updates, settings })
    }
}

fn read_updates(file: PathBuf) -> Result<Vec<Update>, CaseError> {
    let updates: Vec<Update> = read_json(&file)?;
    let mut numbers: Vec<u32> = updates.iter().map(|update| update.number).collect();
    numbers.sort_unstable();
    match numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(CaseError::Number { file, number: pair[0] }),
        None => Ok(updates),
    }
}

pub(super) fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T, CaseError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound if file.ends_with(EXPECTED) => CaseError::NoExpected { file: file.to_owned() },
        _ => CaseError::File { file: file.to_owned(), source },
    };
    let json = wardline_files::regular_file::read(file, LARGEST_FILE).map_err(failed)?;
    if json.len() as u64 > LARGEST_FILE {
        return Err(CaseError::TooLarge { file: file.to_owned() });
    }
    serde_json::from_slice(&json).map_err(|source| CaseError::Json { file: file.to_owned(), source })
}

/// The folders of all cases: first the good ones, then the bad ones, each sorted by name.
pub(super) fn list(cases: &Path) -> Result<Vec<(Kind, PathBuf)>, CasesError> {
    let mut all = Vec::new();
    for kind in [Kind::Good, Kind::Bad] {
        let folder = cases.join(kind.word());
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(CasesError::Folder { folder, reason: error.to_string() }),
        };
        let mut folders: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        all.extend(folders.into_iter().map(|folder| (kind, folder)));
    }
    if all.is_empty() {
        let reason = "holds no cases; a case is a folder in good/ or bad/ with target.json and expected.json";
        return Err(CasesError::Folder { folder: cases.to_owned(), reason: reason.to_owned() });
    }
    Ok(all)
}
