//! Running a language's tools.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::BuildError;

/// Receives the progress of a build. The tools' own output goes to standard error as they write it.
pub trait Steps {
    fn begin(&self, step: &str);
    /// Called only for steps that succeed.
    fn end(&self, step: &str, took: Duration);
}

/// For builds without progress output.
#[derive(Clone, Copy, Debug)]
pub struct NoSteps;

impl Steps for NoSteps {
    fn begin(&self, _: &str) {}
    fn end(&self, _: &str, _: Duration) {}
}

/// Runs a tool to completion. `install` says how to get it, in a clause that follows the tool's name.
pub(super) fn run(command: &mut Command, install: &str) -> Result<(), BuildError> {
    // Standard output is reserved for wardline's own output.
    let status = without_secrets(command)
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .status()
        .map_err(|error| failed(command, install, error))?;
    if !status.success() {
        return Err(BuildError::Failed { command: shown(command), status });
    }
    Ok(())
}

/// Tools run the project's own code, which must not see the password of the signing key.
fn without_secrets(command: &mut Command) -> &mut Command {
    command.env_remove("WARDLINE_KEY_PASSWORD")
}

/// Runs a tool and returns its standard output.
pub(super) fn output_of(command: &mut Command, install: &str) -> Result<String, BuildError> {
    let output = without_secrets(command)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(command, install, error))?;
    if !output.status.success() {
        return Err(BuildError::Failed { command: shown(command), status: output.status });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started.
pub(super) fn exists(program: &str) -> bool {
    let mut command = Command::new(program);
    without_secrets(&mut command).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

fn failed(command: &Command, install: &str, source: io::Error) -> BuildError {
    match source.kind() {
        io::ErrorKind::NotFound => BuildError::Missing {
            program: command.get_program().to_string_lossy().into_owned(),
            install: install.to_owned(),
        },
        _ => BuildError::NotRun { command: shown(command), source },
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
