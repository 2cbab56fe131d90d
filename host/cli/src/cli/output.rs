//! The option `-o`: formats and their destinations.

use std::io::{BufWriter, IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde::Serialize;

use super::Fatal;
use crate::aliasing::Files;
use crate::report::{Destination, Format, FormatOptions, Page, Render};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Json,
}

/// A format of `wardline scan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportFormat(pub Format);

impl ValueEnum for ReportFormat {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: [ReportFormat; Format::ALL.len()] = {
            let mut all = [ReportFormat(Format::Text); Format::ALL.len()];
            let mut place = 0;
            while place < all.len() {
                all[place] = ReportFormat(Format::ALL[place]);
                place += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.word()))
    }
}

impl OutputArg<ReportFormat> {
    /// Returns what writes the format. On a terminal, text is as wide as the terminal.
    pub(super) fn renderer(&self, verbose: bool, show_waived: bool) -> Box<dyn Render> {
        self.renderer_of(verbose, show_waived, None)
    }

    /// Like [`OutputArg::renderer`], for a scan that was made at this time, see [`FormatOptions::date`].
    pub(super) fn renderer_of(&self, verbose: bool, show_waived: bool, date: Option<String>) -> Box<dyn Render> {
        let width = if self.file.is_none() { stdout_width() } else { None };
        self.format.0.renderer(&FormatOptions { verbose, show_waived, colour: self.has_colour(), width, date })
    }
}

/// Returns the outputs that were asked for, or text on standard output.
pub(super) fn or_text(outputs: &[OutputArg<ReportFormat>]) -> &[OutputArg<ReportFormat>] {
    const DEFAULT: &[OutputArg<ReportFormat>] = &[OutputArg { format: ReportFormat(Format::Text), file: None }];
    if outputs.is_empty() { DEFAULT } else { outputs }
}

/// Returns the number of columns of standard output, if it is a terminal.
fn stdout_width() -> Option<u16> {
    let width = || terminal_size::terminal_size().map_or(UNKNOWN_WIDTH, |(width, _)| width.0);
    stdout().is_terminal().then(width)
}

/// Returns an empty page of standard output's width.
pub(super) fn page(colour: bool) -> Page {
    stdout_width().map_or_else(|| Page::new(colour), |width| Page::with_width(colour, width.into()))
}

/// The width assumed for a terminal that does not report it.
const UNKNOWN_WIDTH: u16 = 80;

/// A format with its destination: `text`, `json=report.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputArg<F = OutputFormat> {
    pub format: F,
    /// None for standard output.
    pub file: Option<PathBuf>,
}

impl<F: ValueEnum> FromStr for OutputArg<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("missing file name after `=`".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = F::from_str(format, false).map_err(|_| {
            let expected: Vec<String> = F::value_variants().iter().map(word).collect();
            format!("unknown format `{format}`: expected one of {}", expected.join(", "))
        })?;
        Ok(OutputArg { format, file })
    }
}

impl<F: ValueEnum> OutputArg<F> {
    /// Registers the destination as written.
    pub(super) fn register(&self, files: &mut Files) {
        match &self.file {
            Some(file) => files.writes(&format!("-o {}=", word(&self.format)), file),
            None => files.writes_stdout(),
        }
    }

    pub(super) fn destination(&self) -> Destination {
        match &self.file {
            None => Destination::Stdout(Box::new(BufWriter::new(stdout()))),
            Some(path) => Destination::File(path.clone()),
        }
    }

    pub(super) fn has_colour(&self) -> bool {
        self.file.is_none() && stdout_has_colour()
    }
}

/// The word for a format on the command line.
fn word<F: ValueEnum>(format: &F) -> String {
    format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Checks that at most one output goes to standard output. `what` is what they contain: "report".
pub(super) fn check_single_stdout<F>(outputs: &[OutputArg<F>], what: &str) -> Result<(), Fatal> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(format!(
            "only one {what} can be written to standard output; give the others a file: `-o json={what}.json`"
        )
        .into());
    }
    Ok(())
}

/// Writes a result to standard output. `text` formats it as text, in colour or not.
pub(super) fn print<T: Serialize>(
    result: &T,
    format: OutputFormat,
    text: impl FnOnce(&T, bool) -> Vec<u8>,
) -> Result<(), Fatal> {
    let mut out = stdout().lock();
    match format {
        OutputFormat::Text => out.write_all(&text(result, stdout_has_colour()))?,
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut out, result)?;
            writeln!(out)?;
        }
    }
    Ok(out.flush()?)
}

fn stdout_has_colour() -> bool {
    // This also makes a console of Windows take the codes, if it can.
    let choice = || anstream::AutoStream::auto(stdout()).current_choice();
    stdout().is_terminal() && choice() == anstream::ColorChoice::AlwaysAnsi
}
