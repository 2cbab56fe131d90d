//! The files of a drive.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};

use windows_sys::Win32::Foundation::{ERROR_DIRECTORY, ERROR_INVALID_NAME};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_OFFLINE, FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS, FILE_ATTRIBUTE_RECALL_ON_OPEN,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_READ_ATTRIBUTES, FILE_READ_DATA, READ_CONTROL,
};

use crate::ReadError;
use crate::system::{self, may_back_up};

/// Attributes of files whose content is elsewhere: reading them would fetch it.
const ELSEWHERE: u32 = FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_RECALL_ON_OPEN | FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS;

/// A drive of this computer. Paths are relative to its root, with `\` between names, and empty for the root. Windows follows
/// junctions and symbolic links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drive {
    letter: char,
}

/// A file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub is_folder: bool,
    /// The size in bytes.
    pub size: u64,
    /// The time of the last change, in 100 ns since 1601.
    pub modified: u64,
}

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Units that are not valid UTF-16 are replaced.
    pub name: String,
    /// Whether it is a folder, or a link to one.
    pub is_folder: bool,
}

impl Drive {
    /// Returns the drive with this letter, whether or not it exists. `None` if it is not a letter.
    #[must_use]
    pub fn new(letter: char) -> Option<Drive> {
        // Reading files as for a backup needs the right to be enabled.
        let _ = may_back_up();
        letter.is_ascii_alphabetic().then_some(Drive { letter: letter.to_ascii_uppercase() })
    }

    /// Finds a file or folder; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If Windows denies access or reports another error.
    pub fn find(self, path: &str) -> Result<Option<Entry>, ReadError> {
        let metadata = self.open_for(path, FILE_READ_ATTRIBUTES).and_then(|file| file.metadata());
        match metadata {
            Ok(metadata) => Ok(Some(Entry {
                is_folder: metadata.is_dir(),
                size: metadata.file_size(),
                modified: metadata.last_write_time(),
            })),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Lists at most `most` names of a folder, in the file system's order and without `.` and `..`, and returns whether there are
    /// more.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn list(self, path: &str, most: usize) -> Result<(Vec<Listed>, bool), ReadError> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.at(path))? {
            let entry = entry?;
            if names.len() == most {
                return Ok((names, true));
            }
            // Known from the listing: nothing is opened.
            let is_folder = entry.metadata().is_ok_and(|metadata| is_folder(&metadata));
            names.push(Listed { name: entry.file_name().to_string_lossy().into_owned(), is_folder });
        }
        Ok((names, false))
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, or its content is stored elsewhere.
    pub fn open(self, path: &str) -> Result<File, ReadError> {
        let file = self.open_for(path, FILE_READ_DATA | FILE_READ_ATTRIBUTES)?;
        if file.metadata()?.file_attributes() & ELSEWHERE != 0 {
            return Err(ReadError::Elsewhere);
        }
        Ok(file)
    }

    /// Reads the security descriptor of a file or folder, self-relative: owner, group and access list.
    ///
    /// # Errors
    ///
    /// If Windows reports an error.
    pub fn security(self, path: &str) -> Result<Vec<u8>, ReadError> {
        system::file_security(&self.open_for(path, READ_CONTROL)?)
    }

    /// Reads Windows' name for the file system: `NTFS`.
    ///
    /// # Errors
    ///
    /// If Windows reports an error.
    pub fn file_system(self) -> Result<String, ReadError> {
        system::file_system(self.letter)
    }

    /// Opens a file or folder with this access, which the right to make backups grants beyond its access list.
    fn open_for(self, path: &str, access: u32) -> io::Result<File> {
        OpenOptions::new().access_mode(access).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(self.at(path))
    }

    /// A path that Windows takes as it is: names of devices, spaces at the end and long paths have no meaning of their own.
    fn at(self, path: &str) -> String {
        format!(r"\\?\{}:\{path}", self.letter)
    }
}

fn is_folder(metadata: &Metadata) -> bool {
    const FILE_ATTRIBUTE_DIRECTORY: u32 = 0x10;
    metadata.file_attributes() & FILE_ATTRIBUTE_DIRECTORY != 0
}

/// Whether an error says that there is no such file.
fn is_absent(error: &io::Error) -> bool {
    let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
    error.kind() == io::ErrorKind::NotFound || matches!(code, Some(ERROR_INVALID_NAME | ERROR_DIRECTORY))
}
