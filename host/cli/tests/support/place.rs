//! Running the program with a foreign plugin and a target to try it on.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// A working folder, which is also the operator's configuration folder.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    /// A place with the foreign plugin `acme.wasm` (its name is `misbehaving`), which behaves well on the target `target.json`.
    pub(crate) fn new() -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        std::fs::copy(guest(), place.path("acme.wasm")).unwrap();
        place.write(
            "target.json",
            r#"{"format":"wardline.recording/1","name":"WEB01","answers":[
                [{"registry-value":{"key":"HKLM\\SOFTWARE\\Example","name":"Value"}},
                 {"known":{"registry-value":{"dword":4711}}}]]}"#,
        );
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the program here. Words are separated by spaces.
    pub(crate) fn wardline(&self, line: &str) -> Ran {
        self.wardline_with(line, &[])
    }

    pub(crate) fn wardline_with(&self, line: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardline"));
        command.args(line.split_whitespace().map(OsStr::new)).current_dir(self.0.path());
        // The plugins are compiled once for all tests.
        command.env("WARDLINE_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
        command.env("WARDLINE_CONFIG_DIR", self.0.path()).env_remove("WARDLINE_KEY_PASSWORD");
        command.env("WARDLINE_HISTORY", "off");
        command.envs(variables.iter().copied()).stdin(std::process::Stdio::null());
        let Output { status, stdout, stderr } = command.output().unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: without_patience(&String::from_utf8(stderr).unwrap()),
        }
    }

    /// Runs a command that must succeed.
    pub(crate) fn done(&self, line: &str) -> String {
        let ran = self.wardline(line);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "wardline {line}");
        ran.stdout
    }

    /// The report on the foreign plugin: its outcome and the detail.
    pub(crate) fn outcome(&self, options: &str) -> (String, String) {
        let ran = self.wardline(&format!("scan target.json --plugin acme.wasm -o json {options}"));
        let report = ran.json();
        let plugins = report["targets"][0]["plugins"].as_array().unwrap().clone();
        // A plugin that was named and refused leaves the scan incomplete.
        let refused = plugins.iter().any(|plugin| plugin["outcome"] == "refused");
        assert_eq!(ran.code, if refused { 3 } else { 0 }, "{}", ran.stderr);
        assert!(plugins.iter().filter(|plugin| plugin["outcome"] == "ok").count() >= 4, "{plugins:?}");
        let foreign = plugins.last().unwrap();
        let text = |key: &str| foreign[key].as_str().unwrap_or_default().to_owned();
        (text("outcome"), text("detail"))
    }
}

/// Removes the message about compiling, because whether it appears depends on the machine and on which test came first.
fn without_patience(stderr: &str) -> String {
    stderr.split_inclusive('\n').filter(|line| !line.starts_with("wardline: compiling;")).collect()
}

fn guest() -> PathBuf {
    let folder = std::env::var_os("WARDLINE_GUESTS_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests")), PathBuf::from);
    let path = folder.join("wardline-misbehaving.wasm");
    assert!(path.is_file(), "{} is missing; run `cargo xtask guests`", path.display());
    path
}
