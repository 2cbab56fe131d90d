//! A running machine: its files through an administrative share, its registry through the remote registry service.

use std::ops::ControlFlow;
use std::sync::Arc;

use wardline_contract::Deadline;
use wardline_files::host_failure::HostFailure;
use wardline_live::{ConnectError, EntryKind, Machine, ReadError, Root, Share, Started, start_remote_registry};

use super::bytes::unix_seconds;
use super::failure::{Failure, Found};
use super::key::{Key, KeyError, LiveKey};
use super::storage::{self, Handle, OpenFile, Place, Storage, Visit};
use super::{names, paths};

/// The most names of a folder that are read.
const MAX_ENTRIES: usize = 65_536;

const WINDOWS_NT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// Connects to the share with Windows: that of the drive that the registry names.
pub(super) fn share_of_windows(machine: &Arc<Machine>, registry: &LiveRegistry) -> Result<LiveStorage, ConnectError> {
    let letter = registry.system_root().and_then(|root| paths::split_drive(&root).map(|(letter, _)| letter));
    let share = Share::connect(machine, &format!("{}$", letter.unwrap_or('C')))?;
    Ok(LiveStorage { machine: Arc::clone(machine), share })
}

/// The files of a machine's system drive.
pub(super) struct LiveStorage {
    machine: Arc<Machine>,
    share: Share,
}

fn shown(path: &str) -> String {
    if path.is_empty() { "the volume's root".to_owned() } else { path.to_owned() }
}

fn failure(path: &str, error: ReadError) -> Failure {
    match error {
        ReadError::OutOfTime => Failure::OutOfTime,
        error => Failure::Unreadable(format!("{} cannot be read: {error}", shown(path))),
    }
}

fn path_of(place: &Place) -> Found<&str> {
    match &place.handle {
        Handle::Live(path) => Ok(path),
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
        Ok(Place { shown: shown(&path), kind, size: entry.size, modified, handle: Handle::Live(path) })
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

/// The registry of a machine.
pub(super) struct LiveRegistry {
    machine: Arc<Machine>,
    registry: Arc<wardline_live::Registry>,
    /// Stops the service afterwards, if it was started for this.
    _started: Option<Started>,
    /// The key that is taken for `HKLM`, which is empty except in tests: a server that is not Windows has keys of its own there.
    top: String,
}

/// A key that was looked for on a machine.
pub(super) enum Sought {
    Found(Key<'static>),
    Absent,
    /// A user's hive that is not loaded, because the user is not logged on.
    NotLoaded,
}

impl LiveRegistry {
    pub(super) fn open(machine: &Arc<Machine>, top: &str, starts: bool) -> Result<LiveRegistry, ConnectError> {
        let open = || wardline_live::Registry::open(machine);
        let (registry, started) = match open() {
            Err(ConnectError::NoRemoteRegistry { .. }) if starts => {
                let started = start_remote_registry(machine)?;
                (open()?, Some(started))
            }
            registry => (registry?, None),
        };
        Ok(LiveRegistry { machine: Arc::clone(machine), registry, _started: started, top: top.to_owned() })
    }

    pub(super) fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    /// Looks for a key below `HKLM`. With `as_backup` it is found even if it is the system's alone; a key for a plugin is not, so
    /// that a link leads no plugin to secrets.
    pub(super) fn machine_key(&self, path: &str, as_backup: bool, deadline: Deadline) -> Result<Sought, KeyError> {
        let key = self.key(Root::LocalMachine, &format!("{}{path}", self.top), as_backup, deadline);
        Ok(if key.open()?.is_some() { Sought::Found(Key::Live(key)) } else { Sought::Absent })
    }

    /// Looks for a key of a user.
    pub(super) fn user_key(
        &self,
        user: &str,
        rest: &str,
        as_backup: bool,
        deadline: Deadline,
    ) -> Result<Sought, KeyError> {
        let path = if rest.is_empty() { user.to_owned() } else { format!("{user}\\{rest}") };
        let key = self.key(Root::Users, &path, as_backup, deadline);
        if key.open()?.is_some() {
            return Ok(Sought::Found(Key::Live(key)));
        }
        let is_loaded = !rest.is_empty() && self.key(Root::Users, user, as_backup, deadline).open()?.is_some();
        Ok(if is_loaded { Sought::Absent } else { Sought::NotLoaded })
    }

    fn key(&self, root: Root, path: &str, as_backup: bool, deadline: Deadline) -> LiveKey {
        LiveKey::new(Arc::clone(&self.registry), root, path.to_owned(), as_backup, deadline.instant())
    }

    fn system_root(&self) -> Option<String> {
        match self.machine_key(WINDOWS_NT, true, Deadline::never()) {
            Ok(Sought::Found(key)) => super::typed::text_value(&key, "SystemRoot").ok()?.known(),
            _ => None,
        }
    }
}
