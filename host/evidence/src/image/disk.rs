//! A volume in a disk image.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use wardline_contract::Deadline;
use wardline_disk::{Contents, Counter, Doubt, Error, Image, Kind, Tree};
use wardline_files::host_failure::HostFailure;

use super::bytes::unix_seconds;
use super::failure::{Failure, Found};
use super::names;
use super::part::Part;
use super::storage::{self, Handle, OpenFile, Place, Storage, Visit};
use crate::State;
use crate::budget::{Budget, Charge, OverBudget};

/// The maximum number of names read from one folder.
const MAX_ENTRIES: usize = 1 << 18;

/// The memory of a name in a listing, in addition to its text, which is stored twice.
const ENTRY_SIZE: u64 = 2 * size_of::<String>() as u64 + 40;

/// The files of a volume in a disk image.
pub(super) struct DiskVolume {
    tree: Tree,
    drive: OnceLock<char>,
    budget: Arc<Budget>,
    counter: Counter,
    host_failure: OnceLock<HostFailure>,
    /// The charge for the image's caches.
    _charge: Charge,
}

/// A volume of an image that was opened.
pub(super) struct Opened {
    pub(super) number: Option<u32>,
    pub(super) storage: Arc<dyn Storage>,
    /// Reasons why the files may not be what Windows would show.
    pub(super) doubts: Vec<State>,
}

/// The volumes of an image.
#[derive(Default)]
pub(super) struct Volumes {
    pub(super) opened: Vec<Opened>,
    /// The numbers of the partitions that cannot be read, and why.
    pub(super) refused: Vec<(Option<u32>, DiskError)>,
}

/// The reasons a disk image has no volume to examine.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    #[error("the disk image cannot be read: {0}")]
    Image(#[from] Error),
    #[error("the disk image has no partition {number}; it has {existing}")]
    NoPartition { number: u32, existing: String },
    #[error("cannot be read: {0}")]
    Volume(Error),
    #[error("{0} is not supported")]
    Refused(&'static str),
    #[error("no file system that is known")]
    Unknown,
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

/// Opens one volume of an image, or all.
pub(super) fn open(path: &Path, part: Part, budget: &Arc<Budget>) -> Result<Volumes, DiskError> {
    let image = Image::open(path)?;
    let volumes = image.volumes()?;
    if let Some(number) = part.partition
        && volumes.iter().all(|volume| volume.number != Some(number))
    {
        let numbers = volumes.iter().filter_map(|volume| volume.number).map(|number| number.to_string());
        let numbers = numbers.collect::<Vec<_>>();
        let existing = if numbers.is_empty() { "no partitions".to_owned() } else { numbers.join(", ") };
        return Err(DiskError::NoPartition { number, existing });
    }
    let Volumes { mut opened, mut refused } = Volumes::default();
    for volume in volumes.into_iter().filter(|volume| part.partition.is_none() || volume.number == part.partition) {
        let damaged = |reason: &String| State::Damaged { reason: reason.clone() };
        let mut doubts = image.damage().iter().map(damaged).collect::<Vec<_>>();
        let mut memory = image.memory();
        let contents = match part.shadow_copy {
            None => volume.open(),
            Some(number) => volume.shadow_copy(number).and_then(|shadow| {
                memory += shadow.memory();
                shadow.open()
            }),
        };
        let contents = match contents {
            Ok(Contents::Readable(files)) => files.doubts().map(|more| {
                doubts.extend(more.into_iter().map(state));
                files
            }),
            Ok(Contents::Unsupported(name)) => {
                refused.push((volume.number, DiskError::Refused(name)));
                continue;
            }
            Ok(Contents::Unknown) => {
                refused.push((volume.number, DiskError::Unknown));
                continue;
            }
            Err(error) => Err(error),
        };
        match contents {
            Ok(files) => opened.push(Opened {
                number: volume.number,
                storage: Arc::new(DiskVolume {
                    tree: Tree::new(files),
                    drive: OnceLock::new(),
                    budget: Arc::clone(budget),
                    counter: image.counter(),
                    host_failure: OnceLock::new(),
                    _charge: budget.charge(memory)?,
                }),
                doubts,
            }),
            Err(error) => refused.push((volume.number, DiskError::Volume(error))),
        }
    }
    Ok(Volumes { opened, refused })
}

fn state(doubt: Doubt) -> State {
    match doubt {
        Doubt::MarkedDamaged => State::Damaged { reason: doubt.to_string() },
        Doubt::Hibernated => State::Stale { entries: 0, reason: doubt.to_string() },
    }
}

impl DiskVolume {
    fn failure(&self, shown: &str, error: Error) -> Failure {
        if let Some(failure) = HostFailure::among_causes(&error) {
            let _ = self.host_failure.set(failure);
        }
        match error {
            Error::Link { .. } => Failure::Unreadable(error.to_string()),
            error => Failure::Unreadable(format!("{shown} cannot be read: {error}")),
        }
    }
}

impl Storage for DiskVolume {
    fn find(&self, components: &[&str], deadline: Deadline) -> Found<Place> {
        deadline.check()?;
        let found = self.tree.find(components, self.drive.get().copied());
        let found = found.map_err(|error| self.failure(&components.join("\\"), error))?.ok_or(Failure::Absent)?;
        let shown = found.path().collect::<Vec<_>>().join("\\");
        let shown = if shown.is_empty() { "the volume's root".to_owned() } else { shown };
        let kind = match found.metadata.kind {
            Kind::Folder => storage::Kind::Folder,
            Kind::File => storage::Kind::File,
            Kind::Link => storage::Kind::Other,
        };
        Ok(Place {
            shown,
            kind,
            size: found.metadata.size,
            modified: found.metadata.modified.map(unix_seconds),
            handle: Handle::Disk(found),
        })
    }

    fn list(&self, folder: &Place, deadline: Deadline, visit: &mut Visit<'_>) -> Found<bool> {
        let Handle::Disk(found) = &folder.handle else { return Err(Failure::Absent) };
        let over_budget =
            |error: OverBudget| Failure::Unreadable(format!("{} cannot be listed: {error}", folder.shown));
        let mut charge = self.budget.charge(0).map_err(over_budget)?;
        let mut entries = Vec::new();
        let mut stopped: Option<Failure> = None;
        let mut truncated = false;
        let listed = self.tree.files().list(&found.node, &mut |entry| {
            truncated = entries.len() == MAX_ENTRIES;
            let size = ENTRY_SIZE + 2 * entry.name.len() as u64;
            stopped = match (deadline.check(), charge.grow(size)) {
                (Err(passed), _) => Some(passed.into()),
                (_, Err(error)) => Some(over_budget(error)),
                _ => None,
            };
            if truncated || stopped.is_some() {
                return ControlFlow::Break(());
            }
            entries.push((names::fold(&entry.name), entry));
            ControlFlow::Continue(())
        });
        listed.map_err(|error| self.failure(&folder.shown, error))?;
        if let Some(failure) = stopped {
            return Err(failure);
        }
        entries.sort_by(|(one, first), (other, second)| one.cmp(other).then_with(|| first.name.cmp(&second.name)));
        for (_, entry) in entries {
            let is_folder = match entry.kind {
                Kind::Folder => true,
                Kind::File => false,
                Kind::Link => {
                    let target = self.tree.find_in(found, &entry.name, self.drive.get().copied());
                    matches!(target, Ok(Some(target)) if target.metadata.kind == Kind::Folder)
                }
            };
            if visit(&entry.name, is_folder).is_break() {
                break;
            }
        }
        Ok(truncated)
    }

    fn open(&self, file: &Place) -> Found<OpenFile> {
        let Handle::Disk(found) = &file.handle else { return Err(Failure::Absent) };
        let opened = self.tree.files().open(&found.node);
        opened.map(OpenFile::Disk).map_err(|error| self.failure(&file.shown, error))
    }

    fn security(&self, place: &Place) -> Found<Vec<u8>> {
        let Handle::Disk(found) = &place.handle else { return Err(Failure::Absent) };
        let security = self.tree.files().security(&found.node).map_err(|error| self.failure(&place.shown, error))?;
        // FAT has no permissions.
        security.ok_or(Failure::Unsupported)
    }

    fn file_system(&self) -> Option<String> {
        Some(self.tree.files().name().to_owned())
    }

    fn set_drive(&self, drive: char) {
        let _ = self.drive.set(drive);
    }

    fn host_failure(&self) -> Option<HostFailure> {
        self.host_failure.get().cloned()
    }

    fn forget(&self) {}

    fn bytes_read(&self) -> Option<u64> {
        Some(self.counter.bytes())
    }
}
