//! Deliberately faulty plugins are each caught by name, with a small, self-contained counter-example.

use std::path::{Path, PathBuf};

use wardline::contract::{Answer, Outcome};
use wardline::evidence::recording::Recording;
use wardline::vet::laws::ALL;
use wardline::vet::report::{self, Overall};
use wardline::vet::{Verdict, Vetting};

use crate::vet::stock::{vetted, vetted_on};

fn guest(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("WARDLINE_GUESTS_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests")), PathBuf::from);
    let path = folder.join(format!("wardline-{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask guests`", path.display()))
}

/// The names of the laws that it broke.
fn broken(vetting: &Vetting) -> Vec<&'static str> {
    let laws = vetting.report.laws.iter();
    laws.filter(|law| law.verdict == Verdict::Broken).map(|law| law.name).collect()
}

#[test]
fn each_faulty_plugin_is_caught_by_its_law() {
    for (name, law) in [
        ("clean-on-missing", "missing-evidence-is-never-passed"),
        ("second-witness", "missing-hive-leaves-nothing-passed"),
        ("skips-the-odd", "odd-member-hides-nothing"),
        ("asks-outside", "asks-only-what-it-declares"),
        ("non-deterministic", "renaming-changes-nothing"),
    ] {
        let vetting = vetted_on(name, &guest(name), ALL, 10, 25);
        assert_eq!(vetting.report.verdict, Overall::Broken, "{name}");
        let broken = broken(&vetting);
        assert!(broken.contains(&law), "{name} broke {broken:?}");
    }
}

#[test]
fn a_counter_example_is_small_and_stands_on_its_own() {
    let vetting = vetted("clean-on-missing", &guest("clean-on-missing"), ALL);
    let law = vetting.report.laws.iter().find(|law| law.name == "missing-evidence-is-never-passed").unwrap();
    let example = law.counter_example.as_ref().unwrap();
    // It calls clean what was not answered: no answer at all is needed to show it.
    assert_eq!((example.answers, example.updates), (0, 0));
    assert!(example.recordings.iter().all(|name| name.starts_with(law.name)), "{example:?}");
    let files: Vec<_> =
        vetting.counter_examples.iter().filter(|file| example.recordings.contains(&file.name)).collect();
    assert_eq!(files.len(), example.recordings.len());
    for file in files {
        let recording = Recording::parse(&file.json, Path::new(&file.name)).unwrap();
        let [conversation] = recording.conversations() else { panic!("{}", file.name) };
        assert_eq!(conversation.plugin.digest, vetting.report.plugin.digest);
        assert_eq!(conversation.updates.as_deref(), Some(&[][..]));
        assert!(recording.answers().all(|(_, answer)| !matches!(answer, Answer::Known(_))));
    }
}

#[test]
fn nothing_that_a_plugin_says_reaches_a_report_unescaped() {
    let hostile = wardline_hostile::named("escape-sequences").unwrap().bytes().unwrap();
    for (file, bytes) in [("escape-sequences.wasm", hostile.as_slice()), ("\u{1b}]0;<script>\u{202e}.wasm", b"MZ")] {
        let report = vetted(file, bytes, ALL).report;
        let text = String::from_utf8(report::text(&report, false)).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
        let page = String::from_utf8(report::html(&report)).unwrap();
        assert!(!page.contains(['\u{1b}', '\u{7}', '\u{202e}']) && !page.contains("<script"), "{page}");
    }
}

#[test]
fn what_is_refused_is_reported_with_the_reason_and_not_run() {
    let bytes = wardline_hostile::named("imports-wasi").unwrap().bytes().unwrap();
    let report = vetted("imports-wasi.wasm", &bytes, ALL).report;
    assert_eq!(report.verdict, Overall::Refused);
    assert!(report.refused.as_ref().unwrap().detail.contains("wasi:"), "{report:?}");
    assert!(report.run.is_none() && report.laws.is_empty() && report.plugin.described.is_none());
}

#[test]
fn a_plugin_that_does_not_end_breaks_the_law_that_it_has_to() {
    let bytes = wardline_hostile::named("endless-rounds").unwrap().bytes().unwrap();
    let vetting = vetted("endless-rounds.wasm", &bytes, ALL);
    assert_eq!(broken(&vetting), ["never-fails"]);
    let outcomes = &vetting.report.run.unwrap().observations.outcomes;
    assert!(outcomes.iter().all(|count| count.outcome == Outcome::TooManyRounds), "{outcomes:?}");
}
