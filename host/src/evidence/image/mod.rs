//! Evidence from an offline volume: a directory that is the root of a Windows system volume, NT 4 to today.

mod bytes;
mod failure;
mod files;
mod folder;
mod hive;
mod names;
mod paths;
mod pe;
mod registry;
mod system;
mod volume;

pub use volume::{Volume, VolumeError};
