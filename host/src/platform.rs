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

/// Whether only this user can write to a folder: it is theirs, and its mode lets nobody else. False where that cannot be told.
///
/// On Windows a folder's access list is not looked at: whatever exists is taken to be private.
pub fn is_private_folder(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(metadata) = std::fs::metadata(folder) else { return false };
        // The standard library does not say who this user is; a file that was made just now is theirs.
        let user = tempfile::tempfile().and_then(|file| Ok(file.metadata()?.uid()));
        metadata.is_dir() && metadata.mode() & 0o022 == 0 && user.is_ok_and(|user| user == metadata.uid())
    }
    #[cfg(not(unix))]
    {
        folder.is_dir()
    }
}

/// Begins a file that is going to take another's place in the folder, readable by whom the system's custom lets: on Unix by the umask.
/// Temporary files can else be read by their owner only, and so could what they become.
///
/// # Errors
///
/// Whatever the system says.
pub fn begin_public_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wardline-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Replaces a file with what `write` writes: beside it first, then by renaming, so that what was there before is lost only when
/// the new is whole. Others may read it as any file that the user makes.
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
    replace_from(begin_public_file(folder)?, file, write)
}

/// As [`replace_file`], for what tells of a machine more than a report does, recordings: only the owner can read it.
///
/// # Errors
///
/// As [`replace_file`].
pub fn replace_private_file(
    file: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    replace_from(tempfile::NamedTempFile::new_in(folder)?, file, write)
}

fn replace_from(
    mut aside: tempfile::NamedTempFile,
    file: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(aside.as_file_mut());
    write(&mut out)?;
    std::io::Write::flush(&mut out)?;
    drop(out);
    aside.persist(file)?;
    Ok(())
}

/// Writes a file that only its owner can read, whole or not at all, and never over one that is there.
///
/// # Errors
///
/// `AlreadyExists` where there is a file of that name, else whatever the system says.
pub fn create_private_file(file: &Path, content: &[u8]) -> std::io::Result<()> {
    create_aside(file, content)?.persist_noclobber(file)?;
    Ok(())
}

/// Writes a file that everybody may read whom the folder's custom lets, whole or not at all, and never over one that is
/// there.
///
/// # Errors
///
/// `AlreadyExists` where there is a file of that name, else whatever the system says.
pub fn create_public_file(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut created = options.write(true).create_new(true).open(file)?;
    std::io::Write::write_all(&mut created, content).inspect_err(|_| {
        // What was begun here is nobody's loss; what failed is told.
        let _ = std::fs::remove_file(file);
    })
}

/// A file beside `file`, with its content. Such files can be read by their owner only.
fn create_aside(file: &Path, content: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(aside.as_file_mut(), content)?;
    aside.as_file().sync_all()?;
    Ok(aside)
}

/// Where wardline looks for what the operator wrote for all scans, by the system's custom: `WARDLINE_CONFIG_DIR` if it is
/// set, else the user's folder for configuration. None where the system names no such folder.
pub fn config_folder() -> Option<PathBuf> {
    user_folder("WARDLINE_CONFIG_DIR", "APPDATA", "Library/Application Support", "XDG_CONFIG_HOME", ".config")
}

/// Where wardline keeps what it can make again, by the system's custom: `WARDLINE_CACHE_DIR` if it is set, else the user's
/// cache folder. None where the system names no such folder.
pub fn cache_folder() -> Option<PathBuf> {
    user_folder("WARDLINE_CACHE_DIR", "LOCALAPPDATA", "Library/Caches", "XDG_CACHE_HOME", ".cache")
}

/// The folder that the variable `own` names, else wardline's in the user's: the variable `windows` names it there; elsewhere it
/// is below the home folder, at `macos` or `unix`, unless the variable `xdg` says otherwise.
fn user_folder(own: &str, windows: &str, macos: &str, xdg: &str, unix: &str) -> Option<PathBuf> {
    let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = path(own) {
        return Some(folder);
    }
    let base = if cfg!(windows) {
        path(windows)
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join(macos))
    } else {
        path(xdg).or_else(|| path("HOME").map(|home| home.join(unix)))
    };
    Some(base?.join("wardline"))
}

/// A program of Node.js that is a script, `npm`, as it is called on this system.
pub fn node_script(name: &str) -> String {
    if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() }
}

/// What Python 3 is called on this system.
pub fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// A program of a Python virtual environment.
pub fn in_virtual_environment(folder: &Path, program: &str) -> PathBuf {
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    folder.join(scripts).join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_what_is_private_is_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
        // What the umask makes of any other file.
        std::fs::write(folder.path().join("usual"), "").unwrap();
        replace_file(&folder.path().join("public"), |out| out.write_all(b"x")).unwrap();
        replace_private_file(&folder.path().join("private"), |out| out.write_all(b"x")).unwrap();
        assert_eq!((mode("public"), mode("private")), (mode("usual"), 0o600));
    }
}
