//! The registry of a machine, through its remote registry service.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use smb2::types::TreeId;
use tokio::sync::Mutex;

use crate::ndr::Handle;
use crate::rpc::Pipe;
use crate::status::{nt, win32};
use crate::winreg::{self, MAX_DATA, Queried, RawInfo, RawValue, function};
use crate::{ConnectError, Machine, ReadError};

/// The share with the machine's named pipes.
pub(crate) const PIPES: &str = "IPC$";
const PIPE: &str = "winreg";

/// A server that starts the service when somebody opens its pipe needs a moment. The pause grows with each attempt.
const ATTEMPTS: u32 = 4;
/// The attempts to open a pipe that is there, with all of its instances in use: the server is under load.
const ATTEMPTS_IF_BUSY: u32 = 9;
const PAUSE: Duration = Duration::from_millis(400);

/// The room for a value's data at the first attempt, in bytes. Nearly all are smaller.
const USUAL_DATA: u32 = 4096;

/// The two trees of keys that a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `HKLM`
    LocalMachine,
    /// `HKU`: the users who are logged on, and the system itself.
    Users,
}

/// The registry of a machine, as its remote registry service shows it: links and `CurrentControlSet` are followed there.
pub struct Registry {
    machine: Arc<Machine>,
    tree: TreeId,
    pipe: Mutex<Option<Open>>,
    /// How often the pipe was opened. Keys of an earlier time are gone.
    opened: AtomicU64,
}

/// A pipe with the roots' handles.
struct Open {
    pipe: Pipe,
    local_machine: Handle,
    users: Handle,
    number: u64,
}

/// An open key. It is closed when it is dropped.
pub struct Key {
    registry: Arc<Registry>,
    handle: Handle,
    /// The pipe that the handle belongs to.
    number: u64,
}

/// Properties of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The class name, which nearly no key has.
    pub class: String,
    /// The time of the last change, in 100 ns since 1601.
    pub last_written: u64,
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The name as stored; as asked for if it was asked for by name.
    pub name: String,
    /// The type, such as 1 for `REG_SZ`.
    pub kind: u32,
    pub data: ValueData,
}

/// The data of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueData {
    Bytes(Vec<u8>),
    /// More than [`winreg::MAX_DATA`] bytes, which are not read.
    TooLarge {
        size: u32,
    },
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("machine", &self.machine).finish_non_exhaustive()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl Registry {
    /// Connects to the remote registry service of a machine.
    ///
    /// # Errors
    ///
    /// If the service does not run, or the user may not read the registry.
    pub fn open(machine: &Arc<Machine>) -> Result<Arc<Registry>, ConnectError> {
        let tree = machine.connect_share(PIPES)?;
        let registry =
            Registry { machine: Arc::clone(machine), tree, pipe: Mutex::new(None), opened: AtomicU64::new(0) };
        let opened = machine.call(None, async {
            let mut pipe = registry.pipe.lock().await;
            for attempt in 1.. {
                let opened = registry.open_pipe().await;
                let most = match &opened {
                    Err(ReadError::Status(nt::OBJECT_NAME_NOT_FOUND)) => ATTEMPTS,
                    Err(ReadError::Status(nt::PIPE_NOT_AVAILABLE | nt::INSTANCE_NOT_AVAILABLE)) => ATTEMPTS_IF_BUSY,
                    _ => attempt,
                };
                match opened {
                    Err(_) if attempt < most => tokio::time::sleep(PAUSE * attempt).await,
                    opened => {
                        *pipe = Some(opened?);
                        break;
                    }
                }
            }
            Ok(())
        });
        match opened {
            Ok(()) => Ok(Arc::new(registry)),
            Err(ReadError::Status(nt::OBJECT_NAME_NOT_FOUND | nt::PIPE_NOT_AVAILABLE | nt::NOT_SUPPORTED)) => {
                Err(ConnectError::NoRemoteRegistry { host: machine.host() })
            }
            Err(error) if error.is_denied() => {
                Err(machine.no_administrator("so it may not read its registry".to_owned()))
            }
            Err(error) => Err(machine.broke_off(&error)),
        }
    }

    async fn open_pipe(&self) -> Result<Open, ReadError> {
        let mut pipe = Pipe::open(self.machine.connection().clone(), self.tree, PIPE, &winreg::INTERFACE).await?;
        let root = winreg::open_root();
        let local_machine = winreg::parse_handle(&pipe.call(function::OPEN_LOCAL_MACHINE, &root).await?)?;
        let users = winreg::parse_handle(&pipe.call(function::OPEN_USERS, &root).await?)?;
        Ok(Open { pipe, local_machine, users, number: self.opened.fetch_add(1, Ordering::Relaxed) })
    }

    /// Opens a key by its path below a root; `None` if there is none. With `as_backup` it is opened as for a backup, which
    /// administrators may do with keys that are the system's alone.
    ///
    /// # Errors
    ///
    /// If the machine denies access or does not answer.
    pub fn key(
        self: &Arc<Self>,
        root: Root,
        path: &str,
        as_backup: bool,
        until: Option<Instant>,
    ) -> Result<Option<Key>, ReadError> {
        let opened = self.machine.call(until, async {
            let mut held = self.pipe.lock().await;
            // A call that was broken off took its pipe with it.
            let mut open = match held.take() {
                Some(open) => open,
                None => self.open_pipe().await?,
            };
            let parent = match root {
                Root::LocalMachine => open.local_machine,
                Root::Users => open.users,
            };
            let results = open.pipe.call(function::OPEN_KEY, &winreg::open_key(&parent, path, as_backup)?).await;
            let number = open.number;
            let results = keep(&mut held, open, results).await?;
            Ok((winreg::parse_handle(&results), number))
        });
        match opened? {
            (Ok(handle), number) => Ok(Some(Key { registry: Arc::clone(self), handle, number })),
            (Err(ReadError::Win32(win32::FILE_NOT_FOUND | win32::PATH_NOT_FOUND)), _) => Ok(None),
            (Err(error), _) => Err(error),
        }
    }
}

/// Keeps a pipe after a call, unless the call left it in an unknown state. A future that is dropped in the middle keeps nothing.
async fn keep(held: &mut Option<Open>, open: Open, results: Result<Vec<u8>, ReadError>) -> Result<Vec<u8>, ReadError> {
    match &results {
        Ok(_) | Err(ReadError::Win32(_) | ReadError::LongName { .. }) => *held = Some(open),
        Err(_) => open.pipe.close().await,
    }
    results
}

impl Key {
    fn call(&self, function: u16, parameters: &[u8], until: Option<Instant>) -> Result<Vec<u8>, ReadError> {
        let registry = &self.registry;
        let results = registry.machine.call(until, async {
            let mut held = registry.pipe.lock().await;
            let Some(mut open) = held.take() else {
                return Err(ReadError::bad("the key was closed with its pipe"));
            };
            if open.number != self.number {
                *held = Some(open);
                return Err(ReadError::bad("the key was closed with its pipe"));
            }
            let results = open.pipe.call(function, parameters).await;
            keep(&mut held, open, results).await
        })?;
        registry.machine.count(results.len());
        Ok(results)
    }

    /// Reads the class name and the time of the last change.
    ///
    /// # Errors
    ///
    /// If the machine does not answer.
    pub fn info(&self, until: Option<Instant>) -> Result<KeyInfo, ReadError> {
        let RawInfo { class, last_written, .. } = self.raw_info(until)?;
        Ok(KeyInfo { class, last_written })
    }

    fn raw_info(&self, until: Option<Instant>) -> Result<RawInfo, ReadError> {
        winreg::parse_info(&self.call(function::QUERY_INFO_KEY, &winreg::query_info(&self.handle), until)?)
    }

    /// Reads the name of the subkey with this number; `None` after the last.
    ///
    /// # Errors
    ///
    /// If the machine does not answer.
    pub fn subkey_name(&self, index: u32, until: Option<Instant>) -> Result<Option<String>, ReadError> {
        winreg::parse_subkey(&self.call(function::ENUM_KEY, &winreg::enum_key(&self.handle, index), until)?)
    }

    /// Reads a value by its name, which is empty for the default one; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the machine does not answer.
    pub fn value(&self, name: &str, until: Option<Instant>) -> Result<Option<Value>, ReadError> {
        let query = |room: u32| {
            let parameters = winreg::query_value(&self.handle, name, room)?;
            winreg::parse_queried(&self.call(function::QUERY_VALUE, &parameters, until)?)
        };
        let value = |raw: RawValue| Value { name: name.to_owned(), kind: raw.kind, data: ValueData::Bytes(raw.data) };
        let size = match query(USUAL_DATA)? {
            Queried::Absent => return Ok(None),
            Queried::Value(raw) => return Ok(Some(value(raw))),
            Queried::Larger(size) => size,
        };
        if size > MAX_DATA {
            return Err(ReadError::TooLarge { size: size.into(), limit: MAX_DATA.into() });
        }
        match query(size)? {
            Queried::Absent => Ok(None),
            Queried::Value(raw) => Ok(Some(value(raw))),
            Queried::Larger(_) => Err(ReadError::bad(format!("the value {name} grows while it is read"))),
        }
    }

    /// Returns the room that values are enumerated with: the size of the largest data, if it is not too large.
    ///
    /// # Errors
    ///
    /// If the machine does not answer.
    pub fn room_for_values(&self, until: Option<Instant>) -> Result<u32, ReadError> {
        Ok(self.raw_info(until)?.longest_data.clamp(USUAL_DATA, MAX_DATA))
    }

    /// Reads the value with this number; `None` after the last. `room` is from [`Key::room_for_values`].
    ///
    /// # Errors
    ///
    /// If the machine does not answer, or the data is larger than `room`.
    pub fn value_at(&self, index: u32, room: u32, until: Option<Instant>) -> Result<Option<Value>, ReadError> {
        let results = self.call(function::ENUM_VALUE, &winreg::enum_value(&self.handle, index, room), until)?;
        let found = winreg::parse_enumerated(&results)?;
        Ok(found.map(|raw| {
            let data = if raw.size as usize > raw.data.len() {
                ValueData::TooLarge { size: raw.size }
            } else {
                ValueData::Bytes(raw.data)
            };
            Value { name: raw.name, kind: raw.kind, data }
        }))
    }

    /// Reads the security descriptor, self-relative: owner, group and access list.
    ///
    /// # Errors
    ///
    /// If the machine does not answer.
    pub fn security(&self, until: Option<Instant>) -> Result<Vec<u8>, ReadError> {
        winreg::parse_security(&self.call(function::GET_KEY_SECURITY, &winreg::get_security(&self.handle), until)?)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let (registry, handle, number) = (Arc::clone(&self.registry), self.handle, self.number);
        let machine = Arc::clone(&registry.machine);
        machine.spawn(async move {
            let mut held = registry.pipe.lock().await;
            if let Some(mut open) = held.take_if(|open| open.number == number) {
                let results = open.pipe.call(function::CLOSE_KEY, &winreg::only_key(&handle)).await;
                let _ = keep(&mut held, open, results).await;
            }
        });
    }
}
