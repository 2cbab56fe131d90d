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
    let built = said(program().args(["plugin", "build", text(&project)]).env("PATH", &empty));
    assert_eq!(built.code, 1);
    assert!(built.err.contains("clang is needed") && built.err.contains("apt-get install clang"), "{}", built.err);

    if c_project().is_some() {
        fs::write(project.join("src/plugin.c"), "void describe(void) { nonsense }").unwrap();
        let built = wardline(["plugin", "build", text(&project)]);
        assert_eq!(built.code, 1);
        assert!(built.err.contains("nonsense") && built.err.contains("`clang "), "{}", built.err);
    }
}

#[test]
fn what_clang_lacks_is_named_with_how_to_install_it() {
    let Some(project) = c_project() else { return };
    let copy = copy_of(project);
    // A compiler without a library.
    let file = copy.path().join("wardline.toml");
    let project = fs::read_to_string(&file).unwrap();
    fs::write(&file, project.replace("\"clang\",", "\"clang\", \"--sysroot=/nonexistent\",")).unwrap();
    let built = wardline(["plugin", "build", text(copy.path())]);
    assert_eq!(built.code, 1);
    assert!(built.err.contains("stdlib.h' file not found"), "{}", built.err);
    assert!(built.err.contains("If a part of it is missing: on Debian and Ubuntu: apt-get install"), "{}", built.err);
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
        ("name = \"../a\"", "line 1: name: \"../a\" is no plugin's name"),
        ("name = \"a\"\n[build]\nsteps = []\noptimise = 3", "line 4: unknown field `optimise`"),
        ("name = \"a\"\n[build]\nsteps = []", "line 2: missing field `output`"),
        ("name = \"a\"\n[build]\noutput = \"a\"\nsteps = []\nc-bindings = \"b\"", "wit: "),
        ("name = \"a\"", "wardline.toml: has no table [build]"),
    ] {
        let err = told(file);
        assert!(err.contains(words), "{err}");
    }
    let nothing = tempfile::tempdir().unwrap();
    let built = wardline(["plugin", "build", text(nothing.path())]);
    assert!(built.code == 1 && built.err.contains("there is no wardline.toml"), "{}", built.err);
}

/// A project in a language that wardline does not know, whose first step has the C project's core module as its result.
#[cfg(unix)]
#[test]
fn any_language_has_its_commands_in_the_projects_file() {
    let Some(c) = c_project() else { return };
    let folder = tempfile::tempdir().unwrap();
    let build = |last: &str| {
        let file = format!(
            r#"
            name = "acme-door"
            [build]
            output = "build/out.wasm"
            imports = "call fewer of them"
            [[build.steps]]
            command = ["sh", "-c", "cp '{c}/build/core.wasm' {{output}} && echo ran"]
            creates = "build/out.wasm"
            from = ["source"]
            [[build.steps]]
            {last}
            "#,
            c = text(c)
        );
        fs::write(folder.path().join("wardline.toml"), file).unwrap();
        wardline(["plugin", "build", text(folder.path())])
    };
    let none = build(r#"command = ["true"]"#);
    assert!(none.code == 1 && none.err.contains("source: No such file"), "{}", none.err);
    fs::write(folder.path().join("source"), "1").unwrap();
    let ran = |last: &str| build(last).err.lines().filter(|line| *line == "ran").count();
    let with_tool = r#"command = ["tool", "{world}"]
            path = ["none", "tools"]
            env = { SAID = "{world}" }
            install = "get it from its maker""#;

    let missing = build(with_tool);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("tool is needed but was not found; get it from its maker"), "{}", missing.err);
    fs::create_dir(folder.path().join("tools")).unwrap();
    let tool = folder.path().join("tools/tool");
    fs::write(&tool, "#!/bin/sh\n[ \"$1$SAID${WARDLINE_KEY_PASSWORD-none}\" = checkercheckernone ]\n").unwrap();
    fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let built = build(with_tool);
    assert_eq!(built.code, 0, "{}", built.err);
    assert!(!built.err.contains("ran"), "the first step has its result: {}", built.err);

    for fails in [r#"["nowhere"]"#, r#"["false"]"#] {
        assert_eq!(build(&format!("command = {fails}\noptional = true")).code, 0, "{fails}");
        assert_eq!(build(&format!("command = {fails}")).code, 1, "{fails}");
    }

    // The component is replaced as a whole, from a core module or a component.
    let component = fs::read(folder.path().join("build/acme-door.wasm")).unwrap();
    assert!(component == fs::read(c.join("build/acme-door.wasm")).unwrap());

    fs::write(folder.path().join("source"), "2").unwrap();
    assert_eq!(ran(with_tool), 1, "an input changed");
    assert_eq!(ran(with_tool), 0);
    fs::remove_file(folder.path().join("build/out.wasm")).unwrap();
    assert_eq!(ran(with_tool), 1, "the result is gone");
    let failed = build(r#"command = ["false"]"#);
    assert!(failed.code == 1 && failed.err.contains("`false` failed"), "{}", failed.err);
    assert!(fs::read(folder.path().join("build/acme-door.wasm")).unwrap() == component);
}
