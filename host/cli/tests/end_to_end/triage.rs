//! Waivers, ignore lists, ratings and gates, as an administrator uses them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wardline_fixtures::fleet::{self, Fleet};

use crate::support::program::{Ran, wardline};

/// The demo's fleet, and a place for the operator's files.
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

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Scans the first machine.
    fn scan(&self, more: &[&str]) -> Ran {
        let mut arguments = vec!["scan", self.fleet.machines[0].folder.to_str().unwrap()];
        arguments.extend(["--catalog", self.fleet.catalog.to_str().unwrap()]);
        arguments.extend(more);
        wardline(arguments)
    }
}

/// The missing updates of the only machine, by bulletin.
fn missing(report: &Value) -> Vec<String> {
    let updates = report["targets"][0]["updates"].as_array().unwrap();
    let missing = updates.iter().filter(|update| update["status"] == "missing");
    missing.map(|update| update["bulletin"].as_str().unwrap().to_owned()).collect()
}

fn waiver(findings: &[String], expires: &str) -> String {
    format!("[[waiver]]\nfinding = {findings:?}\nreason = \"Until the move.\"\nowner = \"Ann\"\nexpires = {expires}\n")
}

#[test]
fn a_waived_finding_fails_no_scan_until_its_day_is_over() {
    let place = Place::new();
    let ran = place.scan(&["-o", "json", "--fail-on", "missing"]);
    let report = ran.json();
    let names = missing(&report);
    assert!(!names.is_empty());
    assert_eq!(ran.code, 2);
    let count = names.len();
    assert!(
        ran.complaint().starts_with(&format!("wardline: gate failed: --fail-on missing ({count} update")),
        "{}",
        ran.stderr
    );
    assert_eq!(report["summary"]["gates"][0]["passed"], false);
    assert_eq!(wardline_schemas::violations("report", &report), [""; 0]);

    let file = place.write("waivers.toml", &waiver(&names, "2027-03-31"));
    let file = file.to_str().unwrap();
    let until = |day: &str| place.scan(&["-o", "json", "--fail-on", "missing", "--waivers", file, "--as-of", day]);
    let ran = until("2027-03-31");
    let report = ran.json();
    assert_eq!((ran.code, ran.complaint()), (0, "wardline: gate passed: --fail-on missing (no updates are missing)"));
    assert_eq!(report["summary"]["waived"], json!({"findings": count, "targets": 1}));
    assert_eq!(report["summary"]["updates"]["missing"], 0);
    let waived = &report["targets"][0]["updates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|update| update["status"] == "missing")
        .unwrap()["waived"];
    assert_eq!(waived["reason"], "Until the move.");
    assert_eq!(waived["source"], format!("{file}, line 1"));
    assert_eq!(wardline_schemas::violations("report", &report), [""; 0]);

    let ran = until("2027-04-01");
    assert_eq!(ran.code, 2);
    let first = ran.stderr.lines().next().unwrap();
    assert!(first.contains("line 1: ") && first.contains("(owner Ann): expired on 2027-03-31:"), "{first}");
    assert_eq!(ran.json()["summary"]["waivers_to_review"][0]["problem"], "expired");
    assert_eq!(wardline_schemas::violations("report", &ran.json()), [""; 0]);
}

#[test]
fn text_counts_what_is_waived_and_shows_it_on_request() {
    let place = Place::new();
    let names = missing(&place.scan(&["-o", "json"]).json());
    let file = place.write("waivers.toml", &waiver(&names[..1], "\"never\""));
    let file = file.to_str().unwrap();
    let hidden = place.scan(&["--waivers", file]);
    assert_eq!((hidden.code, hidden.stderr.as_str()), (0, ""));
    assert!(hidden.stdout.contains("1 finding is waived"), "{}", hidden.stdout);
    assert!(!hidden.stdout.contains(&names[0]), "{}", hidden.stdout);
    let shown = place.scan(&["--waivers", file, "--show-waived"]);
    assert!(shown.stdout.contains(&names[0]) && shown.stdout.contains("Until the move."), "{}", shown.stdout);
    // A list of names does the same without a reason.
    let list = place.write("ignore.txt", &format!("{}\r\nQ999999\r\n", names[0]));
    let ignored = place.scan(&["--ignore", list.to_str().unwrap()]);
    assert_eq!(ignored.code, 0);
    assert!(
        ignored.complaint().ends_with("1 of 2 lines ignore nothing: no machine of this scan has the findings"),
        "{}",
        ignored.stderr
    );
    assert!(!ignored.stdout.contains(&names[0]), "{}", ignored.stdout);
}

#[test]
fn a_bad_file_ends_the_scan_before_it_begins() {
    let place = Place::new();
    let waivers = place.write("waivers.toml", "[[waiver]]\nfinding = \"MS01-033\"\n");
    let report = place.folder.path().join("report.json");
    let output = format!("json={}", report.display());
    let absent = place.folder.path().join("absent.toml");
    for (option, file, words) in [
        ("--waivers", &waivers, "waivers.toml, line 1: missing field `reason`"),
        ("--ratings", &waivers, "waivers.toml, line 1: unknown field `waiver`"),
        ("--ignore", &waivers, "waivers.toml, line 1: expected a number such as Q296441"),
        ("--waivers", &absent, "absent.toml: cannot be read: "),
    ] {
        let ran = place.scan(&[option, file.to_str().unwrap(), "-o", &output]);
        assert_eq!(ran.code, 1);
        assert!(ran.complaint().contains(words), "{}", ran.stderr);
        assert!(!report.exists());
    }
    for line in ["--fail-coverage-below=101", "--fail-on=severe", "--as-of=tomorrow", "--role=server"] {
        assert_eq!(place.scan(&[line]).code, 1, "{line}");
    }
    let over = place.scan(&["--waivers", waivers.to_str().unwrap(), "-o", &format!("json={}", waivers.display())]);
    assert_eq!(over.code, 1);
    assert!(over.stderr.contains("--waivers"), "{}", over.stderr);
    assert!(Path::new(&waivers).metadata().unwrap().len() > 0);
}

#[test]
fn severity_depends_on_the_role_of_the_machine() {
    let place = Place::new();
    let names = missing(&place.scan(&["-o", "json"]).json());
    let text = format!(
        "[[rating]]\nfinding = {names:?}\neffects = [\"hostile-web-site\", \"denial-of-service\"]\nreason = \"Only stops.\"\n"
    );
    let file = place.write("ratings.toml", &text);
    for (role, severity) in [("internet-server", "critical"), ("internal-server", "moderate"), ("client", "moderate")] {
        let ran = place.scan(&["-o", "json", "--ratings", file.to_str().unwrap(), "--role", role]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let report = ran.json();
        let updates = report["targets"][0]["updates"].as_array().unwrap();
        let rated = |update: &&Value| update["status"] == "missing";
        assert!(updates.iter().filter(rated).all(|update| update["severity"] == severity), "{role}: {updates:?}");
        assert_eq!(report["targets"][0]["role"], role);
        assert_eq!(wardline_schemas::violations("report", &report), [""; 0]);
    }
}

#[test]
fn an_explanation_tells_what_was_decided() {
    let place = Place::new();
    let name = missing(&place.scan(&["-o", "json"]).json()).remove(0);
    let waivers = place.write("waivers.toml", &waiver(std::slice::from_ref(&name), "2027-03-31"));
    let explain = |more: &[&str]| {
        let mut arguments = vec!["explain", place.fleet.machines[0].folder.to_str().unwrap(), &name];
        arguments.extend(["--catalog", place.fleet.catalog.to_str().unwrap(), "--as-of", "2027-01-01"]);
        arguments.extend(["--waivers", waivers.to_str().unwrap()]);
        arguments.extend(more);
        wardline(arguments)
    };
    assert_eq!(explain(&["-o", "json"]).json()["updates"][0]["waived"]["reason"], "Until the move.");
    let text = explain(&[]).stdout;
    assert!(text.contains("Waived until 2027-03-31 by Ann ("), "{text}");
}

#[test]
fn machines_of_a_fleet_have_the_roles_that_it_gives_them() {
    let place = Place::new();
    let machines = &place.fleet.machines;
    let listed = |index: usize, name: &str, role: &str| {
        format!("[[machines]]\nname = \"{name}\"\nevidence = {:?}\n{role}\n", machines[index].folder)
    };
    let fleet = [
        listed(0, "first", "groups = [\"dmz\"]"),
        listed(1, "second", "role = \"client\""),
        listed(2, "third", "role = \"internet-server\""),
    ];
    let fleet = place.write("fleet.toml", &format!("[groups.dmz]\nrole = \"internet-server\"\n{}", fleet.concat()));
    let scan = ["scan", "-o", "json", "--role", "internal-server", "--fleet", fleet.to_str().unwrap()];
    let outside = machines[3].folder.to_str().unwrap();
    let report = wardline(scan.into_iter().chain([outside])).json();
    let targets = report["targets"].as_array().unwrap();
    let roles: Vec<_> = targets.iter().map(|target| (&target["source"]["location"], &target["role"])).collect();
    let locations = [3, 0, 1, 2].map(|index| json!(machines[index].folder));
    let expected = ["internal-server", "internet-server", "client", "internet-server"].map(|role| json!(role));
    assert_eq!(roles, locations.iter().zip(&expected).collect::<Vec<_>>());
}

#[test]
fn a_scan_that_judged_too_little_fails() {
    let place = Place::new();
    let coverage = |percent: &str, more: &[&str]| {
        let mut arguments = vec!["-o", "json", "--fail-coverage-below", percent];
        arguments.extend(more);
        place.scan(&arguments)
    };
    assert_eq!(coverage("50", &[]).code, 0);
    let all = coverage("100", &[]);
    assert_eq!(all.code, 0, "{}", all.stderr);
    let nothing = tempfile::tempdir().unwrap();
    let half = coverage("50.01", &[nothing.path().to_str().unwrap()]);
    // That a target could not be opened takes precedence.
    assert_eq!(half.code, 3);
    assert!(
        half.stderr.lines().last().unwrap().contains("gate failed: --fail-coverage-below 50.01 (50 % was judged)"),
        "{}",
        half.stderr
    );
}
