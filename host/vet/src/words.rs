//! The questions that a plugin may ask, in words for the people who decide whether it may run.

use wardline_contract::{Scope, SettingValue};
use wardline_report::html::grouped;

/// A scope in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeWords {
    /// The subject: `Registry`, `Local accounts`.
    pub about: &'static str,
    /// The facts that are disclosed and those that are not, without a full stop. Contains the plugin's own text: escape it.
    pub what: String,
    /// Whether it covers a whole registry hive or disk, which few plugins need.
    pub broad: bool,
}

/// `Registry`: `the key HKLM\SOFTWARE\Microsoft\InetStp and all keys below it, with their values`.
///
/// ```
/// use wardline_contract::Scope;
/// use wardline_vet::words;
///
/// let words = words::of_scope(&Scope::Registry(r"HKLM\SOFTWARE\Microsoft\InetStp\**".into()));
/// assert_eq!(words.about, "Registry");
/// assert_eq!(words.what, r"the key HKLM\SOFTWARE\Microsoft\InetStp and all keys below it, with their values");
/// assert!(!words.broad);
/// assert!(words::of_scope(&Scope::Registry(r"HKLM\**".into())).broad);
/// ```
pub fn of_scope(scope: &Scope) -> ScopeWords {
    let whole = |about, what: &str| ScopeWords { about, what: what.to_owned(), broad: false };
    match scope {
        Scope::Registry(pattern) => ScopeWords {
            about: "Registry",
            what: match Reach::of(pattern) {
                Reach::One => format!("the key {pattern}, with its values"),
                Reach::Below(key) => format!("the key {key} and all keys below it, with their values"),
                Reach::Inside(key) => format!("the keys directly below {key}, with their values"),
                Reach::Everything => "every key, with its values".to_owned(),
                Reach::Pattern => format!("the keys {pattern}, with their values"),
            },
            broad: is_broad(pattern),
        },
        Scope::File(pattern) => ScopeWords {
            about: "Files",
            what: format!(
                "{}: version, checksum, size and times, and the names in folders; never content",
                files(pattern, "the file or folder")
            ),
            broad: is_broad(pattern),
        },
        Scope::Text(pattern) => ScopeWords {
            about: "Text of files",
            what: format!("the content of {}", files(pattern, "the file")),
            broad: is_broad(pattern),
        },
        Scope::Updates => whole(
            "Updates",
            "exactly the files and registry values that the catalog's updates name, and the versions of files in the same \
             folders",
        ),
        Scope::System => {
            whole("System", "the computer's name; product, version, build, service pack, role, language and processor")
        }
        Scope::Services => whole("Services", "names, start types, the accounts that they run as, and their programs"),
        Scope::Accounts => whole(
            "Local accounts",
            "names, comments, flags and times, and of the password only whether it is blank or easily guessed; never \
             passwords or hashes",
        ),
        Scope::Groups => whole("Local groups", "names and members"),
        Scope::Shares => whole("Shares", "names, folders, remarks and permissions"),
        Scope::Volumes => whole("Volumes", "drive letters and file systems"),
        Scope::AuditPolicy => whole("Audit policy", "which categories of events are logged"),
        Scope::PasswordPolicy => {
            whole("Password policy", "length, history, age, complexity and lock-out; never passwords or hashes")
        }
        Scope::Profiles => whole("Profiles", "names, SIDs and folders of people who have logged on"),
        Scope::Permissions => whole(
            "Permissions",
            "who owns and who may use the registry keys, files and folders that its other scopes name",
        ),
    }
}

/// A setting's value as written in TOML.
pub fn setting_as_written(value: &SettingValue) -> String {
    let quoted = |text: &String| toml::Value::String(text.clone()).to_string();
    match value {
        SettingValue::Text(text) => quoted(text),
        SettingValue::Number(number) => number.to_string(),
        SettingValue::Flag(flag) => flag.to_string(),
        SettingValue::Texts(texts) => format!("[{}]", texts.iter().map(quoted).collect::<Vec<_>>().join(", ")),
    }
}

/// `1 target`, `14 targets`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `1,234,567 bytes`.
pub(super) fn bytes(count: u64) -> String {
    counted(count, "byte", "bytes")
}

/// The extent of a pattern, for the shapes that have their own wording.
enum Reach<'a> {
    /// No wildcard.
    One,
    /// `folder\**`, which also matches the folder itself.
    Below(&'a str),
    /// `folder\*`.
    Inside(&'a str),
    /// `**`.
    Everything,
    /// Wildcards anywhere else; the pattern is shown as it is.
    Pattern,
}

impl<'a> Reach<'a> {
    fn of(pattern: &'a str) -> Self {
        let without = |ending: &str| pattern.strip_suffix(ending).filter(|rest| !rest.contains('*'));
        if !pattern.contains('*') {
            Reach::One
        } else if pattern == "**" {
            Reach::Everything
        } else if let Some(folder) = without(r"\**") {
            Reach::Below(folder)
        } else if let Some(folder) = without(r"\*") {
            Reach::Inside(folder)
        } else {
            Reach::Pattern
        }
    }
}

fn files(pattern: &str, one: &str) -> String {
    match Reach::of(pattern) {
        Reach::One => format!("{one} {pattern}"),
        Reach::Below(folder) => format!("{folder} and everything below it"),
        Reach::Inside(folder) => format!("what lies directly in {folder}"),
        Reach::Everything => "every file".to_owned(),
        Reach::Pattern => format!("what matches {pattern}"),
    }
}

/// Registry keys that hold whole products, users or machines: a pattern with a wildcard directly below one of them is broad.
const ROOTS: [&str; 12] = [
    "hklm",
    "hku",
    "hkcr",
    r"hku\*",
    r"hku\*\software",
    r"hklm\software",
    r"hklm\software\classes",
    r"hklm\software\microsoft",
    r"hklm\system",
    r"hklm\system\currentcontrolset",
    r"hklm\sam",
    r"hklm\security",
];

/// Whether a pattern covers an entire hive, drive or user, without a product's name to narrow it.
fn is_broad(pattern: &str) -> bool {
    let folded = wardline_contract::names::folded_path(pattern);
    let Some((before, _)) = folded.split_once("**") else { return false };
    let place = before.trim_end_matches('\\');
    let named = place.split('\\').filter(|component| !component.is_empty() && *component != "*").count();
    folded.ends_with("**") && (named <= 1 || ROOTS.contains(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_of_a_pattern_has_words_of_its_own() {
        let registry = |pattern: &str| of_scope(&Scope::Registry(pattern.to_owned())).what;
        let file = |pattern: &str| of_scope(&Scope::File(pattern.to_owned())).what;
        assert_eq!(registry(r"HKLM\SOFTWARE\A"), r"the key HKLM\SOFTWARE\A, with its values");
        assert_eq!(
            registry(r"HKLM\SOFTWARE\A\**"),
            r"the key HKLM\SOFTWARE\A and all keys below it, with their values"
        );
        assert_eq!(registry(r"HKLM\SOFTWARE\A\*"), r"the keys directly below HKLM\SOFTWARE\A, with their values");
        assert_eq!(registry(r"HKU\*\Software\A\**"), r"the keys HKU\*\Software\A\**, with their values");
        assert_eq!(registry("**"), "every key, with its values");
        assert!(file(r"%windir%\a.dll").starts_with(r"the file or folder %windir%\a.dll: version"));
        assert!(file(r"%windir%\*").starts_with(r"what lies directly in %windir%: version"));
        assert!(file(r"%windir%\*").ends_with("never content"));
        assert_eq!(of_scope(&Scope::Text(r"C:\*.ini".to_owned())).what, r"the content of what matches C:\*.ini");
    }

    #[test]
    fn what_reaches_over_a_hive_or_a_disk_is_broad() {
        for pattern in
            ["**", r"HKLM\**", r"hklm\Software\**", r"C:\**", r"%windir%\**", r"HKLM\SAM\**", r"HKU\*\**", r"C:\*\**"]
        {
            assert!(of_scope(&Scope::Registry(pattern.to_owned())).broad, "{pattern}");
        }
        for pattern in [
            r"HKLM\SOFTWARE\Acme\**",
            r"C:\*",
            r"%windir%\system32\**",
            r"HKU\*\Software\Acme\**",
            r"HKLM\SOFTWARE\*",
            r"C:\**\acme.ini",
        ] {
            assert!(!of_scope(&Scope::File(pattern.to_owned())).broad, "{pattern}");
        }
    }

    #[test]
    fn secrets_that_no_scope_gives_are_named() {
        for scope in [Scope::Accounts, Scope::PasswordPolicy] {
            assert!(of_scope(&scope).what.contains("never passwords or hashes"));
        }
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!((bytes(1), bytes(2_000)), ("1 byte".to_owned(), "2,000 bytes".to_owned()));
    }
}
