//! Collects the files that a vendor's new project is made of.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let file = out.join("vendor_files.rs");
    fs::write(&file, vendor_files()).unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
}

/// Folders that building leaves in the examples. They do not belong to the sources.
const BUILT: [&str; 7] = ["build", "target", "node_modules", ".venv", "__pycache__", "dist", ".hypothesis"];

/// A list of (path from the repository's root on, bytes).
fn vendor_files() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for part in ["examples", "plugin-sdk", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT"] {
        collect(&root, part.to_owned(), &mut files);
    }
    let entry =
        |path: &String| format!("    ({path:?}, include_bytes!({:?})),\n", root.join(path).display().to_string());
    format!("&[\n{}]\n", files.iter().map(entry).collect::<String>())
}

/// Adds the files at and below a path, in an order that is always the same, and has cargo watch them. Returns whether somebody
/// built in there.
///
/// Cargo watches a folder with all that is in it: one that is built in would make it build the host again each time. Of such a
/// folder only what it holds now is watched; a file that is new in it is seen when something else has changed.
fn collect(root: &Path, path: String, files: &mut Vec<String>) -> bool {
    let full = root.join(&path);
    let watch = || println!("cargo::rerun-if-changed={}", full.display());
    if !full.is_dir() {
        watch();
        files.push(path);
        return false;
    }
    let entries = fs::read_dir(&full).unwrap_or_else(|error| panic!("cannot read {}: {error}", full.display()));
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let mut built_in = false;
    for name in names {
        built_in |= BUILT.contains(&name.as_str()) || collect(root, format!("{path}/{name}"), files);
    }
    if !built_in {
        watch();
    }
    built_in
}
