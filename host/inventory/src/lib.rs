//! Lists the hotfixes that a machine's registry records, and checks whether their files are still in place.
//!
//! This is what `Hotfix.exe -l` listed and `Qfecheck.exe /v` verified (Microsoft's article Q282784): an installed hotfix may no
//! longer be in force, because something else has replaced one of its files with an older one. No catalog is needed: the version in
//! the hotfix's own record is compared with the version found.

mod article;
mod ask;
mod json;
mod packages;
mod records;
mod text;

pub use json::json;
pub use text::text;

use std::time::Duration;

use ask::Asker;
use serde::Serialize;
use wardline_contract::Deadline;
use wardline_evidence::Source;

/// The hotfixes and packages found on one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// The target's name, as reported by the source.
    pub name: String,
    /// The path as the operator gave it.
    pub location: String,
    /// The recorded hotfixes, ordered by article.
    pub hotfixes: Vec<Hotfix>,
    /// Packages of Windows Vista and later that represent a whole update, ordered by article; those without one last.
    pub packages: Vec<Package>,
    /// The number of other packages.
    pub packages_not_listed: NotListed,
    /// The keys that could not be read. Hotfixes and packages they would have described are missing from the lists.
    pub unread: Vec<Unread>,
}

/// A hotfix as the registry records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hotfix {
    /// The record's name: `Q296441`.
    pub article: String,
    /// The keys that record it.
    pub keys: Vec<String>,
    /// `Windows 2000`; `None` for a hotfix recorded for Windows without a product.
    pub product: Option<String>,
    /// The service pack that will include it: `SP3`.
    pub service_pack: Option<String>,
    pub description: Option<String>,
    /// The date as recorded, in the installer's format: `6/18/2001`.
    pub installed_on: Option<String>,
    pub installed_by: Option<String>,
    /// The value `Installed`, if there is one.
    pub installed: Option<bool>,
    pub files: Vec<RecordedFile>,
    pub verdict: HotfixVerdict,
}

/// A file that a hotfix installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedFile {
    /// Folder and name as recorded.
    pub path: String,
    /// The version recorded: `5.0.2195.3649`.
    pub recorded: Option<String>,
    /// The version found.
    pub found: Option<String>,
    /// The file's build date, as recorded.
    pub built: Option<String>,
    pub verdict: FileVerdict,
    /// The reason the file cannot be checked.
    pub reason: Option<String>,
}

/// The result of comparing a file with the hotfix's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileVerdict {
    /// The file has the recorded version or a later one.
    Current,
    CannotBeRead,
    /// The file has an older version than recorded, or none: the hotfix must be installed again.
    Reinstall,
    FileGone,
}

/// The verdict on a hotfix: that of its worst file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HotfixVerdict {
    /// The record lists no files, so nothing can be compared.
    NothingRecorded,
    Current,
    CannotBeRead,
    Reinstall,
    FileGone,
}

/// A package of Component Based Servicing, which Windows Vista and later use to install updates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    /// `KB4013214`, from the package's name, else from the file that it was installed from. `None` if neither contains it.
    pub article: Option<String>,
    /// `Package_for_KB4013214~31bf3856ad364e35~amd64~~10.0.1.0`.
    pub name: String,
    pub state: PackageState,
    /// `CurrentState` as stored.
    pub state_number: u32,
}

/// The numbers of packages that are not whole updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotListed {
    /// Parts of updates: `Package_1_for_KB4013214~…`.
    pub parts: usize,
    /// Parts of Windows itself: features, drivers, languages.
    pub features: usize,
}

/// `CurrentState` of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageState {
    Absent,
    UninstallPending,
    Staged,
    Superseded,
    InstallPending,
    Installed,
    /// Any other number.
    Other,
}

/// A key that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The key's path; in the last entry of a long list, the number of further keys.
    pub subject: String,
    pub reason: String,
}

/// The time limit of `wardline hotfixes` for one target. A machine's records are read in seconds, over a slow network in a minute.
pub const DEFAULT_TIME: Duration = Duration::from_secs(300);

/// Asks a target for its records, and for every file that they name. The number of questions is bounded; anything not answered by
/// the deadline is reported as unread.
pub fn take(source: &dyn Source, deadline: Deadline) -> Inventory {
    let mut asker = Asker::new(source, deadline);
    let hotfixes = records::hotfixes(&mut asker);
    let (packages, packages_not_listed) = packages::packages(&mut asker);
    Inventory {
        name: source.name().to_owned(),
        location: source.origin().location,
        hotfixes,
        packages,
        packages_not_listed,
        unread: asker.into_unread(),
    }
}

impl HotfixVerdict {
    fn of(files: &[RecordedFile]) -> HotfixVerdict {
        match files.iter().map(|file| file.verdict).max() {
            None => HotfixVerdict::NothingRecorded,
            Some(FileVerdict::Current) => HotfixVerdict::Current,
            Some(FileVerdict::CannotBeRead) => HotfixVerdict::CannotBeRead,
            Some(FileVerdict::Reinstall) => HotfixVerdict::Reinstall,
            Some(FileVerdict::FileGone) => HotfixVerdict::FileGone,
        }
    }
}

#[cfg(test)]
mod tests;
