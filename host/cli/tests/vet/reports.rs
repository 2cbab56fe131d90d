//! A report built in code, as text and as a page; with `WARDLINE_ACCEPT=1` the expected files are rewritten.

use std::path::Path;

use wardline::contract::{CheckDescription, Outcome, Question, Scope};
use wardline::vet::inspect::Signature;
use wardline::vet::observation::{Asked, Observations, OutcomeCount, ScopeUse, Spread};
use wardline::vet::report::{
    self, CounterExampleReport, Described, FleetReport, LawReport, LimitsReport, Overall, PluginIdentity, Report, Run,
    SCHEMA, Unopened,
};
use wardline::vet::{Effort, Verdict};

fn law(name: &'static str, verdict: Verdict, counter_example: Option<CounterExampleReport>) -> LawReport {
    LawReport { name, explanation: "What must hold, and why.", verdict, targets: 3, cases: 1_234, counter_example }
}

/// Every part of a report, with text that must be escaped.
fn sample() -> Report {
    let hostile = "<b>\u{1b}[2J\"&'\u{202e}";
    let example = CounterExampleReport {
        what: format!("The check {hostile} is passed."),
        target: hostile.to_owned(),
        answers: 1,
        updates: 0,
        recordings: vec!["the-broken-one.1.json".to_owned()],
    };
    let asked = |questions, kept: Vec<Question>| Asked { questions, distinct: kept.len() as u64, kept };
    let spread = Spread { p50: 1_000, p99: 20_000, max: 3_000_000 };
    let key = Question::RegistryKey(format!(r"HKLM\SOFTWARE\{hostile}"));
    let run = Run {
        effort: Effort { quick: false, generated: 1, most_tried: 3 },
        settings_digest: "ef".repeat(32),
        fleet: FleetReport {
            seed: 7,
            built_in: 2,
            given: 0,
            generated: 1,
            tried: 3,
            updates: 8,
            generated_updates: 8,
            updates_digest: "ab".repeat(32),
            unopened: vec![Unopened { location: hostile.to_owned(), reason: format!("{hostile}: is no volume") }],
        },
        limits: LimitsReport {
            fuel: 2_000_000_000,
            memory: 256 << 20,
            rounds: 64,
            questions: 50_000,
            output: 16 << 20,
            milliseconds: 10_000,
        },
        observations: Observations {
            conversations: 3,
            outcomes: vec![OutcomeCount { outcome: Outcome::Ok, conversations: 3 }],
            fuel: spread,
            memory: spread,
            rounds: spread,
            questions: spread,
            bytes_in: spread,
            bytes_out: spread,
            scopes: vec![
                ScopeUse { scope: Scope::Registry(r"HKLM\SOFTWARE\**".into()), asked: asked(9, vec![key]) },
                ScopeUse { scope: Scope::Accounts, asked: Asked::default() },
            ],
            undeclared: asked(3, vec![Question::Groups]),
        },
    };
    let described = Described {
        name: "sample".to_owned(),
        version: hostile.to_owned(),
        family: "sample".to_owned(),
        summary: hostile.to_owned(),
        contract: "0.1.0",
        imports: Vec::new(),
        snapshot: true,
        checks: vec![CheckDescription {
            id: "one-check".to_owned(),
            mbsa: None,
            title: hostile.to_owned(),
            columns: Vec::new(),
            explanation: hostile.to_owned(),
        }],
        products: vec![hostile.to_owned()],
        scopes: Vec::new(),
    };
    Report {
        schema: SCHEMA,
        wardline: "0.0.0",
        date: "2026-11-22T20:15:00Z".to_owned(),
        verdict: Overall::Broken,
        plugin: PluginIdentity {
            file: hostile.to_owned(),
            digest: "cd".repeat(32),
            size: 123_456,
            signature: Signature::NotSigned,
            described: Some(described),
        },
        refused: None,
        laws: vec![
            law("the-kept-one", Verdict::Kept, None),
            law("the-broken-one", Verdict::Broken, Some(example)),
            law("the-one-not-tried", Verdict::NotTried, None),
        ],
        run: Some(run),
    }
}

#[test]
fn reports_look_as_they_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vet/expected");
    for (name, bytes) in [("report.txt", report::text(&sample(), false)), ("report.html", report::html(&sample()))] {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(!name.ends_with("html") || !text.contains("<b>"), "{text}");
        // The page is one line, which no one could compare.
        let text = text.replace("><", ">\n<");
        let path = folder.join(name);
        if std::env::var_os("WARDLINE_ACCEPT").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, expected, "{}: differs; WARDLINE_ACCEPT=1 rewrites it", path.display());
    }
}
