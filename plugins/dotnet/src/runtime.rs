//! Finds the runtimes of .NET and ASP.NET Core.
//!
//! Each patch of a runtime is a folder named after its version, `shared\Microsoft.NETCore.App\8.0.11`. A program runs on the
//! newest patch of its release (learn.microsoft.com/dotnet/core/versions/selection), so that one is judged. A folder without
//! the runtime's own library is what an uninstalled patch left behind.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::prelude::*;
use wardline_plugin::version::compare_dotted;

/// The folders that the installers use; the second is for 32-bit runtimes on 64-bit Windows.
const ROOTS: [&str; 2] = [r"%programfiles%\dotnet", r"%programfiles(x86)%\dotnet"];

/// A kind of runtime.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    /// The name of its folder.
    folder: &'static str,
    /// The library that every patch of it contains.
    library: &'static str,
}

pub(crate) const DOTNET: Kind = Kind { folder: "Microsoft.NETCore.App", library: "coreclr.dll" };
pub(crate) const ASPNET: Kind = Kind { folder: "Microsoft.AspNetCore.App", library: "Microsoft.AspNetCore.dll" };

const KINDS: [&Kind; 2] = [&DOTNET, &ASPNET];

/// The maximum number of patches examined in one folder, more than a machine collects.
const MAX_PATCHES: usize = 256;

/// The questions of this module.
pub(crate) const ASKS: [Asks; 8] = [
    Asks::File(r"%programfiles%\dotnet\shared\Microsoft.NETCore.App"),
    Asks::File(r"%programfiles%\dotnet\shared\Microsoft.NETCore.App\*\coreclr.dll"),
    Asks::File(r"%programfiles%\dotnet\shared\Microsoft.AspNetCore.App"),
    Asks::File(r"%programfiles%\dotnet\shared\Microsoft.AspNetCore.App\*\Microsoft.AspNetCore.dll"),
    Asks::File(r"%programfiles(x86)%\dotnet\shared\Microsoft.NETCore.App"),
    Asks::File(r"%programfiles(x86)%\dotnet\shared\Microsoft.NETCore.App\*\coreclr.dll"),
    Asks::File(r"%programfiles(x86)%\dotnet\shared\Microsoft.AspNetCore.App"),
    Asks::File(r"%programfiles(x86)%\dotnet\shared\Microsoft.AspNetCore.App\*\Microsoft.AspNetCore.dll"),
];

/// The newest installed patch of a release.
#[derive(Clone, Debug)]
pub(crate) struct Runtime {
    pub(crate) kind: &'static Kind,
    /// The folder with all runtimes of one architecture.
    pub(crate) root: &'static str,
    /// `8.0.11`.
    pub(crate) version: String,
    /// The question whose answer lists its folder, which has the version as its name.
    pub(crate) evidence: u32,
    /// The older patches that are still there, oldest first.
    pub(crate) older: Vec<String>,
}

/// The runtimes on a target.
#[derive(Debug, Default)]
pub(crate) struct Runtimes {
    pub(crate) newest: Vec<Runtime>,
    /// The questions about the folders that were answered.
    pub(crate) searched: Vec<u32>,
    /// Why there may be others.
    pub(crate) unable: Option<Unable>,
}

/// Finds the runtimes, in two rounds: the folders, their libraries.
pub(crate) async fn find(evidence: &Evidence) -> Runtimes {
    let places: Vec<_> = ROOTS.iter().flat_map(|&root| KINDS.map(|kind| (root, kind))).collect();
    let folder = |root: &str, kind: &Kind| format!(r"{root}\shared\{}", kind.folder);
    let folders = places.iter().map(|(root, kind)| Question::Directory(folder(root, kind))).collect();
    let listed = evidence.ask_all(folders).await;

    let mut runtimes = Runtimes::default();
    let mut patches = Vec::new();
    for ((&(root, kind), answer), number) in places.iter().zip(&listed.answers).zip(listed.first..) {
        if why_unknown(answer).is_none() {
            runtimes.searched.push(number);
        }
        match answer {
            Answer::Known(Fact::Directory(directory)) => {
                let names =
                    directory.entries.iter().filter(|entry| entry.directory && version_in(&entry.name).is_some());
                let names: Vec<_> = names.map(|entry| entry.name.clone()).collect();
                if directory.truncated || names.len() > MAX_PATCHES {
                    let reason = format!("not all of the runtimes in {} were listed", folder(root, kind));
                    runtimes.lacks(Unable::new(reason).because(&number));
                }
                patches.extend(names.into_iter().take(MAX_PATCHES).map(|name| (root, kind, name, number)));
            }
            // A machine without 32-bit programs does not have the second folder.
            Answer::Absent | Answer::Unsupported if root == ROOTS[1] => {}
            other => {
                if let Some(reason) = why_unknown(other) {
                    let reason = format!("{} could not be read: {reason}", folder(root, kind));
                    runtimes.lacks(Unable::new(reason).because(&number));
                }
            }
        }
    }
    let library = |(root, kind, name, _): &(&str, &Kind, String, u32)| {
        Question::FileVersion(format!(r"{}\{name}\{}", folder(root, kind), kind.library))
    };
    let found = evidence.ask_all(patches.iter().map(library).collect()).await;
    let mut releases: BTreeMap<_, Vec<(String, u32)>> = BTreeMap::new();
    for (((root, kind, name, listing), answer), number) in patches.into_iter().zip(&found.answers).zip(found.first..) {
        match answer {
            // A file that cannot be read is there.
            Answer::Known(_) | Answer::Unreadable(_) => {
                if let Some((version, release)) = version_in(&name) {
                    releases.entry((kind, root, release)).or_default().push((version.to_owned(), listing));
                }
            }
            Answer::Absent => {}
            Answer::Denied(_) | Answer::Unsupported => {
                let reason = why_unknown(answer).unwrap_or_default();
                let reason = format!(r"whether {}\{name} holds a runtime is not known: {reason}", folder(root, kind));
                runtimes.lacks(Unable::new(reason).because(&number));
            }
        }
    }
    for ((kind, root, _), mut patches) in releases {
        patches.sort_by(|left, right| compare_dotted(&left.0, &right.0).unwrap_or(Ordering::Equal));
        if let Some((version, evidence)) = patches.pop() {
            let older = patches.into_iter().map(|(version, _)| version).collect();
            runtimes.newest.push(Runtime { kind, root, version, evidence, older });
        }
    }
    runtimes
}

impl Runtimes {
    fn lacks(&mut self, error: Unable) {
        self.unable = Some(match self.unable.take() {
            Some(first) => first.along_with(error),
            None => error,
        });
    }
}

/// Returns the version in a folder's name and its release, the first two numbers. A preview, `9.0.0-rc.1.24431.7`, counts as the
/// version that it precedes.
fn version_in(folder: &str) -> Option<(&str, [u32; 2])> {
    let version = folder.split('-').next()?;
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    let release = [numbers.next()??, numbers.next()??];
    compare_dotted(version, version)?;
    Some((version, release))
}

impl Runtime {
    /// Returns the subject of its findings, with the folder, which distinguishes a 32-bit from a 64-bit runtime.
    pub(crate) fn subject(&self) -> String {
        format!(r"{}\shared\{}", self.root, self.kind.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_are_patches() {
        for (name, expected) in [
            ("8.0.11", Some(("8.0.11", [8, 0]))),
            ("9.0.0-rc.1.24431.7", Some(("9.0.0", [9, 0]))),
            ("8.0", Some(("8.0", [8, 0]))),
            ("8", None),
            ("backup", None),
            ("8.0.x", None),
            ("99999999999.0.1", None),
        ] {
            assert_eq!(version_in(name), expected, "{name}");
        }
    }
}
