//! Catalogs as they are after reading, folding and merging, kept in a file: a later scan with the same catalogs only has to load it.
//!
//! The file is named after a digest of everything that it was made from, so it is never used for other catalogs. It is replaced as a whole,
//! and its own digest is verified when it is loaded; a damaged file is made again.

mod codec;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use rayon::prelude::*;
use wardline_files::{regular_file, replace};

use self::codec::{Stored, stored};
use crate::parallel::in_pool;
use crate::sources::{self, Listed};
use crate::{CatalogError, CatalogInfo, Limits, Merged, merge, read_all};

/// Has to be raised whenever the same catalogs yield another result: when the file's layout, the readers or the folding change.
const FORM: u32 = 3;
/// The first bytes of a file.
const MAGIC: &[u8; 16] = b"wardline catalog";
const DIGEST: usize = 32;
/// The ending of the files' names.
const EXTENSION: &str = "catalog";
/// The number of files kept in the folder. An operator alternates between a few sets of catalogs.
const MAX_FILES: usize = 8;

/// The catalogs of a scan, ready to be judged by.
#[derive(Debug, Default)]
pub struct Prepared {
    pub merged: Merged,
    /// Like [`Sources::skipped`](crate::Sources::skipped).
    pub skipped: Vec<PathBuf>,
    /// The prepared form, which is to be written for the next time. `None` if it was loaded, and if it cannot be kept: a catalog is not a
    /// file that could be compared the next time, or a path is not Unicode.
    pub unwritten: Option<Unwritten>,
}

/// A prepared form that is not in a file yet. Writing takes a while, and a scan does not depend on it.
#[derive(Debug)]
pub struct Unwritten {
    file: PathBuf,
    key: blake3::Hash,
    body: Vec<u8>,
    paths: Vec<PathBuf>,
}

impl Unwritten {
    /// Writes the file, unless the catalogs have changed since [`load_or_read`] began.
    ///
    /// # Errors
    ///
    /// If the folder or file cannot be written.
    pub fn write(self) -> io::Result<()> {
        // They may have changed between hashing and reading them.
        if key(&self.paths) != Some(self.key) {
            return Ok(());
        }
        let folder = replace::folder_of(&self.file);
        replace::create_private_folder(folder)?;
        replace::replace_private_file(&self.file, |out| {
            out.write_all(MAGIC)?;
            out.write_all(self.key.as_bytes())?;
            out.write_all(blake3::hash(&self.body).as_bytes())?;
            out.write_all(&self.body)
        })?;
        remove_oldest(folder, &self.file);
        Ok(())
    }
}

/// Reads and merges catalogs, or loads the result of an earlier time.
///
/// `paths` are those of [`read_all`]. `folder` is for prepared forms only; it is created when one is [written](Unwritten::write), and
/// holds the most recent ones of a few sets of catalogs.
///
/// # Errors
///
/// Those of [`read_all`]. A prepared form that cannot be read is not an error: the catalogs themselves are read.
pub fn load_or_read(paths: &[PathBuf], limits: &Limits, folder: &Path) -> Result<Prepared, CatalogError> {
    let kept = key(paths).map(|key| (key, folder.join(format!("{}.{EXTENSION}", key.to_hex()))));
    if let Some((key, file)) = &kept
        && let Some((merged, skipped)) = load(file, key, limits)
    {
        return Ok(Prepared { merged, skipped, unwritten: None });
    }
    let sources = read_all(paths, limits)?;
    let (merged, skipped) = (merge(sources.catalogs), sources.skipped);
    let unwritten = kept.and_then(|(key, file)| {
        let body = body(&merged, &skipped)?;
        Some(Unwritten { file, key, body, paths: paths.to_vec() })
    });
    Ok(Prepared { merged, skipped, unwritten })
}

/// Returns what a file holds. `None` if a path is not Unicode.
fn body(merged: &Merged, skipped: &[PathBuf]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    merged.put(&mut body);
    let skipped = skipped.iter().map(|path| path.to_str().map(str::to_owned)).collect::<Option<Vec<String>>>()?;
    skipped.put(&mut body);
    Some(body)
}

/// Returns the digest of everything that the result depends on. `None` if something is not a regular file, or cannot be read.
fn key(paths: &[PathBuf]) -> Option<blake3::Hash> {
    let (files, others) = sources::list(paths).ok()?;
    let digests: Vec<Option<(u64, blake3::Hash)>> =
        in_pool(|| files.par_iter().map(|file| digest(&file.path)).collect());
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(MAGIC);
    part(&FORM.to_le_bytes());
    part(env!("CARGO_PKG_VERSION").as_bytes());
    // Reports and messages name the paths as given.
    for path in paths.iter().chain(&others) {
        part(path.as_os_str().as_encoded_bytes());
    }
    for (Listed { path, .. }, digest) in files.iter().zip(digests) {
        let (bytes, digest) = digest?;
        part(path.as_os_str().as_encoded_bytes());
        part(&bytes.to_le_bytes());
        part(digest.as_bytes());
    }
    Some(hasher.finalize())
}

fn digest(path: &Path) -> Option<(u64, blake3::Hash)> {
    let mut file = regular_file::open(path).ok()?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Some((bytes, hasher.finalize())),
            Ok(taken) => {
                bytes += taken as u64;
                hasher.update(buffer.get(..taken)?);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Returns what a file holds if it is whole and was made of what `key` is the digest of.
fn load(file: &Path, key: &blake3::Hash, limits: &Limits) -> Option<(Merged, Vec<PathBuf>)> {
    let bytes = regular_file::read(file, limits.resolved_bytes).ok()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    let (made_of, rest) = rest.split_at_checked(DIGEST)?;
    let (digest, mut body) = rest.split_at_checked(DIGEST)?;
    if made_of != key.as_bytes() || *digest != *blake3::hash(body).as_bytes() {
        return None;
    }
    let merged = Merged::take(&mut body)?;
    let skipped = Vec::<String>::take(&mut body)?;
    body.is_empty().then(|| (merged, skipped.into_iter().map(PathBuf::from).collect()))
}

/// Keeps the folder small. A file that cannot be removed does no harm.
fn remove_oldest(folder: &Path, newest: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path != newest && path.extension().is_some_and(|extension| extension == EXTENSION))
        .filter_map(|path| Some((path.symlink_metadata().and_then(|metadata| metadata.modified()).ok()?, path)))
        .collect();
    files.sort();
    files.reverse();
    for (_, path) in files.into_iter().skip(MAX_FILES - 1) {
        let _ = std::fs::remove_file(path);
    }
}

/// The formats of [`CatalogInfo::format`], by their number in a file.
const FORMATS: [&str; 5] = ["mssecure", "cvrf", "csaf", "wesng", "advisories"];

/// A text of the program's own that a file refers to.
struct Known(&'static str);

impl Stored for Known {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.to_owned().put(out);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let text = String::take(from)?;
        let format = FORMATS.into_iter().find(|format| **format == text);
        let encoding = || Encoding::for_label(text.as_bytes()).map(Encoding::name);
        format.or_else(encoding).or_else(|| text.is_empty().then_some("")).map(Known)
    }
}

impl Stored for CatalogInfo {
    fn put(&self, out: &mut Vec<u8>) {
        let CatalogInfo { format, schema_version, data_version, date, digest, location, bytes, encoding } = self;
        Known(format).put(out);
        schema_version.put(out);
        data_version.put(out);
        date.put(out);
        digest.put(out);
        location.put(out);
        bytes.put(out);
        Known(encoding).put(out);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(CatalogInfo {
            format: Known::take(from)?.0,
            schema_version: Stored::take(from)?,
            data_version: Stored::take(from)?,
            date: Stored::take(from)?,
            digest: Stored::take(from)?,
            location: Stored::take(from)?,
            bytes: Stored::take(from)?,
            encoding: Known::take(from)?.0,
        })
    }
}

stored! {
    Merged { catalogs, repeated, updates, unsupported, repeated_updates, unresolved }
}
