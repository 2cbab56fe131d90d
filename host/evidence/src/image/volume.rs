//! A Windows system volume, which answers questions about its Windows.

mod open;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use wardline_contract::{Answer, Deadline, Fact, Question};
use wardline_files::host_failure::HostFailure;

use super::answers::Answers;
use super::failure::{Failure, Found, answer};
use super::paths::{Components, Places};
use super::registry::Registry;
use super::storage::Files;
use super::{audit, files, permissions, profiles, sam, services, shares, system};
use crate::{Condition, Origin, Source, State};

pub use open::VolumeError;
pub(crate) use open::directory_name;

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion";

/// The name of the connection to a running machine, as a part of the evidence.
const CONNECTION: &str = "connection";

/// Evidence from a Windows system volume: a directory that is its root, or a volume in a disk image.
///
/// Hives are opened on first use and cached. Nothing is written, and nothing outside the volume is opened.
pub struct Volume {
    name: String,
    origin: Origin,
    files: Arc<Files>,
    windows: Components,
    registry: Registry,
    /// Cached once all of them are known.
    places: Mutex<Option<Arc<Places>>>,
    /// Damage found in parts that were read nevertheless.
    conditions: Mutex<BTreeSet<Condition>>,
    /// The answers of a running machine, which changes and may be slow to ask. `None` for others.
    answers: Option<Answers>,
}

impl fmt::Debug for Volume {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Volume").field("name", &self.name).field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Volume {
    fn places(&self) -> Arc<Places> {
        let mut kept = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = &*kept {
            return Arc::clone(places);
        }
        let places = Arc::new(self.read_places());
        // A folder unknown only for lack of room may be found for a later question.
        if places.are_known() {
            *kept = Some(Arc::clone(&places));
        }
        places
    }

    fn read_places(&self) -> Places {
        let drive = self.registry.drive();
        self.files.storage().set_drive(drive);
        let unknown = || Err(Failure::Unsupported);
        let mut places = Places {
            drive,
            windows: self.windows.clone(),
            program_files: unknown(),
            common_files: unknown(),
            program_files_x86: unknown(),
            common_files_x86: unknown(),
        };
        // In this order: a folder's path may contain the variable of a previous one.
        places.program_files = self.program_folder(&places, "ProgramFilesDir", &["Program Files"]);
        places.common_files = self.program_folder(&places, "CommonFilesDir", &["Program Files", "Common Files"]);
        let has_x86 = self.registry.text(CURRENT_VERSION, "ProgramFilesDir (x86)");
        if has_x86 == Ok(None) {
            places.program_files_x86 = Err(Failure::Absent);
            places.common_files_x86 = Err(Failure::Absent);
        } else {
            let usual = ["Program Files (x86)", "Common Files"];
            places.program_files_x86 = self.program_folder(&places, "ProgramFilesDir (x86)", &usual[..1]);
            places.common_files_x86 = self.program_folder(&places, "CommonFilesDir (x86)", &usual);
        }
        places
    }

    /// Returns the folder that the registry names, or else the usual one. If the registry cannot be read, the folder is not
    /// guessed: the absence of a file from the usual folder would be taken for a fact.
    fn program_folder(&self, places: &Places, value: &str, usual: &[&str]) -> Found<Components> {
        let usual_folder = || usual.iter().map(|&component| component.to_owned()).collect();
        match self.registry.text(CURRENT_VERSION, value) {
            Ok(Some(path)) => places.resolve(&path),
            Ok(None) => Ok(usual_folder()),
            Err(failure) => Err(failure),
        }
    }

    fn fact(&self, question: &Question, deadline: Deadline) -> Found<Fact> {
        let registry = &self.registry.until(deadline);
        let files = &self.files.until(deadline);
        Ok(match question {
            Question::System => Fact::System(system::system(registry, &self.windows_folder())?),
            Question::RegistryValue(value) => Fact::RegistryValue(registry.value(&value.key, &value.name)?),
            Question::RegistryKey(path) => Fact::RegistryKey(registry.key(path)?),
            Question::File(path) => Fact::File(files::file(files, registry, &self.places(), path, true, deadline)?),
            Question::FileVersion(path) => {
                Fact::File(files::file(files, registry, &self.places(), path, false, deadline)?)
            }
            Question::Directory(path) => Fact::Directory(files::directory(files, &self.places(), path, deadline)?),
            Question::Text(range) => {
                Fact::Text(files::text(files, &self.places(), &range.path, range.offset, range.length)?)
            }
            Question::Service(name) => Fact::Service(services::service(registry, name)?),
            Question::Services => Fact::Services(services::services(registry)?),
            Question::Accounts => {
                let read = self.read_sam(registry, sam::accounts::accounts);
                Fact::Accounts(read.or_else(|failure| sam::called::accounts(registry, failure))?)
            }
            Question::Groups => {
                let read = self.read_sam(registry, sam::groups::groups);
                Fact::Groups(read.or_else(|failure| sam::called::groups(registry, failure))?)
            }
            Question::Shares => Fact::Shares(shares::shares(registry)?),
            Question::Volumes => Fact::Volumes(vec![self.system_drive()]),
            Question::AuditPolicy => Fact::AuditPolicy(audit::policy(registry)?),
            Question::PasswordPolicy => {
                let read = sam::policy::policy(registry);
                Fact::PasswordPolicy(read.or_else(|failure| sam::called::policy(registry, failure))?)
            }
            Question::Profiles => Fact::Profiles(profiles::profiles(registry, files)?),
            Question::RegistryPermissions(path) => Fact::Permissions(permissions::of_key(registry, path)?),
            Question::FilePermissions(path) => Fact::Permissions(permissions::of_file(files, &self.places(), path)?),
        })
    }

    /// Reads the SAM and records the faults found.
    fn read_sam<T>(&self, registry: &Registry, read: impl FnOnce(&Registry, &mut sam::Faults) -> Found<T>) -> Found<T> {
        let mut faults = sam::Faults::default();
        let found = read(registry, &mut faults);
        // Data that was not read before the deadline is not damaged.
        registry.deadline().check()?;
        // Neither is data that could not be read because of a host error, nor that which a machine keeps back.
        let is_kept_back = found.is_err() && registry.machine().is_some();
        if let Some(reason) = faults.into_reason()
            && !is_kept_back
            && self.files.host_failure().is_none()
            && self.files.storage().lost().is_none()
        {
            let part = format!("{}\\system32\\config\\SAM", self.windows.join("\\"));
            let mut conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
            conditions.insert(Condition { part, state: State::Damaged { reason } });
        }
        found
    }

    /// The only volume in this target. The registry remembers drive letters of other disks too, but not whether they still exist.
    fn system_drive(&self) -> wardline_contract::Volume {
        let file_system = self.files.storage().file_system();
        wardline_contract::Volume { drive: format!("{}:", self.places().drive), file_system, fixed: true }
    }

    /// Returns the path of the Windows folder: `C:\WINNT`.
    fn windows_folder(&self) -> String {
        format!("{}:\\{}", self.places().drive, self.windows.join("\\"))
    }
}

impl Source for Volume {
    fn name(&self) -> &str {
        &self.name
    }

    fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn answer_by(&self, question: &Question, deadline: Deadline) -> Answer {
        match &self.answers {
            Some(_) => self.answer_folded(question, &wardline_contract::names::folded(question), deadline),
            None => answer(self.fact(question, deadline)),
        }
    }

    fn answer_folded(&self, question: &Question, folded: &Question, deadline: Deadline) -> Answer {
        let Some(answers) = &self.answers else { return answer(self.fact(question, deadline)) };
        if let Some(kept) = answers.find(folded) {
            return kept;
        }
        let found = answer(self.fact(question, deadline));
        // A late answer says nothing, and neither does one of a machine that is gone.
        if deadline.check().is_err() || self.files.storage().lost().is_some() {
            return found;
        }
        answers.keep(folded, found)
    }

    fn conditions(&self) -> Vec<Condition> {
        let own = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = self.files.storage().lost().map(|reason| Condition {
            part: CONNECTION.to_owned(),
            state: State::Damaged { reason: format!("it was lost: {reason}") },
        });
        let mut conditions = own.iter().cloned().chain(self.registry.conditions()).chain(lost).collect::<Vec<_>>();
        conditions.sort();
        conditions
    }

    fn host_failure(&self) -> Option<HostFailure> {
        self.files.host_failure()
    }

    fn bytes_read(&self) -> Option<u64> {
        self.files.storage().bytes_read()
    }
}
