//! JavaScript: jco, which combines the sources, an engine that runs them, and bindings to the contract.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use wardline_files::platform::node_script;

use super::tool::{Steps, run};
use super::{BuildError, Compiler, checker, step};
use crate::Project;

const INSTALL: &str = "install Node.js 20 or later, which brings npm, from https://nodejs.org (on Debian and Ubuntu: apt-get \
                       install nodejs npm)";

/// The table `[build]` of a JavaScript project.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The module with the exports of the contract's world, relative to the project's folder.
    #[serde(default = "entry")]
    entry: PathBuf,
    /// The contract's world: `checker`, or `detector` for plugins that only detect problems.
    #[serde(default = "checker")]
    world: String,
}

fn entry() -> PathBuf {
    "src/plugin.js".into()
}

pub(super) struct Js;

impl Compiler for Js {
    fn component(&self, project: &Project, steps: &dyn Steps) -> Result<Vec<u8>, BuildError> {
        let options: Options = project.build_options()?;
        let absolute = |path: PathBuf| std::path::absolute(&path).map_err(|source| BuildError::File { path, source });
        let folder = absolute(project.folder.clone())?;
        let component = absolute(project.build_folder().join("component.wasm"))?;
        fs::create_dir_all(project.build_folder())
            .map_err(|source| BuildError::File { path: project.build_folder(), source })?;
        if !is_installed(&folder) {
            step(steps, "npm install", || {
                let mut npm = npm(&folder);
                // Installs what package-lock.json says and leaves that file as it is. No package's scripts need to run: the
                // programs are in the packages.
                npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]);
                run(&mut npm, INSTALL)
            })?;
        }
        step(steps, "jco", || {
            let mut jco = npm(&folder);
            jco.args(["exec", "--offline", "--no", "--", "jco", "componentize"]);
            // jco changes to the entry's folder before it reads the file, so no path may be relative.
            jco.arg(folder.join(&options.entry)).arg("--wit").arg(absolute(project.wit.clone())?);
            jco.args(["--world-name", &options.world]);
            // QuickJS, not StarlingMonkey: every operator compiles the engine again for each catalog, and QuickJS is a seventh
            // of the size. The WASI imports that it would need are replaced by functions that trap.
            jco.args(["--backend", "quickjs", "--backend-qjs-stub-wasi", "--backend-qjs-disable-async"]);
            jco.arg("--out").arg(&component);
            run(&mut jco, INSTALL)
        })?;
        fs::read(&component).map_err(|source| BuildError::File { path: component, source })
    }

    fn about_imports(&self) -> &'static str {
        "no module may import an interface (import … from \"wasi:…\"), and the world has none"
    }
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new(node_script("npm"));
    npm.current_dir(folder);
    npm
}

/// Whether npm has run since the list of packages last changed.
fn is_installed(folder: &Path) -> bool {
    let changed = |path: &str| fs::metadata(folder.join(path)).and_then(|file| file.modified()).ok();
    // npm's own record of what it installed into the folder.
    let Some(installed) = changed("node_modules/.package-lock.json") else { return false };
    ["package.json", "package-lock.json"].into_iter().filter_map(changed).all(|wanted| wanted <= installed)
}
