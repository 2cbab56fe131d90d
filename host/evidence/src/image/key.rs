//! Registry keys and values, in a hive or on a running machine.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use wardline_live::{ReadError, Root, ValueData};
use wardline_regf::Data;

use super::access::{OpenKey, RegistryAccess};
use super::failure::Failure;
use super::names;

/// The maximum number of members of a key on a machine that are visited. Every caller stops earlier; the machine may not know an end.
const MAX_MEMBERS: u32 = 1 << 20;

/// The part of a machine that its keys belong to, for conditions.
pub(super) const RUNNING_REGISTRY: &str = "registry";

/// The reasons a key, or a member of it, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    #[error(transparent)]
    Hive(#[from] wardline_regf::Error),
    #[error("the key {key} cannot be read: {error}")]
    Running { key: String, error: ReadError },
}

impl KeyError {
    /// The part of the machine that has the error: a hive's name.
    pub(super) fn part(&self) -> &str {
        match self {
            KeyError::Hive(error) => error.hive(),
            KeyError::Running { .. } => RUNNING_REGISTRY,
        }
    }

    /// Whether the error says nothing about the machine: the deadline passed, or the connection is lost, which is reported as such.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, KeyError::Running { error: ReadError::OutOfTime | ReadError::Lost(_), .. })
    }

    /// Whether something is only too large to be read.
    pub(super) fn is_too_large(&self) -> bool {
        matches!(
            self,
            KeyError::Hive(wardline_regf::Error::TooLarge { .. })
                | KeyError::Running { error: ReadError::TooLarge { .. }, .. }
        )
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Running { error: ReadError::OutOfTime, .. } => Failure::OutOfTime,
            error => Failure::Unreadable(error.to_string()),
        }
    }
}

impl From<wardline_regf::Error> for Failure {
    fn from(error: wardline_regf::Error) -> Self {
        KeyError::from(error).into()
    }
}

/// A key.
#[derive(Clone)]
pub(super) enum Key<'hive> {
    Hive(wardline_regf::Key<'hive>),
    Running(RunningKey),
}

/// A value.
pub(super) enum Value<'hive> {
    Hive(wardline_regf::Value<'hive>),
    Running { key: RunningKey, value: wardline_live::Value },
}

/// An iterator over one of two kinds of members.
enum Members<H, R> {
    Hive(H),
    Running(R),
}

impl<T, H: Iterator<Item = T>, R: Iterator<Item = T>> Iterator for Members<H, R> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match self {
            Members::Hive(members) => members.next(),
            Members::Running(members) => members.next(),
        }
    }
}

impl<'hive> Key<'hive> {
    pub(super) fn name(&self) -> Result<String, KeyError> {
        match self {
            Key::Hive(key) => Ok(key.name()?),
            Key::Running(key) => Ok(names::components(&key.path).last().unwrap_or_default().to_owned()),
        }
    }

    /// The time of the last change, in 100 ns since 1601.
    pub(super) fn last_written(&self) -> Result<u64, KeyError> {
        match self {
            Key::Hive(key) => Ok(key.last_written()),
            Key::Running(key) => key.ask(|open, until| open.info(until)).map(|info| info.last_written),
        }
    }

    pub(super) fn class_name(&self) -> Result<String, KeyError> {
        match self {
            Key::Hive(key) => Ok(key.class_name()?),
            Key::Running(key) => key.ask(|open, until| open.info(until)).map(|info| info.class),
        }
    }

    pub(super) fn security(&self) -> Result<Option<Vec<u8>>, KeyError> {
        match self {
            Key::Hive(key) => Ok(key.security()?),
            Key::Running(key) => key.ask(|open, until| open.security(until)).map(Some),
        }
    }

    pub(super) fn subkey(&self, name: &str) -> Result<Option<Key<'hive>>, KeyError> {
        match self {
            Key::Hive(key) => Ok(key.subkey(name)?.map(Key::Hive)),
            Key::Running(key) => {
                let child = key.child(name);
                Ok(child.open()?.is_some().then_some(Key::Running(child)))
            }
        }
    }

    pub(super) fn subkeys(&self) -> Result<impl Iterator<Item = Result<Key<'hive>, KeyError>> + use<'hive>, KeyError> {
        Ok(match self {
            Key::Hive(key) => Members::Hive(key.subkeys()?.map(|key| Ok(Key::Hive(key?)))),
            Key::Running(key) => {
                let key = key.clone();
                Members::Running(members(move |index| {
                    let name = key.ask(|open, until| open.subkey_name(index, until))?;
                    Ok(name.map(|name| Key::Running(key.child(&name))))
                }))
            }
        })
    }

    pub(super) fn value(&self, name: &str) -> Result<Option<Value<'hive>>, KeyError> {
        match self {
            Key::Hive(key) => Ok(key.value(name)?.map(Value::Hive)),
            Key::Running(key) => {
                let value = key.ask(|open, until| open.value(name, until))?;
                Ok(value.map(|value| Value::Running { key: key.clone(), value }))
            }
        }
    }

    pub(super) fn values(&self) -> Result<impl Iterator<Item = Result<Value<'hive>, KeyError>> + use<'hive>, KeyError> {
        Ok(match self {
            Key::Hive(key) => Members::Hive(key.values()?.map(|value| Ok(Value::Hive(value?)))),
            Key::Running(key) => {
                let room = key.ask(|open, until| open.room_for_values(until))?;
                let key = key.clone();
                Members::Running(members(move |index| {
                    let value = key.ask(|open, until| open.value_at(index, room, until))?;
                    Ok(value.map(|value| Value::Running { key: key.clone(), value }))
                }))
            }
        })
    }
}

/// Asks for members by number until there are no more or one cannot be read. In that case the next ones cannot be read, either.
fn members<T>(mut member: impl FnMut(u32) -> Result<Option<T>, KeyError>) -> impl Iterator<Item = Result<T, KeyError>> {
    let mut numbers = 0..MAX_MEMBERS;
    std::iter::from_fn(move || {
        let found = member(numbers.next()?);
        if found.is_err() {
            numbers = 0..0;
        }
        found.transpose()
    })
}

impl Value<'_> {
    pub(super) fn name(&self) -> Result<String, KeyError> {
        match self {
            Value::Hive(value) => Ok(value.name()?),
            Value::Running { value, .. } => Ok(value.name.clone()),
        }
    }

    /// The type, such as 1 for `REG_SZ`.
    pub(super) fn kind(&self) -> u32 {
        match self {
            Value::Hive(value) => value.kind(),
            Value::Running { value, .. } => value.kind,
        }
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, KeyError> {
        match self {
            Value::Hive(value) => Ok(value.bytes()?),
            Value::Running { key, value } => match &value.data {
                ValueData::Bytes(bytes) => Ok(bytes.clone()),
                ValueData::TooLarge { size } => {
                    let limit = wardline_live::winreg::MAX_DATA;
                    Err(key.error(ReadError::TooLarge { size: (*size).into(), limit: limit.into() }))
                }
            },
        }
    }

    pub(super) fn data(&self) -> Result<Data, KeyError> {
        match self {
            Value::Hive(value) => Ok(value.data()?),
            Value::Running { value, .. } => Ok(Data::new(value.kind, &self.bytes()?)),
        }
    }
}

/// A key on a running machine, opened when it is first asked.
#[derive(Clone)]
pub(super) struct RunningKey {
    registry: Arc<dyn RegistryAccess>,
    root: Root,
    /// The path from the root.
    path: String,
    as_backup: bool,
    until: Option<Instant>,
    opened: OnceLock<Arc<dyn OpenKey>>,
}

impl RunningKey {
    pub(super) fn new(
        registry: Arc<dyn RegistryAccess>,
        root: Root,
        path: String,
        as_backup: bool,
        until: Option<Instant>,
    ) -> RunningKey {
        RunningKey { registry, root, path, as_backup, until, opened: OnceLock::new() }
    }

    fn child(&self, name: &str) -> RunningKey {
        RunningKey { path: format!("{}\\{name}", self.path), opened: OnceLock::new(), ..self.clone() }
    }

    /// Opens the key; `None` if there is none.
    pub(super) fn open(&self) -> Result<Option<Arc<dyn OpenKey>>, KeyError> {
        if let Some(open) = self.opened.get() {
            return Ok(Some(Arc::clone(open)));
        }
        let key = |as_backup| self.registry.open(self.root, &self.path, as_backup, self.until);
        let found = match key(self.as_backup) {
            // Without the right to make backups, the key may still be readable.
            Err(error) if self.as_backup && error.is_denied() => key(false),
            found => found,
        };
        let found = found.map_err(|error| self.error(error))?;
        Ok(found.map(|key| Arc::clone(self.opened.get_or_init(|| Arc::from(key)))))
    }

    fn ask<T>(&self, ask: impl FnOnce(&dyn OpenKey, Option<Instant>) -> Result<T, ReadError>) -> Result<T, KeyError> {
        let gone = || self.error(ReadError::BadReply("it was deleted while it was read".to_owned()));
        let open = self.open()?.ok_or_else(gone)?;
        ask(&*open, self.until).map_err(|error| self.error(error))
    }

    fn error(&self, error: ReadError) -> KeyError {
        let root = match self.root {
            Root::LocalMachine => "HKLM",
            Root::Users => "HKU",
        };
        KeyError::Running { key: format!("{root}\\{}", self.path), error }
    }
}
