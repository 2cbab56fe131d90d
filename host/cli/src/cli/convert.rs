//! `wardline report`.

use std::path::PathBuf;

use clap::Args;

use super::Fatal;
use super::exit::ExitStatus;
use super::rewriting::RewritingArgs;
use crate::aliasing::Files;
use crate::report::convert;

#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// Reports written by `wardline scan -o json`; several that were judged by the same catalogs become one
    #[arg(required = true, value_name = "REPORT.json")]
    reports: Vec<PathBuf>,
    #[command(flatten)]
    rewriting: RewritingArgs,
}

pub(super) fn run(arguments: &ReportArgs) -> Result<ExitStatus, Fatal> {
    let mut files = Files::default();
    for report in &arguments.reports {
        files.reads("the report", report);
    }
    arguments.rewriting.check(files)?;
    let (formats, destinations) = arguments.rewriting.formats(None);
    convert(&arguments.reports, &formats, destinations)?;
    Ok(ExitStatus::Success)
}
