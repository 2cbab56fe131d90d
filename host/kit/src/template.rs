//! The worked examples, the SDK and the contract, as embedded in this build.

/// Every file of `examples/` and `plugin-sdk/`, which holds the contract, by its path in the repository with `/` as the separator,
/// plus the workspace's `Cargo.toml` and the licences.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/vendor_files.rs"));

/// The name of the examples. A project has its own name in all these places.
const EXAMPLE: &str = "contoso-agent";

/// The language of a worked example. Plugins can be written in others, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    Rust,
    C,
    Js,
    Python,
}

impl Language {
    pub const ALL: [Language; 4] = [Language::Rust, Language::C, Language::Js, Language::Python];

    /// The language's name on the command line, and the example's folder.
    pub fn word(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::C => "c",
            Language::Js => "js",
            Language::Python => "python",
        }
    }
}

/// A file of a new project: its path with `/` as the separator, and its content.
pub(super) type ProjectFile = (String, Vec<u8>);

/// All files of a new project. Empty if this build carries no example in that language.
pub(super) fn files(language: Language, name: &str) -> Vec<ProjectFile> {
    let example = below(&format!("examples/{}/", language.word()));
    if example.is_empty() {
        return Vec::new();
    }
    let mut files: Vec<ProjectFile> =
        example.into_iter().map(|(path, bytes)| (path.to_owned(), adapted(path, bytes, name))).collect();
    files.extend(moved("examples/cases/", "cases/"));
    match language {
        Language::Rust => {
            let sdk = moved("plugin-sdk/", "sdk/plugin-sdk/");
            files.extend(sdk.into_iter().filter(|(path, _)| !path.starts_with("sdk/plugin-sdk/tests/")));
            files.extend(moved("LICENSE", "sdk/LICENSE"));
            files.extend(sdk_workspace().map(|text| ("sdk/Cargo.toml".to_owned(), text.into_bytes())));
        }
        Language::C | Language::Js | Language::Python => files.extend(moved("plugin-sdk/wit/", "wit/")),
    }
    files
}

/// An example's file adapted to a project with another name, outside of our repository.
fn adapted(path: &str, bytes: &[u8], name: &str) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let text = [
        (EXAMPLE, name),
        (&EXAMPLE.replace('-', "_"), &name.replace('-', "_")),
        ("../../plugin-sdk/wit", "wit"),
        ("../../plugin-sdk", "sdk/plugin-sdk"),
        ("../cases", "cases"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    if path == "Cargo.lock" { sorted_lock(&text).into_bytes() } else { text.into_bytes() }
}

/// Sorts the packages of a lock file by name. Otherwise cargo would sort them itself, and leave the vendor with a modified
/// file.
fn sorted_lock(text: &str) -> String {
    let mut parts = text.trim_end().split("\n[[package]]\n");
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<&str> = parts.map(str::trim_end).collect();
    packages.sort_by_key(|package| package.lines().next());
    packages.iter().fold(head.trim_end().to_owned() + "\n", |text, package| format!("{text}\n[[package]]\n{package}\n"))
}

/// The workspace that the SDK's packages inherit their common fields from: ours, without everything that concerns only our
/// repository. None only if our own `Cargo.toml` is missing or invalid.
fn sdk_workspace() -> Option<String> {
    let ours = FILES.iter().find(|(path, _)| *path == "Cargo.toml")?.1;
    let ours: toml::Table = std::str::from_utf8(ours).ok()?.parse().ok()?;
    let ours = ours.get("workspace")?.as_table()?;
    let mut dependencies = ours.get("dependencies")?.as_table()?.clone();
    dependencies.retain(|name, _| name == "wit-bindgen");
    let mut workspace = toml::Table::new();
    for key in ["resolver", "package", "lints"] {
        workspace.insert(key.to_owned(), ours.get(key)?.clone());
    }
    // The packages that it depends on are in folders below it, which makes them members, too.
    workspace.insert("members".to_owned(), vec![toml::Value::from("plugin-sdk")].into());
    workspace.insert("dependencies".to_owned(), dependencies.into());
    let mut file = toml::Table::new();
    file.insert("workspace".to_owned(), workspace.into());
    toml::to_string(&file).ok()
}

/// The files whose paths begin with `prefix`, without the prefix.
fn below(prefix: &str) -> Vec<(&'static str, &'static [u8])> {
    FILES.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(prefix)?, *bytes))).collect()
}

fn moved(from: &str, to: &str) -> Vec<ProjectFile> {
    below(from).into_iter().map(|(path, bytes)| (format!("{to}{path}"), bytes.to_vec())).collect()
}
