//! The folder of reports: one XML file for each machine and scan, and what the latest scan wrote.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wardline_files::replace::{create_private_file, create_private_folder, replace_private_file};
use wardline_files::text_file::{self, TextFileError};

use crate::saved::{self, Saved, SavedError};

/// The file about the latest scan.
const LATEST: &str = "latest-scan.json";

const MAX_BYTES_OF_LATEST: u64 = 256 << 20;

/// The maximum number of reports of the same name, which a number distinguishes.
const MAX_OF_A_NAME: u32 = 10_000;

/// A folder of reports.
#[derive(Clone, Debug)]
pub struct Reports {
    folder: PathBuf,
}

/// The result of the latest scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestScan {
    /// The names of its reports.
    pub reports: Vec<String>,
    /// Machines that could not be scanned, each with the reason.
    pub errors: Vec<String>,
}

/// Reports cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportsError {
    #[error("{}: cannot be created: {source}", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error("{}: cannot be listed: {source}", path.display())]
    Unlisted { path: PathBuf, source: std::io::Error },
    #[error("{0}: not the name of a report; `mbsacli /l` lists them")]
    NotAName(String),
    #[error("{name}: {} has no report of this name; `mbsacli /l` lists them", folder.display())]
    NoReport { name: String, folder: PathBuf },
    #[error("{}: no scan was made yet", .0.display())]
    NoScan(PathBuf),
    #[error(transparent)]
    Unreadable(#[from] TextFileError),
    #[error("{file}: damaged: {reason}; scan again")]
    Damaged { file: String, reason: String },
    #[error(transparent)]
    Saved(#[from] SavedError),
}

impl Reports {
    /// The reports in a folder, which need not exist until one is written.
    pub fn at(folder: &Path) -> Self {
        Reports { folder: folder.to_owned() }
    }

    /// Creates the folder, so that a scan does not fail at its end.
    ///
    /// # Errors
    ///
    /// [`ReportsError::Unwritable`].
    pub fn prepare(&self) -> Result<(), ReportsError> {
        create_private_folder(&self.folder).map_err(|source| self.unwritable(&self.folder, source))
    }

    /// Writes a report as a new file, and returns its name. If there is one of this name, a number follows: no report is replaced.
    ///
    /// # Errors
    ///
    /// [`ReportsError::Unwritable`].
    pub fn write(&self, name: &str, xml: &[u8]) -> Result<String, ReportsError> {
        for number in 1..=MAX_OF_A_NAME {
            let name = if number == 1 { name.to_owned() } else { format!("{name} {number}") };
            let path = self.path(&name);
            match create_private_file(&path, xml) {
                Ok(()) => return Ok(name),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(self.unwritable(&path, error)),
            }
        }
        Err(self.unwritable(&self.path(name), ErrorKind::AlreadyExists.into()))
    }

    /// Notes what a scan wrote, in place of the scan before.
    ///
    /// # Errors
    ///
    /// [`ReportsError::Unwritable`].
    pub fn note(&self, latest: &LatestScan) -> Result<(), ReportsError> {
        let path = self.folder.join(LATEST);
        replace_private_file(&path, |out| serde_json::to_writer_pretty(out, latest).map_err(Into::into))
            .map_err(|source| self.unwritable(&path, source))
    }

    /// Returns what the latest scan wrote.
    ///
    /// # Errors
    ///
    /// If no scan was made yet, or the note about it cannot be read.
    pub fn latest(&self) -> Result<LatestScan, ReportsError> {
        let path = self.folder.join(LATEST);
        let text = match text_file::read(&path, MAX_BYTES_OF_LATEST) {
            Ok(text) => text,
            Err(error) if error.is_absence() => return Err(ReportsError::NoScan(self.folder.clone())),
            Err(error) => return Err(error.into()),
        };
        serde_json::from_str(&text)
            .map_err(|error| ReportsError::Damaged { file: path.display().to_string(), reason: error.to_string() })
    }

    /// Returns the names of all reports, in order. There are none if the folder does not exist.
    ///
    /// # Errors
    ///
    /// [`ReportsError::Unlisted`].
    pub fn names(&self) -> Result<Vec<String>, ReportsError> {
        let unlisted = |source| ReportsError::Unlisted { path: self.folder.clone(), source };
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unlisted(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(unlisted)?.path();
            let is_xml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
            if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_xml) {
                names.push(stem.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Reads the report of this name, with or without its ending. If `only_head`, its checks are left out.
    ///
    /// # Errors
    ///
    /// If the name is not one in the folder, or the report cannot be read.
    pub fn read(&self, name: &str, only_head: bool) -> Result<Saved, ReportsError> {
        let stem = name.strip_suffix(".xml").or(name.strip_suffix(".XML")).unwrap_or(name);
        if stem.is_empty() || stem.starts_with('.') || stem.contains(['/', '\\', ':']) {
            return Err(ReportsError::NotAName(name.to_owned()));
        }
        saved::read(&self.path(stem), only_head).map_err(|error| match error {
            SavedError::Unreadable(error) if error.is_absence() => {
                ReportsError::NoReport { name: stem.to_owned(), folder: self.folder.clone() }
            }
            error => error.into(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.xml"))
    }

    fn unwritable(&self, path: &Path, source: std::io::Error) -> ReportsError {
        ReportsError::Unwritable { path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_report_replaces_another_and_names_stay_in_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let reports = Reports::at(&place.path().join("SecurityScans"));
        assert!(reports.names().unwrap().is_empty());
        assert!(matches!(reports.latest(), Err(ReportsError::NoScan(_))));
        reports.prepare().unwrap();
        let xml = br#"<SecScan Machine="A" Grade="5"></SecScan>"#;
        let written: Vec<String> = (0..3).map(|_| reports.write("A (x)", xml).unwrap()).collect();
        assert_eq!(written, ["A (x)", "A (x) 2", "A (x) 3"]);
        reports.note(&LatestScan { reports: written.clone(), errors: vec!["B: gone".to_owned()] }).unwrap();
        assert_eq!(reports.names().unwrap(), written);
        assert_eq!(reports.latest().unwrap().reports, written);
        assert_eq!(reports.read("A (x) 2.xml", false).unwrap().machine, "A");
        std::fs::write(place.path().join("outside.xml"), xml).unwrap();
        for name in ["../outside", r"..\outside", "", ".."] {
            assert!(matches!(reports.read(name, false), Err(ReportsError::NotAName(_))), "{name}");
        }
        assert!(matches!(reports.read("B", false), Err(ReportsError::NoReport { .. })));
        std::fs::write(place.path().join("SecurityScans").join(LATEST), "{").unwrap();
        assert!(matches!(reports.latest(), Err(ReportsError::Damaged { .. })));
    }
}
