//! Several catalogs, in files and folders, of any formats.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::advisory::{self, Document};
use crate::input::{self, Parsed};
use crate::parallel::in_pool;
use crate::{Catalog, CatalogError, CatalogInfo, Limits};

/// The catalogs in files and folders.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// One for each `mssecure.xml`, in the order given, then one folded from all documents.
    pub catalogs: Vec<Catalog>,
    /// The files in folders that are not catalogs and were left out.
    pub skipped: Vec<PathBuf>,
}

/// Reads all catalogs in these files and folders, several at a time.
///
/// All files in a folder are read, sorted by name, but not those in its subfolders. A file in a folder that is not a catalog is left out
/// and named in [`Sources::skipped`]; one that is given by its name is an error, and so is a damaged catalog in either place.
///
/// Documents that describe vulnerabilities are folded together into one catalog, because they complete each other.
///
/// # Errors
///
/// The [`CatalogError`] of the first file, in the order given, that cannot be read; `NoCatalogs` for a folder in which none is found.
pub fn read_all(paths: &[PathBuf], limits: &Limits) -> Result<Sources, CatalogError> {
    let (files, mut skipped) = list(paths)?;
    let parsed: Vec<(&Listed, Result<Parsed, CatalogError>)> =
        in_pool(|| files.par_iter().map(|file| (file, input::open(&file.path, limits))).collect());
    let mut catalogs = Vec::new();
    let mut documents = Vec::new();
    let mut used = vec![false; paths.len()];
    for (file, parsed) in parsed {
        match parsed {
            Err(error) if file.in_folder && is_no_catalog(&error) => {
                skipped.push(file.path.clone());
                continue;
            }
            Err(error) => return Err(error),
            Ok(Parsed::Catalog(catalog)) => catalogs.push(*catalog),
            Ok(Parsed::Document(document)) => documents.push(*document),
        }
        if let Some(used) = used.get_mut(file.argument) {
            *used = true;
        }
    }
    if let Some((path, _)) = paths.iter().zip(used).find(|(path, used)| !used && path.is_dir()) {
        return Err(CatalogError::NoCatalogs { path: path.clone() });
    }
    if !documents.is_empty() {
        catalogs.push(fold(documents, paths, limits)?);
    }
    skipped.sort();
    Ok(Sources { catalogs, skipped })
}

/// A catalog's own statements about what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Like [`CatalogInfo::format`].
    pub format: &'static str,
    /// The name that later revisions have too: `2024-Mar`; the format's own for a catalog without one.
    pub id: String,
    /// The ISO date of its last change.
    pub date: Option<String>,
    /// Like [`CatalogInfo::data_version`]; `None` if the catalog does not say.
    pub version: Option<String>,
}

/// Reads the whole of a catalog, and returns its identity; `origin` is its name in errors.
///
/// # Errors
///
/// Same as [`read`](crate::read).
pub fn identify(bytes: &[u8], origin: &Path, limits: &Limits) -> Result<Identity, CatalogError> {
    let (info, id) = match input::parse(bytes, origin, limits)? {
        Parsed::Catalog(catalog) => (catalog.info, None),
        Parsed::Document(document) => (document.info, Some(document.id)),
    };
    Ok(Identity {
        format: info.format,
        id: id.filter(|id| !id.is_empty()).unwrap_or_else(|| info.format.to_owned()),
        date: info.date,
        version: Some(info.data_version).filter(|version| !version.is_empty()),
    })
}

/// Makes a catalog of one file.
pub(crate) fn catalog(parsed: Parsed, origin: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    match parsed {
        Parsed::Catalog(catalog) => Ok(*catalog),
        Parsed::Document(document) => fold(vec![*document], &[origin.to_owned()], limits),
    }
}

/// A file to be read.
pub(crate) struct Listed {
    pub(crate) path: PathBuf,
    /// The index of the argument that names it or its folder.
    argument: usize,
    in_folder: bool,
}

/// Lists the files to be read, and the entries of folders that are not regular files.
pub(crate) fn list(paths: &[PathBuf]) -> Result<(Vec<Listed>, Vec<PathBuf>), CatalogError> {
    let mut files = Vec::new();
    let mut others = Vec::new();
    for (argument, path) in paths.iter().enumerate() {
        if !path.is_dir() {
            files.push(Listed { path: path.clone(), argument, in_folder: false });
            continue;
        }
        let unreadable = |source| CatalogError::Unreadable { path: path.clone(), source };
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if !entry.file_name().to_string_lossy().starts_with('.') {
                entries.push(entry.path());
            }
        }
        entries.sort();
        let (regular, special): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_file());
        files.extend(regular.into_iter().map(|path| Listed { path, argument, in_folder: true }));
        others.extend(special);
    }
    Ok((files, others))
}

/// Whether a file is something else altogether, not a damaged catalog.
fn is_no_catalog(error: &CatalogError) -> bool {
    matches!(
        error,
        CatalogError::Empty { .. }
            | CatalogError::NotXml { .. }
            | CatalogError::WrongRoot { .. }
            | CatalogError::NotCsaf { .. }
    )
}

fn fold(documents: Vec<Document>, paths: &[PathBuf], limits: &Limits) -> Result<Catalog, CatalogError> {
    let location = match (documents.as_slice(), paths) {
        ([only], _) => only.info.location.clone(),
        (_, [only]) => only.display().to_string(),
        (several, _) => format!("{} documents", several.len()),
    };
    let mut formats: Vec<&'static str> = documents.iter().map(|document| document.info.format).collect();
    formats.sort_unstable();
    formats.dedup();
    let schema_version = match (formats.as_slice(), documents.first()) {
        ([_], Some(first)) => first.info.schema_version.clone(),
        _ => String::new(),
    };
    let info = CatalogInfo {
        format: if let [only] = formats.as_slice() { only } else { "advisories" },
        schema_version,
        data_version: String::new(),
        date: None,
        digest: digest(&documents),
        location: location.clone(),
        bytes: documents.iter().map(|document| document.info.bytes).sum(),
        encoding: documents.first().map_or("UTF-8", |document| document.info.encoding),
    };
    advisory::fold(documents, info, Path::new(&location), limits)
}

fn digest(documents: &[Document]) -> String {
    if let [only] = documents {
        return only.info.digest.clone();
    }
    let mut digests: Vec<&str> = documents.iter().map(|document| document.info.digest.as_str()).collect();
    digests.sort_unstable();
    digests.dedup();
    let mut hasher = Sha256::new();
    for digest in digests {
        hasher.update(digest);
        hasher.update("\n");
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
