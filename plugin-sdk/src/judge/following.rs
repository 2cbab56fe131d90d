//! Follows the operations of the next restart, in order, to their effect on each path.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::folded;
use super::pending::{PendingOperation, is_loose, may_name};

/// The maximum number of ambiguous paths; each is compared with every file of the case.
const MAX_LOOSE: usize = 200;

pub(super) const WINDOWS_UNKNOWN: &str = "where Windows lies is not known";

/// The effects of operations on paths.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    /// By folded path.
    after: BTreeMap<String, After>,
    /// The sources of renames, by folded name and path: the contents of a folder move with it.
    moved: HashMap<String, BTreeSet<String>>,
    /// Ambiguous paths: they do not say which file they name.
    loose: Vec<String>,
    /// Why any other path may change as well.
    unknown: Option<String>,
}

/// The content of a path after the restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    Nothing,
    /// The file that currently has this path.
    File {
        now: String,
        /// Only if nothing has the path now: the rename may not replace a file.
        unless_present: bool,
        /// Whether the path is unchanged if the file turns out not to be there. False if other operations also change the
        /// path, because Windows carries those out regardless; and for a short name, whose file cannot be shown to be absent.
        only_change: bool,
    },
    /// Not known; the clause says why.
    Unknown(String),
}

impl Changes {
    /// `windows` is the Windows folder, if it is known.
    pub(super) fn new(operations: &[PendingOperation], windows: Option<&str>) -> Changes {
        let mut changes = Changes::default();
        for operation in operations {
            if windows.is_none() && operation.is_below_windows() {
                changes.unknown.get_or_insert_with(|| WINDOWS_UNKNOWN.to_owned());
            }
            changes.follow(operation.resolved(windows));
        }
        changes
    }

    /// Whether no operation was followed.
    pub(super) fn is_empty(&self) -> bool {
        self.after.is_empty()
    }

    /// Why a path without a known change may change.
    pub(super) fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    pub(super) fn at(&self, path: &str) -> Option<&After> {
        self.after.get(&folded(path))
    }

    /// Returns the paths that end with this folded one.
    pub(super) fn ending_with<'p>(&'p self, tail: &'p str) -> impl Iterator<Item = &'p str> {
        self.after.keys().map(String::as_str).filter(move |path| path.ends_with(tail))
    }

    /// Why something may happen to a file that no operation is known to affect. `path` is the file's path, or the end of it
    /// if it begins with a `\`.
    pub(super) fn doubt(&self, path: &str) -> Option<String> {
        if let Some(loose) = self.loose.iter().find(|loose| may_name(loose, path)) {
            return Some(format!("{loose} may be this file"));
        }
        if self.moved.is_empty() {
            return None;
        }
        let path = folded(path);
        let folders = path.match_indices('\\').filter_map(|(at, _)| path.get(..at)).filter(|folder| !folder.is_empty());
        folders.filter_map(|folder| self.moved(folder)).next().map(|folder| format!("its folder {folder} is renamed"))
    }

    /// Returns the renamed path that equals a folded one or, if that begins with a `\`, ends with it.
    fn moved(&self, folder: &str) -> Option<&str> {
        let of_name = self.moved.get(name_of(folder))?;
        let path = match folder.starts_with('\\') {
            true => of_name.iter().find(|path| path.ends_with(folder)),
            false => of_name.get(folder),
        };
        path.map(String::as_str)
    }

    fn follow(&mut self, PendingOperation { from, to, replaces }: PendingOperation) {
        for path in [Some(&from), to.as_ref()].into_iter().flatten().filter(|path| is_loose(path)) {
            if self.loose.len() < MAX_LOOSE {
                self.loose.push(path.clone());
            } else {
                self.unknown.get_or_insert_with(|| format!("more than {MAX_LOOSE} files wait by short names"));
            }
        }
        match to {
            None => {
                self.after.insert(folded(&from), After::Nothing);
            }
            Some(goal) => self.rename(&from, &goal, replaces),
        }
    }

    /// The source of a rename may itself be the result of an earlier rename.
    fn rename(&mut self, from: &str, goal: &str, replaces: bool) {
        let (now, is_first) = match self.at(from) {
            None => (Some(from.to_owned()), true),
            Some(After::File { now, unless_present: false, .. }) => (Some(now.clone()), false),
            // There is nothing to rename.
            Some(After::Nothing) => return,
            Some(After::File { unless_present: true, .. } | After::Unknown(_)) => (None, false),
        };
        let earlier = self.at(goal).cloned();
        let unless_present = !replaces && earlier != Some(After::Nothing);
        let left_behind = if unless_present {
            After::Unknown(format!("it becomes {goal}, unless that is there"))
        } else {
            After::Nothing
        };
        let moved = folded(from);
        self.moved.entry(name_of(&moved).to_owned()).or_default().insert(moved.clone());
        self.after.insert(moved, left_behind);
        let after = match (now, earlier) {
            // The result of an earlier rename stays, if there was one.
            (_, Some(After::File { now, unless_present: earlier, .. })) if unless_present => {
                After::File { now, unless_present: earlier, only_change: false }
            }
            (_, Some(After::Unknown(why))) if unless_present => After::Unknown(why),
            (None, _) => After::Unknown(format!("{from} may be put in its place")),
            (Some(now), earlier) => {
                let only_change = is_first && earlier.is_none() && !is_loose(from);
                After::File { now, unless_present, only_change }
            }
        };
        self.after.insert(folded(goal), after);
    }
}

/// Returns the last component of a path.
fn name_of(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(texts: &[&str], windows: Option<&str>) -> Changes {
        Changes::new(&PendingOperation::of(texts), windows)
    }

    fn file(now: &str, unless_present: bool, only_change: bool) -> Option<After> {
        Some(After::File { now: now.to_owned(), unless_present, only_change })
    }

    fn unknown(why: &str) -> Option<After> {
        Some(After::Unknown(why.to_owned()))
    }

    /// A rename without `!` fails if the target name is taken (`MoveFileEx` without `MOVEFILE_REPLACE_EXISTING`), and so does
    /// one whose source is not there. Later operations are still carried out.
    #[test]
    fn operations_are_followed_in_their_order() {
        let rows: [(&str, &[&str], Option<After>); 24] = [
            ("a renaming over a file", &[r"\??\C:\new", r"!\??\C:\x"], file(r"C:\new", false, true)),
            ("one that must not replace", &[r"\??\C:\new", r"\??\C:\x"], file(r"C:\new", true, true)),
            ("after a deletion it replaces nothing", &[r"C:\x", "", r"C:\new", r"C:\x"], file(r"C:\new", false, false)),
            ("a deletion", &[r"\??\C:\X", ""], Some(After::Nothing)),
            ("the last text may be lacking", &[r"\??\C:\x"], Some(After::Nothing)),
            ("the last renaming wins", &[r"C:\1", r"!C:\x", r"C:\2", r"!C:\x"], file(r"C:\2", false, false)),
            ("but not without the mark", &[r"C:\1", r"!C:\x", r"C:\2", r"C:\x"], file(r"C:\1", false, false)),
            ("nor where none has it", &[r"C:\1", r"C:\x", r"C:\2", r"C:\x"], file(r"C:\1", true, false)),
            ("a chain", &[r"C:\1", r"!C:\2", r"C:\2", r"!C:\x"], file(r"C:\1", false, false)),
            (
                "a chain whose first step may fail",
                &[r"C:\1", r"C:\2", r"C:\2", r"!C:\x"],
                unknown(r"C:\2 may be put in its place"),
            ),
            (
                "and which then must not replace",
                &[r"C:\1", r"C:\2", r"C:\2", r"C:\x"],
                unknown(r"C:\2 may be put in its place"),
            ),
            ("what is gone is renamed no more", &[r"C:\1", "", r"C:\1", r"!C:\x"], None),
            ("what was renamed is renamed no more", &[r"C:\1", r"!C:\2", r"C:\1", r"!C:\x"], None),
            ("what may be gone", &[r"C:\1", r"C:\2", r"C:\1", r"!C:\x"], unknown(r"C:\1 may be put in its place")),
            ("renamed away", &[r"C:\x", r"!C:\y"], Some(After::Nothing)),
            (
                "renamed away, if nothing has the new name",
                &[r"C:\x", r"C:\y"],
                unknown(r"it becomes C:\y, unless that is there"),
            ),
            ("renamed away, for nothing has the new name", &[r"C:\y", "", r"C:\x", r"C:\y"], Some(After::Nothing)),
            ("renamed away and replaced", &[r"C:\x", r"C:\y", r"C:\1", r"!C:\x"], file(r"C:\1", false, false)),
            (
                "renamed away and not replaced",
                &[r"C:\x", r"C:\y", r"C:\1", r"C:\x"],
                unknown(r"it becomes C:\y, unless that is there"),
            ),
            ("with a counter", &[r"*12\??\C:\new", r"!\??\C:\x"], file(r"C:\new", false, true)),
            ("by a short name", &[r"C:\PROGRA~1\new", r"!C:\x"], file(r"C:\PROGRA~1\new", false, false)),
            ("Windows' folder by its name in the kernel", &[r"\SystemRoot\..", r"!C:\x"], file(r"C:\..", false, true)),
            ("another file", &[r"\??\C:\new", r"!\??\C:\xx"], None),
            ("nothing", &[], None),
        ];
        for (what, texts, expected) in rows {
            assert_eq!(changes(texts, Some("C:")).at(r"c:\X"), expected.as_ref(), "{what}");
        }
    }

    #[test]
    fn what_lies_in_a_renamed_folder_goes_with_it() {
        let texts = [r"C:\WINNT\web", r"C:\WINNT\web.old", r"\SystemRoot\help", r"!C:\help.old", r"C:\X\sub", ""];
        let changes = changes(&texts, Some(r"C:\WINNT"));
        for (path, expected) in [
            (r"C:\Winnt\Web\printers\a.dll", true),
            (r"C:\WINNT\help\a.chm", true),
            // Windows deletes a folder only if it is empty.
            (r"C:\X\sub\a.dll", false),
            (r"C:\WINNT\web.dll", false),
            (r"C:\WINNT\web", false),
            (r"D:\WINNT\web\a.dll", false),
            (r"\web\a.dll", true),
            (r"\WINNT\web\a.dll", true),
            (r"\other\web\a.dll", false),
            (r"\a.dll", false),
        ] {
            assert_eq!(changes.doubt(path).is_some(), expected, "{path}");
        }
    }

    #[test]
    fn without_windows_folder_paths_below_it_may_be_any() {
        let texts = [r"\SystemRoot\system32\x", ""];
        assert_eq!(changes(&texts, None).unknown(), Some(WINDOWS_UNKNOWN));
        assert_eq!(changes(&[r"C:\x", r"!\SystemRoot\y"], None).unknown(), Some(WINDOWS_UNKNOWN));
        assert_eq!(changes(&texts, Some(r"C:\WINNT\")).unknown(), None);
        assert_eq!(changes(&[r"\??\C:\x", ""], None).unknown(), None);
    }
}
