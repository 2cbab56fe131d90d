//! Opens a volume: finds its Windows folder, or says why it cannot be a target.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use wardline_files::host_failure::HostFailure;
use wardline_live::{Address, ConnectError, Machine, SignIn};

use super::Volume;
#[cfg(windows)]
use crate::THIS_COMPUTER;
use crate::budget::{Budget, DEFAULT_TARGET_MEMORY, OverBudget};
use crate::image::answers::Answers;
use crate::image::disk::{self, DiskError, Opened, Volumes};
use crate::image::failure::{Failure, Found};
use crate::image::folder::Folder;
use crate::image::part::Part;
use crate::image::paths::Components;
use crate::image::registry::Registry;
use crate::image::running::RunningRegistry;
use crate::image::storage::{Files, Storage};
use crate::image::{live, names};
#[cfg(windows)]
use crate::image::{paths, this_computer};
use crate::{Condition, LiveAccess, Origin, SourceKind};

/// The names tried before all others.
const USUAL_WINDOWS_FOLDERS: [&str; 2] = ["Windows", "WINNT"];

/// The hives that identify a Windows folder: at least one of them is in its `system32\config`.
const MARKER_HIVES: [&str; 2] = ["SOFTWARE", "SYSTEM"];

/// The reasons a path cannot be a target. The path is as the operator gave it.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    #[error("{path}: no such directory", path = .0.display())]
    NotFound(PathBuf),
    #[error("{path}: this is a file; for a volume, give the directory where it is mounted or unpacked", path = .0.display())]
    IsFile(PathBuf),
    #[error("{path}: the directory is empty; is the volume mounted?", path = .0.display())]
    Empty(PathBuf),
    #[error(
        "{path}: no Windows found: no folder (WINDOWS, WINNT or another) contains system32\\config\\SOFTWARE or \
         SYSTEM; give the volume's root",
        path = .0.display()
    )]
    NoWindows(PathBuf),
    #[error("{path}: cannot be read: {reason}", path = .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error(
        "{path}: no readable Windows found: {reason}; give the volume's root",
        path = .path.display()
    )]
    NoneSeen { path: PathBuf, reason: String },
    #[error("{path}: {source}", path = .path.display())]
    Host { path: PathBuf, source: HostFailure },
    #[error("{path}: {source}", path = .path.display())]
    Disk { path: PathBuf, source: DiskError },
    #[error(transparent)]
    Live(#[from] ConnectError),
    #[cfg(windows)]
    #[error(
        "this computer: HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion has no SystemRoot, the folder of Windows"
    )]
    NoSystemRoot,
    #[error("{path}: no Windows found on the disk: {reason}", path = .path.display())]
    NoWindowsOnDisk { path: PathBuf, reason: String },
    #[error(
        "{path}: the disk has several volumes with Windows; give one of them: {choices}",
        path = .path.display(),
        choices = choices(path, partitions, *part)
    )]
    SeveralWindows { path: PathBuf, partitions: Vec<u32>, part: Part },
}

fn choices(path: &Path, partitions: &[u32], part: Part) -> String {
    let choice = |number: &u32| format!("{}{}", path.display(), Part { partition: Some(*number), ..part });
    partitions.iter().map(choice).collect::<Vec<_>>().join(", ")
}

/// The volumes of a disk image that have Windows.
struct WindowsVolumes {
    /// Each with the number of its partition.
    found: Vec<(Option<u32>, Volume)>,
    /// Why the other volumes are not among them.
    reasons: Vec<String>,
}

impl Volume {
    /// Opens a volume. The default for its name is that of its directory.
    ///
    /// # Errors
    ///
    /// If no Windows is found, or if it cannot be determined which one to use. Damage inside it shows in the questions that need
    /// the damaged part.
    pub fn open(path: &Path, name: Option<String>) -> Result<Volume, VolumeError> {
        Self::open_within(path, name, &Budget::new(DEFAULT_TARGET_MEMORY))
    }

    /// Like [`Volume::open`], with a budget for the memory it holds.
    ///
    /// # Errors
    ///
    /// Same as [`Volume::open`].
    pub fn open_within(path: &Path, name: Option<String>, budget: &Arc<Budget>) -> Result<Volume, VolumeError> {
        let unreadable = |reason: String| VolumeError::Unreadable { path: path.to_owned(), reason };
        let failed = |error: &io::Error| match HostFailure::of_reading(error) {
            Some(source) => VolumeError::Host { path: path.to_owned(), source },
            None => unreadable(error.to_string()),
        };
        let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => VolumeError::NotFound(path.to_owned()),
            _ => failed(&error),
        })?;
        if !metadata.is_dir() {
            return Err(VolumeError::IsFile(path.to_owned()));
        }
        let folder = Folder::open(path, Arc::clone(budget)).map_err(|error| failed(&error))?;
        let name = name.unwrap_or_else(|| directory_name(path));
        let origin = Origin { kind: SourceKind::Volume, location: path.display().to_string() };
        Self::of_storage(path, Arc::new(folder), name, origin, budget)
    }

    /// Opens a volume in a disk image: the part that is named, or the only one with Windows. The default for its name is that of the
    /// file.
    ///
    /// # Errors
    ///
    /// If the image cannot be read, or if it has no Windows or several.
    pub fn open_image(
        path: &Path,
        part: Part,
        name: Option<String>,
        budget: &Arc<Budget>,
    ) -> Result<Volume, VolumeError> {
        let WindowsVolumes { mut found, reasons } = Self::all_in_image(path, part, budget)?;
        let partitions = found.iter().filter_map(|(partition, _)| *partition).collect();
        match (found.pop(), found.is_empty()) {
            (Some((_, mut volume)), true) => {
                if let Some(name) = name {
                    volume.name = name;
                }
                Ok(volume)
            }
            (Some(_), false) => Err(VolumeError::SeveralWindows { path: path.to_owned(), partitions, part }),
            (None, _) => Err(VolumeError::NoWindowsOnDisk { path: path.to_owned(), reason: reasons.join("; ") }),
        }
    }

    /// Lists the partitions of a disk image that have Windows; `None` is the whole disk, without a partition table.
    ///
    /// # Errors
    ///
    /// If the image cannot be read.
    pub fn list_image(path: &Path, part: Part, budget: &Arc<Budget>) -> Result<Vec<Option<u32>>, VolumeError> {
        let volumes = Self::all_in_image(path, part, budget)?;
        Ok(volumes.found.into_iter().map(|(number, _)| number).collect())
    }

    /// Opens the volumes of an image that have Windows.
    fn all_in_image(path: &Path, part: Part, budget: &Arc<Budget>) -> Result<WindowsVolumes, VolumeError> {
        let Volumes { opened, refused } =
            disk::open(path, part, budget).map_err(|source| VolumeError::Disk { path: path.to_owned(), source })?;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let shown =
            |number: Option<u32>| number.map_or("the volume".to_owned(), |number| format!("partition {number}"));
        let mut reasons =
            refused.iter().map(|(number, error)| format!("{}: {error}", shown(*number))).collect::<Vec<_>>();
        let mut found = Vec::new();
        for Opened { number: partition, storage, doubts } in opened {
            let origin = Origin { kind: SourceKind::Image, location: format!("{}{part}", path.display()) };
            let place = shown(partition);
            match Self::of_storage(path, storage, format!("{file}{part}"), origin, budget) {
                Ok(volume) => {
                    let conditions = doubts.into_iter().map(|state| Condition { part: place.clone(), state }).collect();
                    found.push((partition, Volume { conditions: Mutex::new(conditions), ..volume }));
                }
                Err(error @ VolumeError::Host { .. }) => return Err(error),
                Err(VolumeError::Unreadable { reason, .. } | VolumeError::NoneSeen { reason, .. }) => {
                    reasons.push(format!("{place}: {reason}"));
                }
                Err(_) => reasons.push(format!("{place}: no Windows")),
            }
        }
        Ok(WindowsVolumes { found, reasons })
    }

    /// Connects to a running machine. Its name is that of its address.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, does not let the user read it, or is not Windows.
    pub fn open_live(
        address: &Address,
        sign_in: impl Into<SignIn>,
        access: impl Into<LiveAccess>,
        budget: &Arc<Budget>,
    ) -> Result<Volume, VolumeError> {
        Self::open_live_below(address, sign_in, access, "", budget)
    }

    /// Like [`Volume::open_live`], where `top` is taken for `HKLM`, with a backslash at its end: for tests with servers that are not
    /// Windows.
    #[doc(hidden)]
    pub fn open_live_below(
        address: &Address,
        sign_in: impl Into<SignIn>,
        access: impl Into<LiveAccess>,
        top: &str,
        budget: &Arc<Budget>,
    ) -> Result<Volume, VolumeError> {
        let location = address.to_string();
        let LiveAccess { limits, start_remote_registry } = access.into();
        let machine = Machine::connect(address, sign_in, limits)?;
        let registry = live::registry_of(&machine, top, start_remote_registry)?;
        let storage = live::share_of_windows(&machine, &registry)?;
        let origin = Origin { kind: SourceKind::Live, location: location.clone() };
        let path = Path::new(&location);
        let volume = Self::of_storage(path, Arc::new(storage), address.host().to_owned(), origin, budget)?;
        volume.running(registry, budget)
    }

    /// Opens the computer that the program runs on. Its name is the computer's.
    ///
    /// # Errors
    ///
    /// If its registry does not say where Windows is.
    #[cfg(windows)]
    pub fn open_this_computer(budget: &Arc<Budget>) -> Result<Volume, VolumeError> {
        let registry = this_computer::registry();
        let root = registry.system_root().ok_or(VolumeError::NoSystemRoot)?;
        let (letter, folder) = paths::split_drive(&root).ok_or(VolumeError::NoSystemRoot)?;
        let windows = names::components(folder).map(str::to_owned).collect();
        let drive = this_computer::drive(letter).ok_or(VolumeError::NoSystemRoot)?;
        let name = registry.computer_name().unwrap_or_else(|| THIS_COMPUTER.to_owned());
        let origin = Origin { kind: SourceKind::Live, location: THIS_COMPUTER.to_owned() };
        let files = Arc::new(Files::new(Arc::new(drive)));
        Self::with_windows(files, windows, name, origin, budget).running(registry, budget)
    }

    /// Makes this the volume of a running machine, which answers for its registry.
    fn running(self, registry: RunningRegistry, budget: &Arc<Budget>) -> Result<Volume, VolumeError> {
        let over_budget = |error: OverBudget| VolumeError::Unreadable {
            path: PathBuf::from(&self.origin.location),
            reason: error.to_string(),
        };
        let answers = Answers::new(budget).map_err(over_budget)?;
        Ok(Volume { registry: self.registry.with_running(registry), answers: Some(answers), ..self })
    }

    /// Finds Windows in a volume. `path` is for errors.
    fn of_storage(
        path: &Path,
        storage: Arc<dyn Storage>,
        name: String,
        origin: Origin,
        budget: &Arc<Budget>,
    ) -> Result<Volume, VolumeError> {
        let unreadable = |reason: String| VolumeError::Unreadable { path: path.to_owned(), reason };
        let files = Arc::new(Files::new(storage));
        let names = names_in_root(&files).map_err(|failure| match (files.host_failure(), failure) {
            (Some(source), _) => VolumeError::Host { path: path.to_owned(), source },
            (None, Failure::Unreadable(reason) | Failure::Denied(reason)) => unreadable(reason),
            (None, Failure::Absent | Failure::Unsupported | Failure::OutOfTime) => {
                VolumeError::NotFound(path.to_owned())
            }
        })?;
        if names.is_empty() {
            return Err(VolumeError::Empty(path.to_owned()));
        }
        let names = || names.iter().map(String::as_str);
        let found = find_windows(&files, names()).map_err(|unseen| match (files.host_failure(), unseen) {
            (Some(source), _) => VolumeError::Host { path: path.to_owned(), source },
            (None, Unseen::Usual(reason)) => unreadable(reason),
            (None, Unseen::Other(reason)) => VolumeError::NoneSeen { path: path.to_owned(), reason },
        })?;
        let windows = found.ok_or_else(|| VolumeError::NoWindows(path.to_owned()))?;
        let windows = vec![spelt_as_found(windows, names())];
        Ok(Self::with_windows(files, windows, name, origin, budget))
    }

    fn with_windows(
        files: Arc<Files>,
        windows: Components,
        name: String,
        origin: Origin,
        budget: &Arc<Budget>,
    ) -> Volume {
        let registry = Registry::new(Arc::clone(&files), windows.clone(), Arc::clone(budget));
        Volume {
            name,
            origin,
            files,
            windows,
            registry,
            places: Mutex::default(),
            conditions: Mutex::default(),
            answers: None,
        }
    }
}

fn names_in_root(files: &Files) -> Found<Vec<String>> {
    let mut names = Vec::new();
    let root = files.find::<&str>(&[])?;
    files.list(&root, |name, _| {
        names.push(name.to_owned());
        ControlFlow::Continue(())
    })?;
    Ok(names)
}

/// The reason a folder that may contain Windows cannot be searched.
enum Unseen {
    Usual(String),
    Other(String),
}

/// Finds the folder that contains Windows, if any.
///
/// It is an error if a folder with a usual name cannot be searched: it may contain Windows, and any other one may be an old copy.
/// For other folders it is an error only if no Windows is found, since `System Volume Information` is readable only by the system.
fn find_windows<'name>(files: &Files, others: impl Iterator<Item = &'name str>) -> Result<Option<&'name str>, Unseen> {
    for name in USUAL_WINDOWS_FOLDERS {
        if is_windows(files, name).map_err(Unseen::Usual)? {
            return Ok(Some(name));
        }
    }
    let mut unseen = None;
    for name in others {
        match is_windows(files, name) {
            Ok(true) => return Ok(Some(name)),
            Ok(false) => {}
            Err(reason) => unseen = unseen.or(Some(reason)),
        }
    }
    unseen.map_or(Ok(None), |reason| Err(Unseen::Other(reason)))
}

/// Returns whether a folder contains one of the marker hives. The error is the reason that cannot be determined.
fn is_windows(files: &Files, name: &str) -> Result<bool, String> {
    let mut unseen = None;
    for hive in MARKER_HIVES {
        match files.find(&[name, "system32", "config", hive]) {
            Ok(_) => return Ok(true),
            Err(Failure::Unreadable(reason) | Failure::Denied(reason)) => unseen = unseen.or(Some(reason)),
            Err(Failure::Absent | Failure::Unsupported | Failure::OutOfTime) => {}
        }
    }
    unseen.map_or(Ok(false), Err)
}

fn spelt_as_found<'name>(name: &str, mut found: impl Iterator<Item = &'name str>) -> String {
    found.find(|found| names::same(found, name)).unwrap_or(name).to_owned()
}

/// Returns the name of a directory, even if the path ends in `.`.
pub(crate) fn directory_name(path: &Path) -> String {
    // `.` and `/` have no file name.
    let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = canonical.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| path.display().to_string())
}
