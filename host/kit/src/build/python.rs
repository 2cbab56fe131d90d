//! Python: componentize-py, which combines the sources, CPython, and bindings to the contract.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use wardline_files::platform::{in_virtual_environment, python};

use super::tool::{Steps, run};
use super::{BuildError, Compiler, checker, step};
use crate::Project;

const INSTALL: &str = "install Python 3.10 or later with pip and venv from https://www.python.org (on Debian and Ubuntu: \
                       apt-get install python3 python3-venv)";

const INSTALL_COMPONENTIZE: &str = "requirements.txt has to name it: componentize-py==0.25.1";

/// The table `[build]` of a Python project.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The folder of the modules, relative to the project's folder.
    #[serde(default = "sources")]
    sources: PathBuf,
    /// The module with the classes that the contract's world exports.
    #[serde(default = "module")]
    module: String,
    /// The contract's world: `checker`, or `detector` for plugins that only detect problems.
    #[serde(default = "checker")]
    world: String,
}

fn sources() -> PathBuf {
    "src".into()
}

fn module() -> String {
    "plugin".to_owned()
}

pub(super) struct Python;

impl Compiler for Python {
    fn component(&self, project: &Project, steps: &dyn Steps) -> Result<Vec<u8>, BuildError> {
        let options: Options = project.build_options()?;
        let absolute = |path: PathBuf| std::path::absolute(&path).map_err(|source| BuildError::File { path, source });
        let folder = absolute(project.folder.clone())?;
        let environment = absolute(project.build_folder().join("venv"))?;
        install(&folder.join("requirements.txt"), &environment, steps)?;
        let component = absolute(project.build_folder().join("component.wasm"))?;
        step(steps, "componentize-py", || {
            let mut componentize = Command::new(in_virtual_environment(&environment, "componentize-py"));
            componentize.arg("--quiet").arg("--wit-path").arg(absolute(project.wit.clone())?);
            componentize.args(["--world", &options.world, "componentize"]);
            // The WASI imports that CPython would need are replaced by functions that trap.
            componentize.arg("--stub-wasi").arg("--python-path").arg(folder.join(&options.sources));
            componentize.arg(&options.module).arg("--output").arg(&component);
            // The plugin gets the packages of requirements.txt and no others that this machine may have.
            componentize.env("VIRTUAL_ENV", &environment).current_dir(&folder);
            // Python's traceback describes a mistake in a module; the tool's own backtrace would bury it.
            componentize.env("RUST_BACKTRACE", "0");
            run(&mut componentize, INSTALL_COMPONENTIZE)
        })?;
        fs::read(&component).map_err(|source| BuildError::File { path: component, source })
    }

    fn about_imports(&self) -> &'static str {
        "no package in requirements.txt may bring a world of its own (componentize-py.toml)"
    }
}

/// Creates a virtual environment with the packages in `requirements`, unless it exists.
fn install(requirements: &Path, environment: &Path, steps: &dyn Steps) -> Result<(), BuildError> {
    let wanted = fs::read(requirements).map_err(|source| BuildError::File { path: requirements.to_owned(), source })?;
    // Written once everything is installed, so that an incomplete installation is started over.
    let note = environment.join("installed-requirements.txt");
    if fs::read(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step(steps, "python -m venv", || {
        run(Command::new(python()).args(["-m", "venv", "--clear"]).arg(environment), INSTALL)
    })?;
    step(steps, "pip install", || {
        let mut pip = Command::new(in_virtual_environment(environment, "python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"]);
        run(pip.arg(requirements), INSTALL)
    })?;
    fs::write(&note, wanted).map_err(|source| BuildError::File { path: note, source })
}
