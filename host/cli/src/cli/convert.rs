//! `wardline report`.

use std::path::PathBuf;

use clap::Args;

use super::Fatal;
use super::exit::ExitStatus;
use super::output::{OutputArg, ReportFormat, check_single_stdout};
use crate::aliasing::Files;
use crate::report::{Format, convert};

#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// Reports written by `wardline scan -o json`; several that were judged by the same catalogs become one
    #[arg(required = true, value_name = "REPORT.json")]
    reports: Vec<PathBuf>,
    /// Report format, as for `wardline scan`; may be repeated [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    outputs: Vec<OutputArg<ReportFormat>>,
    /// Show results that need no attention, too, and the evidence (in formats for people)
    #[arg(short, long)]
    verbose: bool,
    /// Show waived findings, too, with the decisions
    #[arg(long)]
    show_waived: bool,
}

pub(super) fn run(arguments: &ReportArgs) -> Result<ExitStatus, Fatal> {
    let default = [OutputArg { format: ReportFormat(Format::Text), file: None }];
    let wanted = if arguments.outputs.is_empty() { &default[..] } else { &arguments.outputs };
    check_single_stdout(wanted, "report")?;
    let mut files = Files::default();
    for report in &arguments.reports {
        files.reads("the report", report);
    }
    wanted.iter().for_each(|output| output.register(&mut files));
    files.check()?;
    let (formats, destinations): (Vec<_>, Vec<_>) = wanted
        .iter()
        .map(|output| (output.renderer(arguments.verbose, arguments.show_waived), output.destination()))
        .unzip();
    convert(&arguments.reports, &formats, destinations)?;
    Ok(ExitStatus::Success)
}
