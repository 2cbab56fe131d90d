//! The other files of an image: parents, extents and segments. They are in the image's own folder or below it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::read_at::{Counter, HostFile, ReadAt};

/// The folder of an image.
pub trait Siblings: Send + Sync {
    /// Opens a file by its path from the folder: one or more names, none of which is empty, `.` or `..` or contains a separator.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such file, or any error of the system.
    fn open(&self, names: &[&str]) -> io::Result<Arc<dyn ReadAt>>;
}

/// A folder of the host.
#[derive(Debug)]
pub struct HostFolder {
    folder: PathBuf,
    counter: Counter,
}

impl HostFolder {
    /// Creates a folder whose files count what is read from them.
    pub fn new(folder: PathBuf, counter: Counter) -> HostFolder {
        HostFolder { folder, counter }
    }
}

impl Siblings for HostFolder {
    fn open(&self, names: &[&str]) -> io::Result<Arc<dyn ReadAt>> {
        let folder = self.folder.canonicalize()?;
        let path = names.iter().fold(folder.clone(), |path, name| path.join(name)).canonicalize()?;
        // A link may lead anywhere.
        if !path.starts_with(&folder) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "a link leads out of the image's folder"));
        }
        Ok(Arc::new(HostFile::new(open_regular(&path)?, self.counter.clone())?))
    }
}

/// Opens a regular file. Opening a pipe might block, and a device may be endless.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let is_regular = |metadata: std::fs::Metadata| match metadata.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
    };
    is_regular(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    is_regular(file.metadata()?)?;
    Ok(file)
}

/// The maximum number of files in a chain of parents.
const MAX_CHAIN: usize = 64;

/// A file of an image, and the files that led to it.
#[derive(Clone, Copy)]
pub(crate) struct Family<'a> {
    pub(crate) siblings: &'a dyn Siblings,
    /// The paths of the files from the one the user named to this one, each relative to the folder.
    names: &'a [String],
}

impl<'a> Family<'a> {
    pub(crate) fn new(siblings: &'a dyn Siblings, names: &'a [String]) -> Family<'a> {
        Family { siblings, names }
    }

    /// The name of this file, for errors.
    pub(crate) fn name(&self) -> &'a str {
        self.names.last().map_or("the image", String::as_str)
    }

    pub(crate) fn fault(&self, name: &str, reason: impl Into<String>) -> Error {
        Error::Sibling { child: self.name().to_owned(), name: name.to_owned(), reason: reason.into() }
    }

    /// Opens the file that a path in the image names: `parent.vhd`, `.\parent.vhd`, `base/parent.vhd`.
    pub(crate) fn open(&self, path: &str) -> Result<Arc<dyn ReadAt>> {
        let own = self.name().rsplit_once('/').map_or("", |(folder, _)| folder);
        let names = relative(own).into_iter().flatten().chain(self.names_of(path)?).collect::<Vec<_>>();
        self.siblings.open(&names).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => self.fault(path, "it is not in the folder of the image"),
            _ => self.fault(path, error.to_string()),
        })
    }

    /// Opens a parent with `read`, which gets the family of that file.
    ///
    /// `paths` are the places where it may be, in order of preference. Absolute paths are those of another machine: the file of
    /// that name is searched for beside the child.
    pub(crate) fn open_parent<T>(
        &self,
        paths: &[String],
        read: impl Fn(Family<'_>, Arc<dyn ReadAt>) -> Result<T>,
    ) -> Result<T> {
        let mut first = None;
        for path in paths {
            let path = if is_absolute(path) { file_name(path) } else { path.as_str() };
            let file = match self.open(path) {
                Ok(file) => file,
                Err(error) => {
                    first.get_or_insert(error);
                    continue;
                }
            };
            let own = self.name().rsplit_once('/').map_or("", |(folder, _)| folder);
            let names = relative(own).into_iter().flatten().chain(self.names_of(path)?).collect::<Vec<_>>();
            let name = names.join("/");
            if self.names.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
                return Err(self.fault(path, "the file is its own ancestor"));
            }
            if self.names.len() >= MAX_CHAIN {
                return Err(self.fault(path, format!("there are more than {MAX_CHAIN} files in the chain of parents")));
            }
            let names = self.names.iter().cloned().chain([name]).collect::<Vec<_>>();
            return read(Family { siblings: self.siblings, names: &names }, file);
        }
        Err(first.unwrap_or_else(|| self.fault("(unnamed)", "the image does not name its parent")))
    }

    fn names_of<'p>(&self, path: &'p str) -> Result<Vec<&'p str>> {
        relative(path)
            .filter(|names| !names.is_empty())
            .ok_or_else(|| self.fault(path, "only files in the folder of the image are opened"))
    }
}

/// Splits a relative path into names; `None` if it is absolute or leads upwards.
fn relative(path: &str) -> Option<Vec<&str>> {
    if is_absolute(path) {
        return None;
    }
    let names = path.split(['/', '\\']).filter(|name| !name.is_empty() && *name != ".");
    names.map(|name| (name != ".." && !name.contains([':', '\0'])).then_some(name)).collect()
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.starts_with("\\\\") || path.contains(':')
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_downwards_only() {
        for (path, expected) in [
            ("parent.vhd", Some("parent.vhd")),
            (".\\parent.vhd", Some("parent.vhd")),
            ("\\parent.vhd", Some("parent.vhd")),
            ("base\\parent.vhd", Some("base/parent.vhd")),
            ("..\\parent.vhd", None),
            ("a/../../b", None),
            ("C:\\parent.vhd", None),
            ("/etc/passwd", None),
            ("\\\\server\\share\\parent.vhd", None),
            ("json:{}", None),
            ("nul\0", None),
        ] {
            assert_eq!(relative(path).map(|names| names.join("/")).as_deref(), expected, "{path:?}");
        }
    }
}
