//! Writes a report that was saved as JSON in other formats.

use std::ops::ControlFlow;
use std::path::Path;

use crate::model::TargetReport;
use crate::output::{Destination, OutputError, Outputs, Render, Rendered};
use crate::read::{ReadError, ReportPart, read_parts};
use crate::summary::{Summary, Tally};

/// A saved report could not be written in other formats.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Writes the report in `file` to each destination in the format at the same position. Returns its summary.
///
/// Nothing of the scan is repeated: the result is what the scan would have written, except that it names this version of wardline,
/// does not remark which checks are by plugins other than wardline's own, and rates missing updates as for the products on which
/// they are missing.
///
/// # Errors
/// If the report cannot be read, or a destination cannot be written. Files are then as they were.
pub fn convert(
    file: &Path,
    formats: &[Box<dyn Render>],
    destinations: Vec<Destination>,
) -> Result<Summary, ConvertError> {
    let mut destinations = Some(destinations);
    let mut outputs: Option<Outputs> = None;
    let mut summary = Summary::default();
    let mut failure = None;
    read_parts(file, &mut |part| {
        let written = match part {
            ReportPart::Head(head) => {
                let destinations = destinations.take().unwrap_or_default();
                Outputs::begin(formats, destinations, &head).map(|begun| outputs = Some(begun))
            }
            ReportPart::Target(mut target) => {
                own(&mut target);
                let rendered: Rendered = formats.iter().map(|format| format.target(&target)).collect();
                summary.add(Tally::new(&target));
                outputs.as_mut().map_or(Ok(()), |outputs| outputs.append(&rendered))
            }
            ReportPart::End(end) => {
                summary.not_covered = end.not_covered;
                summary.plugins_not_loaded = end.plugins_not_loaded;
                summary.waivers_to_review = end.waivers_to_review;
                summary.gates = end.gates;
                Ok(())
            }
        };
        failure = written.err();
        if failure.is_some() || outputs.as_ref().is_some_and(Outputs::closed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    summary.finish_without_catalog();
    if let Some(outputs) = outputs {
        outputs.finish(formats, &summary)?;
    }
    Ok(summary)
}

/// A saved report does not say which plugins are wardline's own; without this, every check would be remarked as another's.
fn own(target: &mut TargetReport) {
    target.plugins.iter_mut().for_each(|plugin| plugin.stock = true);
}
