//! From in-memory targets and plugins to finished reports.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod cli;
mod doubles;
mod formats;
mod judged;
mod outputs;
mod scanning;
mod schema;
