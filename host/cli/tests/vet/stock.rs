//! The stock plugins keep every law, and the reports about them match their schema and their snapshots.

use std::path::Path;

use serde_json::Value;
use wardline::sandbox::{Cache, Limits};
use wardline::stock::stock_plugins;
use wardline::vet::inspect::Signature;
use wardline::vet::laws::ALL;
use wardline::vet::report::{self, Overall};
use wardline::vet::{Effort, Fleet, Law, Progress, Request, Verdict, Vetting, required_laws, run};
use wardline_schemas::violations;

use crate::vet::plugins::options;

pub(crate) struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize) {}
    fn step_done(&self) {}
    fn end(&self) {}
}

/// Few targets, so that a debug build finishes all plugins in a moment; `wardline plugin vet` uses more.
pub(crate) fn vetted(file: &str, bytes: &[u8], laws: &[&dyn Law]) -> Vetting {
    vetted_on(file, bytes, laws, 2, 4)
}

/// Uses this many generated targets in addition to the built-in fleet, and tries the laws on at most this many of all targets.
pub(crate) fn vetted_on(file: &str, bytes: &[u8], laws: &[&dyn Law], generated: usize, most_tried: usize) -> Vetting {
    let request = Request {
        file: file.to_owned(),
        bytes,
        signature: Signature::NotSigned,
        limits: Limits::default(),
        cache: Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")),
        options: options(),
        fleet: Fleet::BuiltIn,
        effort: Effort { quick: false, generated, most_tried },
        updates: None,
        seed: 1,
        jobs: 2,
        date: "2026-11-22T20:15:00Z".to_owned(),
    };
    run(&request, laws, &|_| Ok(Vec::new()), &Silent).unwrap()
}

#[test]
fn the_stock_plugins_keep_every_law() {
    for (name, bytes) in stock_plugins() {
        let vetting = vetted(name, bytes, ALL);
        let required = required_laws();
        let names = |law: &wardline::vet::RequiredLaw| law.name;
        assert!(vetting.report.laws.iter().map(|law| law.name).eq(required.iter().map(names)), "{name}");
        for (law, required) in vetting.report.laws.iter().zip(&required) {
            assert!(!required.always_tried || law.verdict == Verdict::Kept, "{name}: {} was not tried", law.name);
            assert_ne!(law.verdict, Verdict::Broken, "{name}: {}: {:?}", law.name, law.counter_example);
        }
        assert_eq!(vetting.report.verdict, Overall::Kept);
        assert!(vetting.counter_examples.is_empty());
        let undeclared = &vetting.report.run.as_ref().unwrap().observations.undeclared;
        assert_eq!(undeclared.questions, 0, "{name}: {undeclared:?}");
    }
}

#[test]
fn the_report_is_what_its_schema_says() {
    let (name, bytes) = stock_plugins()[3];
    for vetting in [vetted(name, bytes, &[]), vetted("not.wasm", b"MZ", &[])] {
        let json: Value = serde_json::from_slice(&report::json(&vetting.report)).unwrap();
        assert_eq!(violations("vet", &json), Vec::<String>::new());
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let (name, bytes) = stock_plugins()[3];
    let [one, other] = [(); 2].map(|()| vetted(name, bytes, &ALL[..1]).report);
    assert_eq!(report::json(&one), report::json(&other));
    assert_eq!(report::html(&one), report::html(&other));
    assert_eq!(report::text(&one, false), report::text(&other, false));
}
