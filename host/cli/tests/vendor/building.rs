//! `wardline plugin build`.

use std::fs;
use std::path::Path;

use crate::vendor::{c_project, copy_of, program, rust_project, said, text, wardline};

/// Tests the project's cases, and scans one of its computers with the stock plugins, too.
fn works(project: &Path) {
    let tested = wardline(["plugin", "test", text(project)]);
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    assert!(tested.out.ends_with("7 cases, 7 passed\n"), "{}", tested.out);

    let target = project.join("cases/bad/remote-control-on/target.json");
    let plugin = project.join("build/acme-door.wasm");
    let scanned = wardline(["scan", text(&target), "--plugin", text(&plugin), "--only", "acme-door"]);
    assert_eq!(scanned.code, 0, "{}", scanned.err);
    assert!(scanned.out.contains("Remote control is on, and the agent's service can start."), "{}", scanned.out);
}

#[test]
fn a_new_project_in_rust_builds_and_finds_what_it_must() {
    if let Some(project) = rust_project() {
        works(project);
    }
}

#[test]
fn a_new_project_in_c_builds_and_finds_what_it_must() {
    if let Some(project) = c_project() {
        works(project);
    }
}

#[test]
fn the_same_sources_give_the_same_bytes_wherever_they_lie() {
    let Some(project) = c_project() else { return };
    let elsewhere = copy_of(project);
    let built = wardline(["plugin", "build", text(elsewhere.path()), "-o", text(&elsewhere.path().join("out/a.wasm"))]);
    assert_eq!(built.code, 0, "{}", built.err);
    let one = fs::read(project.join("build/acme-door.wasm")).unwrap();
    assert!(fs::read(elsewhere.path().join("out/a.wasm")).unwrap() == one);
    assert!(built.out.contains("out/a.wasm") && built.out.contains("sha256 "), "{}", built.out);
    assert!(built.err.contains("==> clang: done in "), "{}", built.err);
    let complaints = built.err.lines().filter(|line| line.starts_with("src/") && line.contains("warning:"));
    assert_eq!(complaints.count(), 0, "{}", built.err);
}

#[test]
fn imports_are_refused_by_name_and_the_earlier_component_stays() {
    let Some(project) = c_project() else { return };
    let copy = copy_of(project);
    let (plugin, component) = (copy.path().join("src/plugin.c"), copy.path().join("build/acme-door.wasm"));
    let earlier = fs::read(&component).unwrap();
    let source = fs::read_to_string(&plugin).unwrap();
    fs::write(&plugin, source.replace("void check(void) {", "#include <stdio.h>\nvoid check(void) { puts(\"hello\");"))
        .unwrap();
    let built = wardline(["plugin", "build", text(copy.path())]);
    assert_eq!(built.code, 1);
    assert!(built.err.contains("wasi_snapshot_preview1.fd_write") && built.err.contains("printf"), "{}", built.err);
    assert!(fs::read(&component).unwrap() == earlier);
}

#[test]
fn a_compiler_that_fails_or_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("acme-door");
    assert_eq!(wardline(["plugin", "new", "acme-door", "--lang", "c", "--dir", text(&project)]).code, 0);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let built =
        said(program().args(["plugin", "build", text(&project)]).env("PATH", &empty).env_remove("WASI_SDK_PATH"));
    assert_eq!(built.code, 1);
    assert!(built.err.contains("clang is needed") && built.err.contains("apt-get install clang"), "{}", built.err);

    if c_project().is_some() {
        fs::write(project.join("src/plugin.c"), "void describe(void) { nonsense }").unwrap();
        let built = wardline(["plugin", "build", text(&project)]);
        assert_eq!(built.code, 1);
        assert!(built.err.contains("nonsense") && built.err.contains("`clang "), "{}", built.err);
    }
}

#[cfg(unix)]
#[test]
fn what_clang_lacks_is_named_with_how_to_install_it() {
    let Some(project) = c_project() else { return };
    let copy = copy_of(project);
    // A WASI SDK with a compiler but without a library.
    let sdk = tempfile::tempdir().unwrap();
    let clang = said(std::process::Command::new("sh").args(["-c", "command -v clang"])).out;
    fs::create_dir(sdk.path().join("bin")).unwrap();
    std::os::unix::fs::symlink(clang.trim(), sdk.path().join("bin/clang")).unwrap();
    let built = said(program().args(["plugin", "build", text(copy.path())]).env("WASI_SDK_PATH", sdk.path()));
    assert_eq!(built.code, 1);
    assert!(built.err.contains("wasi-libc is needed and not there; on Debian"), "{}", built.err);
}

#[test]
fn a_project_that_says_nonsense_is_told_where() {
    let folder = tempfile::tempdir().unwrap();
    let told = |file: &str| {
        fs::write(folder.path().join("wardline.toml"), file).unwrap();
        let built = wardline(["plugin", "build", text(folder.path())]);
        assert_eq!(built.code, 1, "{file}");
        built.err
    };
    for (file, words) in [
        ("", "wardline.toml, line 1: missing field `name`"),
        (
            "name = \"a\"\nlanguage = \"basic\"",
            "line 2: unknown variant `basic`, expected one of `rust`, `c`, `js`, `python`",
        ),
        ("name = \"../a\"\nlanguage = \"c\"", "line 1: name: \"../a\" is no plugin's name"),
        ("name = \"a\"\nlanguage = \"c\"\n[build]\nsources = []\noptimise = 3", "[build]: unknown field `optimise`"),
        ("name = \"a\"\nlanguage = \"c\"", "[build]: missing field `sources`"),
        ("name = \"a\"\nlanguage = \"c\"\n[build]\nsources = []", "wit: "),
    ] {
        let err = told(file);
        assert!(err.contains(words), "{err}");
    }
    let nothing = tempfile::tempdir().unwrap();
    let built = wardline(["plugin", "build", text(nothing.path())]);
    assert!(built.code == 1 && built.err.contains("there is no wardline.toml"), "{}", built.err);
}
