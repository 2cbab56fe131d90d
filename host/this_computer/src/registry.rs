//! The registry of this computer.

use crate::ReadError;
use crate::system::{self, KeyHandle};

/// The largest data of a value that is read, in bytes.
pub const MAX_DATA: u32 = 1 << 20;

/// The room for a value's data at the first attempt, in bytes. Nearly all are smaller.
const USUAL_DATA: u32 = 4096;

/// The two trees of keys that a computer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `HKLM`
    LocalMachine,
    /// `HKU`: the users who are logged on, and the system itself.
    Users,
}

/// An open key.
#[derive(Debug)]
pub struct Key(KeyHandle);

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
    /// More bytes than there was room for, which are not read.
    TooLarge {
        size: u32,
    },
}

impl Key {
    /// Opens a key by its path below a root; `None` if there is none. With `as_backup` and the right to make backups it is opened
    /// even if it is the system's alone.
    ///
    /// # Errors
    ///
    /// If Windows denies access or reports another error.
    pub fn open(root: Root, path: &str, as_backup: bool) -> Result<Option<Key>, ReadError> {
        Ok(system::open_key(root, path, as_backup && system::may_back_up())?.map(Key))
    }

    /// Reads the class name and the time of the last change.
    ///
    /// # Errors
    ///
    /// If Windows reports an error.
    pub fn info(&self) -> Result<KeyInfo, ReadError> {
        let system::Info { class, last_written, .. } = self.0.info()?;
        Ok(KeyInfo { class, last_written })
    }

    /// Reads the name of the subkey with this number; `None` after the last.
    ///
    /// # Errors
    ///
    /// If Windows reports an error.
    pub fn subkey_name(&self, index: u32) -> Result<Option<String>, ReadError> {
        self.0.subkey_name(index)
    }

    /// Reads a value by its name, which is empty for the default one; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If Windows reports an error, or the data is larger than [`MAX_DATA`].
    pub fn value(&self, name: &str) -> Result<Option<Value>, ReadError> {
        let mut room = USUAL_DATA;
        // A second time with the size that the first one has told; the value may grow in between.
        for _ in 0..4 {
            let mut data = buffer(room);
            let Some((kind, size)) = self.0.value(name, &mut data)? else { return Ok(None) };
            if size <= room {
                data.truncate(usize::try_from(size).unwrap_or_default());
                return Ok(Some(Value { name: name.to_owned(), kind, data: ValueData::Bytes(data) }));
            }
            if size > MAX_DATA {
                return Err(ReadError::TooLarge { size: size.into(), limit: MAX_DATA.into() });
            }
            room = size;
        }
        Err(ReadError::Changes)
    }

    /// Returns the room that values are enumerated with: the size of the largest data, if it is not too large.
    ///
    /// # Errors
    ///
    /// If Windows reports an error.
    pub fn room_for_values(&self) -> Result<u32, ReadError> {
        Ok(self.0.info()?.longest_data.clamp(USUAL_DATA, MAX_DATA))
    }

    /// Reads the value with this number; `None` after the last. `room` is from [`Key::room_for_values`].
    ///
    /// # Errors
    ///
    /// If Windows reports an error.
    pub fn value_at(&self, index: u32, room: u32) -> Result<Option<Value>, ReadError> {
        let room = room.min(MAX_DATA);
        let mut data = buffer(room);
        let Some(system::Enumerated { name, kind, size }) = self.0.value_at(index, &mut data)? else { return Ok(None) };
        let data = if size > room {
            ValueData::TooLarge { size }
        } else {
            data.truncate(usize::try_from(size).unwrap_or_default());
            ValueData::Bytes(data)
        };
        Ok(Some(Value { name, kind, data }))
    }

    /// Reads the security descriptor, self-relative: owner, group and access list.
    ///
    /// # Errors
    ///
    /// If Windows reports an error.
    pub fn security(&self) -> Result<Vec<u8>, ReadError> {
        self.0.security()
    }
}

fn buffer(room: u32) -> Vec<u8> {
    vec![0; usize::try_from(room).unwrap_or_default()]
}
