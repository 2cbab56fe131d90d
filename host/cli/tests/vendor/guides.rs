//! The guides for vendors: their examples have the contract's form, and their links have a target.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use wardline::contract::{Action, Answer, Assessment, Description, Question};
use wardline::evidence::recording::Recording;
use wardline::vendor::cases::Expected;

fn guides() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vendors");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

fn is<T: DeserializeOwned>(json: &str) -> Result<(), String> {
    serde_json::from_str::<T>(json).map(drop).map_err(|error| error.to_string())
}

#[test]
fn json_is_what_the_guides_call_it() {
    let mut seen = 0;
    for (path, text) in guides() {
        // Code begins with ```json and a word that says what it is.
        for block in text.split("```json ").skip(1) {
            let (kind, rest) = block.split_once('\n').unwrap();
            let json = rest.split("```").next().unwrap();
            let read = match kind {
                "description" => is::<Description>(json),
                "questions" => is::<Vec<Question>>(json),
                "answers" => is::<Vec<Answer>>(json),
                "assessment" => is::<Assessment>(json),
                "actions" => is::<Vec<Action>>(json),
                "expected" => is::<Expected>(json),
                "recording" => {
                    Recording::parse(json.as_bytes(), Path::new("guide")).map(drop).map_err(|error| error.to_string())
                }
                other => Err(format!("what is {other}?")),
            };
            assert_eq!(read, Ok(()), "{}: {kind}: {json}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 9, "{seen}");
}

#[test]
fn links_lead_somewhere() {
    for (path, text) in guides() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !link.starts_with("http") {
                let there = path.parent().unwrap().join(link.split('#').next().unwrap());
                assert!(there.exists(), "{}: {link}", path.display());
            }
        }
    }
}
