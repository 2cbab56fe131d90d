//! `wardline.toml`: the description of a project.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use wardline_files::text_file;
use wardline_files::text_file::TextFileError;

/// The file that makes a folder a project.
pub const FILE: &str = "wardline.toml";

/// A larger file was not written by a person.
const LARGEST_FILE: u64 = 1 << 20;

/// Folders without sources of the component, and the extensions of source files.
const NO_SOURCES: [&str; 4] = ["build", "target", "node_modules", "tests"];
const SOURCES: [&str; 8] = ["rs", "c", "h", "js", "ts", "py", "wit", "toml"];

/// The maximum number of files and folders searched for changed sources; beyond that, the search gives up.
const MOST_SOURCES: usize = 10_000;

/// The language that a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Rust,
    C,
    Js,
    Python,
}

impl Language {
    pub const ALL: [Language; 4] = [Language::Rust, Language::C, Language::Js, Language::Python];

    /// The language's name in `wardline.toml` and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::C => "c",
            Language::Js => "js",
            Language::Python => "python",
        }
    }
}

/// A plugin's project.
///
/// ```toml
/// name = "contoso-agent"
/// language = "rust"
/// wit = "wit"         # where the contract is; usually omitted
/// cases = "cases"     # what `wardline plugin test` runs; usually omitted
///
/// [build]             # what the language needs to know, see `wardline_kit::build`
/// ```
#[derive(Clone, Debug)]
pub struct Project {
    /// The project's folder.
    pub folder: PathBuf,
    /// In kebab-case; the component's file is named after it.
    pub name: String,
    pub language: Language,
    /// The folder of the contract.
    pub wit: PathBuf,
    /// The folder with the cases `good/*` and `bad/*`.
    pub cases: PathBuf,
    build: toml::Table,
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
    #[error("{}: [build]: {reason}", file.display())]
    Options { file: PathBuf, reason: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    language: Language,
    #[serde(default = "wit")]
    wit: PathBuf,
    #[serde(default = "cases")]
    cases: PathBuf,
    #[serde(default)]
    build: toml::Table,
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
            language: written.language,
            wit: folder.join(written.wit),
            cases: folder.join(written.cases),
            build: written.build,
        })
    }

    /// The table `[build]`, deserialized into the language's options.
    ///
    /// # Errors
    ///
    /// If it holds a key or a value that the language does not know.
    pub fn build_options<T: DeserializeOwned>(&self) -> Result<T, ProjectError> {
        self.build.clone().try_into().map_err(|error: toml::de::Error| ProjectError::Options {
            file: self.file(),
            reason: error.message().to_owned(),
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
        let mut left = MOST_SOURCES;
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).ok()?.flatten() {
                left = left.checked_sub(1)?;
                let (path, name) = (entry.path(), entry.file_name());
                let metadata = entry.metadata().ok()?;
                if metadata.is_dir() {
                    let hidden = name.to_string_lossy().starts_with('.');
                    if !hidden && path != self.cases && !NO_SOURCES.iter().any(|other| name == *other) {
                        open.push(path);
                    }
                } else if path.extension().is_some_and(|ending| SOURCES.iter().any(|source| ending == *source))
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
const TAKEN: [&str; 60] = [
    "os", "iis", "sql", "ie", "wardline", "sdk", // ours
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
        let project = Project::parse(folder.path(), "name = \"a\"\nlanguage = \"rust\"").unwrap();
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
        let project =
            Project::parse(Path::new("x"), "name = \"a-b\"\nlanguage = \"c\"\n[build]\nworld = \"checker\"").unwrap();
        assert_eq!((project.language, project.component()), (Language::C, Path::new("x").join("build/a-b.wasm")));
        assert_eq!((project.wit, project.cases), (Path::new("x/wit").into(), Path::new("x/cases").into()));
        for (text, line, words) in [
            ("", 1, "name"),
            ("name = 1", 1, "string"),
            ("name = \"a\"\nlanguage = \"cobol\"", 2, "cobol"),
            ("language = \"c\"\nname = \"A\"", 2, "no plugin's name"),
            ("name = \"a\"\nlanguage = \"c\"\nlang = 1", 3, "lang"),
            ("name = \"a\"\n\nlanguage = \"c", 3, ""),
            ("name = \"a\"\nlanguage = \"c\"\ncases = \"../../x\"", 3, "cases: must be a relative path"),
            ("name = \"a\"\nlanguage = \"c\"\ncases = \"a/../../x\"", 3, "no `..` but the first"),
            ("name = \"a\"\nlanguage = \"c\"\ncases = \"/etc\"", 3, "cases: must be a relative path"),
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
