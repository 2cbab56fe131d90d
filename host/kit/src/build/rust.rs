//! Rust: cargo for `wasm32-unknown-unknown`, the target that has nothing to import from.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::tool::{Steps, exists, output_of, run};
use super::{BuildError, Compiler, component_of, step};
use crate::Project;

const TARGET: &str = "wasm32-unknown-unknown";

const INSTALL_RUST: &str = "install Rust 1.95 or later from https://rustup.rs";

const INSTALL_TARGET: &str = "with rustup and a network `rustup target add wasm32-unknown-unknown` brings it; with a \
                              distribution's Rust install its package of the standard library for wasm32; elsewhere see \
                              docs/building.md of wardline";

/// The table `[build]` of a Rust project.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The plugin's package, if it is not named like the plugin.
    package: Option<String>,
    /// The profile of `Cargo.toml` to build with.
    #[serde(default = "profile")]
    profile: String,
}

fn profile() -> String {
    "plugin".to_owned()
}

pub(super) struct Rust;

impl Compiler for Rust {
    fn component(&self, project: &Project, steps: &dyn Steps) -> Result<Vec<u8>, BuildError> {
        let options: Options = project.build_options()?;
        let package = options.package.unwrap_or_else(|| project.name.clone());
        if !has_target(project)? {
            add_target(project, steps)?;
        }
        let absolute = |path: PathBuf| std::path::absolute(&path).map_err(|source| BuildError::File { path, source });
        let folder = absolute(project.folder.clone())?;
        let target = absolute(project.build_folder().join("cargo"))?;
        step(steps, "cargo", || {
            let mut cargo = Command::new(cargo());
            // `rustc --crate-type` instead of `build`: with the additional crate type `rlib`, which the project's own tests
            // need, cargo would omit link-time optimisation.
            cargo.args(["rustc", "--lib", "--crate-type", "cdylib", "--target", TARGET]);
            cargo.args(["--profile", &options.profile, "--package", &package]).arg("--target-dir").arg(&target);
            cargo.current_dir(&folder);
            // Flags intended for native code (a target CPU, a sanitizer) are wrong for plugins.
            cargo.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_RUSTFLAGS");
            cargo.env("CARGO_ENCODED_RUSTFLAGS", without_paths(&folder));
            run(&mut cargo, INSTALL_RUST)
        })?;
        let built = if options.profile == "dev" { "debug" } else { &options.profile };
        let module = target.join(TARGET).join(built).join(format!("{}.wasm", package.replace('-', "_")));
        let bytes = fs::read(&module).map_err(|source| BuildError::File { path: module, source })?;
        component_of(&bytes, self, steps)
    }

    fn about_imports(&self) -> &'static str {
        "no crate in it may be written for JavaScript or WASI (getrandom with `js`, wasm-bindgen, for instance)"
    }
}

/// The cargo that runs wardline, if there is one; else the one in `PATH`.
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn has_target(project: &Project) -> Result<bool, BuildError> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    // Run in the project's folder, where it may select its own toolchain.
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(&project.folder);
    let libraries = output_of(&mut rustc, INSTALL_RUST)?;
    let files = fs::read_dir(libraries.trim()).into_iter().flatten().flatten();
    Ok(files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn add_target(project: &Project, steps: &dyn Steps) -> Result<(), BuildError> {
    let missing = || BuildError::Missing {
        program: format!("Rust's standard library for {TARGET}"),
        install: INSTALL_TARGET.to_owned(),
    };
    if !exists("rustup") {
        return Err(missing());
    }
    step(steps, &format!("rustup target add {TARGET}"), || {
        let mut rustup = Command::new("rustup");
        run(rustup.args(["target", "add", TARGET]).current_dir(&project.folder), INSTALL_RUST).map_err(|_| missing())
    })?;
    if has_target(project)? { Ok(()) } else { Err(missing()) }
}

/// A plugin is identified by its digest, which therefore must not depend on where it was built.
fn without_paths(folder: &Path) -> OsString {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = OsString::new();
    // If several match, the compiler uses the last one.
    for (from, to) in [(cargo_home.as_deref(), "cargo"), (Some(folder), ".")] {
        let Some(from) = from else { continue };
        if !flags.is_empty() {
            // The separator that cargo defines for this variable.
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    flags
}
