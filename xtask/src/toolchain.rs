//! A standard library for wasm32-unknown-unknown, from whichever source this machine has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::debian;
use crate::run::{cargo, exists, output_of, run, step};
use crate::workspace::Workspace;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Where the standard library for plugins may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// The first of the others that works.
    Auto,
    /// The target as it is installed with the compiler.
    Installed,
    /// `rustup target add`.
    Rustup,
    /// Built from Debian's packages, which are unpacked under target/ and not installed.
    Debian,
}

/// A way to compile plugins.
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// The active toolchain has the target.
    Installed,
    /// Debian's compiler and library sources, with the active toolchain's cargo and linker.
    Debian { compiler: debian::Compiler, linker: PathBuf },
}

impl Toolchain {
    /// Finds a way to compile plugins, and sets up what it needs. Once set up, it is found again immediately.
    pub(crate) fn find(workspace: &Workspace, source: Source) -> Result<Self> {
        match source {
            Source::Installed => installed(),
            Source::Rustup => rustup(),
            Source::Debian => debian(workspace),
            Source::Auto => {
                let mut reasons = Vec::new();
                let mut attempt = |name: &str, found: Result<Self>| {
                    found.map_err(|error| reasons.push(format!("  {name}: {error:#}"))).ok()
                };
                if let Some(found) = attempt("installed target", installed()) {
                    return Ok(found);
                }
                // Before rustup, which would try the network again each time.
                if let Some(compiler) = debian::Compiler::unpacked(workspace) {
                    return Ok(Self::Debian { compiler, linker: linker()? });
                }
                if let Some(found) = attempt("rustup target add", rustup()) {
                    return Ok(found);
                }
                if let Some(found) = attempt("Debian's packages", debian(workspace)) {
                    return Ok(found);
                }
                bail!(
                    "plugins need the Rust target {TARGET}, and there is no way to it here:\n{}\n\
                     Do one of these, then try again:\n\
                     - with rustup and a network: rustup target add {TARGET}\n\
                     - with a distribution's own Rust: install its package of the standard library for {TARGET}\n\
                     - on Debian 12 or later: let apt-get reach a mirror",
                    reasons.join("\n")
                )
            }
        }
    }

    /// Returns a cargo command that compiles for wasm32-unknown-unknown.
    pub(crate) fn cargo(&self, workspace: &Workspace) -> Command {
        let mut command = cargo(&workspace.root);
        command.args(["--config", "build.target='wasm32-unknown-unknown'"]);
        // Flags that the developer or CI sets for native code (a target CPU, a sanitizer) are wrong for plugins.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_RUSTFLAGS");
        command.env("CARGO_ENCODED_RUSTFLAGS", plugin_flags(workspace));
        if let Self::Debian { compiler, linker } = self {
            command.args(["-Z", "build-std=std,panic_abort"]);
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            compiler.apply(&mut command);
        }
        command
    }
}

/// Returns the compiler flags for plugins. A plugin is identified by its digest, so the output must not depend on the build path.
fn plugin_flags(workspace: &Workspace) -> String {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    // If several prefixes match, the compiler uses the last; the target folder is usually inside the root.
    let remapped =
        [(Some(workspace.root.clone()), "."), (cargo_home, "cargo"), (Some(workspace.target.clone()), "target")];
    remapped
        .into_iter()
        .filter_map(|(from, to)| Some(format!("--remap-path-prefix={}={to}", from?.display())))
        .collect::<Vec<_>>()
        // The separator that cargo defines for this variable.
        .join("\u{1f}")
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn installed() -> Result<Toolchain> {
    let folder = output_of(rustc().args(["--print", "target-libdir", "--target", TARGET]))?;
    let folder = Path::new(folder.trim());
    let holds_std = fs::read_dir(folder)
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")));
    if !holds_std {
        bail!("{} holds no standard library", folder.display());
    }
    Ok(Toolchain::Installed)
}

fn rustup() -> Result<Toolchain> {
    if !exists("rustup") {
        bail!("there is no rustup");
    }
    step(&format!("rustup target add {TARGET}"), || run(Command::new("rustup").args(["target", "add", TARGET])))?;
    installed().context("rustup added the target to another toolchain than the active one")
}

fn debian(workspace: &Workspace) -> Result<Toolchain> {
    // Checked first, because it is either there or not: this avoids downloading 140 MB before finding out.
    let linker = linker()?;
    let compiler = match debian::Compiler::unpacked(workspace) {
        Some(compiler) => compiler,
        None => step("Debian's Rust compiler and library sources", || debian::Compiler::fetch(workspace))?,
    };
    Ok(Toolchain::Debian { compiler, linker })
}

/// Returns the linker. Debian does not package a WebAssembly linker with its compiler; rustup's toolchains include one.
fn linker() -> Result<PathBuf> {
    let sysroot = output_of(rustc().args(["--print", "sysroot"]))?;
    let version = output_of(rustc().arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    let program = format!("rust-lld{}", std::env::consts::EXE_SUFFIX);
    let linker = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin").join(program);
    if linker.is_file() {
        return Ok(linker);
    }
    if exists("wasm-ld") {
        return Ok("wasm-ld".into());
    }
    bail!("there is no linker for WebAssembly: neither {} nor wasm-ld", linker.display())
}
