//! Catalogs that wardline holds: imported, verified, scanned with, and refused when they are old or damaged.

use std::path::Path;

use serde_json::Value;
use wardline_fixtures::fleet;

use crate::support::program::{Ran, program, run};

#[test]
fn a_scan_without_a_catalog_uses_those_held() {
    let place = tempfile::tempdir().unwrap();
    let fleet = fleet::today(&place.path().join("fleet")).unwrap();
    let data = place.path().join("data");
    let wardline = |arguments: &[&str]| -> Ran { run(program().env("WARDLINE_DATA_DIR", &data).args(arguments)) };
    let machine = fleet.machines.iter().find(|machine| machine.name == "windows-11").unwrap();
    let folder = machine.folder.to_str().unwrap();
    let scan = |more: &[&str]| wardline(&[&["scan", folder, "--only", "os", "-o", "json"], more].concat());
    let missing = |ran: &Ran| -> Vec<String> {
        let report: Value = ran.json();
        let updates = report["targets"][0]["updates"].as_array().unwrap().clone();
        let missing = updates.into_iter().filter(|update| update["status"] == "missing");
        missing.map(|update| update["kb"].as_str().unwrap().to_owned()).collect()
    };

    let none = wardline(&["catalog", "status"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""));
    assert!(none.stderr.contains("no catalogs are held; run `wardline catalog update`"), "{}", none.stderr);

    let catalog = fleet.catalog.to_str().unwrap();
    let imported = wardline(&["catalog", "import", catalog]);
    assert_eq!(imported.stdout, "2 added, 0 replaced, 0 unchanged; set 1 is in use now\n", "{}", imported.stderr);
    let again = wardline(&["catalog", "update", "--from", catalog]);
    assert_eq!(again.stdout, "0 added, 0 replaced, 2 unchanged; nothing is new\n", "{}", again.stderr);
    let status = wardline(&["catalog", "status"]);
    let from = format!("2 catalogs from {}, ", std::path::absolute(catalog).unwrap().display());
    assert!(status.stdout.starts_with(&from), "{}", status.stdout);
    for expected in ["not signed", "2026-Feb  2026-02-10", "2026-Mar  2026-03-10"] {
        assert!(status.stdout.contains(expected), "{expected}:\n{}", status.stdout);
    }
    assert_eq!(wardline(&["catalog", "verify"]).stdout, "2 catalogs are as they were fetched\n");

    let scanned = scan(&[]);
    assert_eq!(missing(&scanned), ["KB5990302"]);
    assert!(scanned.json()["catalog"]["supply"].as_str().unwrap().contains("2 catalogs from"));

    let old = scan(&["--max-catalog-age", "1"]);
    assert_eq!(old.code, 1);
    assert!(old.complaint().contains("days old, and at most 1 are allowed"), "{}", old.stderr);

    let approved = place.path().join("approved.txt");
    std::fs::write(&approved, "KB5990202\nKB5990999\n").unwrap();
    let approved = scan(&["--approved", approved.to_str().unwrap()]);
    assert!(approved.stderr.contains("approved, but in no catalog: KB5990999"), "{}", approved.stderr);
    let judged = |ran: &Ran| -> Vec<(String, String)> {
        let report: Value = ran.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let updates = report["targets"][0]["updates"].as_array().unwrap().clone();
        updates.into_iter().map(|update| (text(&update["kb"]), text(&update["status"]))).collect()
    };
    assert_eq!(judged(&approved), [("KB5990202".to_owned(), "installed".to_owned())]);

    damage(&data);
    let damaged = wardline(&["catalog", "verify"]);
    assert_eq!(damaged.code, 1);
}

#[test]
fn a_scan_updates_the_catalogs_first_and_falls_back_to_those_held() {
    let place = tempfile::tempdir().unwrap();
    let fleet = fleet::today(&place.path().join("fleet")).unwrap();
    let machine = fleet.machines.iter().find(|machine| machine.name == "windows-11").unwrap();
    let scan = |from: &str| {
        let update = format!("--update-catalog={from}");
        let scan = ["scan", machine.folder.to_str().unwrap(), "--only", "os", "-o", "json", &update];
        run(program().env("WARDLINE_DATA_DIR", place.path().join("data")).args(scan))
    };
    let nowhere = place.path().join("nowhere.xml");
    let nowhere = nowhere.to_str().unwrap();

    let nothing = scan(nowhere);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (1, ""));
    assert!(nothing.complaint().contains("nowhere.xml"), "{}", nothing.stderr);

    let updated = scan(fleet.catalog.to_str().unwrap());
    assert_eq!(updated.code, 0, "{}", updated.stderr);
    let supply = |ran: &Ran| ran.json()["catalog"]["supply"].as_str().unwrap().to_owned();
    assert!(supply(&updated).starts_with("2 catalogs from "), "{}", supply(&updated));

    let fallen_back = scan(nowhere);
    assert_eq!(fallen_back.code, 0, "{}", fallen_back.stderr);
    let warning = "the catalogs could not be updated: ";
    assert!(
        fallen_back.stderr.contains(warning) && fallen_back.stderr.contains("; using those held"),
        "{}",
        fallen_back.stderr
    );
    assert_eq!(supply(&fallen_back), supply(&updated));
}

#[test]
fn the_configuration_says_that_scans_update_the_catalogs_first() {
    let place = tempfile::tempdir().unwrap();
    let fleet = fleet::today(&place.path().join("fleet")).unwrap();
    let machine = fleet.machines.iter().find(|machine| machine.name == "windows-11").unwrap();
    // A folder is beside the configuration, like every file.
    let catalog = fleet.catalog.strip_prefix(place.path()).unwrap().to_str().unwrap();
    std::fs::write(place.path().join("config.toml"), format!("[scan]\nupdate-catalog = '{catalog}'\n")).unwrap();
    let scan = |more: &[&str]| {
        let mut scan = program();
        scan.env("WARDLINE_DATA_DIR", place.path().join("data")).env("WARDLINE_CONFIG_DIR", place.path());
        run(scan.arg("scan").arg(&machine.folder).args(["--only", "os", "-o", "json"]).args(more))
    };
    let updated = scan(&[]);
    assert_eq!(updated.code, 0, "{}", updated.stderr);
    let supply = |ran: &Ran| ran.json()["catalog"]["supply"].as_str().map(str::to_owned);
    assert!(supply(&updated).is_some_and(|supply| supply.starts_with("2 catalogs from ")), "{}", updated.stdout);
    // The command line's catalog replaces it.
    let other = scan(&["--catalog", fleet.catalog.to_str().unwrap()]);
    assert_eq!((other.code, supply(&other)), (0, None), "{}", other.stderr);
}

/// Changes one byte of each document held, but not their sizes.
fn damage(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            damage(&path);
        } else if let Ok(mut bytes) = std::fs::read(&path)
            && bytes.starts_with(b"<cvrf:")
        {
            *bytes.last_mut().unwrap() = b' ';
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

#[test]
fn two_catalogs_are_compared_by_their_updates() {
    let place = tempfile::tempdir().unwrap();
    let [february, march] = fleet::months();
    let [old, new] = ["old.xml", "new.xml"].map(|name| place.path().join(name));
    std::fs::write(&old, february.cvrf()).unwrap();
    std::fs::write(&new, march.cvrf()).unwrap();
    let compared = run(program().args(["catalog", "diff"]).args([&old, &new]));
    assert!(
        compared.stdout.contains("+ KB5990301\n") && compared.stdout.contains("- KB5990201\n"),
        "{}",
        compared.stdout
    );
    assert!(compared.stdout.ends_with("7 added, 5 removed, 0 changed, 0 equal\n"), "{}", compared.stdout);
}
