//! Paths in a volume, with links followed as Windows follows them.

use crate::error::{Error, Result};
use crate::file_system::{FileSystem, Kind, Metadata, Node, Target};

/// The maximum number of links on one path, as in Windows.
const MAX_LINKS: usize = 63;
/// The maximum number of components of one path, after links.
const MAX_COMPONENTS: usize = 1024;

/// A volume's files by path.
pub struct Tree {
    files: Box<dyn FileSystem>,
}

/// A file or folder found by path.
#[derive(Clone, Debug)]
pub struct Found {
    pub node: Node,
    pub metadata: Metadata,
    /// The folders on the path and the file itself, as the volume spells them, after links.
    way: Vec<(String, Node)>,
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Tree").field(&self.files.name()).finish()
    }
}

impl Tree {
    pub fn new(files: Box<dyn FileSystem>) -> Tree {
        Tree { files }
    }

    /// The file system.
    pub fn files(&self) -> &dyn FileSystem {
        &*self.files
    }

    /// Finds a path, given by its components; `None` if there is no such file. A path that goes through a file does not exist.
    ///
    /// Links are followed. `drive` is the letter of this volume; without it, links to a drive are not followed.
    ///
    /// # Errors
    ///
    /// If a folder on the path cannot be read, or a link leads to another volume or to nothing.
    pub fn find(&self, components: &[&str], drive: Option<char>) -> Result<Option<Found>> {
        self.find_from(Vec::new(), components, drive)
    }

    /// Like [`Tree::find`], for a name in a folder that was found.
    ///
    /// # Errors
    ///
    /// Same as [`Tree::find`].
    pub fn find_in(&self, folder: &Found, name: &str, drive: Option<char>) -> Result<Option<Found>> {
        self.find_from(folder.way.clone(), &[name], drive)
    }

    fn find_from(
        &self,
        mut way: Vec<(String, Node)>,
        components: &[&str],
        drive: Option<char>,
    ) -> Result<Option<Found>> {
        // The components that are left, last first, and whether a link has them.
        let mut rest = components.iter().rev().map(|one| ((*one).to_owned(), false)).collect::<Vec<_>>();
        let mut links = 0;
        let mut last_link = (String::new(), String::new());
        while let Some((component, is_of_link)) = rest.pop() {
            let folder = way.last().map_or_else(|| self.files.root(), |(_, node)| node.clone());
            let Some(entry) = self.files.find(&folder, &component)? else {
                let (path, target) = last_link;
                return match is_of_link {
                    true => Err(Error::Link { path, target, reason: "which does not exist" }),
                    false => Ok(None),
                };
            };
            let target = if entry.kind == Kind::Link { self.files.link(&entry.node)? } else { None };
            let Some(target) = target else {
                way.push((entry.name, entry.node));
                if way.len() > MAX_COMPONENTS {
                    return Err(Error::damaged(display(&way), "the path is too long"));
                }
                continue;
            };
            let path = way.iter().map(|(name, _)| name.as_str()).chain([entry.name.as_str()]).collect::<Vec<_>>();
            let path = path.join("\\");
            let fault = |target: &str, reason| Error::Link { path: path.clone(), target: target.to_owned(), reason };
            let (text, is_absolute) = match target {
                Target::Relative(text) => (text.clone(), text.starts_with('\\')),
                Target::Drive(letter, text) => match drive {
                    Some(drive) if drive.eq_ignore_ascii_case(&letter) => (text, true),
                    Some(_) => return Err(fault(&format!("{letter}:{text}"), "on another volume")),
                    None => {
                        return Err(fault(&format!("{letter}:{text}"), "on a volume whose letter is not known"));
                    }
                },
                Target::Elsewhere(text) => return Err(fault(&text, "outside this volume")),
            };
            links += 1;
            if links > MAX_LINKS {
                return Err(fault(&text, "and the path has too many links"));
            }
            if is_absolute {
                way.clear();
            }
            let is_named = |component: &&str| !component.is_empty() && *component != ".";
            let added = text.split(['\\', '/']).filter(is_named).map(|component| (component.to_owned(), true));
            rest.extend(added.collect::<Vec<_>>().into_iter().rev());
            // `..` is only possible at the start of a relative target.
            while rest.last().is_some_and(|(component, is_of_link)| *is_of_link && component == "..") {
                rest.pop();
                way.pop();
            }
            if rest.len() > MAX_COMPONENTS || rest.iter().any(|(component, _)| component == "..") {
                return Err(fault(&text, "which is not a path"));
            }
            last_link = (path, text);
        }
        let node = way.last().map_or_else(|| self.files.root(), |(_, node)| node.clone());
        let metadata = self.files.metadata(&node)?;
        Ok(Some(Found { node, metadata, way }))
    }
}

impl Found {
    /// The components of the path as the volume spells them, after links.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.way.iter().map(|(name, _)| name.as_str())
    }
}

fn display(way: &[(String, Node)]) -> String {
    way.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join("\\")
}
