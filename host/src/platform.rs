//! The few things that differ between the systems on which wardline runs.

use std::path::{Path, PathBuf};

/// Creates a folder that only its owner can read and write, with all folders above it.
///
/// # Errors
///
/// Whatever the system says.
pub fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // On Windows a folder below the user's profile inherits an access list that names only the user and administrators.
    builder.create(folder)
}

/// Replaces a file with what `write` writes: beside it first, then by renaming, so that what was there before is lost only when
/// the new is whole.
///
/// # Errors
///
/// Whatever the system or `write` says; the old file is then as it was.
pub fn replace_file(
    file: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    let mut out = std::io::BufWriter::new(aside.as_file_mut());
    write(&mut out)?;
    std::io::Write::flush(&mut out)?;
    drop(out);
    aside.persist(file)?;
    Ok(())
}

/// Where wardline keeps what it can make again, by the system's custom: `WARDLINE_CACHE_DIR` if it is set, else the user's
/// cache folder. None where the system names no such folder.
pub fn cache_folder() -> Option<PathBuf> {
    let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = path("WARDLINE_CACHE_DIR") {
        return Some(folder);
    }
    let base = if cfg!(windows) {
        path("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join("Library/Caches"))
    } else {
        path("XDG_CACHE_HOME").or_else(|| path("HOME").map(|home| home.join(".cache")))
    };
    Some(base?.join("wardline"))
}
