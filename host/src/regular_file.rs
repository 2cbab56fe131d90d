//! Reading files that others may have laid down: regular ones only, and no more of them than is wanted.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a file for reading. What is no regular file is not opened at all: a pipe would be waited for, a device may have no end.
///
/// # Errors
///
/// `IsADirectory` for a folder, `InvalidInput` for what else is no regular file, or whatever the system says.
pub fn open(path: &Path) -> io::Result<File> {
    is_regular(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // What was opened may be another one by now.
    is_regular(&file.metadata()?)?;
    Ok(file)
}

/// The first `most` bytes of a file and one more, so that it can be told whether there are too many.
///
/// # Errors
///
/// As for [`open`].
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let most = most.saturating_add(1);
    // The size is a hint only: the file may grow.
    let size = file.metadata()?.len().min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_regular(metadata: &std::fs::Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    match metadata.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_more_than_wanted_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "12345").unwrap();
        for (most, expected) in [(0, "1"), (3, "1234"), (5, "12345"), (u64::MAX, "12345")] {
            assert_eq!(read(&file, most).unwrap(), expected.as_bytes());
        }
        assert_eq!(read(folder.path(), 5).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read(&folder.path().join("none"), 5).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_and_a_device_are_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [&pipe, Path::new("/dev/zero")] {
            assert_eq!(read(path, 5).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{}", path.display());
        }
    }
}
