//! Released plugins keep working: they load, and return the same findings bit for bit.
//!
//! The files in `tests/compat/<version>` are as released and are never rewritten. If this test fails, the host is wrong.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wardline::contract::{
    Ask, ChecksumMode, Examiner, Grants, Options, Outcome, Question, Setting, SettingValue, Target, Update,
};
use wardline::evidence::Source;
use wardline::evidence::recording::Recording;
use wardline::sandbox::{Cache, Limits, Sandbox};

/// The folder of each released contract.
fn releases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let releases: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    assert!(!releases.is_empty());
    releases
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// The operator's settings, either at their defaults or with other ports.
fn options(ports: Option<&str>) -> Options {
    let settings = ports.map(|port| Setting { name: "ports".into(), value: SettingValue::Texts(vec![port.into()]) });
    Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: settings.into_iter().collect() }
}

/// Everything that a released plugin says about one recording.
fn said(plugin: &dyn Examiner, grants: &Grants, recording: &Path) -> Value {
    let source = Recording::read(recording).unwrap();
    let target = Target { name: source.name().to_owned() };
    let said = [None, Some("8080")].map(|ports| {
        let answer = |question: &Question, _| source.answer(question);
        let ask = Ask::new(grants, &answer);
        let examination = plugin.examine(&target, &options(ports), &ask);
        assert_eq!(examination.outcome, Outcome::Ok, "{}: {:?}", recording.display(), examination.detail);
        json!({
            "assessment": examination.assessment,
            "actions": examination.actions,
            "exchanges": examination.exchanges,
        })
    });
    Value::from(said.to_vec())
}

#[test]
fn released_plugins_give_the_findings_that_they_gave_when_they_were_released() {
    for release in releases() {
        let updates = std::fs::read(release.join("updates.json")).unwrap();
        let updates: Vec<Update> = serde_json::from_slice(&updates).unwrap();
        let plugins = files(&release, "wasm");
        assert!(!plugins.is_empty(), "{}", release.display());
        for file in plugins {
            let sandbox = Sandbox::new(Limits::default(), Cache::off(), 1).unwrap();
            let plugin = sandbox.load(std::fs::read(&file).unwrap()).unwrap();
            let grants = Grants::declared(plugin.description(), &updates);
            let prepared = sandbox.prepare(plugin, &updates).unwrap();
            let recordings = files(&release.join("recordings"), "recording");
            assert!(!recordings.is_empty(), "{}", release.display());
            for recording in recordings {
                let name = recording.file_stem().unwrap().to_str().unwrap().to_owned() + ".json";
                let expected = std::fs::read(release.join("findings").join(&name)).unwrap();
                let expected: Value = serde_json::from_slice(&expected).unwrap();
                assert_eq!(said(&prepared, &grants, &recording), expected, "{}: {name}", file.display());
            }
        }
    }
}
