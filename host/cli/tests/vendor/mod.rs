//! A vendor's workflow, with the program itself: a new project, its component, its cases.

mod building;
mod cases;
mod guides;
mod interpreted;
mod projects;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The output of `wardline`, and its exit code.
struct Said {
    code: i32,
    out: String,
    err: String,
}

fn wardline<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Said {
    said(program().args(arguments))
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wardline"));
    program.env("WARDLINE_CACHE_DIR", folder("cache")).env("WARDLINE_HISTORY", "off");
    program
}

fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// A folder for test runs, kept from one run to the next.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vendor").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A project from the Rust template with its component, built once for all tests. None if Rust's standard library for
/// WebAssembly is not available.
fn rust_project() -> Option<&'static Path> {
    static PROJECT: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROJECT.get_or_init(|| built("rust")).as_deref()
}

/// Like [`rust_project`], in C. None if there is no clang for WebAssembly.
fn c_project() -> Option<&'static Path> {
    static PROJECT: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROJECT.get_or_init(|| built("c")).as_deref()
}

fn built(language: &str) -> Option<PathBuf> {
    let project = folder(language).join("acme-door");
    // Compiled and installed files of an earlier run are reused; everything else is written again.
    let kept = ["build", "node_modules"].map(|name| (project.join(name), folder(language).join(name)));
    if project.exists() {
        for (there, aside) in &kept {
            if there.exists() && !aside.exists() {
                fs::rename(there, aside).unwrap();
            }
        }
        fs::remove_dir_all(&project).unwrap();
    }
    let made = wardline(["plugin", "new", "acme-door", "--lang", language, "--dir", text(&project)]);
    assert_eq!(made.code, 0, "{}", made.err);
    for (there, aside) in &kept {
        if aside.exists() {
            fs::rename(aside, there).unwrap();
        }
    }
    let built = wardline(["plugin", "build", text(&project)]);
    if built.code != 0 && lacks_tools(&built.err) {
        println!("skipped: {}", built.err.lines().last().unwrap_or_default());
        return None;
    }
    assert_eq!(built.code, 0, "{}", built.err);
    Some(project)
}

/// Whether a build failed because of what the machine lacks, not because of wardline.
fn lacks_tools(complaint: &str) -> bool {
    [
        "is needed but was not found",
        "target may not be installed",
        "No available targets are compatible",
        // No network, or a Python without the parts that virtual environments need.
        "EAI_AGAIN",
        "ENOTFOUND",
        "ECONNREFUSED",
        "ETIMEDOUT",
        "(from versions: none)",
        "ensurepip is not available",
        "No module named venv",
    ]
    .iter()
    .any(|words| complaint.contains(words))
}

/// A modifiable copy of a project's own files, with the component that was built.
fn copy_of(project: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_files(project, copy.path());
    fs::create_dir_all(copy.path().join("build")).unwrap();
    fs::copy(project.join("build/acme-door.wasm"), copy.path().join("build/acme-door.wasm")).unwrap();
    copy
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (name, path) = (entry.file_name(), entry.path());
        if name == "build" || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            copy_files(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
