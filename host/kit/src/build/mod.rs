//! Building a component from a project; one file per language.

mod c;
mod js;
mod python;
mod rust;
mod tool;

pub use tool::{NoSteps, Steps};

use std::path::PathBuf;
use std::time::Instant;

use wardline_files::replace;
use wardline_sandbox::{Limits, PluginComponent};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use super::{Language, Project, ProjectError};

/// A language's way of building a component from a project.
trait Compiler {
    /// Compiles the project. All files are written below [`Project::build_folder`], except for packages that the language's
    /// tools look for elsewhere; all progress is reported to `steps`.
    fn component(&self, project: &Project, steps: &dyn Steps) -> Result<Vec<u8>, BuildError>;

    /// Where imports come from in this language and how to avoid them: shown if the component has any.
    fn about_imports(&self) -> &'static str;
}

/// Why no component was built. An earlier component is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("{program} is needed and not there; {install}")]
    Missing { program: String, install: String },
    #[error("`{command}` failed ({status}); what it said stands above")]
    Failed { command: String, status: std::process::ExitStatus },
    #[error("`{command}` cannot be run: {source}")]
    NotRun { command: String, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {reason}", path.display())]
    Contract { path: PathBuf, reason: String },
    #[error("what was compiled cannot be made a component: {reason}")]
    NoComponent { reason: String },
    #[error("what was compiled imports {imports}; a plugin imports nothing: {advice}")]
    Imports { imports: String, advice: &'static str },
    #[error("what was compiled is no plugin: {reason}")]
    NoPlugin { reason: String },
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
pub fn build(project: &Project, output: Option<PathBuf>, steps: &dyn Steps) -> Result<Built, BuildError> {
    let compiler: &dyn Compiler = match project.language {
        Language::Rust => &rust::Rust,
        Language::C => &c::C,
        Language::Js => &js::Js,
        Language::Python => &python::Python,
    };
    let component = compiler.component(project, steps)?;
    let advice = compiler.about_imports();
    let imports = imports(&component);
    if !imports.is_empty() {
        return Err(BuildError::Imports { imports: imports.join(", "), advice });
    }
    let plugin = PluginComponent::recognise(component.clone(), &Limits::default())
        .map_err(|failure| BuildError::NoPlugin { reason: failure.detail })?;
    let file = output.unwrap_or_else(|| project.component());
    let failed = |source| BuildError::File { path: file.clone(), source };
    if let Some(folder) = file.parent().filter(|folder| *folder != std::path::Path::new("")) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    replace::replace_file(&file, |out| out.write_all(&component)).map_err(failed)?;
    Ok(Built { size: component.len() as u64, digest: plugin.digest, file })
}

/// Makes a component from a core module that embeds wit-bindgen's description of its world.
fn component_of(module: &[u8], compiler: &dyn Compiler, steps: &dyn Steps) -> Result<Vec<u8>, BuildError> {
    step(steps, "component", || {
        let imports = imports(module);
        if !imports.is_empty() {
            return Err(BuildError::Imports { imports: imports.join(", "), advice: compiler.about_imports() });
        }
        ComponentEncoder::default()
            .module(module)
            .and_then(|encoder| encoder.validate(true).encode())
            .map_err(|error| BuildError::NoComponent { reason: format!("{error:#}") })
    })
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

/// The world of plugins that also say how to fix what they find.
fn checker() -> String {
    "checker".to_owned()
}

/// Runs one step of a build and reports how long it took.
fn step<T>(steps: &dyn Steps, name: &str, work: impl FnOnce() -> Result<T, BuildError>) -> Result<T, BuildError> {
    steps.begin(name);
    let start = Instant::now();
    let done = work()?;
    steps.end(name, start.elapsed());
    Ok(done)
}
