//! `wardline plugin policy`.

use wardline::policy::Policy;

use crate::support::Place;

#[test]
fn under_its_least_policy_a_plugin_finds_the_same() {
    let place = Place::new();
    // A machine of the fleet that the policy is made from.
    let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/../vet/src/corpus");
    let target = format!("{fleet}/web-server.json");
    place.done("plugin policy iis acme.wasm -o policy.toml");
    let policy = Policy::parse("policy.toml", &place.read("policy.toml")).unwrap();
    let names: Vec<&str> = policy.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["iis", "misbehaving"]);

    let scan = |options: &str| {
        let ran = place.wardline(&format!(
            "scan {target} --plugin acme.wasm --only iis,misbehaving --catalog {fleet}/mssecure.xml -o json {options}"
        ));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        ran.json()
    };
    let (free, bound) = (scan(""), scan("--policy policy.toml"));
    assert_eq!(free["targets"], bound["targets"]);
    assert!(!free["targets"][0]["updates"].as_array().unwrap().is_empty());
    assert_eq!(bound["summary"]["policy_denied"]["questions"], 0);
}

#[test]
fn it_is_written_the_same_each_time() {
    let place = Place::new();
    let first = place.done("plugin policy acme.wasm");
    assert_eq!(first, place.done("plugin policy acme.wasm"));
    assert!(first.contains(r"    'registry:HKLM\SOFTWARE\Example',"), "{first}");
}

#[test]
fn what_cannot_be_observed_is_told_and_overwrites_nothing() {
    let place = Place::new();
    place.write("policy.toml", "old");
    place.write("core.wasm", b"\0asm\x01\0\0\0");
    for (line, words) in [
        ("plugin policy core.wasm -o policy.toml", "core.wasm: incompatible"),
        ("plugin policy none.wasm -o policy.toml", "none.wasm"),
        ("plugin policy acme.wasm --fleet . -o no/such/folder", "no/such/folder: cannot be written"),
        ("plugin policy acme.wasm --fleet none -o policy.toml", "none"),
    ] {
        let ran = place.wardline(line);
        assert!(ran.code == 1 && ran.stderr.contains(words), "{line}: {}", ran.stderr);
        assert_eq!(place.read("policy.toml"), "old");
    }
}
