//! In-memory parts with a clock, and a folder of evidence.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wardline::cli::{self, CacheArgs, Catalogs, ExitStatus, Fatal, LoadedPlugins, OutputFormat, Parts, PluginRequest};
use wardline::contract::Update;
use wardline::evidence::Source;
use wardline::report::CatalogSource;
use wardline::scan::{OpenError, TargetSpec};

use crate::report::doubles::{Detector, Ending, Gauge, open, updates};

/// Parts whose time is 2026-11-27, 18:05:09 UTC.
struct Clocked;

impl Parts for Clocked {
    fn catalogs(&self, files: &[PathBuf], _: &CacheArgs) -> Result<Catalogs, Fatal> {
        if files.is_empty() {
            return Ok(Catalogs::default());
        }
        let source = CatalogSource {
            format: "mssecure".to_owned(),
            schema_version: None,
            data_version: Some("2001.11.1".to_owned()),
            date: None,
            digest: "0".repeat(64),
            location: "c.xml".to_owned(),
        };
        Ok(Catalogs { sources: vec![source], updates: updates(), ..Catalogs::default() })
    }

    fn show_catalog(&self, _: &[PathBuf], _: OutputFormat, _: &mut dyn Write) -> Result<(), Fatal> {
        Ok(())
    }

    fn plugins(&self, _: &PluginRequest<'_>, updates: &[Update]) -> Result<LoadedPlugins, Fatal> {
        let plugins = vec![Detector::plugin("os", &["Windows 2000*"], updates, Ending::Finds)];
        Ok(LoadedPlugins { plugins, ..LoadedPlugins::default() })
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_802_709)
    }

    fn open(&self, target: &TargetSpec) -> Result<Box<dyn Source>, OpenError> {
        open(target, &Arc::new(Gauge::default()))
    }
}

/// A working folder with evidence of `web01`, `sql01-patched`, `10.0.0.5` and `CONTOSO\fp01`.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(place.path("evidence/CONTOSO")).unwrap();
        for name in ["web01.txt", "sql01-patched.txt", "10.0.0.5.txt", "CONTOSO/fp01.txt"] {
            place.write(&format!("evidence/{name}"), "");
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs a command line. Words are separated by spaces; `DIR` in one is this folder.
    pub(crate) fn run(&self, line: &str) -> ExitStatus {
        let folder = self.0.path().display().to_string();
        cli::run(line.split_whitespace().map(|word| OsString::from(word.replace("DIR", &folder))), &Clocked)
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        Path::new(&self.path(name)).exists()
    }
}
