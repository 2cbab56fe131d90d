//! `wardline plugin build`.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::signable::WASM;
use crate::aliasing::Files;
use crate::cli::Fatal;
use crate::cli::exit::ExitStatus;
use crate::regular_file;
use crate::vendor::Project;
use crate::vendor::build::{Progress, build};

/// Build the component of a plugin's project, with the tools of its language
#[derive(Clone, Debug, clap::Args)]
pub struct BuildArgs {
    /// Project directory
    #[arg(value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// Component to write [default: build/NAME.wasm in the project]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &BuildArgs) -> Result<ExitStatus, Fatal> {
    if let Some(output) = arguments.output.as_deref().filter(|output| !is_replaceable(output)) {
        return Err(format!(
            "{}: file exists and is not WebAssembly; a build only replaces components",
            output.display()
        )
        .into());
    }
    let project = Project::open(&arguments.project)?;
    let mut files = Files::default();
    files.reads("the project file", &project.file());
    match &arguments.output {
        Some(output) => files.writes("-o", output),
        None => files.writes("the component", &project.component()),
    }
    files.writes_stdout();
    files.check()?;
    let built = build(&project, arguments.output.clone(), &OnStandardError)?;
    writeln!(stdout(), "{}  {:.1} KB  sha256 {}", shown(&built.file), built.size as f64 / 1e3, built.digest)?;
    Ok(ExitStatus::Success)
}

/// Whether a component may be written to this path: nothing exists there, or only an earlier component. Any other file may be a
/// source of the project.
fn is_replaceable(output: &Path) -> bool {
    match regular_file::read(output, WASM.len() as u64) {
        Ok(beginning) => beginning.is_empty() || beginning.starts_with(WASM),
        // A file that cannot be read cannot be replaced either, and that error has its own message.
        Err(_) => true,
    }
}

/// A path as a person in the folder would write it.
pub(super) fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(".").unwrap_or(path).display()
}

struct OnStandardError;

impl Progress for OnStandardError {
    fn begin(&self, step: &str) {
        // If standard error is closed, there is no one to notify.
        let _ = writeln!(anstream::stderr(), "==> {step}");
    }

    fn end(&self, step: &str, took: Duration) {
        let _ = writeln!(anstream::stderr(), "==> {step}: done in {:.1} s", took.as_secs_f64());
    }
}
