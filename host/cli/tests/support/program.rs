//! Running the program as an administrator would.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The result of running the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// The only line on standard error.
    pub(crate) fn complaint(&self) -> &str {
        let lines: Vec<&str> = self.stderr.lines().collect();
        match lines.as_slice() {
            [line] => line,
            _ => panic!("one line was expected on stderr: {lines:?}"),
        }
    }
}

/// The program with its cache: the plugins are compiled once for all tests.
pub(crate) fn program() -> Command {
    with_cache(Command::new(env!("CARGO_BIN_EXE_wardline")))
}

/// The program run by `exec` in a shell that first runs `before`: set a limit, ignore a signal.
#[cfg(unix)]
pub(crate) fn program_after(before: &str) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_wardline")]);
    with_cache(shell)
}

fn with_cache(mut command: Command) -> Command {
    assert!(
        !wardline::stock::stock_plugins().is_empty(),
        "built without stock plugins; `cargo xtask test` builds them first"
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Catalogs that somebody fetched on this machine are none of the tests'.
    command.env("WARDLINE_CACHE_DIR", folder.join("cache")).env("WARDLINE_DATA_DIR", folder.join("no-data"));
    command.env("WARDLINE_HISTORY", "off");
    // Nor is the configuration of whoever runs them.
    command.env("WARDLINE_CONFIG_DIR", folder.join("no-configuration"));
    command
}

/// Runs the program.
pub(crate) fn wardline(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
    run(program().args(arguments))
}

/// Runs a command to completion.
pub(crate) fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ran {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// Scans and returns the report.
pub(crate) fn scan(targets: &[&Path], catalog: &Path, more: &[&str]) -> Value {
    let mut arguments: Vec<&OsStr> = vec!["scan".as_ref(), "--catalog".as_ref(), catalog.as_ref()];
    arguments.extend(["-o", "json"].map(OsStr::new));
    arguments.extend(more.iter().map(OsStr::new));
    arguments.extend(targets.iter().map(|target| target.as_os_str()));
    let ran = wardline(arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.json()
}

/// A file in `../shared/data` next to the project.
pub(crate) fn shared_data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(file)
}
