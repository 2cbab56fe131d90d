//! Kerberos (RFC 4120) as a client of an Active Directory domain needs it.
//!
//! - [`Login`] is a signed-in user: by the ticket cache that `kinit` writes, or by a password.
//! - [`Login::ticket`] asks the domain's key distribution centre (KDC) for a ticket to a service, and follows referrals to other
//!   domains of the forest.
//! - [`Initiator`] and [`Seal`] sign in with a ticket and then encrypt messages, for protocols that leave both to GSS-API
//!   (RFC 4121).
//!
//! Only AES keys are used. Calls block. What a KDC, a server or a file sends is untrusted, and bounded wherever it is read.

pub mod ber;
mod cache;
mod clock;
mod crypto;
mod error;
mod exchange;
mod initiator;
mod kdc;
mod login;
mod request;
mod seal;
mod settings;
mod ticket;

pub use error::KerberosError;
pub use initiator::Initiator;
pub use login::Login;
pub use seal::Seal;
pub use settings::{CacheName, Settings};
pub use ticket::{Principal, Ticket};

#[doc(hidden)]
pub mod fuzzing {
    //! The parsers of files, and of what servers send, for the fuzz target.
    pub use crate::cache::parse as parse_cache;
    pub use crate::exchange::{parse_error, parse_salt};
    pub use crate::initiator::parse_proof;
    pub use crate::settings::Settings;
}
