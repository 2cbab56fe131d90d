//! What a policy lets plugins ask and use up, and what reports say of it.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod enforced;
mod least;
#[path = "../trust/program.rs"]
mod program;
