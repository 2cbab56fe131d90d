//! `--policy` on `scan` and `collect`.
//!
//! The foreign plugin asks for a value below `HKLM\SOFTWARE\Example`, which it declares; on the target `outside` it asks for
//! `HKLM\SAM`, which it does not declare.

use serde_json::Value;

use crate::support::Place;

const GRANTED: &str = r"'registry:HKLM\SOFTWARE\Example'";

fn digest(place: &Place) -> String {
    wardline::contract::digest(&std::fs::read(place.path("acme.wasm")).unwrap())
}

fn entry(digest: &str, grants: &str, more: &str) -> String {
    format!(
        "\n[[plugin]]\nname = \"misbehaving\"\nversion = \"0.1.0\"\nsha256 = \"{digest}\"\ngrants = [{grants}]\n{more}\n"
    )
}

fn policy(rest: &str) -> String {
    format!("format = \"wardline.policy/1\"\n{rest}")
}

/// The report on the first target, scanned with only the foreign plugin.
fn scanned(place: &Place, target: &str) -> (Value, String) {
    let ran =
        place.wardline(&format!("scan {target} --plugin acme.wasm --only misbehaving --policy policy.toml -o json"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (ran.json(), ran.stderr)
}

fn denials(report: &Value) -> Vec<(String, bool)> {
    let denied = report["targets"][0]["denied"].as_array().unwrap();
    denied
        .iter()
        .map(|denied| (denied["reason"].as_str().unwrap().to_owned(), denied["by_policy"].as_bool().unwrap()))
        .collect()
}

#[test]
fn a_stranger_is_granted_nothing_and_an_entry_what_it_lists() {
    let place = Place::new();
    place.write("policy.toml", policy(""));
    let (report, told) = scanned(&place, "target.json");
    let reason = format!("the policy grants nothing to the unlisted sha256 {}…", &digest(&place)[..16]);
    assert_eq!(denials(&report), [(reason.clone(), true)]);
    assert_eq!(told.trim(), format!("wardline: plugin misbehaving: {reason}"));
    assert_eq!(report["policy"]["location"], "policy.toml");
    assert_eq!(report["policy"]["digest"], wardline::contract::digest(place.read("policy.toml").as_bytes()));
    assert_eq!(report["summary"]["policy_denied"], serde_json::json!({"questions": 1, "targets": 1}));
    assert_eq!(report["targets"][0]["complete"], false);

    place.write("policy.toml", policy(&entry(&digest(&place), GRANTED, "")));
    let (report, told) = scanned(&place, "target.json");
    assert_eq!((denials(&report), told.as_str()), (vec![], ""));
    // Without a catalog no machine is complete; nothing else is left.
    let judged = report["targets"][0]["updates_judged"].as_array().unwrap();
    assert!(!judged.is_empty());
    assert!(judged.iter().all(|judged| judged["reason"] == "no catalog was given"), "{report}");
    assert_eq!(report["summary"]["checks"]["unable_to_scan"], 0);
    assert_eq!(report["summary"]["policy_denied"], serde_json::json!({"questions": 0, "targets": 0}));

    place.write("policy.toml", policy(&entry(&digest(&place), "\"accounts\"", "")));
    let (report, told) = scanned(&place, "target.json");
    assert_eq!(denials(&report), [("the policy does not grant this".to_owned(), true)]);
    assert_eq!(told, "");
}

#[test]
fn what_is_not_declared_is_told_from_what_is_not_granted() {
    let place = Place::new();
    place.write("outside.json", r#"{"format":"wardline.recording/1","name":"outside","answers":[]}"#);
    place.write("policy.toml", policy(&entry(&digest(&place), r"'registry:HKLM\SAM'", "")));
    let (report, _) = scanned(&place, "outside.json");
    assert_eq!(denials(&report), [("the plugin does not declare that it asks this".to_owned(), false)]);
    assert_eq!(report["summary"]["policy_denied"]["questions"], 0);
}

#[test]
fn another_build_of_a_known_plugin_is_told_so() {
    let place = Place::new();
    place.write("policy.toml", policy(&entry(&"ab".repeat(32), GRANTED, "")));
    let (report, told) = scanned(&place, "target.json");
    let words = format!(
        "it lists misbehaving 0.1.0 with sha256 {}…, this is 0.1.0 with {}…",
        "ab".repeat(8),
        &digest(&place)[..16]
    );
    assert!(told.contains(&words), "{told}");
    assert!(denials(&report)[0].0.contains(&words));

    place.write("policy.toml", policy(&entry(&digest(&place), GRANTED, "").replace("0.1.0", "0.2.0")));
    let ran = place.wardline("scan target.json --plugin acme.wasm --policy policy.toml");
    assert_eq!(ran.code, 1);
    let words = "policy.toml, line 6: the plugin with this digest is misbehaving 0.1.0, not misbehaving 0.2.0";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}

#[test]
fn limits_bind_one_plugin_and_no_other() {
    let place = Place::new();
    place.write("policy.toml", policy(&entry(&digest(&place), GRANTED, "limits = { fuel = 1_000 }")));
    let (outcome, detail) = place.outcome("--policy policy.toml");
    assert_eq!(outcome, "out-of-fuel", "{detail}");
    // Wider than the scan's own limit: the scan's limit applies.
    place.write("policy.toml", policy(&entry(&digest(&place), GRANTED, "limits = { fuel = 1_000_000_000 }")));
    let ran = place
        .wardline("scan target.json --plugin acme.wasm --only misbehaving --policy policy.toml -o json --fuel 1000");
    assert_eq!(ran.json()["targets"][0]["plugins"][0]["outcome"], "out-of-fuel");
}

#[test]
fn built_in_plugins_have_a_default_and_may_have_entries() {
    let place = Place::new();
    let denied = |text: String| {
        place.write("policy.toml", text);
        let ran = place.wardline("scan target.json --only ie --policy policy.toml -o json");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        (ran.json()["summary"]["policy_denied"]["questions"].as_u64().unwrap(), ran.stderr)
    };
    assert_eq!(denied(policy("")), (0, String::new()));
    assert_eq!(denied(policy("[stock]\ndefault = \"allow\"")), (0, String::new()));
    let (questions, told) = denied(policy("[stock]\ndefault = \"deny\""));
    assert!(questions > 0 && told.contains("nothing to unlisted built-in plugins"), "{told}");
    let (_, ie) = wardline::stock::stock_plugins().iter().find(|(name, _)| *name == "ie").unwrap();
    let own = entry(&wardline::contract::digest(ie), "'registry:HKLM\\**'", "").replace("misbehaving", "ie");
    let (some, told) = denied(policy(&own));
    assert!(some > 0 && told.is_empty(), "{told}");
    // An operator who restricts a plugin does not mean to lift the restriction with the next release.
    let (all, told) = denied(policy(&own.replace(&wardline::contract::digest(ie), &"ab".repeat(32))));
    assert!(all >= some && told.contains("grants nothing to this build"), "{told}");
}

#[test]
fn the_text_report_says_that_a_policy_was_in_force() {
    let place = Place::new();
    place.write("policy.toml", policy(""));
    let ran = place.wardline("scan target.json --plugin acme.wasm --only misbehaving --policy policy.toml");
    for words in [
        &format!("Policy policy.toml (sha256 {})", wardline::contract::digest(place.read("policy.toml").as_bytes())),
        "Incomplete: 1 check could not be scanned; the policy denied 1 question.",
        "Denied to plugins: 1 question.",
        "The policy denied 1 question about 1 computer; what they would have shown is not in the findings",
    ] {
        assert!(ran.stdout.contains(words), "{words} is not in\n{}", ran.stdout);
    }
    let all = place.wardline("scan target.json --plugin acme.wasm --only misbehaving --policy policy.toml --verbose");
    let words = "misbehaving asked for registry value HKLM\\SOFTWARE\\Example\\Value: the policy grants nothing to the";
    assert!(all.stdout.contains(words), "{words} is not in\n{}", all.stdout);
    assert_eq!(
        place.wardline("scan target.json --plugin acme.wasm --only misbehaving --policy policy.toml --strict").code,
        3
    );
}

#[test]
fn what_was_denied_is_not_collected() {
    let place = Place::new();
    let collected = |options: &str| {
        let ran =
            place.wardline(&format!("collect target.json -o out.json --plugin acme.wasm --only misbehaving {options}"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        place.read("out.json")
    };
    assert!(collected("").contains("4711"));
    place.write("policy.toml", policy(""));
    assert!(!collected("--policy policy.toml").contains("4711"));
    place.write("policy.toml", policy(&entry(&digest(&place), GRANTED, "")));
    assert!(collected("--policy policy.toml").contains("4711"));
}

#[test]
fn a_policy_that_cannot_be_read_ends_the_scan() {
    let place = Place::new();
    for (text, words) in [
        ("format = 7".to_owned(), "policy.toml, line 1: invalid type"),
        (
            policy(&entry(&digest(&place), "'registry:HKML\\A'", "")),
            "policy.toml, line 7: grants: \"registry:HKML\\A\"",
        ),
        ("\u{1b}[2J".to_owned(), "policy.toml, line 1"),
    ] {
        place.write("policy.toml", text);
        for command in ["scan target.json", "collect target.json -o out.json", "plugin list"] {
            let ran = place.wardline(&format!("{command} --policy policy.toml"));
            assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{command}");
            assert!(ran.stderr.contains(words) && ran.stderr.lines().count() == 1, "{}", ran.stderr);
            assert!(!ran.stderr.contains('\u{1b}') && !place.path("out.json").exists());
        }
    }
    let missing = place.wardline("scan target.json --policy none.toml");
    assert!(missing.code == 1 && missing.stderr.contains("none.toml: cannot be read"), "{}", missing.stderr);
}

#[test]
fn what_a_policy_ended_is_replayed_as_it_ended() {
    let place = Place::new();
    place.write("policy.toml", policy(&entry(&digest(&place), GRANTED, "limits = { fuel = 1_000 }")));
    let line = "collect target.json -o out.json --plugin acme.wasm --only misbehaving --policy policy.toml";
    assert_eq!(place.wardline(line).code, 0);
    let replayed = place.wardline("replay out.json --plugin acme.wasm --only misbehaving");
    assert_eq!(replayed.code, 0, "{}{}", replayed.stdout, replayed.stderr);
}
