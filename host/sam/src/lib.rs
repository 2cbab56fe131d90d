//! The Windows account database and access control, parsed from the bytes in which they are stored.
//!
//! Nothing here opens a file or a registry key: callers pass in the bytes of a value, which may be hostile. No input makes a
//! function panic, loop forever, or allocate more than a small multiple of its length.
//!
//! | module | bytes | described in |
//! |---|---|---|
//! | [`sid`] | a security identifier | MS-DTYP 2.4.2 |
//! | [`descriptor`] | a self-relative security descriptor | MS-DTYP 2.4.6 |
//! | [`account`] | the values `F` and `V` of an account's key | public notes on the SAM, impacket |
//! | [`alias`] | the value `C` of a local group's key, the index `Members` | public notes on the SAM |
//! | [`domain`] | the values `F` and `V` of a domain's key | impacket |
//! | [`protection`] | the encryption around password hashes | impacket, mimikatz |
//! | [`password`] | how easily a password is guessed | MS-NLMP 3.3.1 |

pub mod account;
pub mod alias;
mod bytes;
pub mod descriptor;
pub mod domain;
pub mod password;
pub mod protection;
mod record;
pub mod sid;

pub use record::RecordError;
pub use sid::{Sid, SidError};
