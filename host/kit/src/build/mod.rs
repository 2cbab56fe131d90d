//! Building a component from a project: its own commands compile it, and the result is checked here.

mod bindings;
mod steps;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use wardline_files::replace;
use wardline_sandbox::{Limits, PluginComponent};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use super::Project;

/// Receives the progress of a build. The tools' own output goes to standard error as they write it.
pub trait Progress {
    fn begin(&self, step: &str);
    /// Called only for steps that succeed.
    fn end(&self, step: &str, took: Duration);
}

/// Why no component was built. An earlier component is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("{}: has no table [build], which says how the project is compiled", file.display())]
    NoRecipe { file: PathBuf },
    #[error("{program} is needed but was not found; {install}")]
    Missing { program: String, install: String },
    #[error("`{command}` failed ({status}); its messages are above{}", if_incomplete(install))]
    Failed { command: String, status: ExitStatus, install: String },
    #[error("`{command}` cannot be run: {source}")]
    NotRun { command: String, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {reason}", path.display())]
    Contract { path: PathBuf, reason: String },
    #[error("the compiled module cannot be made a component: {reason}")]
    NoComponent { reason: String },
    #[error("the compiled plugin imports {imports}; a plugin imports nothing: {advice}")]
    Imports { imports: String, advice: String },
    #[error("the compiled file is not a plugin: {reason}")]
    NoPlugin { reason: String },
}

fn if_incomplete(install: &str) -> String {
    if install.is_empty() { String::new() } else { format!(". If a part of it is missing: {install}") }
}

/// A component that was built.
#[derive(Clone, Debug)]
pub struct Built {
    pub file: PathBuf,
    /// In bytes.
    pub size: u64,
    /// SHA-256, in lower-case hexadecimal.
    pub digest: String,
}

/// Builds the project's component and writes it to `output`, or to the path that [`Project::component`] returns.
///
/// # Errors
///
/// If a tool is missing or fails, or the result is not a plugin. The file is only replaced by a component that has the form of
/// a plugin: with this contract, and without imports.
pub fn build(project: &Project, output: Option<PathBuf>, progress: &dyn Progress) -> Result<Built, BuildError> {
    let recipe = project.recipe.as_ref().ok_or_else(|| BuildError::NoRecipe { file: project.file() })?;
    create_folder(&project.build_folder())?;
    if let Some(folder) = &recipe.c_bindings {
        let folder = project.folder.join(folder);
        timed(progress, "bindings", "bindings", || bindings::write(&project.wit, &recipe.world, &folder))?;
    }
    steps::run(project, recipe, progress)?;
    let path = project.folder.join(&recipe.output);
    let mut component = fs::read(&path).map_err(|source| BuildError::File { path, source })?;
    let imports = imports(&component);
    if !imports.is_empty() {
        let advice = recipe.imports.clone().unwrap_or_else(|| "remove the code that needs them".to_owned());
        return Err(BuildError::Imports { imports: imports.join(", "), advice });
    }
    if Parser::is_core_wasm(&component) {
        component = timed(progress, "component", "component", || component_of(&component))?;
    }
    let plugin = PluginComponent::recognise(component.clone(), &Limits::default())
        .map_err(|failure| BuildError::NoPlugin { reason: failure.detail })?;
    let file = output.unwrap_or_else(|| project.component());
    create_folder(file.parent().unwrap_or(Path::new("")))?;
    replace::replace_file(&file, |out| out.write_all(&component))
        .map_err(|source| BuildError::File { path: file.clone(), source })?;
    Ok(Built { size: component.len() as u64, digest: plugin.digest, file })
}

fn create_folder(path: &Path) -> Result<(), BuildError> {
    // `create_dir_all` accepts the empty path, the current folder.
    fs::create_dir_all(path).map_err(|source| BuildError::File { path: path.to_owned(), source })
}

/// Makes a component from a core module that embeds wit-bindgen's description of its world.
fn component_of(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| BuildError::NoComponent { reason: format!("{error:#}") })
}

/// The outermost imports of a module or component, by name. Anything other than WebAssembly has none; it is refused later, by
/// name.
fn imports(wasm: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    // Nested imports are provided by the component itself.
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(Payload::ImportSection(section)) if depth == 0 => {
                let imports = section.into_imports().flatten();
                names.extend(imports.map(|import| format!("{}.{}", import.module, import.name)));
            }
            Ok(Payload::ComponentImportSection(section)) if depth == 0 => {
                names.extend(section.into_iter().flatten().map(|import| import.name.name.to_owned()));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    names
}

/// Does one step of a build and reports how long it took. `title` is shown when it begins, `name` when it ends.
fn timed<T>(
    progress: &dyn Progress,
    title: &str,
    name: &str,
    work: impl FnOnce() -> Result<T, BuildError>,
) -> Result<T, BuildError> {
    progress.begin(title);
    let start = Instant::now();
    let done = work()?;
    progress.end(name, start.elapsed());
    Ok(done)
}
