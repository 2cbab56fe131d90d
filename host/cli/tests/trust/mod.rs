//! Whom the operator trusts: keys, signatures, and which plugins run because of them.

mod keys;
mod minisign;
mod required;
