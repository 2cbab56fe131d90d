//! `wardline plan` as a command: exit codes, files, schema.

use std::path::Path;

use serde_json::{Value, json};
use wardline::cli::ExitStatus;
use wardline_schemas::violations;

use crate::remediation::plans::{Report, set};
use crate::remediation::{json_to, read, wardline};

fn report(machines: &[Value]) -> Value {
    json!({"schema": "wardline.report/1", "tool": {"name": "wardline", "version": "0.1.0"}, "catalog": null,
        "targets": machines, "summary": {}})
}

/// One machine with something of every kind, and one that could not be opened.
fn machines() -> Vec<Value> {
    let web = Report::new("5.0")
        .missing(1, |update| update["installation"]["superseding"] = json!([2]))
        .missing(2, |_| {})
        .missing(3, |update| (update["package"], update["switches"]) = ("q299444i.exe".into(), json!([])))
        .failed("os.restrict-anonymous", set("RestrictAnonymous", 0, 2), json!([set("RestrictAnonymous", 2, 0)]), true)
        .failed(
            "iis.sample-applications",
            json!({"remove-folder": {"path": r"C:\Inetpub\iissamples"}}),
            json!([]),
            false,
        );
    let mut lost = Report::new("5.0").value();
    (lost["name"], lost["error"], lost["complete"]) = ("lost01".into(), "no such folder".into(), false.into());
    lost["system"] = json!({"product": null, "version": null, "service_pack": null, "suites": [], "architecture": null,
        "language": null});
    vec![web.value(), lost]
}

fn write(folder: &Path, report: &Value) -> std::path::PathBuf {
    let file = folder.join("report.json");
    std::fs::write(&file, serde_json::to_vec_pretty(report).unwrap()).unwrap();
    file
}

#[test]
fn the_json_plan_is_as_its_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan.json");
    for machines in [machines(), Vec::new()] {
        let file = write(folder.path(), &report(&machines));
        assert_eq!(wardline(["plan".into(), file.into(), "-o".into(), json_to(&out)]), ExitStatus::Success);
        let plan = read(&out);
        assert_eq!(plan["machines"].as_array().unwrap().len(), machines.len());
        let errors = violations("plan", &plan);
        assert!(errors.is_empty(), "{errors:#?}");
        if machines.is_empty() {
            continue;
        }
        for place in ["/machines/0/steps/0/kind", "/machines/0/undo/0/operations/0", "/machines/0/left_out/0/why"] {
            let mut wrong = plan.clone();
            *wrong.pointer_mut(place).unwrap() = "invented".into();
            assert!(!violations("plan", &wrong).is_empty(), "{place} is not checked");
        }
    }
}

#[test]
fn the_text_plan_is_what_an_administrator_works_through() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan.txt");
    let file = write(folder.path(), &report(&machines()));
    let mut output = std::ffi::OsString::from("text=");
    output.push(&out);
    assert_eq!(wardline(["plan".into(), file.into(), "-o".into(), output]), ExitStatus::Success);
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/remediation/expected/plan.txt");
    let text = std::fs::read_to_string(&out).unwrap();
    if std::env::var_os("WARDLINE_ACCEPT").is_some() {
        std::fs::write(&expected, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&expected).unwrap());
}

#[test]
fn a_report_that_cannot_be_read_ends_with_1_and_leaves_an_older_plan_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan.json");
    std::fs::write(&out, "old").unwrap();
    let file = write(folder.path(), &report(&machines()));
    let whole = std::fs::read(&file).unwrap();
    for (name, bytes) in [
        ("cut off", &whole[..whole.len() - 40]),
        ("no JSON", b"<?xml version='1.0'?>"),
        ("a plan", br#"{"schema":"wardline.plan/1","machines":[]}"#),
        ("empty", b""),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let status = wardline(["plan".into(), file.clone().into(), "-o".into(), json_to(&out)]);
        assert_eq!(status, ExitStatus::Fatal, "{name}");
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "old", "{name}");
    }
    std::fs::write(&file, &whole).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        &["plan"][..],
        &["plan", "/no/such/report"],
        &["plan", file, "-o", "invented"],
        &["plan", file, "-o", "json", "-o", "text"],
        &["plan", file, "-o", "json=/no/such/folder/plan.json"],
    ] {
        assert_eq!(wardline(arguments.iter().copied()), ExitStatus::Fatal, "{arguments:?}");
    }
}
