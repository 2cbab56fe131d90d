//! `wardline plugin test`.

use std::fs;
use std::path::Path;

use crate::vendor::{Said, copy_of, rust_project, text, wardline};

const ON: &str = "cases/bad/remote-control-on";

fn test(project: &Path) -> Said {
    wardline(["plugin", "test", text(project)])
}

fn write(project: &Path, file: &str, content: &str) {
    fs::write(project.join(file), content).unwrap();
}

#[test]
fn a_case_that_fails_shows_what_was_expected_and_what_was_found() {
    let Some(project) = rust_project() else { return };
    let copy = copy_of(project);
    write(
        copy.path(),
        &format!("{ON}/expected.json"),
        r#"{"checks": [{"check": "remote-control", "grade": "passed", "summary": "It is off."},
                       {"check": "agent-version", "subject": "second", "grade": "passed", "rows": []}]}"#,
    );
    let said = test(copy.path());
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    let expected = "\
FAILED    bad/remote-control-on
    check remote-control: grade
        expected  passed
        found     critical
    check remote-control: summary
        expected  It is off.
        found     Remote control is on, and the agent's service can start.
    check agent-version about second: expected, but not found
";
    assert!(said.out.contains(expected), "{}", said.out);
    assert!(said.out.ends_with("7 cases, 6 passed, 1 failed\n"), "{}", said.out);
}

#[test]
fn rows_are_compared_where_they_are_given() {
    let Some(project) = rust_project() else { return };
    let copy = copy_of(project);
    write(
        copy.path(),
        "cases/bad/hotfix-missing/expected.json",
        r#"{"checks": [{"check": "agent-version", "grade": "critical", "rows": [["agent.exe", "4.1.22.0", "4.2.1.0"]]}]}"#,
    );
    let said = test(copy.path());
    assert!(said.code == 2 && said.out.contains(r#"expected  [["agent.exe","4.1.22.0","4.2.1.0"]]"#), "{}", said.out);
}

#[test]
fn what_is_not_expected_must_need_no_attention() {
    let Some(project) = rust_project() else { return };
    let copy = copy_of(project);
    write(
        copy.path(),
        &format!("{ON}/expected.json"),
        r#"{"checks": [{"check": "agent-version", "grade": "passed"}]}"#,
    );
    let said = test(copy.path());
    assert_eq!(said.code, 2);
    assert!(
        said.out.contains("check remote-control: critical, but not expected: Remote control is on"),
        "{}",
        said.out
    );
}

#[test]
fn good_is_good_and_bad_is_bad() {
    let Some(project) = rust_project() else { return };
    let copy = copy_of(project);
    fs::rename(copy.path().join(ON), copy.path().join("cases/good/on")).unwrap();
    fs::rename(copy.path().join("cases/good/not-installed"), copy.path().join("cases/bad/not-installed")).unwrap();
    for more in [&["plugin", "test"][..], &["plugin", "test", "--accept"]] {
        let said = wardline(more.iter().copied().chain([text(copy.path())]));
        assert_eq!(said.code, 2);
        assert!(
            said.out.contains("check remote-control is critical; in a good case, nothing may need attention"),
            "{}",
            said.out
        );
        assert!(said.out.contains("nothing needs attention; in a bad case, something must"), "{}", said.out);
    }
}

#[test]
fn a_target_that_says_too_little_is_told_what_was_asked() {
    let Some(project) = rust_project() else { return };
    let copy = copy_of(project);
    let target = r#"{"format": "wardline.recording/1", "name": "X", "answers": []}"#;
    write(copy.path(), "cases/good/not-installed/target.json", target);
    let said = test(copy.path());
    assert_eq!(said.code, 2);
    assert!(
        said.out.contains(
            "if they ask for something absent, add to `answers`:\n        [{\"service\":\"ContosoAgent\"},\"absent\"],"
        ),
        "{}",
        said.out
    );
}

#[test]
fn accepting_writes_what_is_found_and_then_it_passes() {
    let Some(project) = rust_project() else { return };
    let copy = copy_of(project);
    fs::remove_file(copy.path().join(ON).join("expected.json")).unwrap();
    let before = test(copy.path());
    assert_eq!(before.code, 1);
    assert!(
        before.out.contains("damaged   bad/remote-control-on") && before.out.contains("--accept"),
        "{}",
        before.out
    );
    let accepted = wardline(["plugin", "test", "--accept", text(copy.path())]);
    let last = accepted.out.lines().last();
    assert_eq!((accepted.code, last), (0, Some("7 cases, 6 passed, 1 accepted")), "{}", accepted.out);
    let written = fs::read_to_string(copy.path().join(ON).join("expected.json")).unwrap();
    assert!(written.contains("\"grade\":\"critical\"") && written.contains("Remote control is on"), "{written}");
    assert_eq!(test(copy.path()).code, 0);
}

#[test]
fn a_damaged_case_is_named_and_costs_the_others_nothing() {
    let Some(project) = rust_project() else { return };
    for (file, content, words) in [
        ("target.json", "{", "target.json: neither a volume's directory nor a valid recording"),
        ("target.json", r#"{"format": "wardline.recording/9", "name": "", "answers": []}"#, "wardline.recording/9"),
        ("expected.json", "{\"checks\": [}", "expected.json: expected value at line 1"),
        ("expected.json", r#"{"checks": [{"check": "remote-control", "grade": "good"}]}"#, "unknown variant `good`"),
        ("expected.json", r#"{"checks": [{"check": "remote-control", "grade": "passed", "sumary": ""}]}"#, "sumary"),
        (
            "expected.json",
            r#"{"checks": [{"check": "remote", "grade": "passed"}]}"#,
            "no check \"remote\"; it has remote-control",
        ),
        ("updates.json", "[{}]", "updates.json: missing field"),
        ("catalog.xml", "<a", "catalog.xml"),
        ("settings.toml", "[acme-door]\nx = 1", "unknown setting: the plugin has none"),
        ("settings.toml", "[other]", "unknown plugin: expected one of acme-door"),
    ] {
        let copy = copy_of(project);
        write(copy.path(), &format!("{ON}/{file}"), content);
        let said = test(copy.path());
        assert_eq!(said.code, 1, "{file} {content}: {}", said.out);
        assert!(said.out.contains("damaged   bad/remote-control-on") && said.out.contains(words), "{}", said.out);
        assert!(said.out.ends_with("7 cases, 6 passed, 1 damaged\n"), "{}", said.out);
        let accepted = wardline(["plugin", "test", "--accept", text(copy.path())]);
        assert_eq!(accepted.code, 1, "what is damaged is not written over: {}", accepted.out);
        assert_eq!(fs::read_to_string(copy.path().join(ON).join(file)).unwrap(), content);
    }
}

#[test]
fn without_cases_or_a_component_nothing_is_called_passed() {
    let Some(project) = rust_project() else { return };
    let copy = copy_of(project);
    let component = copy.path().join("build/acme-door.wasm");
    fs::write(&component, b"\0asm\x01\0\0\0").unwrap();
    let said = test(copy.path());
    assert!(said.code == 1 && said.err.contains("is a core WebAssembly module"), "{}", said.err);
    fs::remove_file(&component).unwrap();
    let said = test(copy.path());
    assert!(said.code == 1 && said.err.contains("wardline plugin build"), "{}", said.err);

    let other = project.join("build/acme-door.wasm");
    fs::remove_dir_all(copy.path().join("cases")).unwrap();
    let said = wardline(["plugin", "test", text(copy.path()), "--plugin", text(&other)]);
    assert!(said.code == 1 && said.err.contains("holds no cases"), "{}", said.err);
}

#[test]
fn a_question_outside_of_the_declared_scopes_fails_the_case() {
    let Some(project) = crate::vendor::c_project() else { return };
    let copy = copy_of(project);
    let plugin = copy.path().join("src/plugin.c");
    let source = fs::read_to_string(&plugin).unwrap();
    fs::write(&plugin, source.replace("    asks_registry(KEY);\n", "")).unwrap();
    assert_eq!(wardline(["plugin", "build", text(copy.path())]).code, 0);
    let said = test(copy.path());
    assert_eq!(said.code, 2);
    assert!(said.out.contains("which it does not declare: add it to the description's scopes"), "{}", said.out);
}

#[test]
fn a_plugin_that_ends_badly_is_told_once_and_as_what() {
    let Some(project) = crate::vendor::c_project() else { return };
    let copy = copy_of(project);
    let plugin = copy.path().join("src/plugin.c");
    let source = fs::read_to_string(&plugin).unwrap();
    fs::write(&plugin, source.replace("PASSED, \"Remote control is off.\"", "77, \"Remote control is off.\"")).unwrap();
    assert_eq!(wardline(["plugin", "build", text(copy.path())]).code, 0);
    let said = test(copy.path());
    assert_eq!(said.code, 2);
    let expected = "FAILED    good/closed-and-fixed\n    the plugin ended as invalid-output: resume: ";
    assert!(said.out.starts_with(expected), "{}", said.out);
    assert_eq!(said.out.lines().nth(2), Some("passed    good/not-installed"), "{}", said.out);
    let accepted = wardline(["plugin", "test", "--accept", text(copy.path())]);
    assert_eq!(accepted.code, 2, "{}", accepted.out);
}

#[test]
fn updates_are_judged_with_the_catalog_of_the_case() {
    let Some((_, plugin)) = wardline::stock::stock_plugins().iter().find(|(name, _)| *name == "os") else {
        println!("skipped: built without stock plugins");
        return;
    };
    let project = tempfile::tempdir().unwrap();
    let case = project.path().join("cases/bad/unpatched");
    fs::create_dir_all(&case).unwrap();
    write(project.path(), "wardline.toml", "name = \"acme-os\"");
    fs::write(project.path().join("os.wasm"), plugin).unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vet/src/corpus");
    fs::copy(corpus.join("unpatched.json"), case.join("target.json")).unwrap();
    fs::copy(corpus.join("mssecure.xml"), case.join("catalog.xml")).unwrap();
    let component = project.path().join("os.wasm");
    let run = |more: &[&str]| {
        wardline(["plugin", "test", text(project.path()), "--plugin", text(&component)].iter().chain(more).copied())
    };
    let accepted = run(&["--accept"]);
    assert_eq!(accepted.code, 0, "{}{}", accepted.out, accepted.err);
    let expected = fs::read_to_string(case.join("expected.json")).unwrap();
    let missing = r#"{"bulletin":"MS02-902","article":"Q399902","product":"Windows 2000 Server","status":"missing"}"#;
    assert!(expected.contains(missing), "{expected}");
    assert_eq!(run(&[]).code, 0);
    fs::write(case.join("expected.json"), expected.replace(missing, &missing.replace("missing", "installed"))).unwrap();
    let said = run(&[]);
    assert_eq!(said.code, 2);
    assert!(
        said.out.contains("update MS02-902 Q399902 (Windows 2000 Server): status\n        expected  installed"),
        "{}",
        said.out
    );
    assert!(said.out.ends_with("1 case, 1 failed\n"), "{}", said.out);
}
