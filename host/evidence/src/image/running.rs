//! The registry of a running machine.

use std::sync::Arc;

use wardline_contract::Deadline;
use wardline_live::{Machine, Root};

use super::access::RegistryAccess;
use super::key::{Key, KeyError, RunningKey};

const WINDOWS_NT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
#[cfg(any(windows, test))]
const COMPUTER_NAME: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";

/// The registry of a running machine.
pub(super) struct RunningRegistry {
    access: Arc<dyn RegistryAccess>,
    /// The key that is taken for `HKLM`, which is empty except in tests: a server that is not Windows has keys of its own there.
    top: String,
    /// The machine, if it is elsewhere: what its registry keeps back is asked for by calls to it.
    machine: Option<Arc<Machine>>,
}

/// A key that was looked for on a machine.
pub(super) enum Sought {
    Found(Key<'static>),
    Absent,
    /// A user's hive that is not loaded, because the user is not logged on.
    NotLoaded,
}

impl RunningRegistry {
    pub(super) fn new(access: Arc<dyn RegistryAccess>, top: &str, machine: Option<Arc<Machine>>) -> RunningRegistry {
        RunningRegistry { access, top: top.to_owned(), machine }
    }

    /// The machine, if it is elsewhere.
    pub(super) fn machine(&self) -> Option<&Arc<Machine>> {
        self.machine.as_ref()
    }

    /// Looks for a key below `HKLM`. With `as_backup` it is found even if it is the system's alone; a key for a plugin is not, so
    /// that a link leads no plugin to secrets.
    pub(super) fn machine_key(&self, path: &str, as_backup: bool, deadline: Deadline) -> Result<Sought, KeyError> {
        let key = self.key(Root::LocalMachine, &format!("{}{path}", self.top), as_backup, deadline);
        Ok(if key.open()?.is_some() { Sought::Found(Key::Running(key)) } else { Sought::Absent })
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
            return Ok(Sought::Found(Key::Running(key)));
        }
        let is_loaded = !rest.is_empty() && self.key(Root::Users, user, as_backup, deadline).open()?.is_some();
        Ok(if is_loaded { Sought::Absent } else { Sought::NotLoaded })
    }

    fn key(&self, root: Root, path: &str, as_backup: bool, deadline: Deadline) -> RunningKey {
        RunningKey::new(Arc::clone(&self.access), root, path.to_owned(), as_backup, deadline.instant())
    }

    /// The path of the Windows folder: `C:\Windows`.
    pub(super) fn system_root(&self) -> Option<String> {
        self.text(WINDOWS_NT, "SystemRoot")
    }

    /// The computer's name. A machine elsewhere has that of its address.
    #[cfg(any(windows, test))]
    pub(super) fn computer_name(&self) -> Option<String> {
        self.text(COMPUTER_NAME, "ComputerName")
    }

    fn text(&self, path: &str, name: &str) -> Option<String> {
        match self.machine_key(path, true, Deadline::never()) {
            Ok(Sought::Found(key)) => super::typed::text_value(&key, name).ok()?.known(),
            _ => None,
        }
    }
}
