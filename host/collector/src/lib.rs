//! Writes the PowerShell script that records a machine that nothing may reach.
//!
//! Plugins decide what they ask while they ask. A script cannot: it is written before anybody has seen the machine. A [`Plan`]
//! therefore holds everything that the plugins declared, and the script records all of it that the machine has: the keys that
//! the declared patterns name, the files, the facts that are asked for as a whole. What it looked for in full is listed in the
//! recording, so that everything else in these scopes is known to be absent (see [`wardline_evidence::recording`]).
//!
//! The script reads and writes one file. It runs on Windows PowerShell 2.0 to 5.1 and on PowerShell 7, and uses no modules.

mod plan;
mod quote;
mod script;
#[cfg(feature = "testing")]
pub mod testing;

pub use plan::{Anywhere, AnywhereKind, Asking, Plan, Plugin};
