//! The arguments of commands that write a finished scan's report again.

use clap::Args;

use super::Fatal;
use super::output::{OutputArg, ReportFormat, check_single_stdout, or_text};
use crate::aliasing::Files;
use crate::report::{Destination, Render};

#[derive(Clone, Debug, Args)]
pub(super) struct RewritingArgs {
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

impl RewritingArgs {
    /// Ensures that no output overwrites one of the files that are read, or another output.
    pub(super) fn check(&self, mut read: Files) -> Result<(), Fatal> {
        let outputs = or_text(&self.outputs);
        check_single_stdout(outputs, "report")?;
        outputs.iter().for_each(|output| output.register(&mut read));
        Ok(read.check()?)
    }

    /// Returns what writes each format, and where. `date` is when the scan was made, if that is known.
    pub(super) fn formats(&self, date: Option<&str>) -> (Vec<Box<dyn Render>>, Vec<Destination>) {
        let renderer = |output: &OutputArg<ReportFormat>| {
            output.renderer_of(self.verbose, self.show_waived, date.map(str::to_owned))
        };
        or_text(&self.outputs).iter().map(|output| (renderer(output), output.destination())).unzip()
    }
}
