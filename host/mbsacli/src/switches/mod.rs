//! The switches of both styles. They begin with `/` or `-`, in any case; a value is the argument after its switch.

mod arguments;
mod hf;
mod mbsa;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::adjust::{Hide, Skip};
use crate::hfnetchk::History;
use crate::machines::Machines;
use crate::template::Template;

/// A command line of `mbsacli`.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `/?`, or `/hf -?` if `hfnetchk`.
    Help {
        hfnetchk: bool,
    },
    /// `/hf -about`.
    About,
    /// `/l`, `/ls`, `/lr`, `/ld`, `/e`.
    Show {
        show: Show,
        own: Own,
        unicode: bool,
    },
    Scan(Box<MbsaScan>),
    HfNetChk(Box<HfNetChk>),
}

/// Something about the reports of earlier scans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// `/l`: all reports.
    List,
    /// `/ls`: the reports of the latest scan.
    ListLatest,
    /// `/lr`: the overview of the report of this name.
    Overview(String),
    /// `/ld`: the report of this name in detail.
    Detail(String),
    /// `/e`: the errors of the latest scan.
    Errors,
}

/// The switches that MBSA does not have: each has two dashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// `--evidence`: the folder with the evidence of machines.
    pub evidence: Option<PathBuf>,
    /// `--reports`: the folder of the reports.
    pub reports: Option<PathBuf>,
    /// `--catalog`: catalogs of updates.
    pub catalogs: Vec<PathBuf>,
}

/// A scan in MBSA's style.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MbsaScan {
    pub machines: Machines,
    pub skip: Skip,
    /// `/sus`: a file or an address.
    pub approved: Option<String>,
    pub hide: Hide,
    pub no_checksums: bool,
    pub template: Template,
    pub quiet: Quiet,
    pub unicode: bool,
    pub own: Own,
}

/// The parts of the output that are left out: `/qp`, `/qe`, `/qr`, or `/q` for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    pub progress: bool,
    pub errors: bool,
    pub reports: bool,
}

/// A scan in HFNetChk's style.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HfNetChk {
    pub machines: Machines,
    /// `-sus`: a file or an address.
    pub approved: Option<String>,
    pub baseline_only: bool,
    /// `-fq`.
    pub hidden_file: Option<PathBuf>,
    pub hide: Hide,
    pub no_checksums: bool,
    pub force_checksums: bool,
    pub no_registry: bool,
    pub history: Option<History>,
    pub verbose: bool,
    pub layout: Layout,
    /// `-f`.
    pub file: Option<PathBuf>,
    /// `-t`. If not given, 64 for running machines, and the number of processors for evidence.
    pub threads: Option<u32>,
    /// `-x`.
    pub catalog: Option<Catalog>,
    pub trace: bool,
    pub own: Own,
}

/// The catalog after `-x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Catalog {
    File(PathBuf),
    /// A signed cabinet, which has to be verified and unpacked.
    Cabinet(PathBuf),
    Address(String),
}

/// The layout of HFNetChk's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    #[default]
    Wrap,
    Tab,
}

/// A command line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchError {
    #[error("an argument is not valid Unicode")]
    Encoding,
    /// With the switch that lists those that exist.
    #[error("{0}: unknown switch; `mbsacli {1}` lists those that exist")]
    Unknown(String, &'static str),
    #[error("{0}: expected a switch; switches begin with / or -")]
    NotASwitch(String),
    #[error("{switch}: missing value: expected {expected}")]
    MissingValue { switch: String, expected: &'static str },
    #[error("{switch} {value}: {reason}")]
    BadValue { switch: String, value: String, reason: String },
    #[error("{0} is given twice")]
    Twice(String),
    #[error("{0} and {1} exclude each other")]
    Conflict(String, String),
    #[error("{0} is a switch of the MBSA style, which cannot be used beside /hf")]
    BesideHf(String),
    #[error("{0} is a switch of HFNetChk: put /hf before it")]
    WithoutHf(String),
    #[error("/hf has to be the first switch")]
    HfNotFirst,
    #[error("{0} has to be the first switch after /hf")]
    NotFirst(String),
    #[error("{0} and {1} are only used together")]
    OnlyTogether(String, &'static str),
    #[error("{switch}: {reason}")]
    NotHonoured { switch: String, reason: &'static str },
}

/// Parses the arguments after the program's name.
///
/// # Errors
///
/// [`SwitchError`] for the first argument that is not understood, and for switches that contradict each other or that wardline cannot
/// honour.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, SwitchError> {
    let arguments = arguments.into_iter().map(|argument| argument.into_string().map_err(|_| SwitchError::Encoding));
    let mut arguments = arguments.collect::<Result<Vec<String>, _>>()?;
    // wardline's own switches, each with its value, may come before `/hf`.
    let mut first = 0;
    while arguments.get(first).is_some_and(|argument| argument.starts_with("--")) {
        first += 2;
    }
    if arguments.get(first).and_then(|argument| arguments::name(argument)).as_deref() == Some("hf") {
        arguments.remove(first);
        hf::parse(arguments, mbsa::knows)
    } else {
        mbsa::parse(arguments, hf::knows)
    }
}
