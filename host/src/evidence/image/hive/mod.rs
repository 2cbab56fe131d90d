//! Registry hives, read and never written: the file format `regf`, 1.0 to 1.6, NT 4 to today.
//!
//! After "Windows registry file format specification" by Maxim Suhanov. Keys are looked up in the hive's own cells, nothing is
//! built in memory beside the file's bytes. Every offset and count in them is checked where it is used: a damaged place costs
//! the question that leads there and no other.

mod cells;
mod header;
mod key;
mod log;
mod value;

pub(in crate::evidence::image) use self::key::Key;
pub(in crate::evidence::image) use self::value::Value;

use std::fmt;

use self::header::{HEADER_SIZE, Header};

/// A place in a hive that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hive {hive} is damaged at offset {offset:#x}: {damage}")]
pub(in crate::evidence::image) struct HiveError {
    /// The hive's name as opened: `config\SOFTWARE`.
    pub(in crate::evidence::image) hive: String,
    /// In bytes from the start of the file.
    pub(in crate::evidence::image) offset: u64,
    pub(in crate::evidence::image) damage: String,
}

/// One hive, whole, in memory, with what its transaction logs add.
pub(in crate::evidence::image) struct Hive {
    name: String,
    /// The hive bins: the file without its base block. Offsets in the file count from here.
    bins: Vec<u8>,
    root: u32,
    minor_version: u32,
}

// Not derived: the bytes of a SAM must not get into a message by accident.
impl fmt::Debug for Hive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hive").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Hive {
    /// Takes the bytes of a hive and of its transaction logs (`.LOG`, `.LOG1`, `.LOG2`: those that there are).
    ///
    /// The logs are looked at only where the hive says that it was not written to the end. A hive that says so and has no log that
    /// fits is read as it stands: Windows writes the cells before the mark, so most of it is right, and what is not shows as
    /// damage where it is met.
    pub(in crate::evidence::image) fn open(name: &str, mut file: Vec<u8>, logs: &[Vec<u8>]) -> Result<Hive, HiveError> {
        let error = |offset, damage: &str| HiveError { hive: name.to_owned(), offset, damage: damage.to_owned() };
        if file.len() < HEADER_SIZE {
            return Err(error(file.len() as u64, "the file ends within its base block"));
        }
        if !file.starts_with(b"regf") {
            return Err(error(0, "it does not begin as a hive does"));
        }
        let bins = file.split_off(HEADER_SIZE);
        let primary = Header::read(&file);
        let (header, bins) = match primary {
            Some(header) if header.intact && !header.is_dirty() => (header, bins),
            primary => log::recover(primary.filter(|header| header.intact), bins, logs)
                .ok_or_else(|| error(0, "the base block's checksum is wrong, and no transaction log repairs it"))?,
        };
        if header.major_version != 1 || header.minor_version > 6 {
            return Err(error(
                20,
                &format!("the version {}.{} is not known", header.major_version, header.minor_version),
            ));
        }
        let mut bins = bins;
        // What stands behind the last bin is padding. Where the file is shorter than it says, the rest is missing: cells there
        // are out of bounds, the others can be read.
        bins.truncate(usize::try_from(header.bins_size).unwrap_or(usize::MAX));
        let hive = Hive { name: name.to_owned(), bins, root: header.root, minor_version: header.minor_version };
        hive.root()?;
        Ok(hive)
    }

    pub(in crate::evidence::image) fn root(&self) -> Result<Key<'_>, HiveError> {
        Key::at(self, self.root)
    }

    /// The key at a path below the hive's root; none where there is no such key.
    #[cfg(test)]
    pub(in crate::evidence::image) fn key(&self, path: &str) -> Result<Option<Key<'_>>, HiveError> {
        let mut key = self.root()?;
        for component in crate::evidence::image::names::components(path) {
            match key.subkey(component)? {
                Some(below) => key = below,
                None => return Ok(None),
            }
        }
        Ok(Some(key))
    }

    /// An error about a place in the bins.
    fn damage(&self, offset: u32, damage: impl Into<String>) -> HiveError {
        HiveError { hive: self.name.clone(), offset: HEADER_SIZE as u64 + u64::from(offset), damage: damage.into() }
    }
}

#[cfg(test)]
mod tests;
