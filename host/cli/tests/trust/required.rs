//! `--require-signature` and `--require-vet` on a scan.

use crate::support::Place;

/// A place with the keys `acme` and `team`, and a trust file that allows the first to sign `plugins` and the second to sign
/// reports.
fn place(plugins: &str) -> Place {
    let place = Place::new();
    for name in ["acme", "team"] {
        place.done(&format!("plugin keygen -o {name} --no-password"));
    }
    place.write("trust.toml", trust(&place, plugins));
    place
}

fn trust(place: &Place, plugins: &str) -> String {
    let key = |name: &str| place.read(&format!("{name}.pub")).lines().nth(1).unwrap().to_owned();
    let (acme, team) = (key("acme"), key("team"));
    format!(
        "format = \"wardline.trust/1\"\n\
         [[key]]\npublic = \"{acme}\"\ncomment = \"Acme\"\nplugins = [{plugins}]\n\
         [[key]]\npublic = \"{team}\"\ncomment = \"The team\"\nvet-reports = true\n"
    )
}

fn report(place: &Place, laws: &str) -> String {
    let digest = wardline::contract::digest(&std::fs::read(place.path("acme.wasm")).unwrap());
    format!(
        r#"{{"schema":"wardline.vet/1","wardline":"0.1.0","verdict":"kept","plugin":{{"digest":"{digest}","name":"misbehaving",
        "version":"0.1.0"}},"laws":[{laws}]}}"#
    )
}

const KEPT: &str = r#"{"name":"never-traps","verdict":"kept"}"#;

#[test]
fn only_what_is_signed_by_a_key_for_its_name_runs() {
    let place = place("\"mis*\"");
    assert_eq!(place.outcome("").0, "ok", "nothing is required unless the operator says so");
    let refused = |words: &str| {
        let (outcome, detail) = place.outcome("--require-signature --trust trust.toml");
        assert_eq!(outcome, "refused", "{detail}");
        assert!(detail.contains(words), "{detail}");
    };
    refused("it is not signed: acme.wasm.minisig is missing");
    place.done("plugin sign acme.wasm --key team.key");
    refused("(The team), which may not sign the plugin misbehaving according to trust.toml");
    place.done("plugin sign acme.wasm --key acme.key");
    // The trust file at its default path.
    assert_eq!(place.outcome("--require-signature").0, "ok");
    place.done("plugin verify acme.wasm");

    place.write("trust.toml", trust(&place, "\"misbehave\""));
    refused("may not sign the plugin misbehaving");
    assert_eq!(place.wardline("plugin verify acme.wasm").code, 2);
    let signature = place.read("acme.wasm.minisig");
    place.write("acme.wasm.minisig", "nonsense");
    refused("is not a signature");
    place.write("acme.wasm.minisig", signature);
    let mut bytes = std::fs::read(place.path("acme.wasm")).unwrap();
    bytes.push(0);
    place.write("acme.wasm", bytes);
    refused("is not valid");
}

#[test]
fn a_refusal_is_told_and_the_scan_goes_on() {
    let place = place("\"other\"");
    let ran = place.wardline("scan target.json --plugin acme.wasm --require-signature");
    assert_eq!(ran.code, 3, "what was named on the command line was not used");
    assert_eq!(
        ran.stderr.trim(),
        "wardline: plugin acme.wasm: refused: it is not signed: acme.wasm.minisig is missing"
    );
    assert!(ran.stdout.contains("Plugin acme : refused (it is not signed"), "{}", ran.stdout);
    let listed = place.wardline("plugin list --plugin acme.wasm --require-signature");
    assert!(listed.code == 3 && listed.stderr.contains("it is not signed"), "{}", listed.stderr);
    let collected = place.wardline("collect target.json -o out.json --plugin acme.wasm --require-signature");
    assert!(collected.code == 3 && collected.stderr.contains("it is not signed"), "{}", collected.stderr);
}

#[test]
fn a_refused_plugin_with_the_name_of_another_ends_nothing() {
    let place = place("\"mis*\"");
    let bytes = std::fs::read(place.path("acme.wasm")).unwrap();
    place.done("plugin sign acme.wasm --key acme.key");
    // By file name, the two `os.wasm` share a name with a built-in plugin and with each other; `team.wasm` describes itself
    // like the signed plugin.
    std::fs::create_dir(place.path("more")).unwrap();
    for name in ["os.wasm", "more/os.wasm", "team.wasm"] {
        place.write(name, &bytes);
    }
    place.done("plugin sign team.wasm --key team.key");
    let line = "scan target.json -o json --require-signature --plugin os.wasm --plugin more/os.wasm --plugin team.wasm \
                --plugin acme.wasm";
    let ran = place.wardline(line);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let report = ran.json();
    let plugins = report["targets"][0]["plugins"].as_array().unwrap();
    let names = |outcome: &str| -> Vec<&str> {
        let such = plugins.iter().filter(|plugin| plugin["outcome"] == outcome);
        such.map(|plugin| plugin["name"].as_str().unwrap()).collect()
    };
    assert_eq!(names("refused"), ["os-refused", "os-refused-2", "misbehaving-refused"]);
    assert!(names("ok").contains(&"os") && names("ok").contains(&"misbehaving"), "{plugins:?}");
    assert_eq!(place.wardline(&format!("{line} --strict")).code, 3);

    let twice = place.wardline("scan target.json --plugin acme.wasm --plugin team.wasm");
    assert!(twice.code == 1 && twice.stderr.contains("two plugins are named misbehaving"), "{}", twice.stderr);
}

#[cfg(unix)]
#[test]
fn nobody_waits_for_a_pipe_in_place_of_a_signature() {
    let place = place("\"*\"");
    assert!(std::process::Command::new("mkfifo").arg(place.path("acme.wasm.minisig")).status().unwrap().success());
    let (outcome, detail) = place.outcome("--require-signature");
    assert!(outcome == "refused" && detail.contains("not a regular file"), "{detail}");
    let ran = place.wardline("scan target.json --plugin acme.wasm.minisig");
    assert!(ran.code == 3 && ran.stderr.contains("not a regular file"), "{}", ran.stderr);
}

#[test]
fn a_signature_for_another_plugin_or_kind_is_none() {
    let place = place("\"*\"");
    place.done("plugin sign acme.wasm --key acme.key");
    // A key that may sign everything vouches for one build of one plugin at a time: the comment is signed along with the bytes.
    let moved = place.read("acme.wasm.minisig").replace("name:misbehaving", "name:other");
    place.write("acme.wasm.minisig", moved);
    let (outcome, detail) = place.outcome("--require-signature");
    assert!(outcome == "refused" && detail.contains("is not valid"), "{detail}");
}

#[test]
fn a_vetting_report_is_required_signed_and_of_this_build() {
    let place = place("\"*\"");
    let refused = |words: &str| {
        let (outcome, detail) = place.outcome("--require-vet");
        assert_eq!(outcome, "refused", "{detail}");
        assert!(detail.contains(words), "{words} is not in: {detail}");
    };
    refused("it has no vetting report: acme.wasm.vet.json is missing");
    // First as the vetting run itself writes it; below, edited by hand to say what it would not write about this plugin.
    place.done("plugin vet acme.wasm --quick -o json=acme.wasm.vet.json");
    refused("its vetting report is not signed: acme.wasm.vet.json.minisig is missing");
    assert_eq!(place.wardline("plugin sign acme.wasm.vet.json --key acme.key").code, 0);
    refused("(Acme), which may not sign vetting reports according to");
    let signed = place.wardline("plugin sign acme.wasm.vet.json --key team.key");
    assert!(signed.code == 0 && signed.stderr.contains("with --quick"), "{}", signed.stderr);
    refused("was made with --quick");
    // As if it had been made with the default effort, which takes long in an unoptimised build.
    let mut usual: serde_json::Value = serde_json::from_str(&place.read("acme.wasm.vet.json")).unwrap();
    usual["effort"] = serde_json::to_value(wardline::vet::Effort::USUAL).unwrap();
    place.write("acme.wasm.vet.json", usual.to_string());
    place.done("plugin sign acme.wasm.vet.json --key team.key");
    assert_eq!(place.outcome("--require-vet").0, "ok");
    let told = place.done("plugin verify acme.wasm.vet.json");
    assert!(told.contains("vetting report of misbehaving 0.1.0"), "{told}");
    // Both, each by the key that may sign it.
    assert_eq!(place.outcome("--require-vet --require-signature").0, "refused");
    place.done("plugin sign acme.wasm --key acme.key");
    assert_eq!(place.outcome("--require-vet --require-signature").0, "ok");

    place.write("acme.wasm.vet.json", report(&place, KEPT).replace("never-traps", "never-loops"));
    refused("is not valid");
    let broken = r#"{"name":"same-again","verdict":"broken"}"#;
    place.write("acme.wasm.vet.json", report(&place, &format!("{KEPT},{broken}")));
    let signed = place.wardline("plugin sign acme.wasm.vet.json --key team.key");
    assert!(signed.code == 0 && signed.stderr.contains("breaks same-again"), "{}", signed.stderr);
    refused("breaks same-again");
    place.write("acme.wasm.vet.json", report(&place, KEPT));
    assert_eq!(place.wardline("plugin sign acme.wasm.vet.json --key team.key").code, 0);
    refused("without saying with which effort");
    let other = report(&place, KEPT).replace("\"digest\":\"", "\"digest\":\"00");
    place.write("acme.wasm.vet.json", other);
    let signed = place.wardline("plugin sign acme.wasm.vet.json --key team.key");
    assert_eq!(signed.code, 1, "a digest of 66 digits is none: {}", signed.stdout);
    let digest = "0".repeat(64);
    let own = wardline::contract::digest(&std::fs::read(place.path("acme.wasm")).unwrap());
    place.write("acme.wasm.vet.json", usual.to_string().replace(&own, &digest));
    place.done("plugin sign acme.wasm.vet.json --key team.key");
    refused("is about another plugin");
}

#[test]
fn only_what_is_not_built_in_is_named_beside_its_checks() {
    let told = place("\"*\"").done("scan target.json --plugin acme.wasm --verbose");
    assert!(told.contains("Operating system") && told.contains("misbehaving"), "{told}");
    // It has a section under its own name, which contains nothing of others.
    assert!(!told.contains("by plugin"), "{told}");
}

#[test]
fn trust_that_protects_from_nothing_is_an_error() {
    let place = place("\"*\"");
    let ran = place.wardline("scan target.json --trust trust.toml");
    assert!(ran.code == 1 && ran.stderr.contains("--require-signature"), "{}", ran.stderr);
    std::fs::remove_file(place.path("trust.toml")).unwrap();
    let ran = place.wardline("scan target.json --require-signature");
    assert!(ran.code == 1 && ran.stderr.contains("no trust file"), "{}", ran.stderr);
}
