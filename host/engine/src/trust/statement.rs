//! The statement that a signature makes about its file.

use std::fmt;
use std::str::FromStr;

use wardline_contract::Description;

/// The maximum length of a version that can be signed.
const LONGEST_VERSION: usize = 64;

/// The kind of file that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plugin's component.
    Plugin,
    /// A plugin's vetting report.
    VetReport,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Plugin => "plugin",
            Kind::VetReport => "vet-report",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Kind::Plugin => "a plugin",
            Kind::VetReport => "a vetting report",
        })
    }
}

/// The trusted comment of a signature made by wardline: fields prefixed with their names and separated by tabs, in the style of
/// minisign's own comments.
///
/// ```
/// use wardline_engine::trust::{Kind, Statement};
///
/// let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/// let text = format!("wardline:plugin\tname:acme-agent\tversion:1.2.0\tsha256:{digest}\ttimestamp:1795000000");
/// let statement: Statement = text.parse().unwrap();
/// assert_eq!((statement.kind, statement.name.as_str()), (Kind::Plugin, "acme-agent"));
/// assert_eq!(statement.to_string(), text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub kind: Kind,
    /// The plugin's name and version, as it describes itself.
    pub name: String,
    pub version: String,
    /// SHA-256 of the plugin's component in hexadecimal, even if the signed file is the report.
    pub digest: String,
    /// Seconds since 1970 (UTC), by the signer's clock.
    pub timestamp: u64,
}

/// Why a statement cannot be made, or a comment is not one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    #[error("invalid plugin name {0:?}: only lower-case letters, digits and hyphens are allowed")]
    Name(String),
    #[error("invalid version {0:?}: only letters, digits and . + - _ are allowed, at most {LONGEST_VERSION} of them")]
    Version(String),
    #[error("{0:?} is not a SHA-256 digest in lower-case hexadecimal")]
    NoDigest(String),
    #[error("the trusted comment is not of the form \"wardline:plugin name:… version:… sha256:… timestamp:…\"")]
    Form,
    #[error("the signature is for {signed}, but the file is {found}")]
    Kind { signed: Kind, found: Kind },
    #[error("the signature is for {signed}, but the file contains {found}")]
    Identity { signed: String, found: String },
    #[error("the signature is for the plugin with the digest {signed}, but the file is about {found}")]
    Digest { signed: String, found: String },
}

impl Statement {
    /// Creates a statement.
    ///
    /// # Errors
    ///
    /// If the name or version has characters that a comment cannot hold, or `digest` is not a digest.
    pub fn new(kind: Kind, name: &str, version: &str, digest: &str, timestamp: u64) -> Result<Self, StatementError> {
        if !is_name(name) {
            return Err(StatementError::Name(name.chars().take(LONGEST_VERSION).collect()));
        }
        if !is_version(version) {
            return Err(StatementError::Version(version.chars().take(LONGEST_VERSION).collect()));
        }
        if !is_digest(digest) {
            return Err(StatementError::NoDigest(digest.chars().take(64).collect()));
        }
        let (name, version, digest) = (name.to_owned(), version.to_owned(), digest.to_owned());
        Ok(Statement { kind, name, version, digest, timestamp })
    }

    /// Checks that the statement is for this kind of file and for the plugin with this digest.
    pub(super) fn check_file(&self, kind: Kind, digest: &str) -> Result<(), StatementError> {
        if self.kind != kind {
            return Err(StatementError::Kind { signed: self.kind, found: kind });
        }
        if self.digest != digest {
            return Err(StatementError::Digest { signed: self.digest.clone(), found: digest.to_owned() });
        }
        Ok(())
    }

    /// Checks that the statement matches the plugin's own description.
    pub(super) fn check_identity(&self, described: &Description) -> Result<(), StatementError> {
        if (&self.name, &self.version) == (&described.name, &described.version) {
            return Ok(());
        }
        Err(StatementError::Identity {
            signed: format!("{} {}", self.name, self.version),
            found: format!("{} {}", described.name, described.version),
        })
    }
}

fn is_version(text: &str) -> bool {
    (1..=LONGEST_VERSION).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte))
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for Statement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statement { kind, name, version, digest, timestamp } = self;
        write!(
            formatter,
            "wardline:{}\tname:{name}\tversion:{version}\tsha256:{digest}\ttimestamp:{timestamp}",
            kind.word()
        )
    }
}

impl FromStr for Statement {
    type Err = StatementError;

    fn from_str(text: &str) -> Result<Self, StatementError> {
        let fields: Vec<&str> = text.split('\t').collect();
        let [kind, name, version, digest, timestamp] = fields.as_slice() else { return Err(StatementError::Form) };
        let field = |text: &str, name: &str| -> Result<String, StatementError> {
            let value = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')).ok_or(StatementError::Form)?;
            Ok(value.to_owned())
        };
        let kind = match field(kind, "wardline")?.as_str() {
            "plugin" => Kind::Plugin,
            "vet-report" => Kind::VetReport,
            _ => return Err(StatementError::Form),
        };
        let (name, version) = (field(name, "name")?, field(version, "version")?);
        let (digest, timestamp) = (field(digest, "sha256")?, field(timestamp, "timestamp")?);
        let timestamp = timestamp.parse().map_err(|_| StatementError::Form)?;
        if !(is_name(&name) && is_version(&version) && is_digest(&digest)) {
            return Err(StatementError::Form);
        }
        Ok(Statement { kind, name, version, digest, timestamp })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            report in any::<bool>(),
            name in "[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,5})?",
            version in "[0-9A-Za-z.+_-]{1,64}",
            digest in "[0-9a-f]{64}",
            timestamp in any::<u64>(),
        ) {
            let kind = if report { Kind::VetReport } else { Kind::Plugin };
            let statement = Statement::new(kind, &name, &version, &digest, timestamp).unwrap();
            prop_assert_eq!(statement.to_string().parse::<Statement>().unwrap(), statement);
        }

        #[test]
        fn any_text_is_a_statement_or_an_error(text in "(wardline:)?\\PC*(\t\\PC*){0,6}") {
            if let Ok(statement) = text.parse::<Statement>() {
                prop_assert!(!statement.to_string().contains('\n'));
            }
        }
    }

    #[test]
    fn a_version_that_could_forge_a_field_is_not_signed_for() {
        for version in ["", "1.0\tsha256:x", "1 0", "1\n", "é", &"1".repeat(65)] {
            let statement = Statement::new(Kind::Plugin, "a", version, &"0".repeat(64), 0);
            assert!(matches!(statement, Err(StatementError::Version(_))));
        }
    }
}
