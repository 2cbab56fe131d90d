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
