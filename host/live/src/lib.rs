//! Reads the files and the registry of a running Windows machine over SMB, without anything installed there.
//!
//! - [`Machine::connect`] signs in, with NTLMv2 or Kerberos. Nothing below SMB 2.1 is spoken, every message is signed, and encrypted
//!   if the machine agrees to a cipher (SMB 3.1.1).
//! - [`Share`] reads files by place through the administrative shares (`C$`).
//! - [`Registry`] asks the remote registry service (MS-RRP, over the pipe `winreg`).
//! - [`AccountDatabase`] asks for accounts, groups and their policy (MS-SAMR, over the pipe `samr`).
//!
//! Everything is opened for reading only; [`start_remote_registry`] is the exception, for callers whose users ask for it. Calls block,
//! each for [`Limits::call`] at most; what the machine replies is untrusted, and bounded wherever it is read. One runtime with few
//! threads serves all machines, so a hundred of them take no thread each.

mod accounts;
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
pub mod samr;
mod selection;
mod service;
mod share;
mod sign_in;
pub mod status;
pub mod svcctl;
pub mod winreg;

pub use accounts::{AccountDatabase, AccountPolicy, Alias};
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
pub use sign_in::SignIn;
pub use wardline_kerberos as kerberos;

#[doc(hidden)]
pub mod fuzzing {
    //! The parsers of what a machine sends, for the fuzz targets.
    pub use crate::listing::parse_directory;
    pub use crate::rpc::{parse_bind_ack, parse_fragment};
}
