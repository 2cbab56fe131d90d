//! `wardline plugin diff` of builds that behave the same, and of builds that do not.

use std::path::Path;

use serde_json::{Value, json};
use wardline_fixtures::{WindowsVolume, catalog};
use wardline_schemas::violations;

use crate::support::program::{Ran, wardline};
use crate::tools::components::{SAID, SAYS_NOW, component, file, other_iis, stock, with_remark};

fn diff(old: &Path, new: &Path, more: &[&Path]) -> Ran {
    let arguments = ["plugin", "diff", "--generated", "2"].map(Path::new);
    wardline(arguments.into_iter().chain([old, new]).chain(more.iter().copied()))
}

fn document(old: &Path, new: &Path, more: &[&Path]) -> (i32, Value) {
    let ran = diff(old, new, &[&["-o", "json"].map(Path::new), more].concat());
    let document = ran.json();
    assert_eq!(violations("diff", &document), [""; 0]);
    (ran.code, document)
}

#[test]
fn builds_that_do_the_same_do_not_differ() {
    let folder = tempfile::tempdir().unwrap();
    let remarked = file(folder.path(), "iis.wasm", &with_remark(stock("iis"), "built later"));
    let (code, found) = document(Path::new("iis"), &remarked, &[]);
    assert_eq!((code, &found["differs"], &found["same_file"]), (0, &json!(false), &json!(false)));
    assert_eq!((&found["changes"], &found["fleet"]["changed"]), (&json!([]), &json!(0)));
    assert!(found["fleet"]["findings"].as_u64().unwrap() > 100);
    assert_eq!(found["fleet"]["cost"]["old"], found["fleet"]["cost"]["new"]);
    assert_ne!(found["sizes"][0]["old"], found["sizes"][0]["new"]);

    let ran = diff(Path::new("iis"), Path::new("iis"), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("They are the same file."), "{}", ran.stdout);
}

#[test]
fn a_finding_that_changes_is_named_with_its_targets() {
    let folder = tempfile::tempdir().unwrap();
    let other = file(folder.path(), "iis.wasm", &other_iis());
    let (code, found) = document(Path::new("iis"), &other, &[]);
    assert_eq!((code, &found["differs"]), (2, &json!(true)));
    let change = &found["fleet"]["changes"][0];
    assert_eq!(
        (&change["kind"], &change["finding"], &change["fields"], &change["eased"]),
        (
            &json!("changed"),
            &json!("check lockdown-tool"),
            &json!([{"field": "summary", "old": SAID, "new": SAYS_NOW}]),
            &json!(false)
        )
    );
    assert!(change["examples"].as_array().unwrap().contains(&json!("web-server")), "{change}");
    let wording = &found["changes"].as_array().unwrap()[..];
    assert!(matches!(wording, [one] if one["of"] == "summary" && one["matters"] == false), "{wording:?}");

    let ran = diff(Path::new("iis"), &other, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains(SAYS_NOW) && ran.stdout.contains(r"\u{1b}[2J"), "{}", ran.stdout);
    assert!(ran.stdout.chars().all(|character| character == '\n' || !character.is_control()));
}

#[test]
fn what_asks_more_stands_first() {
    let (code, found) = document(Path::new("ie"), Path::new("os"), &[]);
    assert_eq!(code, 2);
    let changes = found["changes"].as_array().unwrap();
    let more = changes.iter().take_while(|change| change["asks_more"] == true).count();
    assert!(more > 0 && changes[more..].iter().all(|change| change["asks_more"] == false));
    let accounts =
        |change: &Value| change["of"] == "scope" && change["what"].as_str().unwrap().starts_with("Local accounts: ");
    assert!(changes[..more].iter().any(accounts), "{changes:?}");
    let kinds = |kind: &str| found["fleet"]["changes"].as_array().unwrap().iter().any(|change| change["kind"] == kind);
    assert!(kinds("gone") && kinds("appeared"));
}

#[test]
fn a_build_that_imports_is_refused_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"(component
        (import "wasi:sockets/tcp@0.2.0" (instance))
        (instance $i) (export "wardline:check/detection@0.1.0" (instance $i)))"#;
    let importing = file(folder.path(), "importing.wasm", &component(text));
    let (code, found) = document(Path::new("ie"), &importing, &[]);
    assert_eq!(code, 2);
    assert_eq!((&found["fleet"], &found["new"]["refused"]["outcome"]), (&json!(null), &json!("incompatible")));
    let import = &found["changes"][0];
    assert_eq!(
        (&import["of"], &import["what"], &import["asks_more"]),
        (&json!("import"), &json!("wasi:sockets/tcp@0.2.0"), &json!(true))
    );

    let broken = file(folder.path(), "broken.wasm", b"\0asm");
    assert_eq!(document(&broken, &broken, &[]).0, 1, "neither of them runs");
    let ran = diff(Path::new("ie"), Path::new("no-such"), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.complaint().contains("no-such"), "{}", ran.complaint());
}

#[test]
fn the_operators_fleet_and_catalog_take_the_place_of_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = folder.path().join("fleet");
    WindowsVolume::windows_2000_server().write_to(&fleet.join("volume")).unwrap();
    file(&fleet, "odd.recording", b"{}");
    file(&fleet, "readme.txt", b"no target");
    let mssecure = file(folder.path(), "mssecure.xml", &catalog::demo().to_xml());
    let given = [Path::new("--fleet"), &fleet, Path::new("--catalog"), &mssecure];
    let ran = diff(Path::new("ie"), Path::new("ie"), &given);
    assert_eq!(ran.code, 3, "one of the fleet could not be opened");
    assert_eq!(ran.complaint().matches("odd.recording").count(), 1, "{}", ran.complaint());
    assert!(ran.stdout.contains("on 1 target with "), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 target could not be opened"), "{}", ran.stdout);

    std::fs::remove_dir_all(fleet.join("volume")).unwrap();
    let ran = diff(Path::new("ie"), Path::new("ie"), &given);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("none of the fleet's 1 targets could be opened"), "{}", ran.stderr);
}

#[test]
fn a_fleet_without_targets_is_no_fleet_on_which_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let ran = diff(Path::new("iis"), Path::new("iis"), &[Path::new("--fleet"), folder.path()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("--fleet: no recording or volume found"), "{}", ran.stderr);
}
