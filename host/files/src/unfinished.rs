//! Unfinished files and folders, tracked so that none are left behind.
//!
//! Every file that wardline writes starts under a unique name beside its final place, and moves there once it is complete. Until
//! then it is listed in a register; the code that ends the program after a signal calls [`remove_all`]. A process that is killed
//! removes nothing, so every unfinished file is locked for as long as its process lives, and the next process to start one in the
//! same folder removes those that are not locked.

use std::collections::{BTreeMap, HashSet};
use std::fs::TryLockError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::platform;

/// Unfinished files have names such as `.wardline-k3VbQ9xTz01c.tmp`. Names of this form are assumed to be wardline's own.
const PREFIX: &str = ".wardline-";
const SUFFIX: &str = ".tmp";
const RANDOM: usize = 12;

/// The number of attempts to create a file, which another process may remove as a leftover before it is locked.
const ATTEMPTS: usize = 16;

/// The age after which a file counts as left over if the file system has no locks.
const LEFTOVER_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// How to remove a path when the program is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    File,
    /// With all its contents.
    Tree,
    /// Only if it is empty.
    EmptyFolder,
}

static REGISTER: Mutex<BTreeMap<PathBuf, Removal>> = Mutex::new(BTreeMap::new());

/// Folders already searched for files left behind by other processes.
static SWEPT: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);

fn register() -> MutexGuard<'static, BTreeMap<PathBuf, Removal>> {
    REGISTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only its owner.
    Private,
    /// Everyone whom the system's defaults permit: on Unix, the umask.
    Public,
}

/// A file that is being written beside its final place. Removed if it is dropped unfinished.
#[derive(Debug)]
pub struct UnfinishedFile {
    // Dropped in this order.
    file: NamedTempFile,
    registered: Registered,
}

/// A file's entry in the register, removed on drop.
#[derive(Debug)]
struct Registered(PathBuf);

impl Drop for Registered {
    fn drop(&mut self) {
        register().remove(&self.0);
    }
}

impl UnfinishedFile {
    /// Creates a file in a folder. The first call for a folder also removes files left there by processes that were killed.
    ///
    /// # Errors
    ///
    /// Any error of the system.
    pub fn begin(folder: &Path, access: Access) -> io::Result<UnfinishedFile> {
        let folder = std::path::absolute(folder)?;
        sweep_once(&folder);
        for _ in 0..ATTEMPTS {
            let mut register = register();
            let file = create(&folder, access)?;
            let registered = Registered(file.path().to_owned());
            register.insert(file.path().to_owned(), Removal::File);
            drop(register);
            let unfinished = UnfinishedFile { file, registered };
            if unfinished.is_held() {
                return Ok(unfinished);
            }
        }
        Err(io::Error::other("other programs keep removing the temporary file"))
    }

    /// Whether the file is locked and still there. Without support for locks, no process mistakes a new file for a leftover.
    fn is_held(&self) -> bool {
        match self.file.as_file().try_lock() {
            Ok(()) => platform::is_at(self.file.as_file(), self.file.path()),
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => true,
        }
    }

    /// Returns the path of the file until it is finished.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Moves the file to its place, replacing any existing file.
    ///
    /// # Errors
    ///
    /// Any error of the system; the unfinished file is then removed, and the existing file is kept.
    pub fn finish(self, place: &Path) -> io::Result<()> {
        self.settle(|file| file.persist(place).map(drop).map_err(io::Error::from))
    }

    /// Like [`UnfinishedFile::finish`], but replaces nothing.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is something in its place.
    pub fn finish_new(self, place: &Path) -> io::Result<()> {
        self.settle(|file| file.persist_noclobber(place).map(drop).map_err(io::Error::from))
    }

    fn settle(self, put: impl FnOnce(NamedTempFile) -> io::Result<()>) -> io::Result<()> {
        let UnfinishedFile { file, registered } = self;
        // The lock covers both steps, so that an interruption finds either the file under this name or no registered file.
        let mut register = register();
        let done = put(file);
        register.remove(&registered.0);
        drop(register);
        done
    }

    /// Flushes everything written so far to disk.
    ///
    /// # Errors
    ///
    /// Any error of the system.
    pub fn sync(&self) -> io::Result<()> {
        self.file.as_file().sync_all()
    }
}

impl Write for UnfinishedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A folder that is being filled. Removed with all its contents if it is dropped unfinished.
#[derive(Debug)]
pub struct UnfinishedFolder {
    path: Option<PathBuf>,
}

impl UnfinishedFolder {
    /// Creates a folder that must not exist yet.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is something of that name, else any error of the system.
    pub fn create(path: &Path) -> io::Result<UnfinishedFolder> {
        let path = std::path::absolute(path)?;
        let mut register = register();
        std::fs::create_dir(&path)?;
        register.insert(path.clone(), Removal::Tree);
        Ok(UnfinishedFolder { path: Some(path) })
    }

    /// Marks the folder as complete.
    pub fn finish(mut self) {
        if let Some(path) = self.path.take() {
            register().remove(&path);
        }
    }
}

impl Drop for UnfinishedFolder {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let mut register = register();
            // The error that kept the folder from being finished is reported elsewhere; this one has nowhere to go.
            let _ = std::fs::remove_dir_all(&path);
            register.remove(&path);
        }
    }
}

/// Registers a folder created for files to come: it is removed if the program is interrupted before the first one.
pub fn register_empty_folder(folder: &Path) {
    if let Ok(folder) = std::path::absolute(folder) {
        register().insert(folder, Removal::EmptyFolder);
    }
}

/// Removes everything that is unfinished, and blocks every further start or finish. For a program that is about to exit.
pub fn remove_all() {
    let register = register();
    // A folder's contents sort after the folder itself.
    for (path, removal) in register.iter().rev() {
        // Anything that cannot be removed is left to the next run.
        let _ = match removal {
            Removal::File => std::fs::remove_file(path),
            Removal::Tree => std::fs::remove_dir_all(path),
            Removal::EmptyFolder => std::fs::remove_dir(path),
        };
    }
    std::mem::forget(register);
}

fn create(folder: &Path, access: Access) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    if access == Access::Public {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if access == Access::Private {
        platform::keep_private(file.path())?;
    }
    Ok(file)
}

fn sweep_once(folder: &Path) {
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if swept.get_or_insert_default().insert(folder.to_owned()) {
        sweep(folder);
    }
}

/// Removes files that earlier processes left in a folder. Any that cannot be removed are kept.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_own) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            remove_if_left(&entry.path());
        }
    }
}

fn is_own(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn remove_if_left(path: &Path) {
    let Ok(file) = platform::open_unfollowed(path) else { return };
    let is_left = match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => file
            .metadata()
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age > LEFTOVER_AGE)),
    };
    // The lock is held until the file is gone: a process that has just created it and waits for the lock then sees that it is gone.
    if is_left && platform::is_at(&file, path) {
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn registered(folder: &Path) -> usize {
        register().keys().filter(|path| path.starts_with(folder)).count()
    }

    #[test]
    fn what_is_not_finished_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("report");
        std::fs::write(&place, "old").unwrap();
        for access in [Access::Private, Access::Public] {
            let mut file = UnfinishedFile::begin(folder.path(), access).unwrap();
            file.write_all(b"half").unwrap();
            assert!(names(folder.path()).iter().any(|name| is_own(name)));
            drop(file);
            assert_eq!(names(folder.path()), ["report"]);
        }
        let mut file = UnfinishedFile::begin(folder.path(), Access::Public).unwrap();
        file.write_all(b"new").unwrap();
        file.finish(&place).unwrap();
        assert_eq!(
            (names(folder.path()), std::fs::read(&place).unwrap()),
            (vec!["report".to_owned()], b"new".to_vec())
        );
        assert_eq!(registered(folder.path()), 0);
        let file = UnfinishedFile::begin(folder.path(), Access::Private).unwrap();
        assert_eq!(registered(folder.path()), 1);
        assert_eq!(file.finish_new(&place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(
            (names(folder.path()), std::fs::read(&place).unwrap()),
            (vec!["report".to_owned()], b"new".to_vec())
        );

        let project = UnfinishedFolder::create(&folder.path().join("project")).unwrap();
        std::fs::write(folder.path().join("project/file"), "").unwrap();
        drop(project);
        assert_eq!(names(folder.path()), ["report"]);
        UnfinishedFolder::create(&folder.path().join("project")).unwrap().finish();
        assert_eq!(names(folder.path()), ["project", "report"]);
        assert_eq!(registered(folder.path()), 0);
    }

    #[test]
    fn only_what_nobody_writes_any_more_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let left = ".wardline-abcdefGHIJ01.tmp";
        let others = [
            ".wardline-config",
            ".wardline-abcdefGHIJ01",
            ".wardline-short.tmp",
            ".wardline-abcdefGHIJ.1.tmp",
            "x.tmp",
        ];
        for name in others.iter().chain([&left]) {
            std::fs::write(path(name), "half").unwrap();
        }
        let written = UnfinishedFile::begin(folder.path(), Access::Private).unwrap();
        assert!(!path(left).exists());
        let held = written.file.path().to_owned();
        std::fs::create_dir(path(".wardline-aaaaaaaaaaaa.tmp")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(path("x.tmp"), path(".wardline-bbbbbbbbbbbb.tmp")).unwrap();
        let before = names(folder.path());
        sweep(folder.path());
        assert_eq!(names(folder.path()), before);
        assert!(held.exists() && others.iter().all(|name| path(name).exists()));
    }
}
