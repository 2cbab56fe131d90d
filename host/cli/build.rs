//! Finds the stock plugins that `cargo xtask plugins` has built, and what `cargo xtask dist` has compiled them to.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};

/// In the order of the report.
const STOCK: [&str; 8] = ["os", "iis", "sql", "exchange", "dotnet", "ie", "office", "edge"];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let plugins = plugins(&out);
    // Cargo takes a path that does not exist for one that has changed, and would build the host again each time.
    fs::create_dir_all(&plugins).unwrap_or_else(|error| panic!("cannot create {}: {error}", plugins.display()));
    println!("cargo::rerun-if-changed={}", plugins.display());
    println!("cargo::rerun-if-env-changed=WARDLINE_PLUGINS_DIR");

    let (mut list, mut digests) = (String::from("&[\n"), String::from("&[\n"));
    for name in STOCK {
        let path = plugins.join(format!("wardline-{name}.wasm"));
        if path.is_file() {
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            // The plugin may be built again before the compiler comes to it: what is embedded has to be what the digest is of.
            let copy = out.join(format!("wardline-{name}.wasm"));
            write(&copy, &bytes);
            list.push_str(&format!("    ({name:?}, include_bytes!({:?})),\n", copy.display().to_string()));
            digests.push_str(&format!("    \"{:x}\",\n", Sha256::digest(bytes)));
        }
    }
    list.push_str("]\n");
    digests.push_str("]\n");
    write(&out.join("stock_digests.rs"), digests.as_bytes());
    write(&out.join("stock_plugins.rs"), list.as_bytes());
    write(&out.join("compiled_plugins.rs"), compiled_plugins().as_bytes());
}

/// Returns a list of the files in `WARDLINE_COMPILED_PLUGINS_DIR`, which is set for `cargo xtask dist`.
fn compiled_plugins() -> String {
    println!("cargo::rerun-if-env-changed=WARDLINE_COMPILED_PLUGINS_DIR");
    let mut files = Vec::new();
    if let Some(folder) = env::var_os("WARDLINE_COMPILED_PLUGINS_DIR").map(PathBuf::from) {
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
        files.extend(entries.flatten().map(|entry| (entry.file_name(), entry.path())));
        files.sort();
    }
    let line = |(name, path): &(OsString, PathBuf)| {
        format!("    ({:?}, include_bytes!({:?})),\n", name.display().to_string(), path.display().to_string())
    };
    format!("&[\n{}]\n", files.iter().map(line).collect::<String>())
}

fn write(file: &Path, content: &[u8]) {
    fs::write(file, content).unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
}

/// `WARDLINE_PLUGINS_DIR`, else `plugins` in the target folder that this build goes to.
fn plugins(out: &Path) -> PathBuf {
    if let Some(folder) = env::var_os("WARDLINE_PLUGINS_DIR") {
        return folder.into();
    }
    // Cargo tells build scripts nothing of the target folder, but marks it with this file, and with another the folder in it for a
    // target that is named.
    let triple = env::var_os("TARGET").unwrap_or_default();
    let is_target =
        |folder: &&Path| folder.join("CACHEDIR.TAG").is_file() && folder.file_name() != Some(triple.as_os_str());
    let target = out.ancestors().find(is_target);
    target.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), Path::to_owned).join("plugins")
}
