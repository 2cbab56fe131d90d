//! Files and folders that are not finished yet, so that nothing of them is left behind.
//!
//! What wardline writes begins under a name of its own beside its final place, and moves there when it is whole. Until then it
//! stands in a register; who interrupts the program with a signal calls [`remove_all`]. A process that is killed removes nothing.
//! So every unfinished file is locked as long as its process lives, and whoever begins another in the same folder removes those
//! that nobody holds a lock on.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::platform;

/// An unfinished file is called `.wardline-k3VbQ9xTz01c.tmp`. Names of this form are taken to be wardline's own.
const PREFIX: &str = ".wardline-";
const SUFFIX: &str = ".tmp";
const RANDOM: usize = 12;

/// How often a file is begun anew because another process took it for a left-over before it was locked.
const ATTEMPTS: usize = 16;

/// After this time a file counts as left over where the file system has no locks.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// What has to be done to a path when the program is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    File,
    /// With all that is in it.
    Tree,
    /// If nothing is in it.
    EmptyFolder,
}

static REGISTER: Mutex<BTreeMap<PathBuf, Removal>> = Mutex::new(BTreeMap::new());

/// Folders that were looked through for what others left.
static SWEPT: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);

fn register() -> MutexGuard<'static, BTreeMap<PathBuf, Removal>> {
    REGISTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who may read what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner only.
    Private,
    /// Whom the system's custom lets: on Unix by the umask.
    Public,
}

/// A file that is being written beside its final place. Dropped unfinished, it is removed.
#[derive(Debug)]
pub struct UnfinishedFile {
    file: NamedTempFile,
    registered: PathBuf,
}

impl UnfinishedFile {
    /// Begins a file in a folder. The first time that it is asked for one in a folder, it removes there what processes left that
    /// were killed.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    pub fn begin(folder: &Path, access: Access) -> io::Result<UnfinishedFile> {
        let folder = std::path::absolute(folder)?;
        sweep_once(&folder);
        for _ in 0..ATTEMPTS {
            let mut register = register();
            let file = create(&folder, access)?;
            let registered = file.path().to_owned();
            register.insert(registered.clone(), Removal::File);
            drop(register);
            let unfinished = UnfinishedFile { file, registered };
            if unfinished.is_held() {
                return Ok(unfinished);
            }
        }
        Err(io::Error::other("other programs remove the unfinished file again and again"))
    }

    /// Whether it is locked and still there. Where there are no locks nobody takes a new file for a left-over.
    fn is_held(&self) -> bool {
        match self.file.as_file().try_lock() {
            Ok(()) => is_at(self.file.as_file(), self.file.path()),
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => true,
        }
    }

    /// Where it is until it is finished.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Puts the file in its place; what was there is replaced.
    ///
    /// # Errors
    ///
    /// Whatever the system says; the file is then removed, and what was in its place stays.
    pub fn finish(self, place: &Path) -> io::Result<()> {
        self.settle(|file| file.persist(place).map(drop).map_err(io::Error::from))
    }

    /// As [`UnfinishedFile::finish`], but replaces nothing.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` where there is something in its place.
    pub fn finish_new(self, place: &Path) -> io::Result<()> {
        self.settle(|file| file.persist_noclobber(place).map(drop).map_err(io::Error::from))
    }

    fn settle(self, put: impl FnOnce(NamedTempFile) -> io::Result<()>) -> io::Result<()> {
        let UnfinishedFile { file, registered } = self;
        // Held over both, so that who is interrupted finds either the file under this name, or none that is registered.
        let mut register = register();
        let done = put(file);
        register.remove(&registered);
        done
    }

    /// Makes sure that what was written so far is on the disk.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
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

/// A folder that is being filled. Dropped unfinished, it is removed with all that is in it.
#[derive(Debug)]
pub struct UnfinishedFolder {
    path: Option<PathBuf>,
}

impl UnfinishedFolder {
    /// Makes a folder that must not be there yet.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` where there is something of that name, else whatever the system says.
    pub fn create(path: &Path) -> io::Result<UnfinishedFolder> {
        let path = std::path::absolute(path)?;
        let mut register = register();
        std::fs::create_dir(&path)?;
        register.insert(path.clone(), Removal::Tree);
        Ok(UnfinishedFolder { path: Some(path) })
    }

    /// Says that everything is in it.
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
            // What kept it from being finished is told; there is nobody to tell this to.
            let _ = std::fs::remove_dir_all(&path);
            register.remove(&path);
        }
    }
}

/// Names a folder that was made for files to come: it is removed when the program is interrupted before the first.
pub fn made_for_files(folder: &Path) {
    if let Ok(folder) = std::path::absolute(folder) {
        register().insert(folder, Removal::EmptyFolder);
    }
}

/// Removes everything that is unfinished, and lets nothing be begun or finished any more. For a program that ends at once.
pub fn remove_all() {
    let register = register();
    // What a folder contains sorts behind it.
    for (path, removal) in register.iter().rev() {
        // What cannot be removed stays; the next run may have more luck.
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
    #[cfg(not(unix))]
    let _ = access;
    builder.tempfile_in(folder)
}

fn sweep_once(folder: &Path) {
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if swept.get_or_insert_default().insert(folder.to_owned()) {
        sweep(folder);
    }
}

/// Removes what earlier processes left in a folder. What cannot be removed stays.
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
            .is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age > LONG)),
    };
    // The lock is held until the file is gone: who has just made it and waits for the lock sees that it is.
    if is_left && is_at(&file, path) {
        let _ = std::fs::remove_file(path);
    }
}

/// Whether the file at this path is the open one.
fn is_at(file: &File, path: &Path) -> bool {
    platform::is_at(file, path)
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
        let file = UnfinishedFile::begin(folder.path(), Access::Private).unwrap();
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
