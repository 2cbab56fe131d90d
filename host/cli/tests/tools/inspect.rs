//! `wardline plugin inspect` on plugins, and on files that are not plugins.

use std::fs::File;
use std::path::Path;

use serde_json::json;
use wardline_schemas::violations;

use crate::support::program::{Ran, wardline};
use crate::tools::components::{component, file, other_iis, stock, with_remark};

fn inspect(plugin: &Path, more: &[&str]) -> Ran {
    let arguments = ["plugin", "inspect"].map(Path::new).into_iter().chain([plugin]);
    wardline(arguments.chain(more.iter().map(Path::new)))
}

/// The text without the page's columns and line breaks.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_plugin_is_shown_in_words_and_as_the_schema_says() {
    let ran = inspect(Path::new("iis"), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for words in [
        "iis 0.1.0 Judges the updates and settings of Internet Information Server",
        "built into wardline as iis",
        "wardline:check 0.1.0, world checker",
        "Imports none: it can reach nothing",
        "once; each target starts from a snapshot of its memory",
        r"Registry: the key HKLM\SOFTWARE\Microsoft\InetStp, with its values",
        "iis.lockdown-tool",
    ] {
        assert!(on_one_line(&ran.stdout).contains(words), "{words}\n{}", ran.stdout);
    }

    let document = inspect(Path::new("os"), &["-o", "json"]).json();
    assert_eq!(violations("inspect", &document), [""; 0]);
    assert_eq!(document["ran"], json!(["describe", "prepare"]));
    let scopes = &document["described"]["scopes_in_words"];
    let accounts = scopes.as_array().unwrap().iter().find(|scope| scope["about"] == "Local accounts").unwrap();
    assert!(accounts["what"].as_str().unwrap().contains("never passwords or hashes"));
}

#[test]
fn nothing_is_run_where_that_is_asked() {
    // A plugin that never returns its description: running it would show.
    let folder = tempfile::tempdir().unwrap();
    let looping = component(
        r#"(component
            (core module $m (func $begin (loop br 0)) (start $begin) (func (export "f")))
            (core instance $c (instantiate $m))
            (func $f (canon lift (core func $c "f")))
            (instance $i
                (export "describe" (func $f)) (export "prepare" (func $f))
                (export "detect" (func $f)) (export "resume" (func $f)))
            (export "wardline:check/detection@0.1.0" (instance $i)))"#,
    );
    let looping = file(folder.path(), "looping.wasm", &looping);
    let ran = inspect(&looping, &["--static", "-o", "json"]);
    let document = ran.json();
    assert_eq!(violations("inspect", &document), [""; 0]);
    assert_eq!((ran.code, &document["ran"], &document["described"]), (0, &json!([]), &json!(null)));
    assert_eq!(document["anatomy"]["modules"][0]["starts_by_itself"], true);

    let ran = inspect(&looping, &["--fuel", "100000", "-o", "json"]);
    let document = ran.json();
    assert_eq!((ran.code, &document["refused"]["outcome"]), (2, &json!("out-of-fuel")));
    assert_eq!(document["anatomy"]["modules"][0]["starts_by_itself"], true, "what is static is shown all the same");
}

#[test]
fn what_is_refused_is_shown_as_far_as_it_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| file(folder.path(), name, content);
    let mut cut = stock("ie");
    cut.truncate(cut.len() / 2);
    let imports: String =
        (0..3_000).map(|number| format!(r#"(import "wasi:io/a{number}@0.2.0" (instance))"#)).collect();
    for (path, words) in [
        (file("empty.wasm", b""), ["is not WebAssembly", "no WebAssembly"]),
        (file("text.wasm", b"Dear administrator,"), ["is not WebAssembly", "no WebAssembly"]),
        (file("cut.wasm", &cut), ["is damaged WebAssembly", "below stands what comes before"]),
        (file("core.wasm", b"\0asm\x01\0\0\0"), ["is a core WebAssembly module", "core module, which is no component"]),
        (file("nothing.wasm", &component("(component)")), ["exports nothing", "Imports none"]),
        (
            file(
                "newer.wasm",
                &component(r#"(component (instance $i) (export "wardline:check/detection@0.9.0" (instance $i)))"#),
            ),
            ["exports another version of wardline:check/detection (0.9.0)", "(this wardline speaks 0.1.0)"],
        ),
        (
            file("wasi.wasm", &component(r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#)),
            ["imports wasi:clocks/wall-clock@0.2.0; a plugin imports nothing", "Imports wasi:clocks/wall-clock"],
        ),
        (
            file("many.wasm", &component(&format!("(component {imports})"))),
            ["and 980 more; a plugin imports nothing", "2000 more entries than are looked at"],
        ),
    ] {
        let ran = inspect(&path, &[]);
        assert_eq!((ran.code, ran.stderr.as_str()), (2, ""), "{}", path.display());
        for words in words {
            assert!(on_one_line(&ran.stdout).contains(words), "{words}\n{}", ran.stdout);
        }
        let document = inspect(&path, &["-o", "json"]).json();
        assert_eq!(violations("inspect", &document), [""; 0]);
        assert_eq!((&document["ran"], &document["refused"]["outcome"]), (&json!([]), &json!("incompatible")));
    }
}

#[test]
fn a_file_of_any_size_is_not_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.wasm");
    // Takes no space on the disk.
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let ran = inspect(&path, &["-o", "json"]);
    let document = ran.json();
    assert_eq!(violations("inspect", &document), [""; 0]);
    assert_eq!((ran.code, &document["size"], &document["digest"]), (2, &json!(1u64 << 40), &json!(null)));
}

#[test]
fn a_plugins_own_words_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "other.wasm", &other_iis());
    let ran = inspect(&path, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains(r"\u{1b}[2J\u{7}\u{a}the upda<b>!"), "{}", ran.stdout);
    assert!(ran.stdout.chars().all(|character| character == '\n' || !character.is_control()));
}

#[test]
fn a_plugin_is_found_by_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "remarked.wasm", &with_remark(stock("ie"), "another file"));
    file(folder.path(), "unreadable.wasm", b"");
    let digest = |plugin: &Path| {
        let document = inspect(plugin, &["--static", "-o", "json"]).json();
        document["digest"].as_str().unwrap().to_owned()
    };
    let (stock, other) = (digest(Path::new("ie")), digest(&path));
    assert_ne!(stock, other);

    let dir = folder.path().to_str().unwrap();
    let found = inspect(Path::new(&other[..8]), &["--static", "-o", "json", "--plugin-dir", dir]).json();
    assert_eq!((&found["digest"], &found["source"]["kind"]), (&json!(other), &json!("file")));
    let found = inspect(Path::new(&format!("sha256:{}", stock.to_uppercase())), &["--static", "-o", "json"]).json();
    assert_eq!(found["source"], json!({"kind": "built-in", "name": "ie"}));

    for (word, more, complaint) in [
        (&other[..8], &["--static"][..], "searched the built-in plugins, ./*.wasm"),
        (&other[..5], &["--plugin-dir", dir], "at least 6 hexadecimal digits"),
        ("no-such", &[], "not a built-in plugin (os, iis, sql, exchange, dotnet, ie, office, edge)"),
        (&other[..8], &["--plugin-dir", "no/such/folder"], "no/such/folder"),
    ] {
        let ran = inspect(Path::new(word), more);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{word}");
        assert!(ran.complaint().contains(complaint), "{}", ran.complaint());
    }
}

#[test]
fn a_signature_beside_the_file_is_named_and_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "ie.wasm", &stock("ie"));
    let signature = |plugin: &Path| inspect(plugin, &["--static", "-o", "json"]).json()["signature"]["state"].clone();
    assert_eq!(signature(Path::new("ie")), "built-in");
    assert_eq!(signature(&path), "not-signed");
    file(folder.path(), "ie.wasm.minisig", b"anything");
    assert_eq!(signature(&path), "not-verified");
}

#[test]
fn a_signature_is_verified_by_the_keys_that_are_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "ie.wasm", &stock("ie"));
    let key = folder.path().join("acme");
    let made = wardline([Path::new("plugin"), "keygen".as_ref(), "--no-password".as_ref(), "-o".as_ref(), &key]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let secret = folder.path().join("acme.key");
    let signed = wardline([Path::new("plugin"), "sign".as_ref(), &path, "--key".as_ref(), &secret]);
    assert_eq!(signed.code, 0, "{}", signed.stderr);
    let public = std::fs::read_to_string(folder.path().join("acme.pub")).unwrap();
    let trust = |name: &str| {
        let public = public.lines().nth(1).unwrap();
        let text = format!(
            "format = \"wardline.trust/1\"\n[[key]]\npublic = \"{public}\"\ncomment = \"Acme\"\nplugins = [\"{name}\"]\n"
        );
        file(folder.path(), "trust.toml", text.as_bytes())
    };
    let verified = |trust: &Path, more: &[&str]| {
        let document = inspect(&path, &[&["-o", "json", "--trust", trust.to_str().unwrap()], more].concat()).json();
        assert_eq!(violations("inspect", &document), [""; 0]);
        let verified = &document["verified"];
        (verified["verdict"].as_str().unwrap().to_owned(), verified["may_sign_this"].clone())
    };
    let holds = |named: serde_json::Value| ("holds".to_owned(), named);
    assert_eq!(verified(&trust("ie"), &[]), holds(json!(true)));
    assert_eq!(verified(&trust("ie"), &["--static"]), holds(json!(null)));
    assert_eq!(verified(&trust("other"), &[]), holds(json!(false)));
    let shown = inspect(&path, &["--trust", trust("other").to_str().unwrap()]);
    assert!(on_one_line(&shown.stdout).contains("(Acme), which may not sign plugins of this name"), "{}", shown.stdout);

    std::fs::write(&path, with_remark(stock("ie"), "one byte more")).unwrap();
    assert_eq!(verified(&trust("ie"), &["--static"]).0, "does-not-hold");
    let none = inspect(&path, &["--static", "--trust", "no-such.toml"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""));
}
