//! A read-only parser for Windows registry hives: the file format `regf`, versions 1.0 to 1.6, from NT 4 to today, with its
//! transaction logs.
//!
//! Based on "Windows registry file format specification" by Maxim Suhanov. Designed for untrusted hives:
//!
//! - A hive is read at offsets, never as a whole, however large it is or claims to be. [`Cached`] keeps the blocks read last.
//! - Every offset and count is checked where it is used. A damaged place affects only the question that leads there.
//! - Every existing key is found: the hashes in lists of subkeys speed up the search but prove nothing, names are compared as
//!   Windows compares them, and a key that cannot be read is an error, never "no such key".
//! - A dirty hive, which Windows had not finished writing, is read as Windows would recover it, and [`Hive::recovery`] reports how
//!   that went.
//!
//! ```no_run
//! use std::fs::File;
//! use wardline_regf::{Hive, Log};
//!
//! let log = |name: wardline_regf::LogName| match File::open(format!("SOFTWARE{name}")) {
//!     Ok(file) => Log::Present(Box::new(file)),
//!     Err(error) if error.kind() == std::io::ErrorKind::NotFound => Log::Missing,
//!     Err(error) => Log::Unreadable(error.to_string()),
//! };
//! let hive = Hive::open("SOFTWARE", File::open("SOFTWARE")?, log)?;
//! if let Some(key) = hive.key(r"Microsoft\Windows NT\CurrentVersion")? {
//!     let build = key.value("CurrentBuild")?.map(|value| value.data()).transpose()?;
//!     println!("{build:?}, {:?}", hive.recovery());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bytes;
mod cells;
mod data;
mod error;
mod header;
mod hive;
mod key;
mod list;
mod log;
mod marvin;
mod patches;
mod read_at;
mod value;
mod wanted;

pub use data::Data;
pub use error::Error;
pub use hive::Hive;
pub use key::Key;
pub use log::{Log, LogName, Obstacle, Recovery};
pub use read_at::{Cached, ReadAt};
pub use value::{MAX_DATA_SIZE, Value};

#[cfg(test)]
mod tests;
