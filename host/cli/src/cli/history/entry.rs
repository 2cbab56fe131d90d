//! A scan that is being made, and the history: the entry that the scan adds, and what is already known.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, ValueHint};

use super::super::parts::Parts;
use super::super::{Fatal, warn};
use crate::aliasing::Files;
use crate::history::{History, HistoryError, Prepared, ScanWriter, Store};
use crate::report::{Head, Summary, TargetReport};
use crate::scan::one_line;

#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "History")]
pub struct HistoryChoice {
    /// Add the scan to this history [default: WARDLINE_HISTORY, or history.sqlite in the data directory]
    #[arg(long, value_name = "FILE|URL", conflicts_with = "no_history", value_parser = store_parser(), value_hint = ValueHint::AnyPath)]
    history: Option<Store>,
    /// Do not add the scan to a history
    #[arg(long)]
    no_history: bool,
    /// Report only problems that the machine did not have in its last scan in the history; --fail-on counts only these
    #[arg(long, conflicts_with = "no_history")]
    new_only: bool,
}

/// Parses a file or the URL of a server.
pub(in crate::cli) fn store_parser() -> impl TypedValueParser<Value = Store> {
    StoreParser
}

/// A parser whose errors do not show the value: a URL that is not correct may have its password anywhere.
#[derive(Clone, Copy)]
struct StoreParser;

impl TypedValueParser for StoreParser {
    type Value = Store;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Store, clap::Error> {
        let failed = |error| clap::Error::raw(ErrorKind::ValueValidation, format!("--history: {error}\n"));
        Store::parse(value).map_err(|error| failed(error).with_cmd(command))
    }
}

/// Returns where the history is: what was named, else the default.
///
/// # Errors
///
/// If the default is the URL of a server, and not a correct one.
pub(in crate::cli) fn place(named: Option<&Store>, parts: &dyn Parts) -> Result<Option<Store>, Fatal> {
    match named {
        Some(store) => Ok(Some(store.clone())),
        None => {
            let parse =
                |text: PathBuf| Store::parse(text.as_os_str()).map_err(|error| format!("WARDLINE_HISTORY: {error}"));
            Ok(parts.history().map(parse).transpose()?)
        }
    }
}

impl HistoryChoice {
    fn place(&self, parts: &dyn Parts) -> Result<Option<Store>, Fatal> {
        if self.no_history { Ok(None) } else { place(self.history.as_ref(), parts) }
    }

    /// Registers the history as written, if it is a file.
    pub(in crate::cli) fn register(&self, files: &mut Files, parts: &dyn Parts) {
        // A URL that is not correct is reported where the history is opened.
        if let Some(file) = self.place(parts).ok().flatten().as_ref().and_then(Store::file) {
            files.writes(if self.history.is_some() { "--history" } else { "the history" }, file);
        }
    }
}

/// The scan's entry in the history. If the operator named no history, a failure is a warning: the report is what was asked for.
#[derive(Debug)]
pub(in crate::cli) struct Entry {
    writer: Option<ScanWriter>,
    /// Why the scan is not in the history that was named.
    failure: Option<HistoryError>,
    is_named: bool,
}

impl Entry {
    /// Begins to add a scan.
    ///
    /// # Errors
    ///
    /// If the history that was named cannot be written.
    pub(in crate::cli) fn begin(choice: &HistoryChoice, head: &Head, parts: &dyn Parts) -> Result<Self, Fatal> {
        let is_named = choice.history.is_some();
        let mut entry = Entry { writer: None, failure: None, is_named };
        match choice.place(parts)?.map(History::create) {
            Some(Ok(history)) => entry.writer = Some(history.begin(head, SystemTime::now())),
            Some(Err(error)) if is_named => return Err(error.into()),
            Some(Err(error)) => entry.fail(error),
            None => {}
        }
        Ok(entry)
    }

    /// Whether reports are to be prepared.
    pub(in crate::cli) fn is_on(&self) -> bool {
        self.writer.is_some()
    }

    /// Names the run, so that one that is finished twice is added once.
    #[must_use]
    pub(in crate::cli) fn of_run(mut self, run: Option<&str>) -> Self {
        if let Some(run) = run {
            self.writer = self.writer.map(|writer| writer.of_run(run));
        }
        self
    }

    pub(in crate::cli) fn append(&mut self, machine: Option<Prepared>) {
        if let (Some(writer), Some(machine)) = (&mut self.writer, machine)
            && let Err(error) = writer.append(machine)
        {
            self.fail(error);
        }
    }

    /// Makes the scan part of the history.
    ///
    /// # Errors
    ///
    /// If the history that was named does not have the scan.
    pub(in crate::cli) fn finish(mut self, summary: &Summary) -> Result<(), Fatal> {
        if let Some(writer) = self.writer.take()
            && let Err(error) = writer.finish(&summary.not_covered, summary.plugins_not_loaded, SystemTime::now())
        {
            self.fail(error);
        }
        match self.failure {
            Some(error) => Err(format!("{}; the report is complete", one_line(&error)).into()),
            None => Ok(()),
        }
    }

    fn fail(&mut self, error: HistoryError) {
        self.writer = None;
        if self.is_named {
            self.failure = Some(error);
        } else {
            warn(&format!("the scan is not added to the history: {}", one_line(&error)));
        }
    }
}

/// The history that `--new-only` compares machines with.
pub(in crate::cli) struct Known(Option<Mutex<History>>);

impl Known {
    /// Opens the history to compare with, if the operator asks for it. A history that does not exist yet knows nothing.
    ///
    /// # Errors
    ///
    /// If there is no history, or it cannot be read.
    pub(in crate::cli) fn open(choice: &HistoryChoice, parts: &dyn Parts) -> Result<Self, Fatal> {
        if !choice.new_only {
            return Ok(Known(None));
        }
        let store =
            choice.place(parts)?.ok_or("--new-only: no history to compare with; name one with --history FILE")?;
        match History::open(store) {
            Ok(history) => Ok(Known(Some(Mutex::new(history)))),
            Err(HistoryError::Missing { .. }) => Ok(Known(None)),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes what was there before from a report. Returns the number of findings removed.
    pub(in crate::cli) fn remove_from(&self, report: &mut TargetReport) -> Result<usize, HistoryError> {
        let Some(history) = &self.0 else { return Ok(0) };
        // A lock that a panic left behind guards a connection that only reads.
        let history = history.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = history.known_problems(&report.name, &report.source.location)?;
        drop(history);
        Ok(known.remove_from(report))
    }
}
