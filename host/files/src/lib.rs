//! The operator's files. Input files are regular and bounded; output files are complete or absent, and never replace anything that
//! the same command reads.
//!
//! [`platform`] contains everything that differs between operating systems.

pub mod aliasing;
pub mod background;
pub mod host_failure;
pub mod interruption;
pub mod platform;
pub mod regular_file;
pub mod replace;
pub mod text_file;
pub mod unfinished;
