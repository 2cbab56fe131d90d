//! A plugin's output reaches people as text, and a terminal never as instructions.

use std::path::Path;
use std::process::Command;

use wardline::contract::{Answer, Fact, Question, RegistryData, RegistryValueName};
use wardline::evidence::recording;
use wardline_hostile::named;

/// The characters that a plugin must not send to a terminal: control characters of both kinds, and those that change the
/// direction of text.
fn instructions(text: &str) -> Vec<char> {
    let instructs = |letter: &char| {
        (letter.is_control() && *letter != '\n') || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(instructs).collect()
}

/// Writes a recording and a component into a folder, and runs wardline there.
fn run(folder: &Path, component: &str, arguments: &[&str]) -> (String, String) {
    let value = RegistryValueName { key: r"HKLM\SOFTWARE\Example".into(), name: "Value".into() };
    let question = Question::RegistryValue(value);
    let answer = Answer::Known(Fact::RegistryValue(RegistryData::Dword(4)));
    let mut file = std::fs::File::create(folder.join("target.recording")).unwrap();
    recording::write(&mut file, "target", [(&question, &answer)], &[], &[]).unwrap();
    std::fs::write(folder.join("hostile.wasm"), named(component).unwrap().bytes().unwrap()).unwrap();
    // Kept between runs: compiling the stock plugins takes the longest.
    let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");
    let output = Command::new(env!("CARGO_BIN_EXE_wardline"))
        .current_dir(folder)
        .args(arguments)
        .args(["--cache-dir", cache])
        .env("NO_COLOR", "1")
        .env("WARDLINE_HISTORY", "off")
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn nothing_that_a_plugin_says_instructs_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let scan = ["scan", "target.recording", "--plugin", "hostile.wasm", "--verbose"];
    let inspect = ["plugin", "inspect", "hostile.wasm"];
    for (component, arguments, words) in [
        ("escape-sequences", &[&scan[..], &["--only", "escape-sequences"]].concat()[..], "[2J"),
        ("escape-sequences", &inspect, "[2J"),
        ("escapes-in-names", &scan, "acme:back/door"),
        ("escapes-in-names", &inspect, "acme:back/door"),
        ("devious-name", &scan, "../../etc"),
    ] {
        let (stdout, stderr) = run(folder.path(), component, arguments);
        let all = stdout + &stderr;
        assert!(all.contains(words), "{component} {arguments:?}: {all:?}");
        assert_eq!(instructions(&all), [], "{component} {arguments:?}: {all:?}");
    }
}

#[test]
fn json_says_what_a_plugin_said_without_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let scan = ["scan", "target.recording", "--plugin", "hostile.wasm", "--only", "escape-sequences", "-ojson"];
    let (stdout, _) = run(folder.path(), "escape-sequences", &scan);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let summary = report["targets"][0]["checks"][0]["summary"].as_str().unwrap();
    assert!(summary.starts_with("\u{1b}[2J"), "{summary:?}");
    assert!(stdout.chars().all(|letter| letter >= ' ' || letter == '\n'), "{stdout:?}");
}
