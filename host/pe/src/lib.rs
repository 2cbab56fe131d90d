//! The version of an executable file as Windows reads it, and the checksum of its image.
//!
//! Reads PE images (32-bit and 64-bit), 16-bit NE executables and LE drivers (VxDs). Only the fixed part of a version resource
//! (`VS_FIXEDFILEINFO`) is read, because that is what installers and callers of `GetFileVersionInfo` compare. If a file holds
//! several version resources, the one that `GetFileVersionInfo` finds is read.
//!
//! Files may be damaged or hostile: a file is read a bounded number of times (the checksum reads all of it), at most [`MAX_READ`]
//! bytes are held at once, and nothing panics. A file that claims to be an executable and contradicts itself is an error, never a
//! file without a version.
//!
//! ```no_run
//! use wardline_pe::Executable;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! const GERMAN: u16 = 0x0407;
//!
//! let mut file = Executable::open(std::fs::File::open("kernel32.dll")?)?;
//! if let Some(resource) = file.version(&[GERMAN])? {
//!     println!("{}", resource.file_version);
//! }
//! println!("{:#x}", file.checksum()?);
//! # Ok(())
//! # }
//! ```

mod bytes;
mod checksum;
mod executable;
mod image;
mod language;
mod le;
mod ne;
mod reader;
mod resources;
mod version_info;

use std::fmt;
use std::io;

pub use executable::Executable;
pub use reader::MAX_READ;

/// A version of four numbers: `5.0.2195.3649`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u16,
    pub minor: u16,
    pub build: u16,
    pub revision: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}.{}", self.major, self.minor, self.build, self.revision)
    }
}

/// The contents of a version resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionResource {
    /// `dwFileVersionMS` and `dwFileVersionLS` of the fixed part.
    pub file_version: Version,
    /// The language identifier under which the resource is stored; for a resource stored without one, the language of its first
    /// `Translation`.
    pub language: Option<u16>,
}

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Not an executable, or a DOS program: such files have no version.
    Other,
    /// A Portable Executable image.
    Pe,
    /// A 16-bit executable for Windows or OS/2.
    Ne,
    /// A linear executable: a virtual device driver for Windows 3.x and 9x, or a program for a DOS extender.
    Le,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Format::Other => "executable",
            Format::Pe => "PE image",
            Format::Ne => "NE executable",
            Format::Le => "LE executable",
        })
    }
}

/// The reasons a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The file does not match its signature.
    #[error("damaged {format}: {problem}")]
    Damaged { format: Format, problem: &'static str },
    /// The image checksum uses the file's size as a 32-bit number.
    #[error("no image checksum for a file of {size} bytes: it is defined for files smaller than 4 GiB")]
    TooLargeForChecksum {
        /// The file's size in bytes.
        size: u64,
    },
}
