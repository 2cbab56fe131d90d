//! The ways to ask a running machine for its registry: over SMB, or, on this computer, by Windows' own functions.

use std::time::Instant;

use wardline_live::{KeyInfo, ReadError, Root, Value};

/// A way to ask a running machine for its registry. The machine itself follows links and `CurrentControlSet`.
pub(super) trait RegistryAccess: Send + Sync {
    /// Opens a key by its path below a root; `None` if there is none. With `as_backup` it is opened as for a backup, which
    /// administrators may do with keys that are the system's alone.
    fn open(
        &self,
        root: Root,
        path: &str,
        as_backup: bool,
        until: Option<Instant>,
    ) -> Result<Option<Box<dyn OpenKey>>, ReadError>;
}

/// An open key of a running machine, closed when it is dropped.
pub(super) trait OpenKey: Send + Sync {
    fn info(&self, until: Option<Instant>) -> Result<KeyInfo, ReadError>;

    /// The name of the subkey with this number; `None` after the last.
    fn subkey_name(&self, index: u32, until: Option<Instant>) -> Result<Option<String>, ReadError>;

    /// A value by its name; `None` if there is none.
    fn value(&self, name: &str, until: Option<Instant>) -> Result<Option<Value>, ReadError>;

    /// The room, in bytes, that values are enumerated with.
    fn room_for_values(&self, until: Option<Instant>) -> Result<u32, ReadError>;

    /// The value with this number; `None` after the last.
    fn value_at(&self, index: u32, room: u32, until: Option<Instant>) -> Result<Option<Value>, ReadError>;

    /// The security descriptor: owner, group and access list.
    fn security(&self, until: Option<Instant>) -> Result<Vec<u8>, ReadError>;
}
