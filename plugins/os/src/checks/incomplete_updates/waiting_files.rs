//! Whose file it is that the next start renames or deletes.

use std::collections::BTreeSet;

use wardline_plugin::judge::PendingOperation;
use wardline_plugin::prelude::*;

/// Folders below Windows' own whose programs are Windows'.
const OF_WINDOWS: [&str; 6] = ["system32", "syswow64", "system", "winsxs", "servicing", "microsoft.net"];

/// Folders in those that hold what other programs put there: printers' drivers, and state.
const OF_OTHERS: [&str; 3] = ["spool", "config", "logfiles"];

/// Folders beside Windows' that its own updates replace files in. Their parent's name depends on the language.
const BESIDE_WINDOWS: [&str; 3] = ["internet explorer", "outlook express", "windows media player"];

/// Where the packages of updates lie while they are installed, below Windows' folder.
const PACKAGES: [&str; 2] = [r"softwaredistribution\download", "$hf_mig$"];

/// Folders of temporary files, as components of a path.
const TEMPORARY: [&str; 4] = ["temp", "tmp", "%temp%", "%tmp%"];

/// Whose an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A file that an update of the catalog names, or that comes from an update's package.
    Update,
    /// A file is put into one of Windows' own folders.
    Windows,
    /// It becomes or was a temporary file.
    Temporary,
    /// Nothing says whose it is.
    Other,
    /// It could be Windows', but where that lies is not known.
    Unknown,
}

/// What tells whose a file is.
pub(super) struct Ownership {
    /// Folded, without a `\` at its end.
    windows: Option<String>,
    /// The files of the catalog's updates by their whole paths, folded.
    paths: BTreeSet<String>,
    /// Those that begin with a variable for programs, by what stands behind it: `\outlook express\msoe.dll`.
    tails: BTreeSet<String>,
}

impl Ownership {
    /// `windows` is `system-info.windows-folder`, where it is known.
    pub(super) fn new(windows: Option<&str>, updates: &[Update]) -> Ownership {
        let windows = windows.map(|folder| folded(folder.trim_end_matches('\\')));
        let mut ownership = Ownership { windows, paths: BTreeSet::new(), tails: BTreeSet::new() };
        let files = updates.iter().flat_map(|update| &update.files).filter(|file| file.change != Change::Unsupported);
        for file in files {
            let path = ownership.resolved(&file.path);
            match path.strip_prefix('%').and_then(|path| path.split_once('%')) {
                Some((_, tail)) => ownership.tails.insert(tail.to_owned()),
                None => ownership.paths.insert(path),
            };
        }
        ownership
    }

    /// Whose this operation is.
    ///
    /// What counts is the path where the new file comes to lie. A deletion puts nothing in place: it is an update's only where
    /// the catalog names the file.
    pub(super) fn of(&self, operation: &PendingOperation) -> Owner {
        let from = self.resolved(&operation.from);
        let to = operation.to.as_deref().map(|to| self.resolved(to));
        let place = to.as_ref().unwrap_or(&from);
        if self.is_named(place) || self.is_named(&from) {
            return Owner::Update;
        }
        if is_temporary(place) {
            return Owner::Temporary;
        }
        if to.is_none() {
            return Owner::Other;
        }
        if BESIDE_WINDOWS.iter().any(|folder| place.split('\\').nth(2) == Some(folder)) {
            return Owner::Windows;
        }
        match &self.windows {
            None => Owner::Unknown,
            Some(windows) if is_package(&from, windows) => Owner::Update,
            Some(windows) if is_of_windows(place, windows) => Owner::Windows,
            Some(_) => Owner::Other,
        }
    }

    /// Folded, with the variables of Windows' folder resolved, and a drive where the path leaves it open.
    fn resolved(&self, path: &str) -> String {
        let path = folded(path);
        let Some(windows) = &self.windows else { return path };
        let drive = windows.get(..2).unwrap_or_default();
        for (beginning, stands_for) in
            [("%windir%", windows.as_str()), ("%systemroot%", windows), ("%systemdrive%", drive), ("?:", drive)]
        {
            if let Some(rest) = path.strip_prefix(beginning) {
                return format!("{stands_for}{rest}");
            }
        }
        path
    }

    fn is_named(&self, path: &str) -> bool {
        let mut ends = path.match_indices('\\').filter_map(|(at, _)| path.get(at..));
        self.paths.contains(path) || ends.any(|end| self.tails.contains(end))
    }
}

/// Whether a path lies in one of Windows' own folders, or in Windows' folder itself.
fn is_of_windows(path: &str, windows: &str) -> bool {
    let Some(rest) = below(path, windows) else { return false };
    match rest.split_once('\\') {
        None => true,
        Some((folder, rest)) => {
            let first = rest.split('\\').next().unwrap_or_default();
            OF_WINDOWS.contains(&folder) && !(rest.contains('\\') && OF_OTHERS.contains(&first))
        }
    }
}

fn is_package(path: &str, windows: &str) -> bool {
    below(path, windows).is_some_and(|rest| PACKAGES.iter().any(|folder| below(rest, folder).is_some()))
}

/// What stands behind a folder and a `\`.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder)?.strip_prefix('\\')
}

fn is_temporary(path: &str) -> bool {
    let mut components = path.split('\\').rev();
    let name = components.next().unwrap_or_default();
    name.ends_with(".tmp") || components.any(|component| TEMPORARY.contains(&component))
}

fn folded(path: &str) -> String {
    path.trim().to_ascii_lowercase()
}
