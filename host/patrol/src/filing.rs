//! Files of a run: written aside, and moved to their places in the folder of the day when they are complete.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use wardline_files::replace::create_private_folder;
use wardline_files::unfinished::UnfinishedFolder;

/// The maximum number of runs of a list in a day.
const MAX_RUNS: u32 = 10_000;

/// The files of one run of a list. What was written is removed if it is dropped unfinished.
#[derive(Debug)]
pub struct Filing {
    /// The folder of the day.
    day: PathBuf,
    /// The name of the list, without its ending.
    name: String,
    aside: PathBuf,
    _unfinished: UnfinishedFolder,
}

/// The files cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum FilingError {
    #[error("{}: not the name of a list", .0.display())]
    NoName(PathBuf),
    #[error("{}: {source}", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error("{}: too many runs: a list may have at most {MAX_RUNS} in a day", .0.display())]
    TooManyRuns(PathBuf),
}

impl Filing {
    /// Begins the files of a run of `list` in the folder `date` (`2026-11-27`) of `logs`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created.
    pub fn begin(logs: &Path, date: &str, list: &Path) -> Result<Self, FilingError> {
        let name = name(list).ok_or_else(|| FilingError::NoName(list.to_owned()))?;
        let day = logs.join(date);
        let unwritable = |path: &Path| {
            let path = path.to_owned();
            move |source| FilingError::Unwritable { path, source }
        };
        create_private_folder(&day).map_err(unwritable(&day))?;
        // Another run of the list may be under way.
        for number in 1..=MAX_RUNS {
            let aside = day.join(format!(".{name}-{}-{number}.tmp", std::process::id()));
            match UnfinishedFolder::create(&aside) {
                Ok(unfinished) => return Ok(Filing { day, name, aside, _unfinished: unfinished }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unwritable(&aside)(error)),
            }
        }
        Err(FilingError::TooManyRuns(day))
    }

    /// Returns the path to write the file with this ending to.
    pub fn aside(&self, ending: &str) -> PathBuf {
        self.aside.join(format!("{}.{ending}", self.name))
    }

    /// Moves the files with these endings to their places, and returns those. The first is there as soon as any of them is.
    ///
    /// With `overwrite`, they replace those of an earlier run of the day. Without, a number distinguishes the runs: `servers.txt`,
    /// `servers-2.txt`. Two runs that finish at the same time have different numbers.
    ///
    /// # Errors
    ///
    /// If a file cannot be moved. Files of earlier runs are then complete, each old or new.
    pub fn finish(self, endings: &[&str], overwrite: bool) -> Result<Vec<PathBuf>, FilingError> {
        let place = |number: u32, ending: &str| match number {
            1 => self.day.join(format!("{}.{ending}", self.name)),
            number => self.day.join(format!("{}-{number}.{ending}", self.name)),
        };
        let Some((first, others)) = endings.split_first() else { return Ok(Vec::new()) };
        let number = match overwrite {
            true => {
                let place = place(1, first);
                std::fs::rename(self.aside(first), &place)
                    .map_err(|source| FilingError::Unwritable { path: place, source })?;
                1
            }
            false => self.claim(first, others, &place)?,
        };
        for ending in others {
            let place = place(number, ending);
            std::fs::rename(self.aside(ending), &place)
                .map_err(|source| FilingError::Unwritable { path: place.clone(), source })?;
        }
        Ok(endings.iter().map(|ending| place(number, ending)).collect())
    }

    /// Puts the first file in its place under the first free number, and returns the number.
    fn claim(&self, first: &str, others: &[&str], place: &dyn Fn(u32, &str) -> PathBuf) -> Result<u32, FilingError> {
        for number in 1..=MAX_RUNS {
            if others.iter().any(|ending| place(number, ending).exists()) {
                continue;
            }
            let place = place(number, first);
            match put_new(&self.aside(first), &place) {
                Ok(()) => return Ok(number),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(FilingError::Unwritable { path: place, source }),
            }
        }
        Err(FilingError::TooManyRuns(self.day.clone()))
    }
}

/// Moves a file to a place at which there is none. Only one of several that try succeeds.
fn put_new(from: &Path, to: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(from, to) {
        Ok(()) => std::fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // Not every file system has links: an empty file holds the place for the moment.
        Err(_) => {
            std::fs::File::create_new(to)?;
            std::fs::rename(from, to)
        }
    }
}

/// Returns the name of the files of a list.
fn name(list: &Path) -> Option<String> {
    let name = list.file_stem()?.to_str()?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(logs: &Path, content: &str, overwrite: bool) -> Vec<String> {
        let filing = Filing::begin(logs, "2026-11-27", Path::new("lists/servers.txt")).unwrap();
        for ending in ["txt", "json"] {
            std::fs::write(filing.aside(ending), format!("{content} {ending}")).unwrap();
        }
        let filed = filing.finish(&["txt", "json"], overwrite).unwrap();
        filed.iter().map(|path| path.strip_prefix(logs).unwrap().display().to_string().replace('\\', "/")).collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn runs_of_a_day_lie_side_by_side_unless_they_replace_each_other() {
        let place = tempfile::tempdir().unwrap();
        let logs = place.path();
        assert_eq!(run(logs, "first", false), ["2026-11-27/servers.txt", "2026-11-27/servers.json"]);
        assert_eq!(run(logs, "second", false), ["2026-11-27/servers-2.txt", "2026-11-27/servers-2.json"]);
        assert_eq!(run(logs, "third", true), ["2026-11-27/servers.txt", "2026-11-27/servers.json"]);
        let day = logs.join("2026-11-27");
        assert_eq!(names(&day), ["servers-2.json", "servers-2.txt", "servers.json", "servers.txt"]);
        assert_eq!(std::fs::read_to_string(day.join("servers.json")).unwrap(), "third json");
        assert_eq!(std::fs::read_to_string(day.join("servers-2.txt")).unwrap(), "second txt");
        // A number is free only if it is for every file of the run.
        std::fs::write(day.join("servers-3.json"), "of someone else").unwrap();
        assert_eq!(run(logs, "fourth", false)[0], "2026-11-27/servers-4.txt");
    }

    #[test]
    fn an_unfinished_run_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let filing = Filing::begin(place.path(), "2026-11-27", Path::new("servers.txt")).unwrap();
        std::fs::write(filing.aside("txt"), "half").unwrap();
        drop(filing);
        assert!(names(&place.path().join("2026-11-27")).is_empty());
    }

    #[test]
    fn runs_at_the_same_time_have_different_numbers() {
        let place = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let logs = place.path();
                scope.spawn(move || run(logs, &number.to_string(), false));
            }
        });
        let day = place.path().join("2026-11-27");
        let found = names(&day);
        assert_eq!(found.len(), 16, "{found:?}");
        for name in found.iter().filter_map(|name| name.strip_suffix(".txt")) {
            let text = |ending: &str| std::fs::read_to_string(day.join(format!("{name}.{ending}"))).unwrap();
            assert_eq!(text("txt").split(' ').next(), text("json").split(' ').next(), "{name}");
        }
    }
}
