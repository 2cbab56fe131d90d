//! Resolving a word on the command line to a plugin: a file, a built-in plugin's name, or the beginning of a digest.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::aliasing::Files;
use crate::cli::{Fatal, files, warn};
use crate::contract::hex;
use crate::regular_file;
use crate::sandbox::Limits;
use crate::stock::stock_plugins;
use crate::trust::signature_path;
use crate::vet::inspect::{Content, PluginFile, PluginSource, Signature};

/// The minimum number of digits that identify a digest.
const SHORTEST_DIGEST: usize = 6;

/// The maximum number of files in a folder that are searched for a digest.
const MAX_FILES: usize = 1_000;

/// A plugin that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) plugin: PluginFile,
    /// The path of its file. None for a built-in plugin.
    pub(super) path: Option<PathBuf>,
}

impl Found {
    /// Registers its file, and those that may be looked for next to it, as read.
    pub(super) fn register(&self, files: &mut Files) {
        register(files, self.path.as_deref());
    }
}

fn register(files: &mut Files, path: Option<&Path>) {
    if let Some(path) = path {
        files::with_plugin(files, "the plugin", path);
    }
}

/// Finds a plugin. A word with a separator or an extension is a file. Any other word is a built-in plugin's name, else a
/// digest, else a file: a file in the current folder never takes precedence over a name or a digest. Digests are those of the
/// built-in plugins and of `*.wasm` in `folders`.
///
/// # Errors
///
/// If nothing is found, with all places that were searched; if the beginning of a digest is ambiguous; if the file cannot be
/// read.
pub(super) fn plugin(word: &OsStr, folders: &[PathBuf]) -> Result<Found, Fatal> {
    let path = Path::new(word);
    let is_file = path.exists() && !path.is_dir();
    if path.extension().is_some() || has_separator(path) {
        return if is_file { from_file(path) } else { Err(no_file(path).into()) };
    }
    let text = word.to_string_lossy();
    if let Some((name, bytes)) = stock_plugins().iter().find(|(name, _)| *name == text) {
        if is_file {
            warn(&format!("plugin {text}: using the built-in plugin; for the file of that name, write ./{text}"));
        }
        return Ok(built_in(name, bytes));
    }
    let digest = text.strip_prefix("sha256:").unwrap_or(&text).to_lowercase();
    let is_digest = digest.len() >= SHORTEST_DIGEST && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (is_digest, is_file) {
        (true, true) => by_digest(&digest, folders)
            .map_err(|error| format!("{error}; for the file of that name, write ./{text}").into())
            .inspect(|_| {
                warn(&format!(
                    "plugin {text}: using the plugin with this digest; for the file of that name, write ./{text}"
                ))
            }),
        (true, false) => by_digest(&digest, folders),
        (false, true) => from_file(path),
        (false, false) => Err(not_found(&text).into()),
    }
}

/// Whether a word is visibly a path: `./os`.
fn has_separator(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().contains(std::path::is_separator)
}

fn no_file(path: &Path) -> String {
    format!("plugin {}: file not found; `wardline plugin build` builds a project's component", path.display())
}

/// A plugin that is about to run.
pub(super) struct Runnable {
    /// The name in messages: a path, or a built-in plugin's name.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) signature: Signature,
    path: Option<PathBuf>,
}

impl Runnable {
    /// Like [`Found::register`].
    pub(super) fn register(&self, files: &mut Files) {
        register(files, self.path.as_deref());
    }
}

/// Like [`plugin`], for commands that can do nothing with a file that is too large to run.
///
/// # Errors
///
/// Also for such a file.
pub(super) fn runnable(word: &OsStr, folders: &[PathBuf]) -> Result<Runnable, Fatal> {
    let Found { plugin, path } = plugin(word, folders)?;
    let name = display_name(&plugin.source).to_owned();
    match plugin.content {
        Content::Bytes(bytes) => Ok(Runnable { name, bytes, signature: plugin.signature, path }),
        Content::TooLarge { size } => Err(format!("plugin {name}: too large for a component: {size} bytes").into()),
    }
}

fn not_found(word: &str) -> String {
    let names: Vec<&str> = stock_plugins().iter().map(|(name, _)| *name).collect();
    format!(
        "plugin {word}: not a file, not a built-in plugin ({}), and not the beginning of a digest (at least \
         {SHORTEST_DIGEST} hexadecimal digits)",
        names.join(", ")
    )
}

fn built_in(name: &str, bytes: &[u8]) -> Found {
    let plugin = PluginFile {
        source: PluginSource::BuiltIn(name.to_owned()),
        content: Content::Bytes(bytes.to_vec()),
        signature: Signature::BuiltIn,
    };
    Found { plugin, path: None }
}

fn from_file(path: &Path) -> Result<Found, Fatal> {
    let content = read(path).map_err(|error| format!("plugin {}: {error}", path.display()))?;
    let signature = signature_path(path);
    let signature = match signature.is_file() {
        true => Signature::NotVerified(signature.display().to_string()),
        false => Signature::NotSigned,
    };
    let plugin = PluginFile { source: PluginSource::File(path.display().to_string()), content, signature };
    Ok(Found { plugin, path: Some(path.to_owned()) })
}

fn read(path: &Path) -> std::io::Result<Content> {
    let most = Limits::default().component_size;
    let bytes = regular_file::read(path, most)?;
    let read = bytes.len() as u64;
    if read <= most {
        return Ok(Content::Bytes(bytes));
    }
    Ok(Content::TooLarge { size: std::fs::metadata(path)?.len().max(read) })
}

fn by_digest(digest: &str, folders: &[PathBuf]) -> Result<Found, Fatal> {
    let has = |bytes: &[u8]| hex(&Sha256::digest(bytes)).starts_with(digest);
    let mut found: Vec<(String, Found)> = Vec::new();
    let mut add = |full_digest: String, file: Found| {
        // The same plugin in two places is not ambiguous.
        if !found.iter().any(|(other, _)| *other == full_digest) {
            found.push((full_digest, file));
        }
    };
    for (name, bytes) in stock_plugins() {
        if has(bytes) {
            add(hex(&Sha256::digest(bytes)), built_in(name, bytes));
        }
    }
    let mut unseen = 0;
    for folder in folders {
        let listed = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let is_wasm = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "wasm") && path.is_file();
        let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).filter(is_wasm).collect();
        files.sort();
        unseen += files.len().saturating_sub(MAX_FILES);
        for path in files.iter().take(MAX_FILES) {
            // A file that cannot be read, or is too large, is not the one meant.
            if let Ok(Content::Bytes(bytes)) = read(path)
                && has(&bytes)
            {
                add(hex(&Sha256::digest(&bytes)), from_file(path)?);
            }
        }
    }
    let places = folders.iter().map(|folder| format!("{}", folder.join("*.wasm").display()));
    let places: Vec<String> = std::iter::once("the built-in plugins".to_owned()).chain(places).collect();
    let more = if unseen > 0 { format!(" ({unseen} more files were not searched)") } else { String::new() };
    match found.len() {
        0 => {
            Err(format!("no plugin has a digest that begins with {digest}; searched {}{more}", places.join(", "))
                .into())
        }
        1 => Ok(found.remove(0).1),
        _ => {
            let names: Vec<String> = found
                .iter()
                .map(|(full_digest, file)| format!("{} ({full_digest})", display_name(&file.plugin.source)))
                .collect();
            Err(format!("several plugins have a digest that begins with {digest}: {}", names.join(", ")).into())
        }
    }
}

/// The name of a plugin at the place where it was found.
fn display_name(source: &PluginSource) -> &str {
    match source {
        PluginSource::File(name) | PluginSource::BuiltIn(name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(word: &str) -> String {
        plugin(OsStr::new(word), &[])
            .map(|found| display_name(&found.plugin.source).to_owned())
            .unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn what_looks_like_a_file_is_one() {
        for word in ["none.wasm", "./os", "folder/os", "os.wasm", "./abcdef0123"] {
            let found = resolved(word);
            assert!(found.contains("file not found") && found.contains("plugin build"), "{word}: {found}");
        }
        assert!(resolved("none").contains("not a built-in plugin"));
        assert!(resolved("abcdef0123").contains("no plugin has a digest"));
    }
}
