//! Reads the files and the registry of the Windows computer that the program runs on. Empty on other systems.
//!
//! - `Key` asks the registry's own functions, in the 64-bit view. Links and `CurrentControlSet` are followed by Windows.
//! - `Drive` reads files by place, through paths that Windows does not rewrite.
//! - `may_back_up` says whether both can read what is reserved for the system (`SeBackupPrivilege`), as elevated programs of
//!   administrators can.
//!
//! Everything is opened for reading only.

#![cfg(windows)]

mod drive;
mod error;
mod registry;
mod system;

pub use drive::{Drive, Entry, Listed};
pub use error::ReadError;
pub use registry::{Key, KeyInfo, MAX_DATA, Root, Value, ValueData};
pub use system::may_back_up;

#[cfg(test)]
mod tests;
