//! `mbsacli`: a scan under the switches of another program.
//!
//! Its switches are translated into a command line of `wardline scan`, so that it judges as `scan` does. The report goes to a
//! temporary file, from which the outputs are made one machine at a time.

mod hfnetchk;
mod mbsa;
mod output;
mod scan_command;
mod show;

use std::ffi::OsString;
use std::path::Path;

use clap::Args;

use self::output::Output;
use super::exit::ExitStatus;
use super::{Fatal, Parts};
use crate::mbsacli::{Request, help, parse};

/// The name under which the program takes mbsacli's switches without being told so.
const NAME: &str = "mbsacli";

#[derive(Clone, Debug, Args)]
#[command(disable_help_flag = true)]
pub struct MbsacliArgs {
    /// Switches of mbsacli; `wardline mbsacli /?` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "SWITCH")]
    pub switches: Vec<OsString>,
}

/// Returns the switches if the program was called as `mbsacli`, through a link or a copy.
pub(super) fn called_as(arguments: &[OsString]) -> Option<&[OsString]> {
    let (program, switches) = arguments.split_first()?;
    Path::new(program).file_stem().filter(|stem| stem.eq_ignore_ascii_case(NAME)).map(|_| switches)
}

pub(super) fn run(switches: &[OsString], parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match parse(switches.iter().cloned())? {
        Request::Help { hfnetchk } => print(if hfnetchk { help::HFNETCHK } else { help::MBSA }, false),
        Request::About => print(help::ABOUT, false),
        Request::Show { show, own, unicode } => print(&show::shown(&show, &show::reports(&own)?)?, unicode),
        Request::Scan(scan) => mbsa::scan(&scan, parts),
        Request::HfNetChk(scan) => hfnetchk::scan(&scan, parts),
    }
}

fn print(text: &str, unicode: bool) -> Result<ExitStatus, Fatal> {
    let mut out = Output::stdout(unicode);
    out.write(text)?;
    out.flush()?;
    Ok(ExitStatus::Success)
}
