//! The operator's files. What is read is regular and bounded; what is written is whole or not there, and never replaces what the
//! same command reads.
//!
//! [`platform`] holds everything that differs between operating systems.

pub mod aliasing;
pub mod interruption;
pub mod platform;
pub mod regular_file;
pub mod replace;
pub mod text_file;
pub mod unfinished;
