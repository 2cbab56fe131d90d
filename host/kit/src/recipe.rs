//! The table `[build]` of `wardline.toml`: the commands that compile a project.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// How a project is compiled. All paths are relative to the project's folder.
///
/// ```toml
/// [build]
/// output = "build/core.wasm"
/// world = "detector"              # of the contract; `checker` if omitted
/// c-bindings = "build/bindings"   # usually omitted
/// imports = "printf needs a system; use join of wardline.h instead"
///
/// [[build.steps]]                 # see `Step`
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// The core module or component that the steps produce.
    pub output: PathBuf,
    /// The contract's world: `checker`, or `detector` for plugins that only detect problems.
    #[serde(default = "checker")]
    pub world: String,
    /// The folder in which wardline generates the contract's bindings for C before the first step.
    pub c_bindings: Option<PathBuf>,
    /// Where imports come from in this language and how to avoid them: shown if the output has any.
    pub imports: Option<String>,
    pub steps: Vec<Step>,
}

fn checker() -> String {
    "checker".to_owned()
}

/// A command, run in the project's folder without a shell. In its arguments and environment `{folder}`, `{output}` and `{wit}` are
/// replaced by absolute paths, `{world}` by the world's name, `{python}` by the name of Python 3, and `{cargo-home}` by cargo's
/// folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How to get the program: shown if it is missing or fails.
    pub install: Option<String>,
    /// Whether the build goes on if the program is missing or fails. A later step then says what is lacking.
    #[serde(default)]
    pub optional: bool,
    /// Folders in which programs are looked for before those of `PATH`. Missing ones are skipped.
    #[serde(default)]
    pub path: Vec<PathBuf>,
    /// Additional environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// A file or folder that the step creates. While it exists, the step is only repeated when an earlier step ran, or when the
    /// command or a file of `from` changed.
    pub creates: Option<PathBuf>,
    /// The files that `creates` depends on.
    #[serde(default)]
    pub from: Vec<PathBuf>,
}
