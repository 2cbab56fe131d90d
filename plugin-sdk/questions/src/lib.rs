//! The names in a plugin's questions as Windows compares them, and which questions a plugin's scopes allow.
//!
//! The host answers by these rules, and so does the SDK's test bench: a plugin that passes `cargo test` is not denied an answer in
//! a scan. Both generate the contract's types for themselves; [`for_contract!`] connects either to these rules.

#![warn(missing_docs)]

mod contract;
pub mod names;
mod patterns;
mod scopes;

pub use scopes::{Asked, Declared, Scopes, Whole};
