//! A script under test, where there is no PowerShell: its text is read as PowerShell reads it, and its work is done over another
//! source of evidence.

mod data;
mod rehearsal;
mod tokens;

pub use data::parse_plan;
pub use rehearsal::{Rehearsed, record};
pub use tokens::{Token, tokens};
