//! Whom the operator trusts: keys, signatures, and which plugins run because of them.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod keys;
mod minisign;
mod program;
mod required;
