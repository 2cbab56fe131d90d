//! Signatures in minisign's format.

use std::ffi::OsString;
use std::fmt;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use wardline_files::text_file;
use wardline_files::text_file::TextFileError;

use super::key::{KeyId, PublicKey, SecretKey};
use super::statement::{Statement, StatementError};

/// The maximum size of a signature file in bytes: four lines, two of them comments.
const LARGEST_FILE: u64 = 32 << 10;

/// The untrusted comment of wardline's signatures, which anyone could change.
const REMARK: &str = "signature made by wardline; the trusted comment says for what";

/// The length in characters of the line with the comment's signature: 64 bytes, which end in two characters of padding.
const COMMENT_SIGNATURE: usize = 88;

/// The prefix of wardline's trusted comments.
const OURS: &str = "wardline:";

/// Returns the path of a file's signature: beside it, with `.minisig` appended to its name.
pub fn signature_path(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".minisig");
    name.into()
}

/// Why a signature is not valid, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error(transparent)]
    File(#[from] TextFileError),
    #[error("is not a signature in minisign's format: {0}")]
    Form(String),
    #[error("is a legacy signature, made over the file itself; sign it again with minisign 0.10 or later, or with -H")]
    Legacy,
    #[error("was made by the key {made_by}: expected {expected}")]
    OtherKey { made_by: KeyId, expected: KeyId },
    #[error("is not valid: the file, the comment or the signature was changed, or another key has the number {0}")]
    Invalid(KeyId),
    #[error(transparent)]
    Statement(#[from] StatementError),
    #[error("cannot sign: {0}")]
    NotMade(String),
}

/// A well-formed signature. [`Signature::verify`] checks whether it is valid.
#[derive(Clone)]
pub struct Signature(minisign::SignatureBox);

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signature(by {})", self.key_id())
    }
}

/// The contents of a valid signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub key: KeyId,
    /// The trusted comment, verbatim.
    pub comment: String,
    /// The comment parsed as one of wardline's. `None` if another program made the signature, which then covers the file's bytes
    /// and nothing else.
    pub statement: Option<Statement>,
}

impl Signature {
    /// Reads a signature file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or contains something else.
    pub fn read(path: &Path) -> Result<Self, SignatureError> {
        Signature::parse(&text_file::read(path, LARGEST_FILE)?)
    }

    /// Parses the four lines of a signature.
    ///
    /// # Errors
    ///
    /// If the text has another form, or is a legacy signature, made over the file itself instead of its hash.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let parsed =
            minisign::SignatureBox::from_string(text).map_err(|error| SignatureError::Form(error.to_string()))?;
        // The library ignores further lines, and `minisign::verify` panics if the comment's signature is shorter.
        let mut rest = text.lines().skip(3);
        let comment_signature = rest.next().unwrap_or_default();
        let is_whole =
            comment_signature.len() == COMMENT_SIGNATURE && comment_signature.find('=') == Some(COMMENT_SIGNATURE - 2);
        if !is_whole || rest.next().is_some() {
            return Err(SignatureError::Form(
                "expected the comment's signature on the fourth and last line".to_owned(),
            ));
        }
        match parsed.is_prehashed() {
            true => Ok(Signature(parsed)),
            false => Err(SignatureError::Legacy),
        }
    }

    /// Returns the key that the signature names as its maker.
    pub fn key_id(&self) -> KeyId {
        KeyId::from_bytes(self.0.keynum())
    }

    /// Verifies that this key made the signature for these bytes.
    ///
    /// # Errors
    ///
    /// If it did not, or if the comment has wardline's prefix but is not well-formed.
    pub fn verify(&self, bytes: &[u8], key: &PublicKey) -> Result<Verified, SignatureError> {
        let (made_by, expected) = (self.key_id(), key.id());
        if made_by != expected {
            return Err(SignatureError::OtherKey { made_by, expected });
        }
        minisign::verify(&key.0, &self.0, Cursor::new(bytes), true, false, false)
            .map_err(|_| SignatureError::Invalid(made_by))?;
        let comment = self.0.trusted_comment().map_err(|error| SignatureError::Form(error.to_string()))?;
        let statement = match comment.starts_with(OURS) {
            true => Some(comment.parse()?),
            false => None,
        };
        Ok(Verified { key: made_by, comment, statement })
    }

    /// Signs bytes, with a statement about them.
    ///
    /// # Errors
    ///
    /// If the system provides no random numbers.
    pub fn sign(bytes: &[u8], key: &SecretKey, statement: &Statement) -> Result<Self, SignatureError> {
        Signature::sign_with(bytes, key, &statement.to_string())
    }

    /// Signs the bytes of a file that is not a plugin, under a trusted comment for people. The signature does not admit any plugin,
    /// because a statement about one begins differently.
    ///
    /// # Errors
    ///
    /// If the comment begins as a statement or has several lines, or the system provides no random numbers.
    pub fn sign_file(bytes: &[u8], key: &SecretKey, comment: &str) -> Result<Self, SignatureError> {
        if comment.starts_with(OURS) || comment.contains(['\n', '\r']) {
            return Err(SignatureError::NotMade(format!("bad comment {comment:?}")));
        }
        Signature::sign_with(bytes, key, comment)
    }

    fn sign_with(bytes: &[u8], key: &SecretKey, comment: &str) -> Result<Self, SignatureError> {
        let made = minisign::sign(None, &key.0, bytes, Some(comment), Some(REMARK));
        made.map(Signature).map_err(|error| SignatureError::NotMade(error.to_string()))
    }
}

impl fmt::Display for Signature {
    /// Formats the contents of a signature file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_string())
    }
}
