//! `wardline plugin build`.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::Fatal;
use crate::cli::exit::ExitStatus;
use crate::vendor::Project;
use crate::vendor::build::{Steps, build};

/// Make the component of a plugin's project, with the tools of its language
#[derive(Clone, Debug, clap::Args)]
pub struct BuildArgs {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// The component to write [default: build/NAME.wasm in the project]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &BuildArgs) -> Result<ExitStatus, Fatal> {
    let project = Project::open(&arguments.project)?;
    let built = build(&project, arguments.output.clone(), &OnStandardError)?;
    writeln!(stdout(), "{}  {:.1} KB  sha256 {}", shown(&built.file), built.size as f64 / 1e3, built.digest)?;
    Ok(ExitStatus::Fine)
}

/// A path as a person in the folder would write it.
pub(super) fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(".").unwrap_or(path).display()
}

struct OnStandardError;

impl Steps for OnStandardError {
    fn begin(&self, step: &str) {
        // With standard error closed there is nobody to tell.
        let _ = writeln!(anstream::stderr(), "==> {step}");
    }

    fn end(&self, step: &str, took: Duration) {
        let _ = writeln!(anstream::stderr(), "==> {step}: done in {:.1} s", took.as_secs_f64());
    }
}
