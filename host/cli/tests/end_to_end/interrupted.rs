//! Scans that are stopped or killed, and what they leave.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use wardline_fixtures::WindowsVolume;

use crate::support::program::{program, program_after, run};

/// The maximum time to wait for the program.
const PATIENCE: Duration = Duration::from_secs(300);

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        WindowsVolume::windows_2000_server().write_to(&folder.path().join("volume")).unwrap();
        std::fs::create_dir(folder.path().join("reports")).unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        Place { folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A scan that has begun a report and is waiting for a reader of its second one.
    fn waiting(&self, mut program: Command) -> Child {
        let outputs = [("json", "reports/report.json"), ("text", "pipe")];
        program.arg("scan").arg(self.at("volume")).arg("--record").arg(self.at("new/records"));
        for (format, file) in outputs {
            program.arg("-o").arg(format!("{format}={}", self.at(file).display()));
        }
        let before = self.unfinished();
        // A test run in the background may ignore signals, and ignored signals are inherited.
        let mut child = Command::new("env");
        child.arg("--default-signal").arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => child.env(name, value),
                None => child.env_remove(name),
            };
        }
        let mut child = child.spawn().unwrap();
        until("a report was begun", || {
            assert_eq!(child.try_wait().unwrap(), None, "the scan ended by itself");
            self.unfinished().iter().any(|name| !before.contains(name))
        });
        child
    }

    /// The names of files that wardline has begun and not finished.
    fn unfinished(&self) -> Vec<OsString> {
        let names = |folder| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let all = names(self.at("reports")).chain(names(self.at("new/records")));
        all.filter(|name| name.to_string_lossy().starts_with(".wardline")).collect()
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_signal_to_end_leaves_nothing_behind() {
    let place = Place::new();
    std::fs::write(place.at("reports/report.json"), "old").unwrap();
    // The shells' convention: 128 plus the signal number.
    let table = [
        ("HUP", 129),
        ("INT", 130),
        ("QUIT", 131),
        ("TERM", 143),
        ("ALRM", 142),
        // Their numbers differ between systems.
        ("USR1", 128 + signal_hook::consts::SIGUSR1),
        ("USR2", 128 + signal_hook::consts::SIGUSR2),
        ("VTALRM", 128 + signal_hook::consts::SIGVTALRM),
        ("PROF", 128 + signal_hook::consts::SIGPROF),
        ("XCPU", 128 + signal_hook::consts::SIGXCPU),
    ];
    for (name, code) in table {
        let mut child = place.waiting(program());
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{name}");
        assert_eq!(place.unfinished().len(), 0, "{name}");
        assert_eq!(std::fs::read_to_string(place.at("reports/report.json")).unwrap(), "old");
        assert!(!place.at("new").exists(), "{name}: an empty folder stays");
    }
}

#[test]
fn a_file_larger_than_the_limit_is_an_error() {
    let place = Place::new();
    std::fs::write(place.at("reports/report.json"), "old").unwrap();
    let output = format!("json={}", place.at("reports/report.json").display());
    let volume = place.at("volume");
    // Compiled before: the limit would also end that.
    assert_eq!(run(program().arg("scan").arg(&volume).args(["--only", "ie"])).code, 0);
    // In KiB: less than the size of a report.
    let ran = run(program_after("ulimit -f 1").arg("scan").arg(&volume).args(["--only", "ie", "-o", &output]));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    // The limit also applies to the plugins' memory, which is a file where memory is shared.
    assert!(ran.stderr.contains("cannot write the report") && ran.stderr.contains("too large"), "{}", ran.stderr);
    assert_eq!(place.unfinished().len(), 0);
    assert_eq!(std::fs::read_to_string(place.at("reports/report.json")).unwrap(), "old");
}

#[test]
fn a_signal_that_is_to_be_ignored_is() {
    let place = Place::new();
    let mut child = place.waiting(program_after("trap '' HUP"));
    signal(&child, "HUP");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(child.try_wait().unwrap(), None);
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn what_a_killed_scan_leaves_the_next_one_removes() {
    let place = Place::new();
    let mut killed = place.waiting(program());
    signal(&killed, "KILL");
    killed.wait().unwrap();
    let left = place.unfinished();
    assert_eq!(left.len(), 1);
    // Another process that is still writing keeps its own file.
    let mut other = place.waiting(program());
    assert!(place.unfinished().len() == 1 && place.unfinished() != left);
    let output = format!("json={}", place.at("reports/report.json").display());
    let ran = run(program().arg("scan").arg(place.at("volume")).args(["-o", &output]));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(place.unfinished().len(), 1);
    signal(&other, "INT");
    other.wait().unwrap();
    assert_eq!(place.unfinished().len(), 0);
    assert!(place.at("reports/report.json").is_file());
}
