//! `--resume`: the journal of a scan that may be interrupted.

use std::ops::ControlFlow;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::output::{OutputArg, ReportFormat};
use super::scan_args::ScanArgs;
use super::{Fatal, messages};
use crate::contract::{Options, Update, hex};
use crate::report::{Head, Journal, TargetReport};
use crate::scan::{Plugin, TargetSpec};
use crate::stock::is_stock;

/// The suffix that the journal's path adds to the report's.
const ENDING: &str = ".journal";

/// Where the journal of a scan is: beside the first report that goes to a file.
pub(super) fn path(outputs: &[OutputArg<ReportFormat>]) -> Option<PathBuf> {
    let mut path = outputs.iter().find_map(|output| output.file.as_deref())?.as_os_str().to_owned();
    path.push(ENDING);
    Some(path.into())
}

/// Everything that a scan's results depend on: only a scan that is the same in all of it is continued.
pub(super) struct Scan<'a> {
    pub(super) arguments: &'a ScanArgs,
    pub(super) head: &'a Head,
    pub(super) updates: &'a [Update],
    pub(super) plugins: &'a [Plugin],
    pub(super) options: &'a Options,
    pub(super) targets: &'a [TargetSpec],
}

impl Scan<'_> {
    fn identity(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |text: String| {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        };
        add(env!("CARGO_PKG_VERSION").to_owned());
        add(format!("{:?} {:?}", self.head.catalog, self.head.policy));
        add(format!("{:?} {:?}", self.options, self.arguments.plugins.limits));
        add(format!("{:?} {:?}", self.arguments.plugins.trust, self.arguments.record));
        self.updates.iter().for_each(|update| add(format!("{} {} {}", update.number, update.bulletin, update.article)));
        for plugin in self.plugins {
            add(format!("{} {:?}", plugin.examiner.digest(), plugin.settings));
        }
        self.targets.iter().for_each(|target| add(format!("{target:?}")));
        hex(&digest.finalize())
    }
}

/// The machines of a scan that are finished, and those that are not.
pub(super) struct Resumed {
    journal: Option<Journal>,
    /// The places of the targets that are to be scanned, in order.
    places: Vec<usize>,
    /// The place of the first target that was not delivered.
    next: usize,
    total: usize,
}

impl Resumed {
    /// Opens the scan's journal if it is to have one.
    ///
    /// # Errors
    ///
    /// If the journal cannot be used, or no report goes to a file.
    pub(super) fn begin(scan: &Scan<'_>) -> Result<Resumed, Fatal> {
        let total = scan.targets.len();
        let path = path(&scan.arguments.outputs);
        if !scan.arguments.session.resume {
            if let Some(path) = path.filter(|path| path.exists()) {
                messages::warn(&format!(
                    "{}: the journal of an interrupted scan is not used; --resume does",
                    path.display()
                ));
            }
            return Ok(Resumed { journal: None, places: (0..total).collect(), next: 0, total });
        }
        let Some(path) = path else {
            return Err("--resume keeps a journal beside a report: add `-o FORMAT=FILE`".into());
        };
        let journal = Journal::open(&path, &scan.identity())?;
        if !journal.is_empty() {
            messages::warn(&format!(
                "{}: {} of {total} targets are finished; scanning the others",
                path.display(),
                journal.len()
            ));
        }
        let places = (0..total).filter(|place| !journal.has(*place)).collect();
        Ok(Resumed { journal: Some(journal), places, next: 0, total })
    }

    /// Returns the targets that are to be scanned.
    pub(super) fn rest(&self, targets: &[TargetSpec]) -> Vec<TargetSpec> {
        self.places.iter().filter_map(|place| targets.get(*place)).cloned().collect()
    }

    /// Identifies the run, however often it is continued; `None` if it cannot be.
    pub(super) fn run(&self) -> Option<String> {
        self.journal.as_ref()?.run().map(str::to_owned)
    }

    /// Whether finished machines are kept.
    pub(super) fn keeps(&self) -> bool {
        self.journal.is_some()
    }

    /// Delivers the finished machines that come before the next one that was scanned, or those that are left if `scanned` is the
    /// number of all that were. Each is delivered once, until `deliver` breaks.
    pub(super) fn before(
        &mut self,
        scanned: usize,
        deliver: &mut dyn FnMut(TargetReport) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Fatal> {
        let until = self.places.get(scanned).copied().unwrap_or(self.total);
        if let Some(journal) = &self.journal {
            for place in self.next..until {
                if let Some(report) = journal.report(place)?
                    && deliver(own(report)).is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        self.next = until;
        Ok(ControlFlow::Continue(()))
    }

    /// Keeps a machine that was scanned. `entry` is `None` if the next attempt is to scan it again.
    pub(super) fn keep(&mut self, scanned: usize, entry: Option<&[u8]>) -> Result<(), Fatal> {
        if let (Some(journal), Some(place), Some(entry)) = (&mut self.journal, self.places.get(scanned), entry) {
            journal.add(*place, entry)?;
        }
        self.next += 1;
        Ok(())
    }

    /// Removes the journal, once the report is written and the scan is in the history.
    pub(super) fn finish(self) -> Result<(), Fatal> {
        Ok(self.journal.map_or(Ok(()), Journal::remove)?)
    }
}

/// A saved report does not say which plugins are wardline's own.
fn own(mut report: TargetReport) -> TargetReport {
    report.plugins.iter_mut().for_each(|plugin| plugin.stock = is_stock(&plugin.digest));
    report
}

/// The journal's path, to register it as written.
pub(super) fn written(arguments: &ScanArgs) -> Option<PathBuf> {
    path(&arguments.outputs).filter(|_| arguments.session.resume)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_journal_is_beside_the_first_file() {
        let outputs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>();
        assert_eq!(
            path(&outputs(&["text", "json=a/r.json", "html=r.html"])).as_deref(),
            Some(Path::new("a/r.json.journal"))
        );
        assert_eq!(path(&outputs(&["text"])), None);
    }
}
