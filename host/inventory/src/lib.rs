//! Which hotfixes a machine's registry records, and whether the files that they brought are still there.
//!
//! What `Hotfix.exe -l` listed and `Qfecheck.exe /v` verified (Microsoft's article Q282784): a hotfix that was installed may be out
//! of force again, because something else has put an older file in place of one of its files. No catalog is needed: what is compared
//! is the version that the hotfix's own record names with the version found.

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

/// All that was found on one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// The target's name, as the source calls it.
    pub name: String,
    /// The path as the operator gave it.
    pub location: String,
    /// In the order of their articles.
    pub hotfixes: Vec<Hotfix>,
    /// Packages of Windows Vista and later that stand for an update as a whole, in the order of their articles; those without one
    /// last.
    pub packages: Vec<Package>,
    /// How many other packages there are.
    pub packages_not_listed: NotListed,
    /// What could not be read: of what is not known, nothing stands in the two lists.
    pub unread: Vec<Unread>,
}

/// A hotfix as the registry records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hotfix {
    /// The record's name: `Q296441`.
    pub article: String,
    /// The keys that record it.
    pub keys: Vec<String>,
    /// `Windows 2000`; none where it is recorded as a hotfix of Windows, whichever that is.
    pub product: Option<String>,
    /// The service pack that will hold it: `SP3`.
    pub service_pack: Option<String>,
    pub description: Option<String>,
    /// As recorded, in whatever form the installing program wrote it: `6/18/2001`.
    pub installed_on: Option<String>,
    pub installed_by: Option<String>,
    /// The value `Installed`, where there is one.
    pub installed: Option<bool>,
    pub files: Vec<RecordedFile>,
    pub verdict: HotfixVerdict,
}

/// A file that a hotfix brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedFile {
    /// Folder and name as recorded.
    pub path: String,
    /// The version recorded: `5.0.2195.3649`.
    pub recorded: Option<String>,
    /// The version found.
    pub found: Option<String>,
    /// When the file was built, as recorded.
    pub built: Option<String>,
    pub verdict: FileVerdict,
    /// Why it cannot be told.
    pub reason: Option<String>,
}

/// Whether a file is as the hotfix left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileVerdict {
    /// The version recorded, or a later one.
    Current,
    CannotBeRead,
    /// An older version than the one recorded, or none: the hotfix has to be installed again.
    Reinstall,
    FileGone,
}

/// What its files come to; the worst decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HotfixVerdict {
    /// No file stands in the record, so nothing can be compared.
    NothingRecorded,
    Current,
    CannotBeRead,
    Reinstall,
    FileGone,
}

/// A package of Component Based Servicing, as Windows Vista and later install updates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    /// `KB4013214`, from the package's name, else from the file that it was installed from. None where neither tells.
    pub article: Option<String>,
    /// `Package_for_KB4013214~31bf3856ad364e35~amd64~~10.0.1.0`.
    pub name: String,
    pub state: PackageState,
    /// `CurrentState` as it stands.
    pub state_number: u32,
}

/// Packages that are no update as a whole.
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
    /// A number that has no name here.
    Other,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// A key.
    pub subject: String,
    pub reason: String,
}

/// How long `wardline hotfixes` looks at one target. A machine's records are read in seconds, over a slow network in a minute.
pub const USUAL_TIME: Duration = Duration::from_secs(300);

/// Asks a target for its records, and for every file that these name. The number of questions is bounded; what is not answered
/// by the deadline is told as not read.
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
