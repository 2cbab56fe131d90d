//! C: clang for wasm32, with the parts of wasi-libc that need no system (memory, strings), and nothing that makes system calls.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use wit_bindgen_core::Files;
use wit_parser::Resolve;

use super::tool::{Steps, exists, output_of, run};
use super::{BuildError, Compiler, component_of, step};
use crate::Project;

const INSTALL: &str = "on Debian and Ubuntu: apt-get install clang lld wasi-libc libclang-rt-dev-wasm32; elsewhere unpack \
                       the WASI SDK (https://github.com/WebAssembly/wasi-sdk/releases) and set WASI_SDK_PATH to its folder";

/// The table `[build]` of a C project.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Relative to the project's folder.
    sources: Vec<PathBuf>,
    /// The contract's world: `detector`, or `checker` for plugins that say how to fix what they find.
    #[serde(default = "world")]
    world: String,
    /// Passed to clang after our own flags.
    #[serde(default)]
    flags: Vec<String>,
}

fn world() -> String {
    "detector".to_owned()
}

pub(super) struct C;

impl Compiler for C {
    fn component(&self, project: &Project, steps: &dyn Steps) -> Result<Vec<u8>, BuildError> {
        let options: Options = project.build_options()?;
        let absolute = |path: PathBuf| std::path::absolute(&path).map_err(|source| BuildError::File { path, source });
        let folder = absolute(project.folder.clone())?;
        let bindings = absolute(project.build_folder().join("bindings"))?;
        let written = step(steps, "bindings", || write_bindings(&project.wit, &options.world, &bindings))?;
        let module = absolute(project.build_folder().join("core.wasm"))?;
        step(steps, "clang", || {
            let mut clang = compiler();
            // Without the start-up code of a WASI program: a plugin that starts by itself cannot be kept prepared.
            clang.args(["--target=wasm32-wasi", "-O2", "-Wall", "-Wextra", "-nostartfiles", "-Wl,--no-entry"]);
            clang.args(["-Wl,--strip-debug", "-Wl,-z,stack-size=262144", "-std=c11"]);
            clang.arg("-ffile-prefix-map=".to_owned() + &folder.display().to_string() + "=.");
            clang.args(&options.flags).arg("-isystem").arg(&bindings);
            clang.args(&options.sources).args(&written).arg("-o").arg(&module);
            run(clang.current_dir(&folder), INSTALL).map_err(|failure| missing_part().unwrap_or(failure))
        })?;
        let bytes = fs::read(&module).map_err(|source| BuildError::File { path: module, source })?;
        component_of(&bytes, self, steps)
    }

    fn about_imports(&self) -> &'static str {
        "wasi_snapshot_preview1 stands for functions of the C library that ask a system (printf and snprintf, fopen, time, exit); \
         memory and strings ask none. What stands below env was declared and not defined"
    }
}

/// Writes the bindings that wit-bindgen generates from the contract. Returns the files to compile and link.
fn write_bindings(wit: &Path, world: &str, folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let wrong = |reason: String| BuildError::Contract { path: wit.to_owned(), reason };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).map_err(|error| wrong(format!("{error:#}")))?;
    let world = resolve.select_world(&[package], Some(world)).map_err(|error| wrong(format!("{error:#}")))?;
    let mut files = Files::default();
    // The same name for the header and for the types that belong to no interface, whatever the world.
    wit_bindgen_c::Opts { rename_world: Some("plugin".to_owned()), ..Default::default() }
        .build()
        .generate(&mut resolve, world, &mut files)
        .map_err(|error| wrong(format!("{error:#}")))?;
    fs::create_dir_all(folder).map_err(|source| BuildError::File { path: folder.to_owned(), source })?;
    let mut compiled = Vec::new();
    for (name, bytes) in files.iter() {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|source| BuildError::File { path: path.clone(), source })?;
        if !name.ends_with(".h") {
            compiled.push(path);
        }
    }
    Ok(compiled)
}

/// The first part that clang needs but cannot find here: clang's own message does not help those who have not seen it before.
fn missing_part() -> Option<BuildError> {
    let found = |question: &str| {
        let mut clang = compiler();
        output_of(clang.args(["--target=wasm32-wasi", question]), INSTALL).ok().map(|path| PathBuf::from(path.trim()))
    };
    let linker = found("-print-prog-name=wasm-ld")?;
    let parts = [
        ("wasm-ld", linker.is_file() || exists("wasm-ld")),
        ("wasi-libc", found("-print-file-name=libc.a")?.is_file()),
        ("libclang-rt for wasm32", found("-print-libgcc-file-name")?.is_file()),
    ];
    let (missing, _) = parts.into_iter().find(|(_, there)| !there)?;
    Some(BuildError::Missing { program: missing.to_owned(), install: INSTALL.to_owned() })
}

/// The WASI SDK's clang if there is one, else the clang in `PATH`.
fn compiler() -> Command {
    match std::env::var_os("WASI_SDK_PATH").filter(|folder| !folder.is_empty()).map(PathBuf::from) {
        Some(sdk) => {
            let mut clang = Command::new(sdk.join("bin").join(format!("clang{}", std::env::consts::EXE_SUFFIX)));
            clang.arg("--sysroot").arg(sdk.join("share/wasi-sysroot"));
            clang
        }
        None => Command::new("clang"),
    }
}
