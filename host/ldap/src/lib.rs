//! Asks a domain controller for the computers of its domain, by LDAP (RFC 4511).
//!
//! Four operations are all it knows: StartTLS, a bind, a search in pages, and reading their answers. A password is sent over TLS
//! only, and the server's certificate must be trusted by the system or by the caller's own certificates. With a ticket of the
//! domain no TLS is needed: Kerberos proves who the server is, and encrypts every message after the bind. What the server sends is
//! untrusted: messages, entries and pages are bounded, in size and time.

mod computers;
mod connection;
mod error;
mod message;
mod sealed;
mod server;

pub use computers::{Computer, Domain, SignIn, computers};
pub use connection::{Limits, certificates};
pub use error::LdapError;
pub use server::{Server, ServerError};

#[doc(hidden)]
pub mod fuzzing {
    //! The parser of what a server sends, for the fuzz target.
    pub use crate::message::{Reply, parse};
}
