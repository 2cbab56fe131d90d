//! The trust file: whose signatures count, and for what.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use wardline_contract::Escaped;
use wardline_files::text_file;
use wardline_files::text_file::{TextFileError, line_of};

use super::key::PublicKey;
use super::signature::{Signature, SignatureError, Verified};

/// The maximum size of a trust file in bytes; a key takes some two hundred.
const LARGEST_FILE: u64 = 1 << 20;

/// The value of a trust file's first key.
const FORMAT: &str = "wardline.trust/1";

/// The keys that an operator trusts.
///
/// ```
/// use wardline_engine::trust::TrustFile;
///
/// let file = TrustFile::parse("trust.toml", r#"
///     format = "wardline.trust/1"
///
///     [[key]]
///     public = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
///     comment = "Acme's release key"
///     plugins = ["acme-*"]
/// "#).unwrap();
/// assert!(file.keys[0].may_sign("acme-agent"));
/// assert!(!file.keys[0].may_sign("os"));
/// assert!(!file.keys[0].vet_reports);
/// ```
#[derive(Clone, Debug)]
pub struct TrustFile {
    /// The path as the operator gave it.
    pub location: String,
    pub keys: Vec<TrustedKey>,
}

/// A key and what it may sign.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    pub key: PublicKey,
    /// The owner of the key; for people.
    pub comment: String,
    /// Names of plugins; a trailing `*` matches any suffix.
    pub plugins: Vec<String>,
    /// Whether it may sign vetting reports, of any plugin.
    pub vet_reports: bool,
}

/// Why a trust file cannot be used, or does not trust a signature.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error(transparent)]
    File(#[from] TextFileError),
    #[error("{file}, line {line}: {reason}")]
    Invalid { file: String, line: usize, reason: String },
    #[error("made by the key {key}, which is not listed in {file}", key = .key)]
    UnknownKey { file: String, key: super::KeyId },
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: Spanned<String>,
    #[serde(default)]
    key: Vec<WrittenKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenKey {
    public: Spanned<String>,
    comment: String,
    #[serde(default)]
    plugins: Vec<Spanned<String>>,
    #[serde(default)]
    vet_reports: bool,
}

impl TrustFile {
    /// Reads a trust file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or does not follow `docs/signing.md` to the letter.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        TrustFile::parse(&path.display().to_string(), &text_file::read(path, LARGEST_FILE)?)
    }

    /// Parses a trust file. `location` is the name of the file in errors.
    ///
    /// # Errors
    ///
    /// At the first key or value that is not as documented, with its line.
    pub fn parse(location: &str, text: &str) -> Result<Self, TrustError> {
        let invalid = |offset: usize, reason: String| TrustError::Invalid {
            file: location.to_owned(),
            line: line_of(text, offset),
            reason,
        };
        let written: Written = toml::from_str(text).map_err(|error| {
            invalid(error.span().map_or(0, |span| span.start), Escaped(error.message()).to_string().replace('\n', " "))
        })?;
        if written.format.get_ref() != FORMAT {
            let found = Escaped(written.format.get_ref());
            let reason = format!("format: unknown format \"{found}\": expected \"{FORMAT}\"");
            return Err(invalid(written.format.span().start, reason));
        }
        let mut keys: Vec<TrustedKey> = Vec::new();
        for WrittenKey { public, comment, plugins, vet_reports } in written.key {
            let place = public.span().start;
            let key = PublicKey::parse(public.get_ref()).map_err(|error| invalid(place, format!("public: {error}")))?;
            if keys.iter().any(|known| known.key == key) {
                return Err(invalid(place, "public: duplicate key".to_owned()));
            }
            for name in &plugins {
                is_pattern(name.get_ref()).map_err(|reason| {
                    invalid(name.span().start, format!("plugins: \"{}\" {reason}", Escaped(name.get_ref())))
                })?;
            }
            if plugins.is_empty() && !vet_reports {
                let reason = "the key may sign nothing: name `plugins`, or set `vet-reports = true`".to_owned();
                return Err(invalid(place, reason));
            }
            let plugins = plugins.into_iter().map(Spanned::into_inner).collect();
            keys.push(TrustedKey { key, comment, plugins, vet_reports });
        }
        Ok(TrustFile { location: location.to_owned(), keys })
    }

    /// Finds the key that made a signature for these bytes.
    ///
    /// # Errors
    ///
    /// If no key of the file did.
    pub fn verify(&self, bytes: &[u8], signature: &Signature) -> Result<(Verified, &TrustedKey), TrustError> {
        let made_by = signature.key_id();
        // A key's number proves nothing: more than one key may have it.
        let mut failure = TrustError::UnknownKey { file: self.location.clone(), key: made_by };
        for trusted in self.keys.iter().filter(|trusted| trusted.key.id() == made_by) {
            match signature.verify(bytes, &trusted.key) {
                Ok(verified) => return Ok((verified, trusted)),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }
}

impl TrustedKey {
    /// Whether the key may sign plugins of this name.
    pub fn may_sign(&self, name: &str) -> bool {
        self.plugins.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == pattern,
        })
    }
}

/// Checks that a text is a plugin's name, or a prefix of one followed by `*`.
fn is_pattern(text: &str) -> Result<(), &'static str> {
    let name = text.strip_suffix('*').unwrap_or(text);
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.bytes().all(letters) && !text.is_empty() && text.len() <= 64 {
        Ok(())
    } else {
        Err("is not a plugin name: expected lower-case letters, digits and hyphens, with a * at the end for any ending")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    fn with(rest: &str) -> String {
        format!("format = \"wardline.trust/1\"\n[[key]]\npublic = \"{KEY}\"\ncomment = \"Acme\"\n{rest}")
    }

    #[test]
    fn a_name_is_matched_whole_or_by_its_beginning() {
        let file = TrustFile::parse("t", &with("plugins = [\"acme-*\", \"tool\"]")).unwrap();
        for (name, expected) in
            [("acme-agent", true), ("acme-", true), ("acme", false), ("tool", true), ("tools", false), ("os", false)]
        {
            assert_eq!(file.keys[0].may_sign(name), expected, "{name}");
        }
        let any = TrustFile::parse("t", &with("plugins = [\"*\"]")).unwrap();
        assert!(any.keys[0].may_sign("anything"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            (String::new(), "t.toml, line 1: missing field `format`"),
            ("format = \"wardline.trust/2\"".to_owned(), "t.toml, line 1: format: unknown format \"wardline.trust/2\""),
            ("format = 1".to_owned(), "t.toml, line 1: invalid type"),
            (with(""), "t.toml, line 3: the key may sign nothing"),
            (with("plugins = [\"a\",\n  \"Acme\"]"), "t.toml, line 6: plugins: \"Acme\" is not a plugin name"),
            (with("plugins = [\"*-a\"]"), "t.toml, line 5: plugins: \"*-a\" is not a plugin name"),
            (with("plugin = [\"a\"]"), "t.toml, line 5: unknown field `plugin`"),
            (with("vet-reports = \"yes\""), "t.toml, line 5: invalid type"),
            (with("vet-reports = true\n[[key]]\n"), "t.toml, line 6: missing field `public`"),
            (
                with(&format!("vet-reports = true\n[[key]]\npublic = \"{KEY}\"\ncomment = \"\"\n")),
                "t.toml, line 7: public: duplicate key",
            ),
            (with("vet-reports = true").replace("RWQf", "RWQ"), "t.toml, line 3: public: is not a public key"),
            (with("vet-reports = true\nplugins ="), "t.toml, line 6: "),
        ] {
            let told = TrustFile::parse("t.toml", &text).unwrap_err().to_string();
            assert!(told.starts_with(expected), "{told}");
            assert!(!told.contains('\n'), "{told}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_file_or_an_error(text in "(format = \"wardline.trust/1\"\n)?\\PC{0,40}(\n\\[\\[key\\]\\]\n(public|comment|plugins|vet-reports) = \\PC{0,30}){0,3}") {
            if let Err(error) = TrustFile::parse("t", &text) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
