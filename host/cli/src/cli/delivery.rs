//! The targets of a scan on their way to the reports and the history, in order.

use std::ops::ControlFlow;

use super::history::Entry;
use super::progress::Bar;
use super::{Fatal, messages};
use crate::contract::about;
use crate::history::Prepared;
use crate::host_failure::HostFailure;
use crate::report::{Outputs, Rendered, Summary, Tally};
use crate::scan::{RecordError, one_line};

/// A target in every format.
pub(super) struct Written {
    pub(super) rendered: Rendered,
    pub(super) tally: Tally,
    /// The report in the form in which the history stores it.
    pub(super) prepared: Option<Prepared>,
    /// The number of findings left out because the last scan had them.
    pub(super) known_before: usize,
}

/// A target that was scanned.
pub(super) struct Scanned {
    pub(super) written: Result<Written, String>,
    /// Whether a recording was written.
    pub(super) recorded: Result<bool, RecordError>,
    /// The resource that the system refused, if it did.
    pub(super) failed: Option<HostFailure>,
    /// The report in the form in which the journal stores it.
    pub(super) entry: Option<Vec<u8>>,
}

/// Takes the targets in order, and writes them to the reports.
pub(super) struct Delivery<'a> {
    pub(super) outputs: Outputs,
    pub(super) summary: Summary,
    pub(super) entry: Entry,
    records: bool,
    warns: bool,
    bar: &'a Bar,
    pub(super) unrecorded: usize,
    pub(super) known_before: usize,
    pub(super) host_failure: Option<HostFailure>,
    pub(super) failure: Option<Fatal>,
}

impl<'a> Delivery<'a> {
    /// `records` is whether recordings are written, `warns` whether targets that cannot be opened are messages.
    pub(super) fn new(
        outputs: Outputs,
        summary: Summary,
        entry: Entry,
        records: bool,
        warns: bool,
        bar: &'a Bar,
    ) -> Self {
        Delivery {
            outputs,
            summary,
            entry,
            records,
            warns,
            bar,
            unrecorded: 0,
            known_before: 0,
            host_failure: None,
            failure: None,
        }
    }

    pub(super) fn scanned(&mut self, target: Scanned) -> ControlFlow<()> {
        let Scanned { written, recorded, failed, entry: _ } = target;
        self.host_failure = self.host_failure.take().or(failed);
        if let Ok(Written { tally, .. }) = &written {
            match &tally.error {
                Some(error) if self.warns => {
                    let is_lacking = self.records && matches!(recorded, Ok(false));
                    let unwritten = if is_lacking { "; no recording was written" } else { "" };
                    self.bar.aside(|| super::warn(&format!("{}{unwritten}", about(&tally.name, error))));
                }
                Some(error) => messages::note(&about(&tally.name, error)),
                None => messages::note(&about(&tally.name, tally.grade.words())),
            }
        }
        if let Err(error) = recorded {
            self.unrecorded += 1;
            self.bar.aside(|| super::warn(&one_line(&error)));
        }
        self.deliver(written.map_err(Fatal::from))
    }

    pub(super) fn deliver(&mut self, written: Result<Written, Fatal>) -> ControlFlow<()> {
        let Written { rendered, tally, prepared, known_before } = match written {
            Ok(written) => written,
            Err(error) => return self.fail(error),
        };
        self.entry.append(prepared);
        self.known_before += known_before;
        self.summary.add(tally);
        match self.outputs.append(&rendered) {
            Ok(()) if !self.outputs.closed() => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(error) => self.fail(error.into()),
        }
    }

    pub(super) fn fail(&mut self, error: Fatal) -> ControlFlow<()> {
        self.failure = Some(error);
        ControlFlow::Break(())
    }

    /// Whether further targets are wanted.
    pub(super) fn goes_on(&self) -> bool {
        self.failure.is_none() && !self.outputs.closed()
    }
}
