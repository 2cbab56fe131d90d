//! Files written whole or not at all, and the folders they go to.

use std::path::Path;

use crate::unfinished::{Access, UnfinishedFile, made_for_files};

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
    let missing: Vec<&Path> = folder.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    builder.create(folder)?;
    missing.into_iter().filter(|ancestor| *ancestor != Path::new("")).for_each(made_for_files);
    Ok(())
}

/// Whether names in this folder that differ in nothing but case are one name. That is the file system's choice, on any system; so a
/// file is made for a moment, and looked for under another spelling. False where none can be made.
pub fn ignores_case(folder: &Path) -> bool {
    UnfinishedFile::begin(folder, Access::Private).is_ok_and(|probe| {
        let name = probe.path().file_name().map(|name| name.to_string_lossy().to_uppercase());
        name.is_some_and(|name| folder.join(name).symlink_metadata().is_ok())
    })
}

/// The folder of a file that is going to be written.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
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
    written_aside(file, Access::Public, write)?.finish(file)
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
    written_aside(file, Access::Private, write)?.finish(file)
}

/// Writes a file that only its owner can read, whole or not at all, and never over one that is there.
///
/// # Errors
///
/// `AlreadyExists` where there is a file of that name, else whatever the system says.
pub fn create_private_file(file: &Path, content: &[u8]) -> std::io::Result<()> {
    create(file, Access::Private, content)
}

/// Writes a file that everybody may read whom the folder's custom lets, whole or not at all, and never over one that is
/// there.
///
/// # Errors
///
/// `AlreadyExists` where there is a file of that name, else whatever the system says.
pub fn create_public_file(file: &Path, content: &[u8]) -> std::io::Result<()> {
    create(file, Access::Public, content)
}

fn create(file: &Path, access: Access, content: &[u8]) -> std::io::Result<()> {
    let aside = written_aside(file, access, |out| out.write_all(content))?;
    aside.sync()?;
    aside.finish_new(file)
}

/// A file beside `file`, with its content.
fn written_aside(
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
        // What the umask makes of any other file.
        std::fs::write(folder.path().join("usual"), "").unwrap();
        replace_file(&folder.path().join("public"), |out| out.write_all(b"x")).unwrap();
        replace_private_file(&folder.path().join("private"), |out| out.write_all(b"x")).unwrap();
        assert_eq!((mode("public"), mode("private")), (mode("usual"), 0o600));
    }
}
