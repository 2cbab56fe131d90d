//! The few things that differ between the systems on which wardline runs.

use std::path::{Path, PathBuf};

/// Whether only this user can write to a folder: it is theirs, and its mode lets nobody else. False where that cannot be told.
///
/// On Windows a folder's access list is not looked at: whatever exists is taken to be private.
pub fn is_private_folder(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(metadata) = std::fs::metadata(folder) else { return false };
        // The standard library does not say who this user is; a file that was made just now is theirs.
        let user = tempfile::tempfile().and_then(|file| Ok(file.metadata()?.uid()));
        metadata.is_dir() && metadata.mode() & 0o022 == 0 && user.is_ok_and(|user| user == metadata.uid())
    }
    #[cfg(not(unix))]
    {
        folder.is_dir()
    }
}

/// What tells two files apart, whatever they are called: on Unix device and inode, elsewhere the path that the system itself gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

/// Identifies the file or folder at a path, links followed.
///
/// # Errors
///
/// Whatever the system says; `NotFound` where there is none.
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

/// Identifies the file or pipe that is standard output. None for a terminal or another character device, and where it cannot be
/// told.
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

/// The path of the file that is standard output. None for what has no path (a pipe, a removed file), and where the system does not
/// tell it.
pub fn stdout_path() -> Option<PathBuf> {
    let id = stdout_id()?;
    // The file may have been replaced since it was opened: the path counts only if it still leads to the same file.
    ["/proc/self/fd/1", "/dev/fd/1"]
        .into_iter()
        .filter_map(|link| Path::new(link).canonicalize().ok())
        .find(|path| file_id(path).is_ok_and(|found| found == id))
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

/// Opens a file for reading that others may put something else in the place of: links are not followed, and pipes not waited for.
pub(crate) fn open_unfollowed(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(path)
}

/// Whether the file at a path is this open one. On Windows an open file cannot be replaced unless all who have it open let it be, so
/// that what is still there is the same.
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

/// Bytes of address space that this process may have, where that is limited (`ulimit -v`) and can be told.
pub fn address_space_limit() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The numbers of the signals that end a program which does not handle them, save those that tell of its own faults: Ctrl-C, `kill`,
/// a terminal that is gone, a timer, a limit on processor time. Without those that this program was started to ignore, as `nohup`
/// does it.
pub(crate) fn signals_to_end() -> Vec<i32> {
    use signal_hook::consts;
    #[cfg(unix)]
    {
        // POSIX, <signal.h>: default action "terminate", with or without a core file.
        let all = [
            consts::SIGHUP,
            consts::SIGINT,
            consts::SIGQUIT,
            consts::SIGTERM,
            consts::SIGALRM,
            consts::SIGVTALRM,
            consts::SIGPROF,
            consts::SIGUSR1,
            consts::SIGUSR2,
            consts::SIGXCPU,
        ];
        all.into_iter().filter(|signal| !is_ignored(*signal)).collect()
    }
    #[cfg(not(unix))]
    {
        vec![consts::SIGINT, consts::SIGTERM]
    }
}

/// The signal sent to a process that writes beyond its limit on the size of files (`ulimit -f`). Where it is handled, the write fails
/// instead (`EFBIG`). None where there is no such signal, and where this program was started to ignore it.
pub(crate) fn signal_of_file_size() -> Option<i32> {
    #[cfg(unix)]
    {
        Some(signal_hook::consts::SIGXFSZ).filter(|signal| !is_ignored(*signal))
    }
    #[cfg(not(unix))]
    {
        None
    }
}

#[cfg(unix)]
#[allow(unsafe_code)]
fn is_ignored(signal: i32) -> bool {
    let mut current = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action `sigaction` changes nothing; it writes the current one, for which there is room. All of its fields
    // may be zero, so that it is initialised also where the call fails.
    let current = unsafe {
        libc::sigaction(signal, std::ptr::null(), current.as_mut_ptr());
        current.assume_init()
    };
    current.sa_sigaction == libc::SIG_IGN
}

/// Where wardline looks for what the operator wrote for all scans, by the system's custom: `WARDLINE_CONFIG_DIR` if it is
/// set, else the user's folder for configuration. None where the system names no such folder.
pub fn config_folder() -> Option<PathBuf> {
    user_folder("WARDLINE_CONFIG_DIR", "APPDATA", "Library/Application Support", "XDG_CONFIG_HOME", ".config")
}

/// Where wardline keeps what it can make again, by the system's custom: `WARDLINE_CACHE_DIR` if it is set, else the user's
/// cache folder. None where the system names no such folder.
pub fn cache_folder() -> Option<PathBuf> {
    user_folder("WARDLINE_CACHE_DIR", "LOCALAPPDATA", "Library/Caches", "XDG_CACHE_HOME", ".cache")
}

/// The folder that the variable `own` names, else wardline's in the user's: the variable `windows` names it there; elsewhere it
/// is below the home folder, at `macos` or `unix`, unless the variable `xdg` says otherwise.
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

/// A program of Node.js that is a script, `npm`, as it is called on this system.
pub fn node_script(name: &str) -> String {
    if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() }
}

/// What Python 3 is called on this system.
pub fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// A program of a Python virtual environment.
pub fn in_virtual_environment(folder: &Path, program: &str) -> PathBuf {
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    folder.join(scripts).join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}
