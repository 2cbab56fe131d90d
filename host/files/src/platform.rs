//! The few things that differ between the systems on which wardline runs.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::path::{Path, PathBuf};

/// Whether only this user can write to a folder: they own it, and its mode excludes everyone else. Returns `false` if that cannot
/// be determined.
///
/// On Windows administrators and the system may own it and write to it, too, since nothing keeps them out. Its access list permits
/// everyone else at most to read it, and what will be created in it. A file system without access lists (FAT) has no such folders.
pub fn is_private_folder(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(metadata) = std::fs::metadata(folder) else { return false };
        // The standard library does not expose the user's id; the user owns a file created just now.
        let user = tempfile::tempfile().and_then(|file| Ok(file.metadata()?.uid()));
        metadata.is_dir() && metadata.mode() & 0o022 == 0 && user.is_ok_and(|user| user == metadata.uid())
    }
    #[cfg(windows)]
    {
        windows::is_private_folder(folder)
    }
    #[cfg(not(any(unix, windows)))]
    {
        let _ = folder;
        false
    }
}

/// Whether only administrators decide what a file or folder contains, because one of them, or the system, owns it. On Windows every
/// user can create folders in `%ProgramData%`. Elsewhere, the folders for all users are the system's, and this is always `true`.
pub fn is_of_administrators(path: &Path) -> bool {
    #[cfg(windows)]
    {
        windows::is_of_administrators(path)
    }
    #[cfg(not(windows))]
    {
        let _ = path;
        true
    }
}

/// Keeps everyone but this user, administrators and the system out of a new file or folder, and of what will be in the folder. On
/// Unix this is done by the mode that it is created with, and this function does nothing.
///
/// # Errors
///
/// Any error of the system. A file system without access lists (FAT) is not one.
pub(crate) fn keep_private(path: &Path) -> std::io::Result<()> {
    #[cfg(windows)]
    {
        windows::keep_private(path)
    }
    #[cfg(not(windows))]
    {
        let _ = path;
        Ok(())
    }
}

/// The identity of a file, independent of its name: device and inode on Unix, the path that the system itself reports elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

/// Identifies the file or folder at a path, following links.
///
/// # Errors
///
/// Any error of the system; `NotFound` if there is no such file.
pub fn file_id(path: &Path) -> std::io::Result<FileId> {
    #[cfg(unix)]
    {
        std::fs::metadata(path).map(|metadata| id_of(&metadata))
    }
    #[cfg(not(unix))]
    {
        path.canonicalize().map(FileId)
    }
}

#[cfg(unix)]
fn id_of(metadata: &std::fs::Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt as _;
    FileId((metadata.dev(), metadata.ino()))
}

/// Identifies the file or pipe that is standard output. Returns `None` for a terminal or another character device, and if it cannot
/// be determined.
pub fn stdout_id() -> Option<FileId> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        let stdout = std::fs::File::from(std::io::stdout().as_fd().try_clone_to_owned().ok()?);
        let metadata = stdout.metadata().ok()?;
        (!is_character_device(&metadata)).then(|| id_of(&metadata))
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// Returns the path of the file that is standard output, or `None` if it has no path (a pipe, a removed file) or the system does
/// not report it.
pub fn stdout_path() -> Option<PathBuf> {
    let id = stdout_id()?;
    // The file may have been replaced since it was opened: the path counts only if it still leads to the same file.
    ["/proc/self/fd/1", "/dev/fd/1"]
        .into_iter()
        .filter_map(|link| Path::new(link).canonicalize().ok())
        .find(|path| file_id(path).is_ok_and(|found| found == id))
}

/// Returns the mode of a file that others than its owner may read or write, and `None` for any other file.
///
/// On Windows, where access lists of the user's profile keep others out, it is always `None`.
///
/// # Errors
///
/// Any error of the system.
pub fn mode_for_others(file: &std::fs::File) -> std::io::Result<Option<u32>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata()?.permissions().mode() & 0o7777;
        Ok((mode & 0o077 != 0).then_some(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(None)
    }
}

/// Whether this is a terminal, `/dev/null` or the like.
pub fn is_character_device(metadata: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileTypeExt::is_char_device(&metadata.file_type())
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

/// Opens a file for reading that others may replace with something else: does not follow links, and does not wait for pipes.
pub(crate) fn open_unfollowed(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(path)
}

/// Whether the file at a path is this open one. On Windows, an open file can be replaced only if everyone who has it open permits
/// that, so a file that is still there is the same one.
pub(crate) fn is_at(file: &std::fs::File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        match (file.metadata(), path.symlink_metadata()) {
            (Ok(open), Ok(found)) => id_of(&open) == id_of(&found),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        file.metadata().is_ok() && path.exists()
    }
}

/// Returns the limit on this process's address space in bytes, if there is one (`ulimit -v`) and it can be determined.
pub fn address_space_limit() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Calls `end` once the program is asked to end, with the exit code that says so: 128 plus the number of the signal, which on Windows
/// is that of C's runtime. A second request ends the program at once.
///
/// On Unix signals that the program was started to ignore (`nohup`) stay ignored, and a write beyond the file size limit fails like any
/// other write that the system refuses. On Windows the console asks: Ctrl-C, Ctrl-Break, a window that is closed, and the end of the
/// session.
///
/// If the system does not allow it, requests have their default effect.
pub(crate) fn when_asked_to_end(end: fn(i32)) {
    #[cfg(unix)]
    unix::when_asked_to_end(end);
    #[cfg(windows)]
    windows::when_asked_to_end(end);
    #[cfg(not(any(unix, windows)))]
    let _ = end;
}

/// Returns the folder of the operator's configuration for all scans, by the system's convention: `WARDLINE_CONFIG_DIR` if set, else
/// a folder in the user's configuration folder. Returns `None` if the system names no such folder.
pub fn config_folder() -> Option<PathBuf> {
    user_folder("WARDLINE_CONFIG_DIR", "APPDATA", "Library/Application Support", "XDG_CONFIG_HOME", ".config")
}

/// Returns the folder for data that wardline can recreate, by the system's convention: `WARDLINE_CACHE_DIR` if set, else a folder
/// in the user's cache folder. Returns `None` if the system names no such folder.
pub fn cache_folder() -> Option<PathBuf> {
    user_folder("WARDLINE_CACHE_DIR", "LOCALAPPDATA", "Library/Caches", "XDG_CACHE_HOME", ".cache")
}

/// Returns the folder for data that wardline fetches or collects and that another run needs, by the system's convention:
/// `WARDLINE_DATA_DIR` if set, else a folder in the user's data folder. Returns `None` if the system names no such folder.
///
/// On some systems this is also the folder of [`config_folder`] or [`cache_folder`]: what is put there needs a name of its own.
pub fn data_folder() -> Option<PathBuf> {
    user_folder("WARDLINE_DATA_DIR", "LOCALAPPDATA", "Library/Application Support", "XDG_DATA_HOME", ".local/share")
}

/// Returns the folder named by the variable `own`, else wardline's folder inside the user's. On Windows the variable `windows`
/// names the latter; elsewhere it is `macos` or `unix` below the home folder, unless the variable `xdg` overrides it.
fn user_folder(own: &str, windows: &str, macos: &str, xdg: &str, unix: &str) -> Option<PathBuf> {
    let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = path(own) {
        return Some(folder);
    }
    let base = if cfg!(windows) {
        path(windows)
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join(macos))
    } else {
        path(xdg).or_else(|| path("HOME").map(|home| home.join(unix)))
    };
    Some(base?.join("wardline"))
}

/// Returns the name of Python 3 on this system.
pub fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// Whether an error says only that the process or the system has run out of file handles or memory.
pub fn is_exhausted(error: &std::io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error().is_some_and(|number| [libc::EMFILE, libc::ENFILE, libc::ENOMEM].contains(&number)) {
        return true;
    }
    error.kind() == std::io::ErrorKind::OutOfMemory
}
