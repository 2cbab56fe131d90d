//! The program and its libraries together, one module per feature. A single binary, because each would link the sandbox again.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

mod compatibility;
mod end_to_end;
mod hostile;
mod laws;
mod machines;
mod policy;
mod remediation;
mod report;
mod sandbox;
mod settings;
mod support;
mod tools;
mod trust;
mod vendor;
mod vet;
