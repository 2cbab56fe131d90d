//! The formats, checked by what others check them with: the published schemas of SARIF and CycloneDX, `promtool`, and the Nu HTML
//! checker. Where one of these is not to be had, its test skips, and says so.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use wardline_report::{Format, FormatOptions, Summary, Tally};

use crate::poison::{HOSTILE, rendered};

#[path = "../../examples/fleet/generator.rs"]
mod generator;
#[path = "../poison/mod.rs"]
mod poison;

/// The packages that have the schemas and the checker, from npm's registry; the folder in which they are installed.
fn packages() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(install).as_deref()
}

fn install() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("validators");
    fs::create_dir_all(&folder).unwrap();
    let mut is_new = !folder.join("node_modules").is_dir();
    for (name, text) in
        [("package.json", include_str!("package.json")), ("package-lock.json", include_str!("package-lock.json"))]
    {
        is_new |= fs::read_to_string(folder.join(name)).ok().as_deref() != Some(text);
        fs::write(folder.join(name), text).unwrap();
    }
    if is_new {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        let installed = npm.output().is_ok_and(|output| output.status.success());
        if !installed {
            eprintln!("skipped: npm cannot install the schemas and the checker");
            let _ = fs::remove_dir_all(folder.join("node_modules"));
            return None;
        }
    }
    Some(folder.join("node_modules"))
}

/// Each format's report of a fleet, and of machines whose names and findings are hostile.
fn pages(format: Format) -> Vec<String> {
    let options = FormatOptions {
        date: Some("2026-11-27T06:00:00Z".to_owned()),
        verbose: true,
        show_waived: true,
        ..FormatOptions::default()
    };
    let render = format.renderer(&options);
    let mut summary = Summary::default();
    let mut fleet = [render.begin(&generator::head())].concat();
    let mut body = Vec::new();
    for place in 0..40 {
        let report = generator::machine(place);
        if place > 0 {
            body.extend_from_slice(render.separator());
        }
        body.extend(render.target(&report));
        summary.add(Tally::new(&report));
    }
    summary.finish_without_catalog();
    fleet.extend(render.overview(&summary));
    fleet.extend(body);
    fleet.extend(render.ending(&summary).flatten());
    let fleet = String::from_utf8(fleet).unwrap();
    [fleet].into_iter().chain(HOSTILE.iter().map(|text| rendered(format, text))).collect()
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Checks the pages of a format by a schema, which may refer to others.
fn check_schema(format: Format, schema: &Value, others: Vec<(String, Value)>) {
    let resources = others.into_iter().map(|(uri, schema)| (uri, jsonschema::Resource::from_contents(schema)));
    let registry = jsonschema::Registry::new().extend(resources).unwrap().prepare().unwrap();
    let validator = jsonschema::options().with_registry(&registry).build(schema).unwrap();
    for page in pages(format) {
        let document: Value = serde_json::from_str(&page).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": 1})), "the schema checks nothing");
}

#[test]
fn sarif_is_as_its_schema_says() {
    let Some(packages) = packages() else { return };
    let schema = packages.join("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
    // As published, the pattern of a language is not a regular expression: a bracket in it is never opened.
    let schema = fs::read_to_string(schema).unwrap().replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    check_schema(Format::Sarif, &schema, Vec::new());
}

#[test]
fn cyclonedx_is_as_its_schema_says() {
    let Some(packages) = packages() else { return };
    let folder = packages.join("@cyclonedx/cyclonedx-library/res/schema");
    let schema = |name: &str| read(&folder.join(format!("{name}.SNAPSHOT.schema.json")));
    let others = ["spdx", "jsf-0.82", "cryptography-defs"]
        .map(|name| (format!("http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json"), schema(name)));
    check_schema(Format::CycloneDx, &schema("bom-1.6"), others.to_vec());
}

/// Runs a checker on a page that it reads from standard input.
fn checked(checker: &mut Command, page: &str) -> Option<Output> {
    let piped = checker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = piped.spawn() else {
        eprintln!("skipped: {} cannot be run", checker.get_program().to_string_lossy());
        return None;
    };
    // One that has seen enough stops reading.
    let _ = child.stdin.take().unwrap().write_all(page.as_bytes());
    Some(child.wait_with_output().unwrap())
}

#[test]
fn promtool_has_nothing_to_say_about_metrics() {
    for page in pages(Format::OpenMetrics) {
        let Some(output) = checked(Command::new("promtool").args(["check", "metrics"]), &page) else { return };
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert!(output.status.success() && said.is_empty(), "{said}");
    }
}

#[test]
fn the_html_checker_has_nothing_to_say() {
    let Some(packages) = packages() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut checker = Command::new("java");
    checker.args(["-Xss4m", "-jar"]).arg(packages.join("vnu-jar/build/dist/vnu.jar"));
    // It does not compare the hashes in a policy; browsers do.
    checker.args(["--filterpattern", ".*Inline .* violates Content Security Policy.*"]);
    for (place, page) in pages(Format::Html).iter().enumerate() {
        let file = folder.path().join(format!("{place}.html"));
        fs::write(&file, page).unwrap();
        checker.arg(file);
    }
    let Ok(output) = checker.output() else {
        eprintln!("skipped: java cannot be run");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
