//! Where tickets and key distribution centres are: `krb5.conf` and the environment, as far as a client needs them.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The largest `krb5.conf`, in bytes.
const MAX_FILE: u64 = 1 << 20;

const SYSTEM_FILE: &str = "/etc/krb5.conf";

/// The cache of users who set none, as in MIT's library.
const USUAL_CACHE: &str = "FILE:/tmp/krb5cc_%{uid}";

/// Where a client's tickets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheName {
    File(PathBuf),
    /// Something that is not a file, such as `KEYRING:persistent:0`.
    Other(String),
}

impl CacheName {
    /// Parses `FILE:PATH`, a path, or the name of another kind.
    #[must_use]
    pub fn parse(name: &str) -> CacheName {
        match name.split_once(':') {
            Some(("FILE", path)) => CacheName::File(PathBuf::from(path)),
            Some((kind, _)) if kind.len() > 1 && kind.chars().all(|letter| letter.is_ascii_uppercase()) => {
                CacheName::Other(name.to_owned())
            }
            _ => CacheName::File(PathBuf::from(name)),
        }
    }
}

impl fmt::Display for CacheName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CacheName::File(path) => write!(formatter, "{}", path.display()),
            CacheName::Other(name) => formatter.write_str(name),
        }
    }
}

/// The settings of this computer's Kerberos.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The domain of users who give none.
    pub default_realm: Option<String>,
    /// The key distribution centres of each realm, by its name in capitals: `HOST` or `HOST:PORT`.
    pub centres: BTreeMap<String, Vec<String>>,
    /// Where the tickets are. `None` if the environment is not known.
    pub cache: Option<CacheName>,
}

impl Settings {
    /// Reads `$KRB5_CONFIG`, or `/etc/krb5.conf`, and `$KRB5CCNAME`. A file that cannot be read has no settings, and an empty variable
    /// counts as none.
    #[must_use]
    pub fn of_environment() -> Settings {
        Settings::of(|name| env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Settings {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let file = variable("KRB5_CONFIG").map_or_else(|| PathBuf::from(SYSTEM_FILE), PathBuf::from);
        let mut settings = Settings::parse(&read(&file).unwrap_or_default());
        if let Some(name) = variable("KRB5CCNAME") {
            settings.cache = Some(CacheName::parse(&name));
        }
        settings
    }

    /// Parses the text of a `krb5.conf`. Settings that are not needed here are skipped.
    #[must_use]
    pub fn parse(text: &str) -> Settings {
        let mut settings = Settings::default();
        let mut cache = USUAL_CACHE.to_owned();
        let mut section = String::new();
        // The names of the open braces.
        let mut within: Vec<String> = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                section = name.split(']').next().unwrap_or_default().to_owned();
                within.clear();
                continue;
            }
            if line.starts_with('}') {
                within.pop();
                continue;
            }
            let Some((name, value)) = line.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if value.starts_with('{') {
                within.push(name.to_owned());
                continue;
            }
            match (section.as_str(), within.as_slice(), name) {
                ("libdefaults", [], "default_realm") => settings.default_realm = Some(value.to_owned()),
                ("libdefaults", [], "default_ccache_name") => value.clone_into(&mut cache),
                ("realms", [realm], "kdc") => {
                    // Others speak HTTPS, through a proxy.
                    let host = value.strip_prefix("tcp/").or_else(|| value.strip_prefix("udp/")).unwrap_or(value);
                    if !host.contains('/') {
                        settings.centres.entry(realm.to_uppercase()).or_default().push(host.to_owned());
                    }
                }
                _ => {}
            }
        }
        settings.cache = user_number().map(|user| {
            let cache = ["%{uid}", "%{euid}", "%{USERID}"].iter().fold(cache, |name, part| name.replace(part, &user));
            CacheName::parse(&cache)
        });
        settings
    }

    /// The key distribution centres of a realm. Where none is set, the domain's name leads to its controllers.
    pub(crate) fn centres_of(&self, realm: &str) -> Vec<String> {
        let set = self.centres.get(&realm.to_uppercase()).cloned();
        set.unwrap_or_else(|| vec![realm.to_lowercase()])
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// The number of the user whose process this is.
#[cfg(target_os = "linux")]
fn user_number() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").ok().map(|process| process.uid().to_string())
}

/// Other systems keep tickets elsewhere than in files.
#[cfg(not(target_os = "linux"))]
fn user_number() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_settings_that_a_client_needs_are_read() {
        let settings = Settings::parse(
            "# of the company\n[libdefaults]\n  default_realm = CORP.EXAMPLE\n  default_ccache_name = KEYRING:persistent:%{uid}\n\
             [realms]\n CORP.EXAMPLE = {\n  kdc = dc1.corp.example\n  kdc = tcp/10.0.0.1:8088\n  kdc = https://proxy/KdcProxy\n\
             \x20 v4_name_convert = {\n  host = {\n   kdc = x\n  }\n }\n admin_server = x\n }\n[domain_realm]\n .corp.example = CORP.EXAMPLE\n",
        );
        assert_eq!(settings.default_realm.as_deref(), Some("CORP.EXAMPLE"));
        assert_eq!(settings.centres_of("corp.example"), ["dc1.corp.example", "10.0.0.1:8088"]);
        assert_eq!(settings.centres_of("OTHER.EXAMPLE"), ["other.example"]);
        if let Some(cache) = settings.cache {
            assert!(cache.to_string().starts_with("KEYRING:persistent:") && !cache.to_string().contains('%'));
        }
    }

    #[test]
    fn a_cache_is_a_file_or_something_else() {
        let file = |path: &str| CacheName::File(PathBuf::from(path));
        for (name, expected) in [
            ("FILE:/tmp/krb5cc_0", file("/tmp/krb5cc_0")),
            ("/tmp/cc", file("/tmp/cc")),
            ("C:\\cc", file("C:\\cc")),
            ("KCM:", CacheName::Other("KCM:".to_owned())),
            ("DIR:/run/user/0/krb5cc", CacheName::Other("DIR:/run/user/0/krb5cc".to_owned())),
        ] {
            assert_eq!(CacheName::parse(name), expected, "{name}");
        }
    }

    #[test]
    fn an_empty_variable_counts_as_none() {
        let cache = |name: &'static str| {
            Settings::of(|variable| match variable {
                "KRB5_CONFIG" => Some("/no/such/file".to_owned()),
                "KRB5CCNAME" => Some(name.to_owned()),
                _ => None,
            })
            .cache
        };
        assert_eq!(cache(""), Settings::parse("").cache);
        assert_eq!(cache("FILE:/tmp/mine"), Some(CacheName::parse("FILE:/tmp/mine")));
    }

    proptest! {
        #[test]
        fn any_text_has_settings(text in "[\\[\\]{}=a-z\n ]{0,80}") {
            let _ = Settings::parse(&text);
        }
    }
}
