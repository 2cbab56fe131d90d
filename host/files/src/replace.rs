//! Atomic writing of files, and the folders that contain them.

use std::path::Path;

use crate::platform;
use crate::unfinished::{Access, UnfinishedFile, register_empty_folder};

/// Creates a folder that only its owner can read and write, with all its parents.
///
/// # Errors
///
/// Any error of the system.
pub fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let missing: Vec<&Path> = folder.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    builder.create(folder)?;
    for ancestor in missing.into_iter().filter(|ancestor| *ancestor != Path::new("")) {
        platform::keep_private(ancestor)?;
        register_empty_folder(ancestor);
    }
    Ok(())
}

/// Whether this folder treats names that differ only in case as the same. That depends on the file system, on any operating system,
/// so this function creates a temporary file and looks for it under another spelling. Returns `false` if it cannot create one.
pub fn ignores_case(folder: &Path) -> bool {
    UnfinishedFile::begin(folder, Access::Private).is_ok_and(|probe| {
        let name = probe.path().file_name().map(|name| name.to_string_lossy().to_uppercase());
        name.is_some_and(|name| folder.join(name).symlink_metadata().is_ok())
    })
}

/// Returns the folder of a file that is about to be written.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Replaces a file with the output of `write`, through a temporary file beside it and a rename, so that the previous contents are
/// lost only once the new ones are complete. Others may read it like any file that the user creates.
///
/// # Errors
///
/// Any error of the system or of `write`; the old file is then unchanged.
pub fn replace_file(
    file: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    write_temporary(file, Access::Public, write)?.finish(file)
}

/// Like [`replace_file`], for recordings, which reveal more about a machine than a report does: only the owner can read the file.
///
/// # Errors
///
/// As for [`replace_file`].
pub fn replace_private_file(
    file: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    write_temporary(file, Access::Private, write)?.finish(file)
}

/// Creates a file that only its owner can read, atomically, without overwriting an existing one.
///
/// # Errors
///
/// `AlreadyExists` if there is a file of that name, else any error of the system.
pub fn create_private_file(file: &Path, content: &[u8]) -> std::io::Result<()> {
    create(file, Access::Private, content)
}

/// Creates a file with the folder's usual permissions for reading, atomically, without overwriting an existing one.
///
/// # Errors
///
/// `AlreadyExists` if there is a file of that name, else any error of the system.
pub fn create_public_file(file: &Path, content: &[u8]) -> std::io::Result<()> {
    create(file, Access::Public, content)
}

fn create(file: &Path, access: Access, content: &[u8]) -> std::io::Result<()> {
    let aside = write_temporary(file, access, |out| out.write_all(content))?;
    aside.sync()?;
    aside.finish_new(file)
}

/// Writes the contents to an unfinished file beside `file`.
fn write_temporary(
    file: &Path,
    access: Access,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<UnfinishedFile> {
    let mut out = std::io::BufWriter::new(UnfinishedFile::begin(folder_of(file), access)?);
    write(&mut out)?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_what_is_private_is_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
        // The mode that the umask gives any other file.
        std::fs::write(folder.path().join("usual"), "").unwrap();
        replace_file(&folder.path().join("public"), |out| out.write_all(b"x")).unwrap();
        replace_private_file(&folder.path().join("private"), |out| out.write_all(b"x")).unwrap();
        assert_eq!((mode("public"), mode("private")), (mode("usual"), 0o600));
    }
}
