//! Reads the files and the registry of a running Windows machine over SMB, without anything installed there.
//!
//! - [`Machine::connect`] signs in with NTLMv2. Nothing below SMB 2.1 is spoken, every message is signed, and encrypted if the
//!   machine agrees to a cipher (SMB 3.1.1).
//! - [`Share`] reads files by place through the administrative shares (`C$`).
//! - [`Registry`] asks the remote registry service (MS-RRP, over the pipe `winreg`).
//!
//! Everything is opened for reading only; [`start_remote_registry`] is the exception, for callers whose users ask for it. Calls block,
//! each for [`Limits::call`] at most; what the machine replies is untrusted, and bounded wherever it is read. One runtime with few
//! threads serves all machines, so a hundred of them take no thread each.

mod address;
mod credentials;
mod entry;
mod error;
mod listing;
mod machine;
mod ndr;
mod registry;
mod remote_file;
mod rpc;
mod runtime;
mod selection;
mod service;
mod share;
pub mod status;
pub mod svcctl;
pub mod winreg;

pub use address::{Address, AddressError};
pub use credentials::{Credentials, CredentialsError, MAX_FILE as MAX_CREDENTIALS_FILE};
pub use entry::{Entry, EntryKind};
pub use error::{ConnectError, ReadError};
pub use listing::Listed;
pub use machine::{Limits, Machine};
pub use registry::{Key, KeyInfo, Registry, Root, Value, ValueData};
pub use remote_file::RemoteFile;
pub use selection::{SelectionError, addresses_in};
pub use service::{Started, start_remote_registry};
pub use share::Share;

#[doc(hidden)]
pub mod fuzzing {
    //! The parsers of what a machine sends, for the fuzz targets.
    pub use crate::listing::parse_directory;
    pub use crate::rpc::{parse_bind_ack, parse_fragment};
}
