//! From in-memory targets and plugins to finished reports.

mod cli;
mod doubles;
mod formats;
mod judged;
mod outputs;
mod scanning;
