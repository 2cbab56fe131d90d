//! Reads files that others may have put there: only regular ones, and no more of them than needed.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a regular file for reading. Anything else is not opened at all: opening a pipe might block, and a device may be endless.
///
/// # Errors
///
/// `IsADirectory` for a folder, `InvalidInput` for anything else that is not a regular file, or any error of the system.
pub fn open(path: &Path) -> io::Result<File> {
    is_regular(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // The file may have been replaced between the check and the open.
    is_regular(&file.metadata()?)?;
    Ok(file)
}

/// Like [`open`], for a file that the operator names: also accepts a pipe that the process was started with, as shells pass them
/// (`/dev/stdin`, `/dev/fd/63` for `<(command)`). Such a pipe already has a writer, while opening a named pipe may block forever.
///
/// # Errors
///
/// As for [`open`].
pub fn open_also_from_a_shell(path: &Path) -> io::Result<File> {
    match is_regular(&std::fs::metadata(path)?) {
        Err(error) if error.kind() != io::ErrorKind::IsADirectory && is_handed_over(path) => File::open(path),
        _ => open(path),
    }
}

/// Whether this path names a descriptor that is already open.
fn is_handed_over(path: &Path) -> bool {
    ["/dev/stdin", "/dev/fd", "/proc/self/fd"].iter().any(|descriptors| path.starts_with(descriptors))
}

/// Reads the first `most` bytes of a file and one more, so that the caller can detect a file that is too large.
///
/// # Errors
///
/// As for [`open`].
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let most = most.saturating_add(1);
    // The size is only a hint: the file may grow.
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
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_that_is_open_already_is_read_where_a_named_one_is_refused() {
        use std::io::Write as _;
        use std::os::fd::AsRawFd as _;
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&named).status().unwrap().success());
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"text").unwrap();
        drop(writer);
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        for (path, is_read) in [
            (format!("/dev/fd/{}", reader.as_raw_fd()), true),
            (file.display().to_string(), true),
            (named.display().to_string(), false),
            ("/dev/zero".to_owned(), false),
            (folder.path().display().to_string(), false),
        ] {
            let opened = open_also_from_a_shell(Path::new(&path));
            assert_eq!(opened.is_ok(), is_read, "{path}");
            if let Ok(mut opened) = opened {
                let mut text = String::new();
                opened.read_to_string(&mut text).unwrap();
                assert_eq!(text, "text", "{path}");
            }
        }
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
