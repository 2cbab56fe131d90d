//! The operator's trust: keys, signatures, and the plugins that may run because of them.

mod keys;
mod minisign;
mod required;
