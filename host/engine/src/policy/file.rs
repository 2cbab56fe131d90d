//! The policy file.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use toml::Spanned;
use wardline_contract::{Escaped, Scope, hex};
use wardline_files::text_file;
use wardline_files::text_file::{TextFileError, line_of};

use super::grant::parse_grant;
use super::limits::PolicyLimits;

/// The maximum size of a policy in bytes. An entry takes a few thousand.
const LARGEST_FILE: u64 = 4 << 20;

/// The value of a policy's first key.
pub(super) const FORMAT: &str = "wardline.policy/1";

/// The questions plugins may ask and the resources they may use.
///
/// ```
/// use wardline_engine::policy::{Policy, StockDefault};
///
/// let policy = Policy::parse("policy.toml", r#"
///     format = "wardline.policy/1"
///
///     [stock]
///     default = "allow"
///
///     [[plugin]]
///     name = "acme-agent"
///     version = "1.2.0"
///     sha256 = "5f3a9c1c2a7d1f0e4b8a6d5c3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f"
///     grants = ['registry:HKLM\SOFTWARE\Acme\**', "system"]
///     limits = { fuel = 40_000_000, memory-kib = 16384 }
/// "#).unwrap();
/// assert_eq!(policy.stock, StockDefault::Allow);
/// assert_eq!(policy.entries[0].grants.len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    /// The path as the operator gave it.
    pub location: String,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// The rule for built-in plugins that the policy does not name.
    pub stock: StockDefault,
    /// The entries, each with a distinct digest.
    pub entries: Vec<PolicyEntry>,
}

/// The rule for built-in plugins that a policy does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StockDefault {
    /// They may ask everything they declare.
    #[default]
    Allow,
    /// They may ask nothing.
    Deny,
}

/// The rule for one build of one plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyEntry {
    /// The name that the plugin must describe itself by. For people, and checked.
    pub name: String,
    pub version: String,
    /// SHA-256 of the component, in lowercase hexadecimal.
    pub digest: String,
    pub grants: Vec<Scope>,
    pub limits: PolicyLimits,
    /// The entry's line in the file, counted from 1; 0 if it was not read from a file.
    pub line: usize,
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error(transparent)]
    File(#[from] TextFileError),
    #[error("{file}, line {line}: {reason}")]
    Invalid { file: String, line: usize, reason: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: Spanned<String>,
    #[serde(default)]
    stock: WrittenStock,
    #[serde(default)]
    plugin: Vec<WrittenEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStock {
    default: StockDefault,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    name: String,
    version: String,
    sha256: Spanned<String>,
    grants: Vec<Spanned<String>>,
    #[serde(default)]
    limits: WrittenLimits,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenLimits {
    fuel: Option<Spanned<u64>>,
    memory_kib: Option<Spanned<u64>>,
    rounds: Option<Spanned<u32>>,
    questions: Option<Spanned<u32>>,
    output_kib: Option<Spanned<u64>>,
    time_ms: Option<Spanned<u64>>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or does not follow `docs/policy.md` to the letter.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        Policy::parse(&path.display().to_string(), &text_file::read(path, LARGEST_FILE)?)
    }

    /// Parses a policy. `location` is the name of the file in errors and reports.
    ///
    /// # Errors
    ///
    /// At the first key or value that is not as documented, with its line.
    pub fn parse(location: &str, text: &str) -> Result<Self, PolicyError> {
        let reader = Reader { location, text };
        let written: Written = toml::from_str(text).map_err(|error| {
            let reason = Escaped(error.message()).to_string().replace('\n', " ");
            reader.invalid(error.span().map_or(0, |span| span.start), reason)
        })?;
        if written.format.get_ref() != FORMAT {
            let found = Escaped(written.format.get_ref());
            let reason = format!("format: unsupported \"{found}\": expected \"{FORMAT}\"");
            return Err(reader.invalid(written.format.span().start, reason));
        }
        let mut entries: Vec<PolicyEntry> = Vec::new();
        for entry in written.plugin {
            let place = entry.sha256.span().start;
            let entry = reader.entry(entry)?;
            if let Some(first) = entries.iter().find(|known| known.digest == entry.digest) {
                let reason = format!("sha256: duplicate digest: line {} has an entry for it", first.line);
                return Err(reader.invalid(place, reason));
            }
            entries.push(entry);
        }
        Ok(Policy {
            location: location.to_owned(),
            digest: hex(&Sha256::digest(text)),
            stock: written.stock.default,
            entries,
        })
    }
}

/// The context that errors need to report their position.
struct Reader<'t> {
    location: &'t str,
    text: &'t str,
}

impl Reader<'_> {
    fn invalid(&self, offset: usize, reason: String) -> PolicyError {
        PolicyError::Invalid { file: self.location.to_owned(), line: line_of(self.text, offset), reason }
    }

    fn entry(&self, written: WrittenEntry) -> Result<PolicyEntry, PolicyError> {
        let WrittenEntry { name, version, sha256, grants, limits } = written;
        let place = sha256.span().start;
        if sha256.get_ref().len() != 64 || !sha256.get_ref().bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.invalid(place, "sha256: not a digest: expected 64 hexadecimal digits".to_owned()));
        }
        let grants = grants.into_iter().map(|grant| {
            parse_grant(grant.get_ref()).map_err(|error| self.invalid(grant.span().start, format!("grants: {error}")))
        });
        Ok(PolicyEntry {
            name,
            version,
            digest: sha256.into_inner().to_ascii_lowercase(),
            grants: grants.collect::<Result<_, _>>()?,
            limits: self.limits(&limits)?,
            line: line_of(self.text, place),
        })
    }

    fn limits(&self, written: &WrittenLimits) -> Result<PolicyLimits, PolicyError> {
        let kibibytes = |key, number: &Option<Spanned<u64>>| -> Result<Option<u64>, PolicyError> {
            Ok(self.some(key, number)?.map(|number| number.saturating_mul(1024)))
        };
        Ok(PolicyLimits {
            fuel: self.some("fuel", &written.fuel)?,
            memory: kibibytes("memory-kib", &written.memory_kib)?,
            rounds: self.some("rounds", &written.rounds)?,
            questions: self.some("questions", &written.questions)?,
            output: kibibytes("output-kib", &written.output_kib)?,
            time: self.some("time-ms", &written.time_ms)?.map(Duration::from_millis),
        })
    }

    /// Rejects zero: a plugin could not run with nothing of a resource, and the way to express that is to grant nothing.
    fn some<T: Copy + Default + PartialEq>(
        &self,
        key: &str,
        number: &Option<Spanned<T>>,
    ) -> Result<Option<T>, PolicyError> {
        match number {
            Some(zero) if *zero.get_ref() == T::default() => {
                Err(self.invalid(zero.span().start, format!("limits: {key}: must be greater than 0")))
            }
            number => Ok(number.as_ref().map(|number| *number.get_ref())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "5f3a9c1c2a7d1f0e4b8a6d5c3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f";

    fn with(rest: &str) -> String {
        format!(
            "format = \"wardline.policy/1\"\n[[plugin]]\nname = \"a\"\nversion = \"1\"\nsha256 = \"{DIGEST}\"\n{rest}"
        )
    }

    #[test]
    fn a_policy_is_read_as_documented() {
        let text = with(
            "grants = ['file:C:\\A\\*']\nlimits = { fuel = 1_000, memory-kib = 2, rounds = 3, questions = 4, \
             output-kib = 5, time-ms = 1500 }\n[stock]\ndefault = \"deny\"",
        );
        let policy = Policy::parse("p.toml", &text).unwrap();
        assert_eq!(policy.stock, StockDefault::Deny);
        assert_eq!(policy.digest, hex(&Sha256::digest(&text)));
        let entry = &policy.entries[0];
        assert_eq!((entry.name.as_str(), entry.digest.as_str(), entry.line), ("a", DIGEST, 5));
        assert_eq!(entry.grants, [Scope::File(r"C:\A\*".into())]);
        let limits = PolicyLimits {
            fuel: Some(1_000),
            memory: Some(2_048),
            rounds: Some(3),
            questions: Some(4),
            output: Some(5_120),
            time: Some(Duration::from_millis(1_500)),
        };
        assert_eq!(entry.limits, limits);
        let least = Policy::parse("p.toml", "format = \"wardline.policy/1\"").unwrap();
        assert_eq!((least.stock, least.entries.len()), (StockDefault::Allow, 0));
    }

    #[test]
    fn an_error_names_its_line() {
        for (text, expected) in [
            (String::new(), "p.toml, line 1: missing field `format`"),
            ("format = \"wardline.policy/2\"".to_owned(), "p.toml, line 1: format: unsupported \"wardline.policy/2\""),
            (
                "format = \"wardline.policy/1\"\n[stock]\ndefault = \"maybe\"".to_owned(),
                "p.toml, line 3: unknown variant",
            ),
            ("format = \"wardline.policy/1\"\n[stock]\n".to_owned(), "p.toml, line 2: missing field `default`"),
            ("format = \"wardline.policy/1\"\n[stok]\n".to_owned(), "p.toml, line 2: unknown field `stok`"),
            (with(""), "p.toml, line 2: missing field `grants`"),
            (with("grants = []").replace("5f3a", "xyz1"), "p.toml, line 5: sha256: not a digest"),
            (with("grants = []").replace("5f3a", ""), "p.toml, line 5: sha256: not a digest"),
            (
                with("grants = [\n  \"system\",\n  \"acounts\",\n]"),
                "p.toml, line 8: grants: \"acounts\": unknown grant",
            ),
            (with("grants = [\"registry:HKLM\\\\..\"]"), "p.toml, line 6: grants: \"registry:HKLM\\..\": paths with"),
            (with("grants = []\nlimits = { fuel = 0 }"), "p.toml, line 7: limits: fuel: must be greater than 0"),
            (with("grants = []\nlimits = { fuel = -1 }"), "p.toml, line 7: invalid value: integer `-1`"),
            (with("grants = []\nlimits = { memory = 1 }"), "p.toml, line 7: unknown field `memory`"),
            (with("grants = []\nlimits = { rounds = 5_000_000_000 }"), "p.toml, line 7: invalid value"),
            (
                with(&format!(
                    "grants = []\n[[plugin]]\nname = \"b\"\nversion = \"2\"\nsha256 = \"{DIGEST}\"\ngrants = []\n"
                )),
                "p.toml, line 10: sha256: duplicate digest: line 5 has an entry for it",
            ),
            (with("grants = "), "p.toml, line 6:"),
        ] {
            let error = Policy::parse("p.toml", &text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_policy_or_an_error(
            head in "(format = \"wardline.policy/1\"\n)?",
            text in "(\\[\\[plugin\\]\\]\n|\\[stock\\]\n|(name|version|sha256|grants|limits|default) = \
                     \\PC{0,30}\n){0,8}",
        ) {
            if let Err(error) = Policy::parse("p", &format!("{head}{text}")) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
