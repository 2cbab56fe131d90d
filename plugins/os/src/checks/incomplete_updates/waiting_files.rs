//! The owners of the files that the next start renames or deletes.

use std::collections::BTreeSet;

use wardline_plugin::judge::{PendingOperation, is_loose, may_name, resolved};
use wardline_plugin::prelude::*;

/// Folders below the Windows folder with files that its updates replace.
const OF_WINDOWS: [&str; 14] = [
    "system32",
    "syswow64",
    "system",
    "winsxs",
    "servicing",
    "microsoft.net",
    "apppatch",
    "assembly",
    "fonts",
    "help",
    "ime",
    "inf",
    "msagent",
    "pchealth",
];

/// Folders within those with files of other programs: printer drivers, and state.
const OF_OTHERS: [&str; 3] = ["spool", "config", "logfiles"];

/// Folders next to the Windows folder with files that its own updates replace. Their parent's name depends on the language.
const BESIDE_WINDOWS: [&str; 8] = [
    "internet explorer",
    "movie maker",
    "netmeeting",
    "outlook express",
    "windows journal",
    "windows mail",
    "windows media player",
    "windows nt",
];

/// Folders in `Common Files` with files that updates replace. The name `Common Files` depends on the language as well.
const IN_COMMON_FILES: [&str; 4] = ["microsoft shared", r"system\ado", r"system\msadc", r"system\ole db"];

/// The maximum number of short paths to compare with the catalog's. An installer leaves a few.
const MAX_SHORT: usize = 200;

/// The location of update packages during installation, below the Windows folder.
const PACKAGES: [&str; 2] = [r"softwaredistribution\download", "$hf_mig$"];

/// Folders of temporary files, as components of a path.
const TEMPORARY: [&str; 4] = ["temp", "tmp", "%temp%", "%tmp%"];

/// The owner of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A file that a catalog update names, or that comes from an update's package.
    Update,
    /// A file is moved into one of Windows' own folders.
    Windows,
    /// The source or the target is a temporary file.
    Temporary,
    /// The owner is not known.
    Other,
    /// It could be Windows', but the Windows folder is not known.
    Unknown,
    /// It has a short name (`PROGRA~1`), and could be an update's or Windows'.
    ShortName,
}

/// The facts that determine a file's owner.
pub(super) struct Ownership {
    /// Folded, without a trailing `\`.
    windows: Option<String>,
    /// The files of the catalog's updates by their full paths, folded.
    paths: BTreeSet<String>,
    /// The files whose paths begin with a variable for a program folder, by the rest of the path:
    /// `\outlook express\msoe.dll`.
    tails: BTreeSet<String>,
    /// The number of paths with short names compared so far.
    short: usize,
}

impl Ownership {
    /// `windows` is `system-info.windows-folder`, if it is known.
    pub(super) fn new(windows: Option<&str>, updates: &[Update]) -> Ownership {
        let windows = windows.map(|folder| folded(folder.trim_end_matches('\\')));
        let mut ownership = Ownership { windows, paths: BTreeSet::new(), tails: BTreeSet::new(), short: 0 };
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

    /// Returns the owner of this operation.
    ///
    /// The path of the new file decides. A deletion puts no file in place: it is an update's only if the catalog names the
    /// file.
    pub(super) fn of(&mut self, operation: &PendingOperation) -> Owner {
        let from = self.resolved(&operation.from);
        let to = operation.to.as_deref().map(|to| self.resolved(to));
        let place = to.as_ref().unwrap_or(&from);
        if self.is_named(place) || self.is_named(&from) {
            return Owner::Update;
        }
        if to.iter().chain([&from]).any(|path| !is_temporary(path) && self.may_be_named(path)) {
            return Owner::ShortName;
        }
        if is_temporary(place) {
            return Owner::Temporary;
        }
        if to.is_none() {
            return Owner::Other;
        }
        let loose = is_loose(place) || is_loose(&from);
        match self.by_folder(&from, place, is_name) {
            Owner::Other if loose && self.by_folder(&from, place, may_be_name) != Owner::Other => Owner::ShortName,
            owner => owner,
        }
    }

    /// Returns the owner by the source and target folders of the new file.
    fn by_folder(&self, from: &str, place: &str, is: IsName) -> Owner {
        let beside = |folders: &[&str], depth| folders.iter().any(|folder| below(place, depth, folder, is).is_some());
        if beside(&BESIDE_WINDOWS, 2) || beside(&IN_COMMON_FILES, 3) {
            return Owner::Windows;
        }
        match &self.windows {
            None => Owner::Unknown,
            Some(windows) if is_package(from, windows, is) => Owner::Update,
            Some(windows) if is_of_windows(place, windows, is) => Owner::Windows,
            Some(_) => Owner::Other,
        }
    }

    /// Returns the path folded, with the variables for the Windows folder resolved, and on Windows' drive if the path does
    /// not give one.
    fn resolved(&self, path: &str) -> String {
        let path = folded(&resolved(path, self.windows.as_deref()));
        let drive = self.windows.as_deref().and_then(|windows| windows.get(..2));
        match (path.strip_prefix("?:"), drive) {
            (Some(rest), Some(drive)) => format!("{drive}{rest}"),
            _ => path,
        }
    }

    fn is_named(&self, path: &str) -> bool {
        let mut ends = path.match_indices('\\').filter_map(|(at, _)| path.get(at..));
        self.paths.contains(path) || ends.any(|end| self.tails.contains(end))
    }

    /// Whether a path with short names may name a file of the catalog. Hostile lists of short paths are long: every path
    /// after the first [`MAX_SHORT`] is assumed to.
    fn may_be_named(&mut self, path: &str) -> bool {
        if !is_loose(path) {
            return false;
        }
        self.short += 1;
        self.short > MAX_SHORT || self.paths.iter().chain(&self.tails).any(|named| may_name(path, named))
    }
}

/// Whether a component of a path is, or may be, the folder with that name.
type IsName = fn(&str, &str) -> bool;

fn is_name(component: &str, name: &str) -> bool {
    component == name
}

fn may_be_name(component: &str, name: &str) -> bool {
    component == name || may_name(component, &format!(r"\{name}"))
}

/// Whether a path is in one of Windows' own folders, or directly in the Windows folder.
fn is_of_windows(path: &str, windows: &str, is: IsName) -> bool {
    let Some(rest) = below(path, 0, windows, is) else { return false };
    match rest.as_slice() {
        [] => false,
        [_file] => true,
        [folder, rest @ ..] => {
            let of_others = rest.len() > 1 && rest.first().is_some_and(|first| OF_OTHERS.contains(first));
            OF_WINDOWS.iter().any(|name| is(folder, name)) && !of_others
        }
    }
}

fn is_package(path: &str, windows: &str, is: IsName) -> bool {
    PACKAGES.iter().any(|folder| below(path, 0, &format!(r"{windows}\{folder}"), is).is_some())
}

/// Returns the components after a folder at this depth of a path. `None` if the path does not lead below it.
fn below<'p>(path: &'p str, depth: usize, folder: &str, is: IsName) -> Option<Vec<&'p str>> {
    let mut components = path.split('\\').skip(depth);
    let all = folder.split('\\').all(|name| components.next().is_some_and(|component| is(component, name)));
    let rest: Vec<&str> = components.collect();
    (all && !rest.is_empty()).then_some(rest)
}

fn is_temporary(path: &str) -> bool {
    let mut components = path.split('\\').rev();
    let name = components.next().unwrap_or_default();
    name.ends_with(".tmp") || components.any(|component| TEMPORARY.contains(&component))
}

fn folded(path: &str) -> String {
    path.trim().to_ascii_lowercase()
}
