//! Plugins in JavaScript and Python, whose components contain an interpreter.
//!
//! Their tools come from the languages' registries, and an interpreter takes long to compile. Therefore these tests are not
//! among those run for every change to the code; `cargo xtask test` runs them, one after another.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::vendor::{built, text, wardline};

/// Test machines are busy with other things.
const PATIENCE: [&str; 2] = ["--compile-timeout", "900"];

/// Scans one target with the plugin and all stock plugins. Returns the report on the target.
fn scanned(project: &Path, target: &Path) -> Value {
    let plugin = project.join("build/acme-door.wasm");
    let arguments = ["scan", text(target), "--plugin", text(&plugin), "-o", "json"];
    let scanned = wardline(arguments.into_iter().chain(PATIENCE));
    assert_eq!(scanned.code, 0, "{}", scanned.err);
    let report: Value = serde_json::from_str(&scanned.out).unwrap();
    report["targets"][0].clone()
}

/// The computer with the agent's remote control on, with other data in its registry value.
fn with_value(project: &Path, data: &str) -> Value {
    let target = fs::read_to_string(project.join("cases/bad/remote-control-on/target.json")).unwrap();
    let changed = target.replace(r#"{"dword": 1}"#, data);
    assert_ne!(changed, target);
    let file = project.join("build/changed.json");
    fs::write(&file, changed).unwrap();
    scanned(project, &file)
}

fn finding<'t>(target: &'t Value, check: &str) -> &'t Value {
    let checks = target["checks"].as_array().unwrap();
    checks.iter().find(|found| found["id"] == format!("acme-door.{check}")).unwrap()
}

fn works(project: &Path) {
    let tested = wardline(["plugin", "test", text(project)].into_iter().chain(PATIENCE));
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    assert!(tested.out.ends_with("7 cases, 7 passed\n"), "{}", tested.out);

    let target = scanned(project, &project.join("cases/bad/remote-control-on/target.json"));
    let outcomes = target["plugins"].as_array().unwrap();
    assert_eq!(outcomes.len(), wardline::stock::stock_plugins().len() + 1, "beside the stock plugins");
    assert!(outcomes.iter().all(|plugin| plugin["outcome"] == "ok"), "{outcomes:?}");
    assert_eq!(finding(&target, "remote-control")["grade"], "critical");
    let action = &target["actions"][0]["operation"]["set-registry-value"];
    assert_eq!((&action["before"]["dword"], &action["after"]["dword"]), (&1.into(), &0.into()));

    // A value with the highest bit set stays the same on its way in and out.
    let target = with_value(project, r#"{"dword": 4294967295}"#);
    assert_eq!(finding(&target, "remote-control")["grade"], "critical");
    assert_eq!(target["actions"][0]["operation"]["set-registry-value"]["before"]["dword"], 4_294_967_295_u32);

    let plugin = project.join("build/acme-door.wasm");
    let vetted = wardline(["plugin", "vet", "--quick", text(&plugin)].into_iter().chain(PATIENCE));
    assert_eq!(vetted.code, 0, "{}{}", vetted.out, vetted.err);
}

/// Changes the source of a check and rebuilds the plugin.
fn change(project: &Path, file: &str, from: &str, to: &str) {
    let (file, component) = (project.join(file), project.join("build/acme-door.wasm"));
    let source = fs::read_to_string(&file).unwrap();
    assert!(source.contains(from));
    fs::write(&file, source.replace(from, to)).unwrap();
    let built = wardline(["plugin", "build", text(project), "-o", text(&component)]);
    assert_eq!(built.code, 0, "{}", built.err);
}

/// The agent reads a REG_DWORD: a QWORD with the same number says nothing about it.
fn another_type_is_not_the_value(project: &Path) {
    let target = with_value(project, r#"{"qword": 1}"#);
    let found = finding(&target, "remote-control");
    assert_eq!(found["grade"], "unable-to-scan");
    assert_eq!(found["summary"], "The value RemoteControl is no REG_DWORD.");
}

/// The check contains a mistake, which it reaches on the computer with the agent's remote control on.
fn is_told(project: &Path, mistake: &str) {
    let target = scanned(project, &project.join("cases/bad/remote-control-on/target.json"));
    let found = finding(&target, "remote-control");
    assert_eq!(found["grade"], "unable-to-scan");
    let summary = found["summary"].as_str().unwrap();
    assert!(summary.starts_with("The check failed: ") && summary.contains(mistake), "{summary}");
    assert_eq!(finding(&target, "agent-version")["grade"], "passed", "the other check is not lost");
}

#[test]
#[ignore = "installs from npm's registry"]
fn a_new_project_in_javascript_builds_and_finds_what_it_must() {
    let Some(project) = built("js") else { return };
    works(&project);

    another_type_is_not_the_value(&project);

    // One build for both: a check that accepts a QWORD as the value it looks for, and has a mistake in its other branch.
    change(&project, "src/plugin.js", "asDword(setting.value)", r#"setting.value.tag === "qword" ? 1 : nmber"#);
    // Numbers beyond 2^53 are rounded: no action may name a number that is not the one found.
    for data in [r#"{"qword": 9007199254740993}"#, r#"{"qword": 18446744073709551615}"#] {
        let target = with_value(&project, data);
        assert_eq!(finding(&target, "remote-control")["grade"], "critical", "{data}");
        assert!(target["actions"][0]["operation"]["manual-step"].is_string(), "{data}: {}", target["actions"]);
    }
    is_told(&project, "nmber is not defined at /plugin.js:");
}

#[test]
#[ignore = "installs from PyPI, and CPython takes long to compile"]
fn a_new_project_in_python_builds_and_finds_what_it_must() {
    let Some(project) = built("python") else { return };
    works(&project);

    another_type_is_not_the_value(&project);

    // One build for both, as in JavaScript.
    let mistaken = "1 if isinstance(setting.value, types.RegistryData_Qword) else nmber";
    change(&project, "src/plugin.py", "as_dword(setting.value)", mistaken);
    let target = with_value(&project, r#"{"qword": 18446744073709551615}"#);
    let action = &target["actions"][0]["operation"]["set-registry-value"];
    assert_eq!(action["before"]["qword"], u64::MAX);
    is_told(&project, "name 'nmber' is not defined at ");
}
