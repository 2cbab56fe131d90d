//! Cabinets (`.cab`), as Microsoft publishes `mssecure.xml` in: [MS-CAB].
//!
//! The structure is read and bounded here, before the `cab` crate unpacks anything. Nothing is ever written to a path that a cabinet
//! names.

mod error;
mod fields;
mod layout;
#[cfg(test)]
mod tests;

use std::io::{Cursor, Read as _};

pub use self::error::CabinetError;
pub(crate) use self::layout::Layout;

/// Limits for reading a cabinet, all of them far above what published catalogs need.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of the cabinet, in bytes.
    pub cabinet_bytes: u64,
    /// The size of all files once unpacked, in bytes, each with all that precedes it in its folder.
    pub unpacked_bytes: u64,
    /// How many times the packed size the unpacked size may be.
    pub ratio: u64,
    /// An unpacked size to which `ratio` does not apply, in bytes: small cabinets of repetitive text are no bombs.
    pub always_allowed_bytes: u64,
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cabinet_bytes: 256 << 20,
            unpacked_bytes: 512 << 20,
            ratio: 200,
            always_allowed_bytes: 4 << 20,
            files: 64,
        }
    }
}

/// A cabinet whose structure is sound and within limits.
#[derive(Clone, Debug)]
pub struct Cabinet<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) layout: Layout,
}

/// A file in a cabinet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    path: String,
    /// In bytes, unpacked.
    size: u32,
    /// The offset of its first byte in its unpacked folder.
    offset: u32,
}

impl Entry {
    /// Returns the name without folders.
    pub fn name(&self) -> &str {
        self.path.rsplit(['\\', '/']).next().unwrap_or(&self.path)
    }

    /// Returns the size in bytes, unpacked.
    pub fn size(&self) -> u32 {
        self.size
    }
}

impl<'a> Cabinet<'a> {
    /// Reads the structure of a cabinet.
    ///
    /// # Errors
    ///
    /// [`CabinetError`] if it is not a cabinet, incomplete, part of a set, or beyond `limits`, if a name is not a plain relative path,
    /// or if two files have the same name.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Cabinet<'a>, CabinetError> {
        Layout::read(bytes, limits).map(|layout| Cabinet { bytes, layout })
    }

    /// Returns the files, in the cabinet's order; no two have the same [`Entry::name`], whatever the case.
    pub fn entries(&self) -> &[Entry] {
        &self.layout.entries
    }

    /// Unpacks a file.
    ///
    /// # Errors
    ///
    /// [`CabinetError::Damaged`] if its data cannot be unpacked, has a wrong checksum, or ends early.
    pub fn read(&self, entry: &Entry) -> Result<Vec<u8>, CabinetError> {
        let damaged = |reason: String| CabinetError::Damaged { name: entry.path.escape_debug().to_string(), reason };
        let mut cabinet = cab::Cabinet::new(Cursor::new(self.bytes)).map_err(|error| damaged(error.to_string()))?;
        let mut content = Vec::new();
        let file = cabinet.read_file(&entry.path).map_err(|error| damaged(error.to_string()))?;
        file.take(u64::from(entry.size)).read_to_end(&mut content).map_err(|error| damaged(error.to_string()))?;
        if content.len() as u64 != u64::from(entry.size) {
            return Err(damaged(format!("{} bytes of {}", content.len(), entry.size)));
        }
        Ok(content)
    }
}

/// Whether these are the first bytes of a cabinet.
pub fn is_cabinet(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MSCF")
}
