//! Scans that are added to a history, and the commands that read it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wardline_fixtures::fleet::{self, Fleet};
use wardline_fixtures::postgres::Postgres;

use crate::support::program::{Ran, program, run};

/// A fleet, and a folder for histories and reports.
struct Place {
    folder: tempfile::TempDir,
    fleet: Fleet,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet::demo(&folder.path().join("fleet")).unwrap();
        Place { folder, fleet }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn machines(&self) -> Vec<&Path> {
        self.fleet.machines.iter().map(|machine| machine.folder.as_path()).collect()
    }

    /// A scan of these machines, by default in the history `history.sqlite` here.
    fn scan(&self, machines: &[&Path], more: &[&str]) -> Ran {
        run(self.program().arg("scan").arg("--catalog").arg(&self.fleet.catalog).args(more).args(machines))
    }

    fn history(&self, arguments: &[&str]) -> Ran {
        run(self.program().arg("history").args(arguments))
    }

    fn program(&self) -> Command {
        let mut program = program();
        program.current_dir(self.folder.path()).env("WARDLINE_HISTORY", self.at("history.sqlite"));
        program
    }
}

#[test]
fn scans_are_listed_shown_compared_and_pruned() {
    let place = Place::new();
    let machines = place.machines();
    let (last, others) = machines.split_last().unwrap();
    let first = place.scan(&machines, &["-o", "json=first.json", "-o", "csv"]);
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    assert_eq!(place.scan(others, &["-o", "json=second.json"]).code, 0);

    let list = place.history(&["list", "-o", "json"]).json();
    let numbers: Vec<_> = list.as_array().unwrap().iter().map(|scan| (&scan["number"], &scan["machines"])).collect();
    assert_eq!(numbers, [(&1.into(), &machines.len().into()), (&2.into(), &others.len().into())]);
    assert!(
        place.history(&["list"]).stdout.lines().nth(1).unwrap().trim_start().starts_with("2 "),
        "the last one comes first"
    );

    let saved: Value = serde_json::from_slice(&std::fs::read(place.at("first.json")).unwrap()).unwrap();
    let shown = place.history(&["show", "1", "-o", "json", "-o", "html=first.html"]).json();
    assert_eq!((&shown["targets"], &shown["catalog"]), (&saved["targets"], &saved["catalog"]));
    assert!(std::fs::read_to_string(place.at("first.html")).unwrap().contains("<!DOCTYPE html>"));
    let converted = run(place.program().args(["report", "first.json", "-o", "csv"]));
    assert_eq!((converted.code, converted.stdout), (0, first.stdout));

    let diff = place.history(&["diff", "-o", "json"]).json();
    assert_eq!(diff["machines"]["vanished"][0]["location"], last.display().to_string());
    assert_eq!((&diff["machines"]["changed"], &diff["changes"]), (&0.into(), &Value::Array(Vec::new())));
    assert!(place.history(&["diff"]).stdout.contains("Not in the later scan:"));
    let trend = place.history(&["trend", "-o", "json"]).json();
    assert_eq!(trend[1]["since"]["vanished"], 1);

    let pruned = place.history(&["prune", "--keep", "1"]);
    assert!(pruned.stdout.starts_with("Removed 1 scan; kept 1 scan."), "{}{}", pruned.stdout, pruned.stderr);
    let gone = place.history(&["show", "1"]);
    assert_eq!(gone.code, 1);
    assert!(gone.complaint().contains("no scan 1: it has only scan 2"), "{}", gone.stderr);
}

#[test]
fn several_reports_become_one_if_their_catalogs_are_the_same() {
    let place = Place::new();
    let machines = place.machines();
    let (one, other) = machines.split_at(1);
    assert_eq!(place.scan(one, &["--no-history", "-o", "json=one.json"]).code, 0);
    assert_eq!(place.scan(other, &["--no-history", "-o", "json=other.json"]).code, 0);
    assert!(!place.at("history.sqlite").exists());
    let whole = place.scan(&machines, &["--no-history", "-o", "csv"]);
    let joined = run(place.program().args(["report", "one.json", "other.json", "-o", "csv"]));
    assert_eq!((joined.code, joined.stdout), (0, whole.stdout));
    let ran = run(place.program().args(["scan", "--no-history", "-o", "json=none.json"]).arg(one[0]));
    assert_eq!(ran.code, 0);
    let refused = run(place.program().args(["report", "one.json", "none.json", "-o", "csv=joined.csv"]));
    assert_eq!(refused.code, 1);
    assert!(refused.complaint().contains("one.json and none.json were judged by different catalogs"));
    assert!(!place.at("joined.csv").exists());
}

#[test]
fn only_new_problems_are_reported_and_counted_with_new_only() {
    let place = Place::new();
    let machines = place.machines();
    let new_only = ["--new-only", "--fail-on", "low", "-o", "json"];
    let first = place.scan(&machines, &new_only);
    assert_eq!(first.code, 2, "nothing is known yet");
    assert!(!first.stderr.contains("--new-only"), "{}", first.stderr);
    let second = place.scan(&machines, &new_only);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert!(second.stderr.contains("--new-only: left out"), "{}", second.stderr);
    let report = second.json();
    assert_eq!(report["summary"]["updates"]["missing"], 0);
    assert_eq!(report["targets"].as_array().unwrap().len(), machines.len());
    // The history has all of them.
    assert_eq!(place.history(&["diff", "-o", "json"]).json()["changes"], Value::Array(Vec::new()));
}

#[test]
fn a_scan_that_opened_no_machine_is_not_kept() {
    let place = Place::new();
    assert_eq!(place.scan(&[Path::new("no-such-machine")], &["-o", "json"]).code, 1);
    let scans = || place.history(&["list", "-o", "json"]).json().as_array().unwrap().len();
    assert_eq!(scans(), 0);
    assert_eq!(place.scan(&place.machines()[..1], &["-o", "json"]).code, 0);
    assert_eq!(scans(), 1);
}

#[test]
fn a_history_that_cannot_be_used_never_costs_a_report() {
    let place = Place::new();
    let machine = &place.machines()[..1];
    std::fs::write(place.at("history.sqlite"), "This is a letter, and not a history.".repeat(99)).unwrap();
    let ran = place.scan(machine, &["-o", "json"]);
    assert_eq!((ran.code, ran.json()["targets"].as_array().unwrap().len()), (0, 1));
    assert!(ran.complaint().contains("the scan is not added to the history: "), "{}", ran.stderr);
    let named = place.scan(machine, &["-o", "json=report.json", "--history", "history.sqlite"]);
    assert_eq!(named.code, 1);
    assert!(named.complaint().contains("history.sqlite: not a history of wardline"), "{}", named.stderr);
    assert!(!place.at("report.json").exists());
    let same = place.scan(machine, &["-o", "json=new", "--history", "new"]);
    assert!(same.complaint().contains("write to the same file"), "{}", same.stderr);
    let missing = run(place.program().args(["history", "--history", "no-such-file", "list"]));
    assert_eq!((missing.code, place.at("no-such-file").exists()), (1, false));
    assert!(missing.complaint().contains("no such history"), "{}", missing.stderr);
}

#[test]
fn a_history_can_be_on_a_server() {
    let Some(server) = Postgres::start() else { return };
    let place = Place::new();
    let machines = place.machines();
    server.sql("postgres", "CREATE ROLE audit LOGIN PASSWORD 'opensesame'");
    let database = server.create_database();
    server.sql("postgres", &format!("GRANT CREATE ON DATABASE {database} TO audit"));
    let url = server.tcp_url("audit", &database);
    let with = |variable: &str, value: &str, arguments: &[&str]| {
        let mut program = place.program();
        program.env("WARDLINE_HISTORY", &url).env("HOME", place.folder.path()).env(variable, value);
        run(program.args(arguments))
    };
    let scan = |variable: &str, value: &str, more: &[&str]| {
        let mut arguments = vec!["scan", "-o", "json", "--catalog", place.fleet.catalog.to_str().unwrap()];
        arguments.extend(more);
        arguments.extend(machines.iter().map(|machine| machine.to_str().unwrap()));
        with(variable, value, &arguments)
    };
    let first = scan("PGPASSWORD", "opensesame", &[]);
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    // A scan that cannot be added to the history is still reported, unless the history was named.
    let without = scan("PGUSER", "audit", &[]);
    assert_eq!((without.code, without.json()["targets"].as_array().unwrap().len()), (0, machines.len()));
    let expected = format!("postgres://audit@localhost:{}/{database}: the server asks for a password", server.port());
    assert!(without.complaint().contains(&expected), "{}", without.stderr);
    let named = scan("PGPASSWORD", "wrong", &["--history", &url]);
    assert_eq!((named.code, named.stdout.as_str()), (1, ""));
    assert!(named.complaint().contains("does not accept the user or the password"), "{}", named.stderr);

    // A password file for the same server, which only its owner may read.
    let file = place.at("passwords");
    std::fs::write(&file, format!("localhost:{}:*:audit:opensesame\n", server.port())).unwrap();
    let reader = |arguments: &[&str]| with("PGPASSFILE", file.to_str().unwrap(), arguments);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let refused = reader(&["history", "list"]);
        assert!(refused.code == 1 && refused.complaint().contains("others can read it"), "{}", refused.stderr);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(scan("PGPASSFILE", file.to_str().unwrap(), &["--new-only"]).code, 0);
    let numbers = reader(&["history", "list", "-o", "json"]).json();
    assert_eq!(numbers.as_array().unwrap().iter().map(|scan| &scan["number"]).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(reader(&["history", "show", "1", "-o", "json"]).json()["targets"], first.json()["targets"]);
    assert_eq!(reader(&["history", "diff", "-o", "json"]).json()["changes"], Value::Array(Vec::new()));
    let pruned = reader(&["history", "prune", "--keep", "1"]);
    assert!(pruned.stdout.starts_with("Removed 1 scan; kept 1 scan."), "{}", pruned.stdout);
    let wrong = run(place.program().args(["history", "--history", "postgres://h/d?sslmode=verify-ca", "list"]));
    assert!(wrong.code == 1 && wrong.stderr.contains("`sslmode=verify-ca` is not supported"), "{}", wrong.stderr);
}
