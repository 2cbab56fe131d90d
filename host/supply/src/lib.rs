//! Where catalogs come from: fetched from a server or read from a file, unpacked, their signatures checked, and held in a folder from
//! which scans take them.
//!
//! A catalog is bytes here: the caller says whether they are one ([`update::Recognise`]).

pub mod age;
pub mod approvals;
pub mod authenticode;
pub mod cabinet;
pub mod fetch;
mod msrc;
pub mod source;
pub mod store;
#[cfg(test)]
mod testing;
pub mod update;

pub use self::msrc::IndexError;
