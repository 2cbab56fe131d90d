//! The demo's fleet: the expected findings on each of its machines, however it is scanned.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};
use wardline_fixtures::fleet::{self, Fleet};

use crate::support::program::{scan, wardline};

fn fleet() -> &'static Fleet {
    static FLEET: OnceLock<Fleet> = OnceLock::new();
    FLEET.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fleet");
        let _ = std::fs::remove_dir_all(&folder);
        fleet::demo(&folder).unwrap()
    })
}

fn folders() -> Vec<&'static Path> {
    fleet().machines.iter().map(|machine| machine.folder.as_path()).collect()
}

/// The report's targets without the fields that name their source.
fn findings(report: &Value) -> Vec<Value> {
    let targets = report["targets"].as_array().unwrap().iter().cloned();
    let without_source = targets.map(|mut target| {
        target["source"].take();
        target
    });
    without_source.collect()
}

#[test]
fn every_machine_has_the_findings_that_it_was_built_to_have() {
    let report = scan(&folders(), &fleet().catalog, &[]);
    for (machine, target) in fleet().machines.iter().zip(report["targets"].as_array().unwrap()) {
        assert_eq!(target["name"], machine.name);
        let found: Vec<_> = target["updates"].as_array().unwrap().iter().collect();
        if machine.legible {
            let mut expected: Vec<_> = machine
                .updates
                .iter()
                .map(|update| {
                    (update.bulletin.to_owned(), update.product.to_owned(), update.status.as_str().to_owned())
                })
                .collect();
            let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
            let mut found: Vec<_> = found
                .iter()
                .map(|finding| (text(finding, "bulletin"), text(finding, "product"), text(finding, "status")))
                .collect();
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{}", machine.name);
            assert_eq!(target["complete"], true, "{}", machine.name);
        } else {
            // Unknown is neither installed nor missing.
            assert!(found.iter().all(|finding| finding["status"] == "unable-to-scan"), "{found:?}");
            assert_eq!((&target["grade"], &target["complete"]), (&json!("incomplete"), &json!(false)));
        }
        for expected in &machine.checks {
            let grades: Vec<&str> = target["checks"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|check| check["mbsa"] == expected.mbsa)
                .map(|check| check["grade"].as_str().unwrap())
                .collect();
            assert_eq!(grades, [expected.grade], "{}: check {}", machine.name, expected.mbsa);
        }
    }
    assert_eq!(report["summary"]["not_covered"]["updates"], 0);
}

#[test]
fn the_report_is_what_its_schema_says() {
    let report = scan(&folders(), &fleet().catalog, &[]);
    assert_eq!(wardline_schemas::violations("report", &report), [""; 0]);
}

#[test]
fn a_recording_is_a_target_like_any_other_and_jobs_change_nothing() {
    let from_folders = scan(&folders(), &fleet().catalog, &["--jobs", "1"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let recordings: Vec<PathBuf> = fleet()
        .machines
        .iter()
        .map(|machine| {
            let recording = elsewhere.path().join(format!("{}.json", machine.name));
            let ran = wardline([
                "collect".as_ref(),
                machine.folder.as_os_str(),
                "-o".as_ref(),
                recording.as_os_str(),
                "--catalog".as_ref(),
                fleet().catalog.as_os_str(),
            ]);
            assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
            recording
        })
        .collect();
    let recordings: Vec<&Path> = recordings.iter().map(PathBuf::as_path).collect();
    let again = scan(&folders(), &fleet().catalog, &["--jobs", "8"]);
    assert_eq!(again, from_folders);
    for jobs in ["1", "8"] {
        let from_recordings = scan(&recordings, &fleet().catalog, &["--jobs", jobs]);
        for (recorded, read) in findings(&from_recordings).iter().zip(findings(&from_folders)) {
            assert_eq!(*recorded, read, "{} with {jobs} jobs", read["name"]);
        }
        assert_eq!(from_recordings["summary"], from_folders["summary"]);
        assert_eq!(from_recordings["targets"][0]["source"]["kind"], "recording");
    }
    // A recording made with checksums also answers a scan without them.
    let without = ["--no-checksums"];
    assert_eq!(
        findings(&scan(&recordings, &fleet().catalog, &without)),
        findings(&scan(&folders(), &fleet().catalog, &without))
    );
}

/// The kinds of tests and their verdicts, over all findings.
fn verdicts(report: &Value) -> Vec<(String, String)> {
    let targets = report["targets"].as_array().unwrap().iter();
    let updates = targets.flat_map(|target| target["updates"].as_array().unwrap());
    let tests = updates.flat_map(|update| update["tests"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    tests.map(|test| (text(&test["kind"]), text(&test["verdict"]))).collect()
}

#[test]
fn tests_that_the_operator_turns_off_do_not_count() {
    let counted = |report: &Value, kind: &str| {
        verdicts(report).iter().filter(|(found, verdict)| found == kind && verdict != "skipped").count()
    };
    let usual = scan(&folders(), &fleet().catalog, &[]);
    assert!(counted(&usual, "checksum") > 0 && counted(&usual, "registry") > 0);
    assert_eq!(counted(&scan(&folders(), &fleet().catalog, &["--no-checksums"]), "checksum"), 0);
    assert_eq!(counted(&scan(&folders(), &fleet().catalog, &["--no-registry"]), "registry"), 0);
}

#[test]
fn only_the_plugins_that_are_wanted_look() {
    let report = scan(&folders()[..1], &fleet().catalog, &["--only", "iis,sql"]);
    let plugins: Vec<&str> = report["targets"][0]["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| plugin["name"].as_str().unwrap())
        .collect();
    assert_eq!(plugins, ["iis", "sql"]);
    // The updates that the other plugins would have judged are reported as not judged.
    assert!(report["summary"]["not_covered"]["updates"].as_u64() > Some(0));
}

#[test]
fn exit_codes_are_those_of_the_documentation() {
    let catalog = fleet().catalog.to_str().unwrap();
    let folder = |name: &str| {
        let machine = fleet().machines.iter().find(|machine| machine.name == name).unwrap();
        machine.folder.to_str().unwrap()
    };
    for (arguments, code) in [
        (&["scan", folder("unpatched"), "--catalog", catalog][..], 0),
        (&["scan", folder("unpatched"), "--catalog", catalog, "--fail-on", "critical"], 2),
        (&["scan", folder("patched"), "--catalog", catalog, "--fail-on", "moderate"], 0),
        (&["scan", folder("damaged-hive"), "--catalog", catalog, "--strict"], 3),
        (&["scan", folder("damaged-hive"), "--catalog", catalog], 0),
        (&["scan"], 1),
        (&["scan", folder("patched"), "--catalog", "nowhere.xml"], 1),
        (&["--help"], 0),
    ] {
        assert_eq!(wardline(arguments).code, code, "{arguments:?}");
    }
}
