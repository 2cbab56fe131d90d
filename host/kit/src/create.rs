//! `wardline plugin new`: a project that builds, created from the worked example.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wardline_files::unfinished::UnfinishedFolder;

use super::project::check_name;
use super::template::{self, Language};

/// A project that was created.
#[derive(Clone, Debug)]
pub struct Created {
    pub folder: PathBuf,
    /// The number of files written.
    pub files: usize,
}

/// Why no project was created. What existed before is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("{0}")]
    Name(String),
    #[error("{}: is there already; choose another name, or another folder with --dir", .0.display())]
    Exists(PathBuf),
    #[error("this build of wardline carries no example in {}", .0.word())]
    NoExample(Language),
    #[error("{}: cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Creates a project with this name in `folder`, which must not exist yet.
///
/// # Errors
///
/// If the name is not valid for a plugin, if `folder` exists, or if it cannot be written; a partly written folder is removed
/// again.
pub fn create(name: &str, language: Language, folder: &Path) -> Result<Created, CreateError> {
    check_name(name).map_err(CreateError::Name)?;
    let files = template::files(language, name);
    if files.is_empty() {
        return Err(CreateError::NoExample(language));
    }
    if let Some(parent) = folder.parent().filter(|parent| *parent != Path::new("")) {
        fs::create_dir_all(parent).map_err(|source| CreateError::Write { path: parent.to_owned(), source })?;
    }
    // Only a folder that this call created is ever written to or removed.
    let unfinished = UnfinishedFolder::create(folder).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => CreateError::Exists(folder.to_owned()),
        _ => CreateError::Write { path: folder.to_owned(), source },
    })?;
    for (path, bytes) in &files {
        let path = path.split('/').fold(folder.to_owned(), |folder, part| folder.join(part));
        write(&path, bytes).map_err(|source| CreateError::Write { path, source })?;
    }
    unfinished.finish();
    Ok(Created { folder: folder.to_owned(), files: files.len() })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}
