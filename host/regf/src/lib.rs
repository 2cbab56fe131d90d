//! Windows registry hives, read and never written: the file format `regf`, 1.0 to 1.6, NT 4 to today, with its transaction logs.
//!
//! After "Windows registry file format specification" by Maxim Suhanov. Made for hives that nobody vouches for:
//!
//! - A hive is read by place, never whole, however large it is or claims to be. [`Cached`] keeps the blocks read last.
//! - Every offset and count is checked where it is used. A damaged place costs the question that leads there and no other.
//! - What is there is found: the hashes in lists of subkeys make looking quicker and prove nothing, names are compared as Windows
//!   compares them, and a key that cannot be read is an error and never "there is no such key".
//! - A hive that Windows had not finished writing is read as Windows would recover it, and [`Hive::recovery`] tells how that went.
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
