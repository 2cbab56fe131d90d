//! The computer that the program runs on: its files and its registry, as Windows itself reads them.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use wardline_contract::Deadline;
use wardline_files::host_failure::HostFailure;
use wardline_live::{KeyInfo, ReadError, Root, Value, ValueData};
use wardline_this_computer::{self as this_computer, Drive};

use super::access::{OpenKey, RegistryAccess};
use super::bytes::unix_seconds;
use super::failure::{Failure, Found};
use super::live::{failure, path_of, shown};
use super::names;
use super::running::RunningRegistry;
use super::storage::{self, Handle, OpenFile, Place, Storage, Visit};

/// The maximum number of names of a folder that are read.
const MAX_ENTRIES: usize = 65_536;

/// Opens the registry of this computer.
pub(super) fn registry() -> RunningRegistry {
    RunningRegistry::new(Arc::new(OwnRegistry), "", None)
}

/// Opens the drive with this letter; `None` if it is not a letter.
pub(super) fn drive(letter: char) -> Option<OwnDrive> {
    Drive::new(letter).map(OwnDrive)
}

/// The files of a drive of this computer.
pub(super) struct OwnDrive(Drive);

impl Storage for OwnDrive {
    fn find(&self, components: &[&str], deadline: Deadline) -> Found<Place> {
        deadline.check()?;
        let path = components.join("\\");
        let found = self.0.find(&path).map_err(|error| failure(&path, read_error(error)))?;
        let entry = found.ok_or(Failure::Absent)?;
        let kind = if entry.is_folder { storage::Kind::Folder } else { storage::Kind::File };
        let modified = Some(unix_seconds(entry.modified));
        Ok(Place { shown: shown(&path), kind, size: entry.size, modified, handle: Handle::Running(path) })
    }

    fn list(&self, folder: &Place, deadline: Deadline, visit: &mut Visit<'_>) -> Found<bool> {
        deadline.check()?;
        let path = path_of(folder)?;
        let listed = self.0.list(path, MAX_ENTRIES).map_err(|error| failure(path, read_error(error)));
        let (mut names, truncated) = listed?;
        names.sort_by_cached_key(|listed| (names::fold(&listed.name), listed.name.clone()));
        for listed in names {
            if visit(&listed.name, listed.is_folder) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(truncated)
    }

    fn open(&self, file: &Place) -> Found<OpenFile> {
        let path = path_of(file)?;
        self.0.open(path).map(OpenFile::Host).map_err(|error| failure(path, read_error(error)))
    }

    fn security(&self, place: &Place) -> Found<Vec<u8>> {
        let path = path_of(place)?;
        self.0.security(path).map_err(|error| failure(path, read_error(error)))
    }

    fn file_system(&self) -> Option<String> {
        self.0.file_system().ok()
    }

    fn set_drive(&self, _drive: char) {}

    fn host_failure(&self) -> Option<HostFailure> {
        None
    }

    fn forget(&self) {}

    fn bytes_read(&self) -> Option<u64> {
        None
    }
}

struct OwnRegistry;

/// Returns an error if the time for a question is up: Windows' own functions have no deadline, and answer at once.
fn check(until: Option<Instant>) -> Result<(), ReadError> {
    match until {
        Some(until) if until <= Instant::now() => Err(ReadError::OutOfTime),
        _ => Ok(()),
    }
}

impl RegistryAccess for OwnRegistry {
    fn open(
        &self,
        root: Root,
        path: &str,
        as_backup: bool,
        until: Option<Instant>,
    ) -> Result<Option<Box<dyn OpenKey>>, ReadError> {
        check(until)?;
        let root = match root {
            Root::LocalMachine => this_computer::Root::LocalMachine,
            Root::Users => this_computer::Root::Users,
        };
        let key = this_computer::Key::open(root, path, as_backup).map_err(read_error)?;
        Ok(key.map(|key| Box::new(key) as Box<dyn OpenKey>))
    }
}

impl OpenKey for this_computer::Key {
    fn info(&self, until: Option<Instant>) -> Result<KeyInfo, ReadError> {
        check(until)?;
        let this_computer::KeyInfo { class, last_written } = this_computer::Key::info(self).map_err(read_error)?;
        Ok(KeyInfo { class, last_written })
    }

    fn subkey_name(&self, index: u32, until: Option<Instant>) -> Result<Option<String>, ReadError> {
        check(until)?;
        this_computer::Key::subkey_name(self, index).map_err(read_error)
    }

    fn value(&self, name: &str, until: Option<Instant>) -> Result<Option<Value>, ReadError> {
        check(until)?;
        Ok(this_computer::Key::value(self, name).map_err(read_error)?.map(value))
    }

    fn room_for_values(&self, until: Option<Instant>) -> Result<u32, ReadError> {
        check(until)?;
        this_computer::Key::room_for_values(self).map_err(read_error)
    }

    fn value_at(&self, index: u32, room: u32, until: Option<Instant>) -> Result<Option<Value>, ReadError> {
        check(until)?;
        Ok(this_computer::Key::value_at(self, index, room).map_err(read_error)?.map(value))
    }

    fn security(&self, until: Option<Instant>) -> Result<Vec<u8>, ReadError> {
        check(until)?;
        this_computer::Key::security(self).map_err(read_error)
    }
}

fn value(value: this_computer::Value) -> Value {
    let data = match value.data {
        this_computer::ValueData::Bytes(bytes) => ValueData::Bytes(bytes),
        this_computer::ValueData::TooLarge { size } => ValueData::TooLarge { size },
    };
    Value { name: value.name, kind: value.kind, data }
}

fn read_error(error: this_computer::ReadError) -> ReadError {
    match error {
        this_computer::ReadError::Win32(code) => ReadError::Win32(code),
        this_computer::ReadError::TooLarge { size, limit } => ReadError::TooLarge { size, limit },
        error @ (this_computer::ReadError::Elsewhere | this_computer::ReadError::Changes) => {
            ReadError::BadReply(error.to_string())
        }
    }
}
