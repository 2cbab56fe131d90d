//! From in-memory targets and plugins to finished reports.

mod cli;
pub(crate) mod doubles;
mod formats;
mod judged;
mod outputs;
mod scanning;
