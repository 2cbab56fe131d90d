//! Writes a report that was saved, as JSON or in a history, in other formats.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::model::{CatalogReport, Head, TargetReport};
use crate::output::{Destination, OutputError, Outputs, Render, Rendered};
use crate::read::{ReadError, ReportPart, SavedSummary, read_parts};
use crate::summary::{Summary, Tally};

/// Saved reports could not be written in other formats.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("{first} and {other} were judged by different {what}; convert them one by one")]
    Different { first: String, other: String, what: &'static str },
}

/// Writes saved reports as one, in the order of `files`, to each destination in the format at the same position. Returns its summary.
///
/// Nothing of the scan is repeated: the result is what the scan would have written, except that it names this version of wardline,
/// does not remark which checks are by plugins other than wardline's own, and rates missing updates as for the products on which
/// they are missing.
///
/// # Errors
/// If a report cannot be read, a destination cannot be written, or the reports are of different catalogs or policies, which one report
/// cannot say. Files are then as they were.
pub fn convert(
    files: &[PathBuf],
    formats: &[Box<dyn Render>],
    destinations: Vec<Destination>,
) -> Result<Summary, ConvertError> {
    let mut conversion = Conversion::new(formats, destinations);
    let mut first: Option<(&Path, Box<Head>)> = None;
    for file in files {
        let mut different = None;
        read_parts(file, &mut |part| {
            if let ReportPart::Head(head) = &part {
                different = first.as_ref().and_then(|(_, known)| difference(known, head));
                if different.is_some() {
                    return ControlFlow::Break(());
                }
                first.get_or_insert_with(|| (file, head.clone()));
            }
            conversion.part(part)
        })?;
        if let (Some(what), Some((first, _))) = (different, &first) {
            let (first, other) = (first.display().to_string(), file.display().to_string());
            return Err(ConvertError::Different { first, other, what });
        }
        if conversion.is_over() {
            break;
        }
    }
    Ok(conversion.finish()?)
}

/// Names what two reports were judged by, if it is not the same: their updates are numbered by catalog.
fn difference(one: &Head, other: &Head) -> Option<&'static str> {
    // The number of updates tells lists of approved updates apart.
    let digests = |head: &Head| -> Option<(Vec<String>, usize)> {
        let CatalogReport { sources, updates, .. } = head.catalog.as_ref()?;
        Some((sources.iter().map(|source| source.digest.clone()).collect(), *updates))
    };
    let policy = |head: &Head| head.policy.as_ref().map(|policy| policy.digest.clone());
    match (digests(one) == digests(other), policy(one) == policy(other)) {
        (false, _) => Some("catalogs"),
        (_, false) => Some("policies"),
        (true, true) => None,
    }
}

/// A report that is being written again, part by part.
pub struct Conversion<'f> {
    formats: &'f [Box<dyn Render>],
    destinations: Option<Vec<Destination>>,
    outputs: Option<Outputs>,
    summary: Summary,
    failure: Option<OutputError>,
}

impl fmt::Debug for Conversion<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Conversion").field("outputs", &self.outputs).finish_non_exhaustive()
    }
}

impl<'f> Conversion<'f> {
    /// Begins to write a report to each destination, in the format at the same position.
    pub fn new(formats: &'f [Box<dyn Render>], destinations: Vec<Destination>) -> Self {
        Conversion {
            formats,
            destinations: Some(destinations),
            outputs: None,
            summary: Summary::default(),
            failure: None,
        }
    }

    /// Writes the next part; a second head is ignored. Breaks if no more parts are needed: a destination cannot be written, or
    /// nobody reads any.
    pub fn part(&mut self, part: ReportPart) -> ControlFlow<()> {
        let written = match part {
            ReportPart::Head(head) => match self.destinations.take() {
                Some(destinations) => {
                    Outputs::begin(self.formats, destinations, &head).map(|begun| self.outputs = Some(begun))
                }
                None => Ok(()),
            },
            ReportPart::Target(mut target) => {
                own(&mut target);
                let rendered: Rendered = self.formats.iter().map(|format| format.target(&target)).collect();
                self.summary.add(Tally::new(&target));
                self.outputs.as_mut().map_or(Ok(()), |outputs| outputs.append(&rendered))
            }
            ReportPart::End(end) => {
                let SavedSummary { not_covered, plugins_not_loaded, waivers_to_review, gates } = end;
                self.summary.not_covered = not_covered;
                self.summary.plugins_not_loaded = self.summary.plugins_not_loaded.max(plugins_not_loaded);
                self.summary.waivers_to_review = waivers_to_review;
                self.summary.gates = gates;
                Ok(())
            }
        };
        self.failure = self.failure.take().or(written.err());
        if self.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_over(&self) -> bool {
        self.failure.is_some() || self.outputs.as_ref().is_some_and(Outputs::closed)
    }

    /// Writes the end, and moves files to their final places. Returns the summary.
    ///
    /// # Errors
    /// If a destination cannot be written, or could not be earlier.
    pub fn finish(mut self) -> Result<Summary, OutputError> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        self.summary.finish_without_catalog();
        if let Some(outputs) = self.outputs {
            outputs.finish(self.formats, &self.summary)?;
        }
        Ok(self.summary)
    }
}

/// A saved report does not say which plugins are wardline's own; without this, every check would be remarked as another's.
fn own(target: &mut TargetReport) {
    target.plugins.iter_mut().for_each(|plugin| plugin.stock = true);
}
