//! A running machine: its files through an administrative share, its registry through the remote registry service.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use wardline_contract::Deadline;
use wardline_files::host_failure::HostFailure;
use wardline_live::{
    ConnectError, EntryKind, KeyInfo, Machine, ReadError, Root, Share, Started, Value, start_remote_registry,
};

use super::access::{OpenKey, RegistryAccess};
use super::bytes::unix_seconds;
use super::failure::{Failure, Found};
use super::running::RunningRegistry;
use super::storage::{self, Handle, OpenFile, Place, Storage, Visit};
use super::{names, paths};

/// The maximum number of names of a folder that are read.
const MAX_ENTRIES: usize = 65_536;

/// Connects to the share with Windows: that of the drive that the registry names.
pub(super) fn share_of_windows(
    machine: &Arc<Machine>,
    registry: &RunningRegistry,
) -> Result<LiveStorage, ConnectError> {
    let letter = registry.system_root().and_then(|root| paths::split_drive(&root).map(|(letter, _)| letter));
    let share = Share::connect(machine, &format!("{}$", letter.unwrap_or('C')))?;
    Ok(LiveStorage { machine: Arc::clone(machine), share })
}

/// The files of a machine's system drive.
pub(super) struct LiveStorage {
    machine: Arc<Machine>,
    share: Share,
}

pub(super) fn shown(path: &str) -> String {
    if path.is_empty() { "the volume's root".to_owned() } else { path.to_owned() }
}

pub(super) fn failure(path: &str, error: ReadError) -> Failure {
    match error {
        ReadError::OutOfTime => Failure::OutOfTime,
        error => Failure::Unreadable(format!("{} cannot be read: {error}", shown(path))),
    }
}

pub(super) fn path_of(place: &Place) -> Found<&str> {
    match &place.handle {
        Handle::Running(path) => Ok(path),
        Handle::Folder(_) | Handle::Disk(_) => Err(Failure::Absent),
    }
}

impl Storage for LiveStorage {
    fn find(&self, components: &[&str], deadline: Deadline) -> Found<Place> {
        let path = components.join("\\");
        let found = self.share.find(&path, deadline.instant()).map_err(|error| failure(&path, error))?;
        let entry = found.ok_or(Failure::Absent)?;
        let kind = match entry.kind {
            EntryKind::File => storage::Kind::File,
            EntryKind::Folder => storage::Kind::Folder,
        };
        let modified = Some(unix_seconds(entry.modified));
        Ok(Place { shown: shown(&path), kind, size: entry.size, modified, handle: Handle::Running(path) })
    }

    fn list(&self, folder: &Place, deadline: Deadline, visit: &mut Visit<'_>) -> Found<bool> {
        let path = path_of(folder)?;
        let listed = self.share.list(path, MAX_ENTRIES, deadline.instant());
        let (mut names, truncated) = listed.map_err(|error| failure(path, error))?;
        names.sort_by_cached_key(|listed| (names::fold(&listed.name), listed.name.clone()));
        for listed in names {
            if visit(&listed.name, listed.folder) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(truncated)
    }

    fn open(&self, file: &Place) -> Found<OpenFile> {
        let path = path_of(file)?;
        self.share.open(path).map(OpenFile::Live).map_err(|error| failure(path, error))
    }

    fn security(&self, place: &Place) -> Found<Vec<u8>> {
        let path = path_of(place)?;
        self.share.security(path, None).map_err(|error| failure(path, error))
    }

    fn file_system(&self) -> Option<String> {
        self.share.file_system(None).ok()
    }

    fn set_drive(&self, _drive: char) {}

    fn host_failure(&self) -> Option<HostFailure> {
        None
    }

    fn forget(&self) {}

    fn bytes_read(&self) -> Option<u64> {
        Some(self.machine.bytes_read())
    }

    fn lost(&self) -> Option<String> {
        self.machine.lost().map(str::to_owned)
    }
}

/// The remote registry service of a machine.
struct RemoteRegistry {
    registry: Arc<wardline_live::Registry>,
    /// Stops the service afterwards, if it was started for this.
    _started: Option<Started>,
}

/// Connects to the registry of a machine. `top` is taken for `HKLM`; with `starts`, the service is started if it does not run.
pub(super) fn registry_of(machine: &Arc<Machine>, top: &str, starts: bool) -> Result<RunningRegistry, ConnectError> {
    let open = || wardline_live::Registry::open(machine);
    let (registry, started) = match open() {
        Err(ConnectError::NoRemoteRegistry { .. }) if starts => {
            let started = start_remote_registry(machine)?;
            (open()?, Some(started))
        }
        registry => (registry?, None),
    };
    let access = Arc::new(RemoteRegistry { registry, _started: started });
    Ok(RunningRegistry::new(access, top, Some(Arc::clone(machine))))
}

impl RegistryAccess for RemoteRegistry {
    fn open(
        &self,
        root: Root,
        path: &str,
        as_backup: bool,
        until: Option<Instant>,
    ) -> Result<Option<Box<dyn OpenKey>>, ReadError> {
        let key = self.registry.key(root, path, as_backup, until)?;
        Ok(key.map(|key| Box::new(key) as Box<dyn OpenKey>))
    }
}

impl OpenKey for wardline_live::Key {
    fn info(&self, until: Option<Instant>) -> Result<KeyInfo, ReadError> {
        wardline_live::Key::info(self, until)
    }

    fn subkey_name(&self, index: u32, until: Option<Instant>) -> Result<Option<String>, ReadError> {
        wardline_live::Key::subkey_name(self, index, until)
    }

    fn value(&self, name: &str, until: Option<Instant>) -> Result<Option<Value>, ReadError> {
        wardline_live::Key::value(self, name, until)
    }

    fn room_for_values(&self, until: Option<Instant>) -> Result<u32, ReadError> {
        wardline_live::Key::room_for_values(self, until)
    }

    fn value_at(&self, index: u32, room: u32, until: Option<Instant>) -> Result<Option<Value>, ReadError> {
        wardline_live::Key::value_at(self, index, room, until)
    }

    fn security(&self, until: Option<Instant>) -> Result<Vec<u8>, ReadError> {
        wardline_live::Key::security(self, until)
    }
}
