//! Evidence from an offline volume: a directory that is the root of a Windows system volume, from NT 4 to today.

mod audit;
mod bytes;
mod descriptor;
mod failure;
mod files;
mod folder;
mod hive;
mod hives;
mod identity;
mod listing;
mod markers;
mod names;
mod paths;
mod permissions;
mod profiles;
mod registry;
mod release;
mod room;
mod sam;
mod secrets;
mod services;
mod shares;

mod system;
mod typed;
mod volume;

pub(crate) use volume::directory_name;
pub use volume::{Volume, VolumeError};

#[cfg(test)]
mod tests;
