//! Evidence from a volume: a directory that is the root of a Windows system volume, or a volume in a disk image, from NT 4 to today;
//! or from a running machine, elsewhere or this one, whose files are read in the same way, and whose registry it answers for itself.

mod access;
mod answers;
mod audit;
mod bytes;
mod descriptor;
mod disk;
mod failure;
mod files;
mod folder;
mod hive;
mod hives;
mod identity;
mod key;
mod listing;
mod live;
mod markers;
mod names;
mod part;
mod paths;
mod permissions;
mod profiles;
mod registry;
mod release;
mod room;
mod running;
mod sam;
mod secrets;
mod services;
mod shares;
mod storage;
mod system;
#[cfg(windows)]
mod this_computer;
mod typed;
mod volume;

pub use disk::DiskError;
pub use part::Part;
pub(crate) use volume::directory_name;
pub use volume::{Volume, VolumeError};

#[cfg(test)]
mod tests;
