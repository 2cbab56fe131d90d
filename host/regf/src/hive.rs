use std::{fmt, io};

use crate::bytes::u64_at;
use crate::header::{HEADER_SIZE, Header, SECTOR};
use crate::log::{self, Log, LogName, Recovery};
use crate::patches::{Holder, Patches};
use crate::{Error, Key, ReadAt};

/// A hive, with the changes from its transaction logs.
pub struct Hive {
    name: String,
    file: Box<dyn ReadAt>,
    /// Empty for a hive that needs no logs.
    logs: Vec<(LogName, Log)>,
    patches: Patches,
    recovery: Recovery,
    /// The size of the hive bins, which are the file without its base block. Offsets in the file count from their start.
    bins_size: u32,
    /// The number of bytes of the bins in the file itself.
    bins_in_file: u64,
    root: u32,
    minor_version: u32,
}

// Not derived, so that a hive's bytes do not end up in a message by accident.
impl fmt::Debug for Hive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hive")
            .field("name", &self.name)
            .field("recovery", &self.recovery)
            .finish_non_exhaustive()
    }
}

impl Hive {
    /// Opens a hive. `name` is used in errors; `log` opens the files beside it.
    ///
    /// The logs are needed only if the hive was not fully written: its two sequence numbers differ, or the checksum of its base
    /// block is wrong. A hive that no log brings up to date is read as it is, and [`Hive::recovery`] says so.
    ///
    /// # Errors
    ///
    /// If the file is not a hive, if its base block is damaged and no log has a replacement, or if the root key cannot be read.
    pub fn open(name: &str, file: impl ReadAt + 'static, mut log: impl FnMut(LogName) -> Log) -> Result<Hive, Error> {
        let damaged = |offset, damage: String| Error::Damaged { hive: name.to_owned(), offset, damage };
        let unreadable =
            |offset, error: io::Error| Error::Unreadable { hive: name.to_owned(), offset, reason: error.to_string() };
        let size = file.size().map_err(|error| unreadable(0, error))?;
        if size < HEADER_SIZE {
            return Err(damaged(size, "the file ends within its base block".to_owned()));
        }
        let mut block = [0; SECTOR];
        let count = file.read_full_at(&mut block, 0).map_err(|error| unreadable(0, error))?;
        if count < SECTOR {
            return Err(damaged(count as u64, "the file ends within its base block".to_owned()));
        }
        if !block.starts_with(b"regf") {
            return Err(damaged(0, "bad signature: expected `regf`".to_owned()));
        }
        let primary = Header::read(&block).filter(|header| header.intact);
        let mut logs = Vec::new();
        let (header, patches, recovery) = match primary {
            Some(header) if !header.is_dirty() => (header, Patches::default(), Recovery::NotNeeded),
            primary => {
                // If the base block is lost, the first bin has a copy of the timestamp that ties a log to its hive.
                let mut first_bin = [0; 32];
                file.read_full_at(&mut first_bin, HEADER_SIZE).map_err(|error| unreadable(HEADER_SIZE, error))?;
                let written = primary.map(|header| header.written).or_else(|| u64_at(&first_bin, 20));
                logs.extend(LogName::ALL.map(|name| (name, log(name))));
                let recovered = log::recover(primary, written, &logs).map_err(|obstacle| {
                    damaged(0, format!("the base block has a wrong checksum, and no log has a copy: {obstacle}"))
                })?;
                (recovered.header, recovered.patches, recovered.recovery)
            }
        };
        if header.major_version != 1 || header.minor_version > 6 {
            return Err(damaged(20, format!("unknown version {}.{}", header.major_version, header.minor_version)));
        }
        let hive = Hive {
            name: name.to_owned(),
            file: Box::new(file),
            logs,
            patches,
            recovery,
            bins_size: header.bins_size,
            bins_in_file: size - HEADER_SIZE,
            root: header.root,
            minor_version: header.minor_version,
        };
        hive.root()?;
        Ok(hive)
    }

    /// How the hive was recovered.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Returns the offset at which the file ends too early and the length it should have, both in bytes from its start. Data past
    /// the end is missing; the rest can be read.
    pub fn truncated(&self) -> Option<(u64, u64)> {
        let end = self.patches.covered_up_to(self.bins_in_file);
        let expected = u64::from(self.bins_size);
        (end < expected).then(|| (HEADER_SIZE + end, HEADER_SIZE + expected))
    }

    /// The memory that the hive takes in addition to its file and logs, in bytes.
    pub fn memory(&self) -> u64 {
        size_of::<Hive>() as u64 + self.patches.memory()
    }

    /// Returns the root key.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn root(&self) -> Result<Key<'_>, Error> {
        Key::at(self, self.root)
    }

    /// Returns the key at a path below the root, with `\` between names, or `None` if there is no such key. Links are not followed.
    ///
    /// # Errors
    ///
    /// Same as [`Key::subkey`], at any component.
    pub fn key(&self, path: &str) -> Result<Option<Key<'_>>, Error> {
        let mut key = self.root()?;
        for component in path.split('\\').filter(|component| !component.is_empty()) {
            match key.subkey(component)? {
                Some(below) => key = below,
                None => return Ok(None),
            }
        }
        Ok(Some(key))
    }

    pub(crate) fn minor_version(&self) -> u32 {
        self.minor_version
    }

    pub(crate) fn bins_size(&self) -> u64 {
        u64::from(self.bins_size)
    }

    /// The number of bytes of the bins that the file and its logs contain: the base block may claim more.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.bins_in_file.saturating_add(self.patches.bytes()).min(self.bins_size())
    }

    /// Reads from an offset in the bins until the buffer is full or the bins end. Returns the number of bytes read.
    pub(crate) fn read(&self, at: u64, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = at.saturating_add(done as u64);
            let left = u64::from(self.bins_size).saturating_sub(at);
            let holder = self.patches.holder(at);
            let available = match holder {
                Holder::Hive(length) => length.min(self.bins_in_file.saturating_sub(at)),
                Holder::Log(patch) => patch.length,
            };
            let count = usize::try_from(available.min(left)).unwrap_or(usize::MAX).min(rest.len());
            let Some(piece) = rest.get_mut(..count).filter(|piece| !piece.is_empty()) else { break };
            let read = match holder {
                Holder::Hive(_) => self.file.read_full_at(piece, HEADER_SIZE + at),
                Holder::Log(patch) => match self.logs.get(patch.source.log) {
                    Some((_, Log::Present(log))) => log.read_full_at(piece, patch.source.offset),
                    // Patches never refer to a log that is not present.
                    _ => Ok(0),
                },
            };
            match read {
                Ok(read) if read == count => done += count,
                Ok(_) => return Err(self.unreadable(at, "the file was truncated while it was read".to_owned())),
                Err(error) => return Err(self.unreadable(at, error.to_string())),
            }
        }
        Ok(done)
    }

    fn unreadable(&self, at: u64, reason: String) -> Error {
        Error::Unreadable { hive: self.name.clone(), offset: HEADER_SIZE + at, reason }
    }

    pub(crate) fn too_large(&self, offset: u32, what: &'static str, size: usize, limit: usize) -> Error {
        Error::TooLarge {
            hive: self.name.clone(),
            offset: HEADER_SIZE + u64::from(offset),
            what,
            size: size as u64,
            limit: limit as u64,
        }
    }

    pub(crate) fn too_many(&self, offset: u32, what: &'static str, limit: usize) -> Error {
        Error::TooMany { hive: self.name.clone(), offset: HEADER_SIZE + u64::from(offset), what, limit }
    }

    /// Creates an error about an offset in the bins.
    pub(crate) fn damage(&self, offset: u32, damage: impl Into<String>) -> Error {
        Error::Damaged { hive: self.name.clone(), offset: HEADER_SIZE + u64::from(offset), damage: damage.into() }
    }
}
