//! The formats, against the schema and against pages that a person has reviewed.

use std::path::Path;

use serde_json::Value;
use wardline::contract::Update;
use wardline::report::{Json, Text, TextStyle};
use wardline::scan::Plugin;

use crate::report::doubles::{Detector, Ending, report, updates};

const FLEET: [&str; 5] = ["web01", "patched-dc01", "unreadable-sql01", "missing-file01", "panic-app01"];

fn plugins(updates: &[Update]) -> Vec<Plugin> {
    vec![
        Detector::plugin("os", &["Windows 2000*"], updates, Ending::Finds),
        Detector::plugin("iis", &["Internet Information Services*"], updates, Ending::OutOfFuel),
    ]
}

fn json(names: &[&str]) -> Value {
    let updates = updates();
    let (text, _) = report(names, &plugins(&updates), &updates, 2, Box::new(Json));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_json_report_is_as_its_schema_says() {
    let violations = |report: &Value| wardline_schemas::violations("report", report);
    for names in [&FLEET[..], &[]] {
        let errors = violations(&json(names));
        assert!(errors.is_empty(), "{errors:#?}");
    }
    for (place, value) in [
        ("/targets/0/grade", Value::from("fine")),
        ("/targets/0/coverage/questions", Value::from("8")),
        ("/targets/0/actions/0/mends", serde_json::json!({"check": 0, "update": 0})),
        ("/summary", serde_json::json!({})),
    ] {
        let mut wrong = json(&FLEET);
        *wrong.pointer_mut(place).unwrap() = value;
        assert!(!violations(&wrong).is_empty(), "{place} is not checked");
    }
    let mut wrong = json(&FLEET);
    wrong["targets"][0]["invented"] = Value::Null;
    assert_eq!(violations(&wrong), ["/targets/0: Additional properties are not allowed ('invented' was unexpected)"]);
}

#[test]
fn the_json_report_says_what_was_found_and_why() {
    let report = json(&FLEET);
    let grades: Vec<&str> =
        report["targets"].as_array().unwrap().iter().map(|target| target["grade"].as_str().unwrap()).collect();
    assert_eq!(grades, ["severe-risk", "incomplete", "severe-risk", "incomplete", "incomplete"]);
    let web = &report["targets"][0];
    assert_eq!(web["complete"], false, "iis ran out of fuel");
    let test = &web["updates"][0]["tests"][0];
    assert_eq!(test["subject"], r"%windir%\system32\idq.dll");
    assert_eq!(test["expected"], "5.0.2195.3649");
    assert_eq!(test["found"], "5.0.2195.1600");
    assert_eq!(web["updates"][0]["tests"][1]["found"], Value::Null);
    assert_eq!(web["checks"][0]["id"], "os.guest-account");
    assert_eq!(web["checks"][0]["evidence"][0]["answer"], "1 account: Guest (501, enabled)");
    assert_eq!(web["actions"][0]["mends"]["check"], 0);
    assert_eq!(web["denied"][0]["plugin"], "os");
    assert_eq!(web["coverage"]["questions"], 8);
    assert_eq!(web["coverage"]["denied"], 2);
    let ids: Vec<&str> = web["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert_eq!(ids[3..], ["iis.guest-account", "iis.autologon", "iis.volumes", "iis.security-updates"]);
    assert_eq!(report["targets"][3]["error"], "no such folder");
    assert_eq!(report["targets"][3]["source"]["kind"], Value::Null);
    assert_eq!(report["targets"][4]["plugins"][0]["outcome"], Value::Null);
    let summary = &report["summary"];
    assert_eq!((&summary["targets"], &summary["scanned"], &summary["failed"]), (&5.into(), &4.into(), &1.into()));
    assert_eq!(summary["grades"]["severe_risk"], 2);
    assert_eq!(summary["not_covered"]["updates"], 1);
    assert_eq!(summary["missing"][0]["targets"], 1);
}

/// Compares with a page that was reviewed before it was committed; `WARDLINE_ACCEPT=1` replaces it with the new one.
fn expect(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/expected").join(name);
    if std::env::var_os("WARDLINE_ACCEPT").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(expected == found, "{} differs from what was found:\n{found}", path.display());
}

#[test]
fn the_text_report_reads_well() {
    let updates = updates();
    let plugins = plugins(&updates);
    let style = TextStyle::default();
    expect("fleet.txt", &report(&FLEET, &plugins, &updates, 2, Box::new(Text(style))).0);
    let style = TextStyle { colour: false, verbose: true, ..TextStyle::default() };
    expect("verbose.txt", &report(&["web01"], &plugins[..1], &updates, 2, Box::new(Text(style))).0);
}

#[test]
fn a_plugin_that_gives_itself_a_stock_family_is_named() {
    let updates = updates();
    let plugins = plugins(&updates);
    let text = report(&["web01"], &plugins[..1], &updates, 2, Box::new(Text(TextStyle::default()))).0;
    // The double calls itself `os`, like the stock plugin, but has another digest.
    assert!(text.contains("Guest account (107), by plugin os"), "{text}");
}

#[test]
fn colours_are_there_only_where_they_are_wanted() {
    let updates = updates();
    let plugins = plugins(&updates);
    let text = |colour| {
        let style = TextStyle { colour, ..TextStyle::default() };
        report(&FLEET, &plugins, &updates, 2, Box::new(Text(style))).0
    };
    let (plain, coloured) = (text(false), text(true));
    assert!(!plain.contains('\x1b'));
    assert!(coloured.contains("\x1b[31mSEVERE RISK"), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn no_name_can_steer_the_terminal() {
    let mut updates = updates();
    let hostile = "\x1b]0;owned\x07\r\u{202e}\0\u{9b}2J";
    updates[0].title = format!("Title{hostile}");
    updates[0].article = format!("Q1{hostile}");
    let plugins = [Detector::plugin(&format!("os{hostile}"), &["Windows 2000*"], &updates, Ending::Finds)];
    for verbose in [false, true] {
        let style = TextStyle { colour: false, verbose, ..TextStyle::default() };
        let names = [format!("web{hostile}"), format!("missing{hostile}"), format!("panic{hostile}")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (text, _) = report(&names, &plugins, &updates, 1, Box::new(Text(style)));
        let bad: Vec<char> =
            text.chars().filter(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c)).collect();
        assert!(bad.is_empty(), "{bad:?} in {text:?}");
        assert!(text.contains(r"web\u{1b}]0;owned\u{7}\u{d}\u{202e}\u{0}\u{9b}2J"), "{text}");
    }
}
