//! Today's Windows: catalogs in folders, texts and disk images as targets, and one verdict explained.

use std::path::Path;

use serde_json::Value;
use wardline_fixtures::fleet::{self, TodaysFleet};
use wardline_fixtures::ntfs::NtfsVolume;

use crate::support::program::{scan, wardline};

fn fleet(name: &str) -> TodaysFleet {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    fleet::today(&folder).unwrap()
}

/// The articles with a status, sorted.
fn with_status(target: &Value, status: &str) -> Vec<String> {
    let updates = target["updates"].as_array().unwrap().iter();
    let mut articles: Vec<String> = updates
        .filter(|update| update["status"] == status)
        .map(|update| update["kb"].as_str().unwrap().to_owned())
        .collect();
    articles.sort();
    articles.dedup();
    articles
}

#[test]
fn every_machine_of_today_lacks_what_it_was_built_to_lack() {
    let fleet = fleet("today");
    let folders: Vec<&Path> = fleet.machines.iter().map(|machine| machine.folder.as_path()).collect();
    let report = scan(&folders, &fleet.catalog, &[]);
    for (machine, target) in fleet.machines.iter().zip(report["targets"].as_array().unwrap()) {
        assert_eq!(with_status(target, "missing"), machine.missing, "{}", machine.name);
        assert_eq!(with_status(target, "pending-restart"), machine.pending_restart, "{}", machine.name);
        let installed = with_status(target, "installed");
        for article in &machine.installed {
            assert!(installed.iter().any(|found| found == article), "{}: {article} in {installed:?}", machine.name);
        }
    }
    assert_eq!(wardline_schemas::violations("report", &report), [""; 0]);
}

#[test]
fn an_image_and_a_text_of_a_machine_lack_the_same_as_its_folder() {
    let fleet = fleet("today-elsewhere");
    let place = tempfile::tempdir().unwrap();
    let machine = fleet.machines.iter().find(|machine| machine.name == "windows-11").unwrap();
    let image = place.path().join("pc11.raw");
    std::fs::write(&image, NtfsVolume::of_folder(&machine.folder).unwrap().build()).unwrap();
    let text = place.path().join("pc11.txt");
    std::fs::write(&text, "# PC11\nMicrosoft Windows 11 Pro\nx64\n10.0.26100.7800\nKB5990202\n").unwrap();
    let report = scan(&[image.as_path(), text.as_path()], &fleet.catalog, &[]);
    for (target, kind) in report["targets"].as_array().unwrap().iter().zip(["image", "text"]) {
        assert_eq!(target["source"]["kind"], kind);
        assert_eq!(with_status(target, "missing"), machine.missing, "{kind}");
    }
}

#[test]
fn a_verdict_is_explained_by_its_tests_and_what_supersedes_it() {
    let fleet = fleet("today-explained");
    let catalog = fleet.catalog.to_str().unwrap();
    let folder = |name: &str| {
        fleet.machines.iter().find(|machine| machine.name == name).unwrap().folder.to_str().unwrap().to_owned()
    };
    let explain =
        |machine: &str, subject: &str| wardline(["explain", folder(machine).as_str(), subject, "--catalog", catalog]);
    let missing = explain("windows-11", "5990302");
    assert_eq!(missing.code, 0, "{}", missing.stderr);
    for expected in ["KB5990302", "missing", "10.0.26100.7800", "older than 10.0.26100.7900", "CVE-2026-90002"] {
        assert!(missing.stdout.contains(expected), "{expected}:\n{}", missing.stdout);
    }
    let closed = explain("server-2022-hotpatched", "cve-2026-90002");
    assert!(closed.stdout.contains("KB5990314") && closed.stdout.contains("installed"), "{}", closed.stdout);
    assert!(closed.stdout.contains("For other products"), "{}", closed.stdout);
    let check = explain("windows-10", "guest-account");
    assert!(check.stdout.contains("Evidence"), "{}", check.stdout);
    let unknown = explain("windows-10", "KB1");
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
    assert!(unknown.stderr.contains("KB1: no check, and no update or vulnerability in the catalogs, has this name"));
}
