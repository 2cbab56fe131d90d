//! `wardline plugin new`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::vendor::{text, wardline};

const LANGUAGES: [&str; 4] = ["rust", "c", "js", "python"];

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn a_project_bears_its_own_name_and_needs_nothing_around_it() {
    for language in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("acme-door");
        let made = wardline(["plugin", "new", "acme-door", "--lang", language, "--dir", text(&project)]);
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{language}");
        assert!(
            made.out.contains("wardline plugin build") && made.out.contains("wardline plugin test"),
            "{}",
            made.out
        );

        let mut named = 0;
        for file in files_below(&project) {
            // The SDK and the contract are the same for everyone.
            let own = !file.starts_with(project.join("sdk")) && !file.starts_with(project.join("wit"));
            let content = String::from_utf8(fs::read(&file).unwrap()).unwrap();
            for left in ["contoso-agent", "contoso_agent", "../../", "../cases"] {
                assert!(!own || !content.contains(left), "{}: {left}", file.display());
            }
            named += usize::from(own && content.contains("acme-door"));
        }
        assert!(named >= 3, "{language}: wardline.toml, README.md and the source bear the name");
        for needed in
            ["wardline.toml", "README.md", ".gitignore", "cases/good", "cases/bad/evidence-missing/target.json"]
        {
            assert!(project.join(needed).exists(), "{language}: {needed}");
        }
        // A project gets the files of the repository.
        let contract = if language == "rust" { "sdk/plugin-sdk/wit/types.wit" } else { "wit/types.wit" };
        assert_eq!(
            fs::read_to_string(project.join(contract)).unwrap(),
            include_str!("../../../../plugin-sdk/wit/types.wit")
        );
    }
}

#[test]
fn what_is_there_already_is_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (full, file) = (folder.path().join("full"), folder.path().join("file"));
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine"), "mine").unwrap();
    fs::write(&file, "mine").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for there in ["full", "file", "empty"] {
        let made = wardline(["plugin", "new", "acme-door", "--dir", text(&folder.path().join(there))]);
        assert_eq!(made.code, 1);
        assert!(made.err.contains(there) && made.err.contains("is there already"), "{}", made.err);
    }
    let below_a_file = wardline(["plugin", "new", "acme-door", "--dir", text(&file.join("x"))]);
    assert_eq!(below_a_file.code, 1, "{}", below_a_file.err);
    assert_eq!(files_below(folder.path()).len(), 2);
    assert_eq!(
        (fs::read_to_string(full.join("mine")).unwrap(), fs::read_to_string(file).unwrap()),
        ("mine".into(), "mine".into())
    );
}

#[test]
fn a_name_that_is_none_writes_nothing_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    for name in ["../outside", "/tmp/x", "a/b", "..", "A", "a_b", "a\\b", "", "os", "nul", "a\u{1b}[2J"] {
        let mut program = crate::vendor::program();
        let made = crate::vendor::said(program.args(["plugin", "new", name]).current_dir(&inside));
        assert_eq!(made.code, 1, "{name}");
        assert!(made.err.contains("name") || made.err.contains("already means"), "{}", made.err);
        assert!(!made.err.contains('\u{1b}'), "{:?}", made.err);
    }
    assert_eq!(files_below(folder.path()).len(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_folder_is_the_name_if_nothing_else_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let made =
        crate::vendor::said(crate::vendor::program().args(["plugin", "new", "acme-door"]).current_dir(folder.path()));
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(folder.path().join("acme-door/Cargo.toml").is_file(), "Rust is the first-class way");
}
