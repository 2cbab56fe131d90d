//! `wardline.toml`: the description of a project.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use wardline_files::text_file;
use wardline_files::text_file::TextFileError;

use super::recipe::Recipe;

/// The file that makes a folder a project.
pub const FILE: &str = "wardline.toml";

/// A larger file was not written by a person.
const LARGEST_FILE: u64 = 1 << 20;

/// Folders without sources of the component, and the extension of files that are none.
const NO_SOURCES: [&str; 6] = ["build", "target", "node_modules", "tests", "typings", "__pycache__"];
const TEXT: &str = "md";

/// The maximum number of files and folders searched for changed sources; beyond that, the search gives up.
const MAX_SOURCES: usize = 10_000;

/// A plugin's project.
///
/// ```toml
/// name = "contoso-agent"
/// wit = "wit"         # where the contract is; usually omitted
/// cases = "cases"     # what `wardline plugin test` runs; usually omitted
///
/// [build]             # how it is compiled, see `Recipe`
/// ```
#[derive(Clone, Debug)]
pub struct Project {
    /// The project's folder.
    pub folder: PathBuf,
    /// In kebab-case; the component's file is named after it.
    pub name: String,
    /// The folder of the contract.
    pub wit: PathBuf,
    /// The folder with the cases `good/*` and `bad/*`.
    pub cases: PathBuf,
    /// How it is compiled. `None` for a project whose component comes from elsewhere.
    pub recipe: Option<Recipe>,
}

/// Why a project cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("{}: there is no {FILE}; name a project's folder, or make one with `wardline plugin new NAME`", folder.display())]
    None { folder: PathBuf },
    #[error("{}: cannot be read: {source}", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{}: is larger than the {LARGEST_FILE} bytes that it may have", file.display())]
    TooLarge { file: PathBuf },
    #[error("{}, line {line}: {reason}", file.display())]
    Damaged { file: PathBuf, line: usize, reason: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default = "wit")]
    wit: PathBuf,
    #[serde(default = "cases")]
    cases: PathBuf,
    build: Option<Recipe>,
}

fn wit() -> PathBuf {
    "wit".into()
}

fn cases() -> PathBuf {
    "cases".into()
}

impl Project {
    /// Reads the project in a folder.
    ///
    /// # Errors
    ///
    /// If there is none, or its file is not valid.
    pub fn open(folder: &Path) -> Result<Self, ProjectError> {
        let file = folder.join(FILE);
        let text = text_file::read(&file, LARGEST_FILE).map_err(|error| match error {
            error if error.is_absence() => ProjectError::None { folder: folder.to_owned() },
            TextFileError::Unreadable { source, .. } => ProjectError::Unreadable { file, source },
            TextFileError::TooLarge { .. } => ProjectError::TooLarge { file },
        })?;
        Project::parse(folder, &text)
    }

    fn parse(folder: &Path, text: &str) -> Result<Self, ProjectError> {
        let damaged = |line, reason| ProjectError::Damaged { file: folder.join(FILE), line, reason };
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            damaged(before.matches('\n').count() + 1, error.message().to_owned())
        })?;
        if let Err(reason) = check_name(&written.name) {
            let line = text.lines().position(|line| line.trim_start().starts_with("name")).map_or(1, |at| at + 1);
            return Err(damaged(line, format!("name: {reason}")));
        }
        let is_below =
            |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        // Projects in several languages may share cases in a sibling folder, as wardline's examples do.
        if !is_below(written.cases.strip_prefix("..").unwrap_or(&written.cases)) {
            let line = text.lines().position(|line| line.trim_start().starts_with("cases")).map_or(1, |at| at + 1);
            return Err(damaged(
                line,
                "cases: must be a relative path in the project or beside it, with no `..` but the first".to_owned(),
            ));
        }
        Ok(Project {
            folder: folder.to_owned(),
            name: written.name,
            wit: folder.join(written.wit),
            cases: folder.join(written.cases),
            recipe: written.build,
        })
    }

    /// The folder for everything that is built. Nothing in it has to be kept.
    pub fn build_folder(&self) -> PathBuf {
        self.folder.join("build")
    }

    /// A source that was modified after the component was built, if there is one: a test then does not test what is written.
    pub fn changed_since_built(&self) -> Option<PathBuf> {
        let built = std::fs::metadata(self.component()).and_then(|metadata| metadata.modified()).ok()?;
        let mut open = vec![self.folder.clone()];
        let mut left = MAX_SOURCES;
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).ok()?.flatten() {
                left = left.checked_sub(1)?;
                let (path, name) = (entry.path(), entry.file_name());
                if name.to_string_lossy().starts_with('.') || NO_SOURCES.iter().any(|other| name == *other) {
                    continue;
                }
                let metadata = entry.metadata().ok()?;
                if metadata.is_dir() && path != self.cases {
                    open.push(path);
                } else if metadata.is_file()
                    && path.extension().is_none_or(|ending| ending != TEXT)
                    && metadata.modified().is_ok_and(|changed| changed > built)
                {
                    return Some(path);
                }
            }
        }
        None
    }

    /// The path of the project's `wardline.toml`.
    pub fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// The default path at which `wardline plugin build` puts the component.
    pub fn component(&self) -> PathBuf {
        self.build_folder().join(format!("{}.wasm", self.name))
    }
}

/// Names with another meaning: the stock plugins, names that cargo, npm or Python refuse for a package, and names that Windows
/// refuses for a folder.
const TAKEN: [&str; 64] = [
    "os", "iis", "sql", "exchange", "dotnet", "ie", "office", "edge", "wardline", "sdk", // ours
    "con", "prn", "aux", "nul", // Windows
    "as", "async", "await", "box", "break", "const", "continue", "crate", "do", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "unsafe", "use", "where", "while",
    "yield", // Rust
    "test", "core", "std", "alloc", "class", "def", "import", "build",
];

/// Whether a project may have a name: kebab-case, as the contract requires of a plugin, and not taken.
///
/// # Errors
///
/// The problem with the name, in words that follow it.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if name.len() > 64 || !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.split('-').all(word) {
        return Err(format!(
            "{name:?} is no plugin's name: lower-case letters, digits and single hyphens, beginning with a letter, at \
             most 64 characters, like contoso-agent"
        ));
    }
    let port = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    if TAKEN.contains(&name) || name.starts_with("wardline-") || port.is_some_and(|rest| rest.len() == 1) {
        return Err(format!(
            "{name:?} already means something else; put your company's name before it, like contoso-{name}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_free() {
        for good in ["contoso-agent", "a", "x9", "agent2-for-7", &"a".repeat(64)] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "-",
            "a-",
            "-a",
            "a--b",
            "Agent",
            "a_b",
            "a b",
            "9a",
            "a/b",
            "..",
            ".",
            "../a",
            r"a\b",
            "a.b",
            "é",
            "a\0",
            "a\n",
            &"a".repeat(65),
            "os",
            "nul",
            "com1",
            "lpt9",
            "fn",
            "wardline-x",
            "test",
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_project_or_an_error_and_every_name_is_one_part_of_a_path(text in ".{0,200}", name in "[a-z0-9./\\\\-]{0,12}") {
            let _ = Project::parse(Path::new("x"), &text);
            if check_name(&name).is_ok() {
                assert_eq!(Path::new(&name).components().collect::<Vec<_>>(), [std::path::Component::Normal(name.as_ref())]);
            }
        }
    }

    #[test]
    fn a_source_that_was_changed_after_the_build_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let project = Project::parse(folder.path(), "name = \"a\"").unwrap();
        let source = write("src/lib.rs");
        assert_eq!(project.changed_since_built(), None, "nothing was built");
        let built = std::fs::metadata(write("build/a.wasm")).unwrap().modified().unwrap();
        let at = |path: &Path, seconds: i64| {
            let moment = if seconds < 0 {
                built - std::time::Duration::from_secs(seconds.unsigned_abs())
            } else {
                built + std::time::Duration::from_secs(seconds.unsigned_abs())
            };
            std::fs::File::options().write(true).open(path).unwrap().set_modified(moment).unwrap();
        };
        at(&source, -60);
        for not_a_source in
            ["cases/bad/x/settings.toml", "build/cargo/x.rs", "README.md", ".git/x.rs", "tests/checks.rs"]
        {
            at(&write(not_a_source), 60);
        }
        assert_eq!(project.changed_since_built(), None);
        at(&source, 60);
        assert_eq!(project.changed_since_built(), Some(source));
    }

    #[test]
    fn a_project_file_says_what_it_must_and_nothing_else() {
        let text = "name = \"a-b\"\n[build]\noutput = \"a.wasm\"\nsteps = [{ command = [\"make\"] }]";
        let project = Project::parse(Path::new("x"), text).unwrap();
        assert_eq!(project.component(), Path::new("x").join("build/a-b.wasm"));
        assert_eq!((project.wit, project.cases), (Path::new("x/wit").into(), Path::new("x/cases").into()));
        let recipe = project.recipe.unwrap();
        assert_eq!((recipe.world.as_str(), recipe.steps[0].command.as_slice()), ("checker", &["make".to_owned()][..]));
        for (text, line, words) in [
            ("", 1, "name"),
            ("name = 1", 1, "string"),
            ("colour = 1\nname = \"A\"", 1, "colour"),
            ("\nname = \"A\"", 2, "no plugin's name"),
            ("name = \"a\"\n\ncases = \"c", 3, ""),
            ("name = \"a\"\ncases = \"../../x\"", 2, "cases: must be a relative path"),
            ("name = \"a\"\ncases = \"a/../../x\"", 2, "no `..` but the first"),
            ("name = \"a\"\ncases = \"/etc\"", 2, "cases: must be a relative path"),
            ("name = \"a\"\n[build]\noutput = \"a.wasm\"", 2, "missing field `steps`"),
            ("name = \"a\"\n[build]\noptimise = 3", 3, "unknown field `optimise`"),
        ] {
            let error = Project::parse(Path::new("x"), text).unwrap_err().to_string();
            assert!(error.contains(&format!("wardline.toml, line {line}: ")) && error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_is_no_project_is_told_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let told = |folder: &Path| Project::open(folder).unwrap_err().to_string();
        assert!(told(folder.path()).contains("wardline plugin new"));
        std::fs::write(folder.path().join(FILE), b"\xff\xfe").unwrap();
        assert!(told(folder.path()).contains("cannot be read"));
        std::fs::write(folder.path().join(FILE), vec![b'#'; LARGEST_FILE as usize + 1]).unwrap();
        assert!(told(folder.path()).contains("larger"));
    }
}
