//! The checks, one file each.

pub(crate) mod autologon;
pub(crate) mod guest_account;
pub(crate) mod restrict_anonymous;
pub(crate) mod windows_version;
