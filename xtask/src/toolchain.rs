//! Standard libraries for other targets than this machine, from whichever source it has.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::debian;
use crate::run::{cargo, exists, output_of, run, step};
use crate::workspace::Workspace;

/// The C compiler and linker for Windows.
pub(crate) const MINGW_GCC: &str = "x86_64-w64-mingw32-gcc";

/// A target other than this machine.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) triple: &'static str,
    /// The command or product that needs it, for messages.
    needed_by: &'static str,
    /// The crates of its standard library, where that is built from its sources.
    std: &'static str,
    linker: fn() -> Result<PathBuf>,
    /// Whether a toolchain that has the target lacks its linker.
    needs_linker: bool,
}

/// The target of plugins.
pub(crate) const WASM: Target = Target {
    triple: "wasm32-unknown-unknown",
    needed_by: "plugins need",
    std: "std,panic_abort",
    linker: wasm_linker,
    needs_linker: false,
};

/// The target of wardline for Windows.
pub(crate) const WINDOWS: Target = Target {
    triple: "x86_64-pc-windows-gnu",
    needed_by: "wardline for Windows needs",
    std: "std,panic_unwind",
    linker: mingw_linker,
    needs_linker: true,
};

/// Where the standard library for a target may come from.
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

/// A way to compile for a target.
#[derive(Debug)]
pub(crate) struct Toolchain {
    target: &'static Target,
    compiler: Compiler,
}

#[derive(Debug)]
enum Compiler {
    /// The active toolchain has the target.
    Installed,
    /// Debian's compiler and library sources, with the active toolchain's cargo and this linker.
    Debian { compiler: debian::Compiler, linker: PathBuf },
}

impl Toolchain {
    /// Finds a way to compile for a target, and sets up what it needs. Once set up, it is found again immediately.
    pub(crate) fn find(workspace: &Workspace, target: &'static Target, source: Source) -> Result<Self> {
        let compiler = match source {
            Source::Installed => installed(target),
            Source::Rustup => rustup(target),
            Source::Debian => debian(workspace, target),
            Source::Auto => find(workspace, target),
        };
        Ok(Self { target, compiler: compiler? })
    }

    /// Returns a cargo command that compiles for the target.
    pub(crate) fn cargo(&self, workspace: &Workspace) -> Command {
        let mut command = cargo(&workspace.root);
        command.args(["--config", &format!("build.target='{}'", self.target.triple)]);
        // Flags that the developer or CI sets for native code (a target CPU, a sanitizer) are wrong for others.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        if let Compiler::Debian { compiler, linker } = &self.compiler {
            command.args(["-Z", &format!("build-std={}", self.target.std)]);
            let triple = self.target.triple.to_uppercase().replace('-', "_");
            command.env(format!("CARGO_TARGET_{triple}_LINKER"), linker);
            compiler.apply(&mut command);
        }
        command
    }

    /// Like [`Toolchain::cargo`], for plugins.
    pub(crate) fn cargo_for_plugins(&self, workspace: &Workspace) -> Command {
        let mut command = self.cargo(workspace);
        command.env("CARGO_ENCODED_RUSTFLAGS", plugin_flags(workspace));
        command
    }
}

fn find(workspace: &Workspace, target: &'static Target) -> Result<Compiler> {
    let mut reasons = Vec::new();
    let mut attempt =
        |name: &str, found: Result<Compiler>| found.map_err(|error| reasons.push(format!("  {name}: {error:#}"))).ok();
    if let Some(found) = attempt("installed target", installed(target)) {
        return Ok(found);
    }
    // Before rustup, which would try the network again each time.
    if let Some(compiler) = debian::Compiler::unpacked(workspace) {
        return Ok(Compiler::Debian { compiler, linker: (target.linker)()? });
    }
    if let Some(found) = attempt("rustup target add", rustup(target)) {
        return Ok(found);
    }
    if let Some(found) = attempt("Debian's packages", debian(workspace, target)) {
        return Ok(found);
    }
    let Target { triple, needed_by, .. } = target;
    bail!(
        "{needed_by} the Rust target {triple}, and there is no way to it here:\n{}\n\
         Do one of these, then try again:\n\
         - with rustup and a network: rustup target add {triple}\n\
         - with a distribution's own Rust: install its package of the standard library for {triple}\n\
         - on Debian 12 or later: let apt-get reach a mirror",
        reasons.join("\n")
    )
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

fn installed(target: &Target) -> Result<Compiler> {
    // A target without its linker would be found out only after everything is compiled.
    if target.needs_linker {
        (target.linker)()?;
    }
    // An empty library shows whether there is a standard library, and whether it is this compiler's: one that another version has
    // left behind is not.
    let mut empty = rustc();
    empty.args(["--target", target.triple, "--crate-type", "lib", "--emit", "mir=-", "-"]);
    if output_of(&mut empty).is_err() {
        bail!("rustc has no standard library for it");
    }
    Ok(Compiler::Installed)
}

fn rustup(target: &Target) -> Result<Compiler> {
    if !exists("rustup") {
        bail!("there is no rustup");
    }
    let triple = target.triple;
    step(&format!("rustup target add {triple}"), || run(Command::new("rustup").args(["target", "add", triple])))?;
    installed(target).context("rustup added the target to another toolchain than the active one")
}

fn debian(workspace: &Workspace, target: &Target) -> Result<Compiler> {
    // Checked first, because it is either there or not: this avoids downloading 140 MB before finding out.
    let linker = (target.linker)()?;
    let compiler = match debian::Compiler::unpacked(workspace) {
        Some(compiler) => compiler,
        None => step("Debian's Rust compiler and library sources", || debian::Compiler::fetch(workspace))?,
    };
    Ok(Compiler::Debian { compiler, linker })
}

/// Returns the linker that comes with mingw-w64, which compiles C for Windows, too.
fn mingw_linker() -> Result<PathBuf> {
    match exists(MINGW_GCC) {
        true => Ok(MINGW_GCC.into()),
        false => bail!("there is no {MINGW_GCC}; install mingw-w64 (on Debian: apt-get install gcc-mingw-w64-x86-64)"),
    }
}

/// Returns the linker. Debian does not package a WebAssembly linker with its compiler; rustup's toolchains include one.
fn wasm_linker() -> Result<PathBuf> {
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
