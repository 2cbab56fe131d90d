//! `mbsacli`, the command line of the Microsoft Baseline Security Analyzer 1.2, and of HFNetChk behind its switch `/hf`: their
//! switches, and their outputs from wardline's reports.
//!
//! The crate scans nothing. [`parse`] turns arguments into a [`Request`]; the program scans, and hands each machine's report to
//! [`hfnetchk`] or to the [`Reports`] of the MBSA style.

mod adjust;
pub mod display;
pub mod help;
pub mod hfnetchk;
mod machines;
mod range;
mod reports;
mod saved;
mod switches;
mod template;
pub mod trace;

pub use adjust::{Adjustment, Hide, Skip};
pub use machines::{Machines, MachinesError};
pub use range::AddressRange;
pub use reports::{LatestScan, Reports, ReportsError};
pub use saved::{Saved, SavedCheck, SavedError, SavedUpdate, is_report, read as read_saved};
pub use switches::{Catalog, HfNetChk, Layout, MbsaScan, Own, Quiet, Request, Show, SwitchError, parse};
pub use template::{Named, Template, TemplateError};
