//! The built program with its stock plugins against volumes built by code: images in, reports out.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod checks;
mod fleet;
mod foreign_hives;
mod installing;
mod large;
mod program;
mod real_catalog;
#[path = "../report/schema.rs"]
mod schema;
