//! Keeps the files that a command writes apart from those it reads, and its outputs apart from each other.
//!
//! A report that replaces a target's registry hive, or another report of the same scan, is a loss that no error reports afterwards.
//! So a command names all its files here and calls [`Files::check`] before it opens the first of them. Files are compared by
//! identity: by device and inode if they exist, by their folder and name if they do not exist yet. Spelling and links make no
//! difference.
//!
//! Whether a file is inside a folder is determined from the parents of its path. Two cases are therefore missed: a folder of a
//! target that is also mounted elsewhere (a bind mount), and a hard link, outside of a target, to a file in it. A report that
//! replaces such a link leaves the target unchanged; output that a shell appends to it (`>>`) does not.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::platform::{self, FileId};
use crate::replace;

/// The maximum number of links followed in sequence, as on Linux (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// The files that one command reads and writes.
#[derive(Debug, Default)]
pub struct Files {
    reads: Vec<Named>,
    writes: Vec<Named>,
    families: Vec<Family>,
}

/// A file or folder, and the operator's name for it: `--catalog mssecure.xml`.
#[derive(Debug)]
struct Named {
    name: String,
    place: Place,
}

/// Files in one folder of which only the name suffixes are known.
#[derive(Debug)]
struct Family {
    folder: Named,
    endings: Vec<String>,
}

/// Two uses of one file that exclude each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Aliased {
    #[error("{0} and {1} write to the same file or directory; choose different ones")]
    Outputs(String, String),
    #[error("{output} would overwrite {input}, which is an input; choose another file")]
    Input { output: String, input: String },
    #[error("{output} is inside {folder}, which is an input; choose another directory")]
    Inside { output: String, folder: String },
    #[error("{file} could be overwritten by a recording in {folder}; choose another name or directory")]
    Family { file: String, folder: String },
}

impl Files {
    /// Adds a file that is read, or a folder whose entire contents may be. A path that does not exist is never read.
    pub fn reads(&mut self, what: &str, path: &Path) {
        self.reads.push(Named::new(what, path));
    }

    /// Adds a file that is written, or a folder in which the command chooses the file names.
    pub fn writes(&mut self, what: &str, path: &Path) {
        self.writes.push(Named::new(what, path));
    }

    /// Adds a folder in which files with these name suffixes are written.
    pub fn writes_into(&mut self, what: &str, folder: &Path, endings: impl IntoIterator<Item = String>) {
        let endings = endings.into_iter().map(|ending| ending.to_lowercase()).collect();
        self.families.push(Family { folder: Named::new(what, folder), endings });
        self.writes(what, folder);
    }

    /// Adds standard output, if anything is written there. Shells can redirect it to any file.
    pub fn writes_stdout(&mut self) {
        if let Some(id) = platform::stdout_id() {
            let place = platform::stdout_path().map_or_else(|| Place::of_id(id), |path| Place::of(&path));
            self.writes.push(Named { name: "standard output".to_owned(), place });
        }
    }

    /// Checks that no output is an input, is inside a folder that is read, or is another output.
    ///
    /// Character devices (`/dev/null`, a terminal) are skipped: they have no contents to overwrite.
    ///
    /// # Errors
    ///
    /// The first two uses that exclude each other.
    pub fn check(&self) -> Result<(), Aliased> {
        for (number, output) in self.writes.iter().enumerate() {
            if output.place.is_device {
                continue;
            }
            for input in &self.reads {
                if input.place.is(&output.place) {
                    return Err(Aliased::Input { output: output.name.clone(), input: input.name.clone() });
                }
                if input.place.contains(&output.place) {
                    return Err(Aliased::Inside { output: output.name.clone(), folder: input.name.clone() });
                }
            }
            if let Some(other) = self.writes[..number].iter().find(|other| other.place.is(&output.place)) {
                return Err(Aliased::Outputs(other.name.clone(), output.name.clone()));
            }
        }
        for Family { folder, endings } in &self.families {
            let others = self.reads.iter().chain(&self.writes);
            if let Some(other) = others.clone().find(|other| folder.place.holds(&other.place, endings)) {
                return Err(Aliased::Family { file: other.name.clone(), folder: folder.name.clone() });
            }
        }
        Ok(())
    }
}

impl Named {
    fn new(what: &str, path: &Path) -> Named {
        // `-o json=` is followed by its value without a space.
        let space = if what.ends_with('=') { "" } else { " " };
        Named { name: format!("{what}{space}{}", path.display()), place: Place::of(path) }
    }
}

/// The location that a path leads to.
#[derive(Debug, Default)]
struct Place {
    /// `None` if it does not exist yet.
    id: Option<FileId>,
    is_device: bool,
    /// The folders that contain it, innermost first.
    folders: Vec<FileId>,
    /// The path of the innermost of them, for inspection.
    folder: PathBuf,
    /// The path from there on: one component if the file exists or can be created directly.
    rest: Vec<OsString>,
}

impl Place {
    fn of(path: &Path) -> Place {
        let resolved = resolved(path);
        let metadata = std::fs::metadata(&resolved).ok();
        let mut folder = resolved.parent();
        let mut rest: Vec<OsString> = resolved.file_name().map(ToOwned::to_owned).into_iter().collect();
        let mut place = Place {
            id: platform::file_id(&resolved).ok(),
            is_device: metadata.is_some_and(|metadata| platform::is_character_device(&metadata)),
            ..Place::default()
        };
        while let Some(current) = folder {
            match platform::file_id(current) {
                Ok(id) => {
                    if place.folders.is_empty() {
                        place.folder = current.to_owned();
                    }
                    place.folders.push(id);
                }
                Err(_) => rest.extend(current.file_name().map(ToOwned::to_owned)),
            }
            folder = current.parent();
        }
        rest.reverse();
        Place { rest, ..place }
    }

    /// Creates a place from a file's identity, without its path.
    fn of_id(id: FileId) -> Place {
        Place { id: Some(id), ..Place::default() }
    }

    fn is(&self, other: &Place) -> bool {
        match (&self.id, &other.id) {
            (Some(one), Some(other)) => one == other,
            (None, None) => {
                self.folders.first().is_some_and(|folder| Some(folder) == other.folders.first())
                    && (self.rest == other.rest
                        || folded(&self.rest) == folded(&other.rest) && replace::ignores_case(&self.folder))
            }
            _ => false,
        }
    }

    fn contains(&self, other: &Place) -> bool {
        self.id.as_ref().is_some_and(|id| other.folders.contains(id))
    }

    /// Whether a file is directly inside this folder and its name has one of these suffixes, which are in lowercase.
    fn holds(&self, file: &Place, endings: &[String]) -> bool {
        let directly = match &self.id {
            Some(id) => file.rest.len() == 1 && file.folders.first() == Some(id),
            None => {
                file.folders.first() == self.folders.first()
                    && file.rest.len() == self.rest.len() + 1
                    && file.rest.starts_with(&self.rest)
            }
        };
        let name = file.rest.last().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        directly && endings.iter().any(|ending| name.ends_with(ending.as_str()))
    }
}

fn folded(names: &[OsString]) -> Vec<String> {
    names.iter().map(|name| name.to_string_lossy().to_lowercase()).collect()
}

/// Returns where a file at this path is or would be created: absolute, and without links or `..` as far as the path exists. A
/// dangling link is followed. A link to something without a path (a pipe behind `/dev/stdout`, a removed file) is kept.
pub fn resolved(path: &Path) -> PathBuf {
    let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..MAX_LINKS {
        if let Ok(found) = path.canonicalize() {
            return found;
        }
        // The text of such a link, `pipe:[4711]`, is not a path: the target can be reached only by opening the link.
        if path.metadata().is_ok() {
            return path;
        }
        let Ok(target) = std::fs::read_link(&path) else { break };
        path = path.parent().map(|folder| folder.join(&target)).unwrap_or(target);
    }
    // The innermost folder that exists, and the components to be created below it.
    let components: Vec<Component<'_>> = path.components().collect();
    for kept in (0..components.len()).rev() {
        let existing: PathBuf = components[..kept].iter().collect();
        if let Ok(mut found) = existing.canonicalize() {
            for component in &components[kept..] {
                match component {
                    Component::ParentDir => drop(found.pop()),
                    component => found.push(component),
                }
            }
            return found;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks files below a folder that are read and written.
    fn checked(root: &Path, reads: &[&str], writes: &[&str]) -> Result<(), Aliased> {
        let mut files = Files::default();
        for path in reads {
            files.reads("--input", &root.join(path));
        }
        for path in writes {
            files.writes("-o text=", &root.join(path));
        }
        files.check()
    }

    #[test]
    fn files_are_compared_by_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("volume/WINNT/config")).unwrap();
        for file in ["volume/WINNT/config/SOFTWARE", "catalog.xml", "old.json"] {
            std::fs::write(root.join(file), "x").unwrap();
        }
        // Files read, files written, and part of the error.
        #[cfg_attr(not(unix), expect(unused_mut, reason = "links are added where everyone may create them"))]
        let mut table: Vec<(&[&str], &[&str], &str)> = vec![
            (&[], &["a"], ""),
            (&[], &["a", "b"], ""),
            (&[], &["a", "a"], "same file or directory"),
            (&[], &["a", "./a"], "same file or directory"),
            (&[], &["a", "new/../a"], "same file or directory"),
            (&[], &["a", "volume/../a"], "same file or directory"),
            (&[], &["new/a", "new//a"], "same file or directory"),
            (&[], &["new/a", "a"], ""),
            (&[], &["old.json", "volume/../old.json"], "same file or directory"),
            (&["catalog.xml"], &["a", "b"], ""),
            (&["catalog.xml"], &["a", "catalog.xml"], "overwrite"),
            (&["catalog.xml"], &["volume/WINNT/../../catalog.xml"], "overwrite"),
            (&["volume"], &["volume"], "overwrite"),
            (&["volume"], &["volume/report.json"], "inside"),
            (&["volume"], &["volume/WINNT/config/SOFTWARE"], "inside"),
            (&["volume/WINNT/.."], &["volume/WINNT/config/new/a"], "inside"),
            (&["volume/WINNT"], &["volume/report.json"], ""),
            (&["missing"], &["missing2"], ""),
            // The input will not be found, and the output may then be created.
            (&["missing"], &["missing"], "overwrite"),
        ];
        #[cfg(unix)]
        {
            let link = |to: &str, at: &str| std::os::unix::fs::symlink(root.join(to), root.join(at)).unwrap();
            link("volume", "linked");
            link("catalog.xml", "linked.xml");
            link("a", "dangling");
            link("dangling", "dangling-twice");
            link("circle", "circle");
            std::fs::hard_link(root.join("catalog.xml"), root.join("second.xml")).unwrap();
            table.extend::<Vec<(&[&str], &[&str], &str)>>(vec![
                (&["volume"], &["linked/report.json"], "inside"),
                (&["linked"], &["volume/WINNT/a"], "inside"),
                (&["catalog.xml"], &["linked.xml"], "overwrite"),
                (&["linked.xml"], &["catalog.xml"], "overwrite"),
                (&["catalog.xml"], &["second.xml"], "overwrite"),
                (&[], &["second.xml", "catalog.xml"], "same file or directory"),
                (&[], &["dangling", "a"], "same file or directory"),
                (&[], &["a", "dangling-twice"], "same file or directory"),
                (&[], &["circle", "a"], ""),
            ]);
        }
        for (reads, writes, expected) in table {
            let error = checked(root, reads, writes).map_or_else(|error| error.to_string(), |()| String::new());
            let fits = if expected.is_empty() { error.is_empty() } else { error.contains(expected) };
            assert!(fits, "{reads:?} {writes:?}: {error}");
        }
        assert_eq!(
            std::fs::read_dir(root)
                .unwrap()
                .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".wardline") })
                .count(),
            0
        );
    }

    #[cfg(unix)]
    #[test]
    fn names_that_differ_in_case_are_two_files_where_the_file_system_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let aliased = checked(folder.path(), &[], &["report", "Report"]).is_err();
        std::fs::write(folder.path().join("report"), "").unwrap();
        assert_eq!(aliased, folder.path().join("Report").exists());
        assert!(checked(folder.path(), &[], &["/dev/null", "/dev/null"]).is_ok());
    }

    #[test]
    fn a_file_with_a_name_that_a_command_may_choose_is_not_read_or_written_besides() {
        let folder = tempfile::tempdir().unwrap();
        let records = folder.path().join("records");
        for exists in [false, true] {
            if exists {
                std::fs::create_dir(&records).unwrap();
            }
            for (path, fits) in [
                ("records/WEB01-abc.recording", false),
                ("records/web01-ABC.RECORDING", false),
                ("records/../records/x-abc.recording", false),
                ("records/WEB01-abd.recording", true),
                ("records/deep/WEB01-abc.recording", true),
                ("WEB01-abc.recording", true),
            ] {
                let mut files = Files::default();
                files.writes_into("--record", &records, ["-abc.recording".to_owned()]);
                files.reads("target", &folder.path().join(path));
                assert_eq!(files.check().is_ok(), fits, "{path}");
            }
        }
    }
}
