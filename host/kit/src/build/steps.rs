//! Running the commands of a project's `[build]`.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use wardline_files::platform;

use super::{BuildError, Progress, timed};
use crate::Project;
use crate::recipe::{Recipe, Step};

/// Runs the steps, except those whose result is still there and up to date.
pub(super) fn run(project: &Project, recipe: &Recipe, progress: &dyn Progress) -> Result<(), BuildError> {
    let folder = absolute(&project.folder)?;
    let values = [
        ("{wit}", shown(&absolute(&project.wit)?)),
        ("{world}", recipe.world.clone()),
        ("{output}", shown(&folder.join(&recipe.output))),
        ("{python}", platform::python().to_owned()),
        ("{cargo-home}", cargo_home().as_deref().map(shown).unwrap_or_default()),
        ("{folder}", shown(&folder)),
    ];
    let filled = |text: &String| values.iter().fold(text.clone(), |text, (name, value)| text.replace(name, value));
    let mut is_stale = false;
    for (number, step) in recipe.steps.iter().enumerate() {
        let words: Vec<String> = step.command.iter().map(filled).collect();
        let env = step.env.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
        let invocation = Invocation { folder: &folder, step, words, env };
        let record = invocation.record()?;
        let recorded = project.build_folder().join(format!("steps/{number}"));
        let exists = step.creates.as_ref().is_some_and(|path| folder.join(path).exists());
        if exists && !is_stale && fs::read(&recorded).is_ok_and(|earlier| earlier == record) {
            continue;
        }
        is_stale = true;
        // Absent while the step runs: a step that was interrupted is repeated.
        let failed = |source| BuildError::File { path: recorded.clone(), source };
        match fs::remove_file(&recorded) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let done = timed(progress, &invocation.words.join(" "), invocation.program(), || invocation.run());
        if !step.optional {
            done?;
        }
        if step.creates.is_some() {
            fs::create_dir_all(project.build_folder().join("steps")).map_err(failed)?;
            fs::write(&recorded, record).map_err(failed)?;
        }
    }
    Ok(())
}

/// A step with its placeholders filled in.
struct Invocation<'a> {
    folder: &'a Path,
    step: &'a Step,
    words: Vec<String>,
    env: Vec<(String, String)>,
}

impl Invocation<'_> {
    fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Returns everything that the result depends on: the command, and the contents of the files of `from`.
    fn record(&self) -> Result<Vec<u8>, BuildError> {
        let mut record = format!("{:?}\n{:?}\n", self.words, self.env).into_bytes();
        for path in self.step.from.iter().map(|path| self.folder.join(path)) {
            record.extend(fs::read(&path).map_err(|source| BuildError::File { path, source })?);
        }
        Ok(record)
    }

    fn run(&self) -> Result<(), BuildError> {
        let command = || self.words.join(" ");
        let status = self.status(self.program()).or_else(|error| match error.kind() {
            // The programs of Node.js are scripts there.
            io::ErrorKind::NotFound if cfg!(windows) => self.status(&format!("{}.cmd", self.program())),
            _ => Err(error),
        });
        let install = self.step.install.clone().unwrap_or_default();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(BuildError::Failed { command: command(), status, install }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(BuildError::Missing { program: self.program().to_owned(), install })
            }
            Err(source) => Err(BuildError::NotRun { command: command(), source }),
        }
    }

    fn status(&self, program: &str) -> io::Result<ExitStatus> {
        let own = self.step.path.iter().map(|path| self.folder.join(path));
        let usual = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(own.chain(env::split_paths(&usual))).map_err(io::Error::other)?;
        let mut command = Command::new(program);
        command.args(self.words.iter().skip(1)).current_dir(self.folder).env("PATH", path);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        // A project's own code must not see the password of the signing key.
        command.env_remove("WARDLINE_KEY_PASSWORD");
        // Standard output is reserved for wardline's own output.
        command.stdin(Stdio::null()).stdout(io::stderr()).status()
    }
}

fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    std::path::absolute(path).map_err(|source| BuildError::File { path: path.to_owned(), source })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The folder where cargo keeps the sources of crates.
fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}
