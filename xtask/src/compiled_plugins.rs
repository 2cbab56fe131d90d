//! The stock plugins' compiled code, which the released program carries so that its first scan need not compile them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lz4_flex::block::compress_prepend_size;

use crate::run::output_of;

/// The purposes of those entries of wardline's cache that are the same for every catalog. An entry's name is its purpose, and a digest
/// of the plugin, the compiler and its settings for this processor.
const PURPOSES: [&str; 2] = ["code-", "describe-"];

/// Lets a program compile its stock plugins, and writes what its cache then holds into a folder, each entry compressed with LZ4.
/// Returns false if the folder has all of it already.
pub(crate) fn write(program: &Path, folder: &Path) -> Result<bool> {
    let cache = folder.with_extension("cache");
    if cache.exists() {
        fs::remove_dir_all(&cache).with_context(|| format!("cannot remove {}", cache.display()))?;
    }
    output_of(Command::new(program).args(["plugin", "list", "--cache-dir"]).arg(&cache))?;
    let (made, there) = (names(&cache)?, names(folder)?);
    let digests: BTreeSet<&str> = made.iter().filter_map(|name| name.strip_prefix("code-")).collect();
    ensure!(!digests.is_empty(), "`{}` has no stock plugins, or keeps nothing in its cache", program.display());
    let is_there = |digest: &&str| PURPOSES.iter().all(|purpose| there.contains(&format!("{purpose}{digest}")));
    if digests.iter().all(is_there) {
        return Ok(false);
    }

    // A program that was built with the folder's entries does not make those again.
    for name in there.iter().filter(|name| !digests.iter().any(|digest| name.ends_with(digest))) {
        let old = folder.join(name);
        fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
    }
    for name in made.iter().filter(|name| PURPOSES.iter().any(|purpose| name.starts_with(purpose))) {
        let (from, to) = (cache.join(name), folder.join(name));
        let entry = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        fs::write(&to, compress_prepend_size(&entry)).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(true)
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use lz4_flex::block::decompress_size_prepended;

    use super::*;

    /// A program that puts these entries into its cache.
    fn program(folder: &Path, entries: &[&str]) -> std::path::PathBuf {
        let path = folder.join("program");
        let lines: String = entries.iter().map(|name| format!("echo 'made: {name}' > \"$4/{name}\"\n")).collect();
        fs::write(&path, format!("#!/bin/sh\nmkdir -p \"$4\"\n{lines}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn entries_are_kept_for_as_long_as_their_plugin_is_the_same() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("compiled");
        fs::create_dir(&folder).unwrap();
        let written = |entries: &[&str]| write(&program(place.path(), entries), &folder).unwrap();
        let there = || names(&folder).unwrap().into_iter().collect::<Vec<_>>();

        assert!(written(&["code-a", "describe-a", "state-s", "code-b", "describe-b"]));
        assert_eq!(there(), ["code-a", "code-b", "describe-a", "describe-b"]);
        let entry = decompress_size_prepended(&fs::read(folder.join("code-a")).unwrap()).unwrap();
        assert_eq!(entry, b"made: code-a\n");

        // A program that has the entries writes to its cache only those that it uses.
        assert!(!written(&["code-a", "state-s", "code-b"]));
        // Another plugin takes the place of one.
        assert!(written(&["code-a", "state-s", "code-c", "describe-c"]));
        assert_eq!(there(), ["code-a", "code-c", "describe-a", "describe-c"]);

        let nothing = write(&program(place.path(), &["state-s"]), &folder);
        assert!(nothing.unwrap_err().to_string().contains("no stock plugins"));
    }
}
