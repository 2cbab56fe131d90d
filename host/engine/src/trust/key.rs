//! Keys in minisign's format.

use std::fmt;
use std::path::Path;

use wardline_files::text_file;
use wardline_files::text_file::TextFileError;

/// The maximum size of a key file in bytes; both kinds have a comment and some two hundred characters.
const LARGEST_FILE: u64 = 16 << 10;

/// The algorithm that every key names: Ed25519.
const ED25519: &[u8] = b"Ed";

/// Why a key cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    File(#[from] TextFileError),
    #[error("{file}: {source}")]
    InFile { file: String, source: Box<KeyError> },
    #[error("is not a public key in minisign's format: {0}")]
    NoPublicKey(String),
    #[error("is not a secret key in minisign's format: {0}")]
    NoSecretKey(String),
    #[error("the secret key is protected by a password, but none was given")]
    PasswordNeeded,
    #[error("the secret key could not be opened: {0}")]
    NotOpened(String),
    #[error("the password is too long: at most {} bytes are allowed", KeyError::LONGEST_PASSWORD)]
    PasswordTooLong,
    #[error("cannot generate a key: {0}")]
    NotMade(String),
}

impl KeyError {
    /// The maximum length that minisign's own programs accept.
    const LONGEST_PASSWORD: usize = 1024;

    fn in_file(self, path: &Path) -> Self {
        KeyError::InFile { file: path.display().to_string(), source: Box::new(self) }
    }
}

/// The number by which signatures identify their key. It is chosen at random when the key is made, and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut id = [0; 8];
        id.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        KeyId(id)
    }
}

impl fmt::Display for KeyId {
    /// Formats the id as sixteen hexadecimal digits, as minisign does.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The key that verifies signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(pub(super) minisign::PublicKey);

impl PublicKey {
    /// Reads a key file: a comment, and the key below it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or contains something else.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = text_file::read(path, LARGEST_FILE)?;
        // The key is below a comment, or alone.
        let line = text.lines().nth(1).unwrap_or(&text);
        PublicKey::parse(line).map_err(|error| error.in_file(path))
    }

    /// Parses a key's single line of base64, `RWQ…`.
    ///
    /// # Errors
    ///
    /// If the text is not a key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let key =
            minisign::PublicKey::from_base64(text.trim()).map_err(|error| KeyError::NoPublicKey(error.to_string()))?;
        // The library does not look at the algorithm.
        match key.to_bytes().starts_with(ED25519) {
            true => Ok(PublicKey(key)),
            false => Err(KeyError::NoPublicKey("its algorithm is not Ed25519".to_owned())),
        }
    }

    pub fn id(&self) -> KeyId {
        KeyId::from_bytes(self.0.keynum())
    }

    /// Returns the contents of a key file.
    pub fn to_file(&self) -> String {
        format!("untrusted comment: minisign public key {}\n{self}\n", self.id())
    }
}

impl fmt::Display for PublicKey {
    /// Formats the key's single line of base64.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_base64())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

/// The key that makes signatures.
pub struct SecretKey(pub(super) minisign::SecretKey);

/// Shows the key's id but not the key itself.
impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretKey({})", self.id())
    }
}

impl SecretKey {
    /// Reads a key file. `password` is called only if the key is protected by one.
    ///
    /// # Errors
    ///
    /// If the file does not contain a secret key, or the password is wrong.
    pub fn read(path: &Path, password: impl FnOnce() -> Result<String, KeyError>) -> Result<Self, KeyError> {
        let text = text_file::read(path, LARGEST_FILE)?;
        SecretKey::parse(&text, password).map_err(|error| error.in_file(path))
    }

    fn parse(text: &str, password: impl FnOnce() -> Result<String, KeyError>) -> Result<Self, KeyError> {
        let sealed = minisign::SecretKeyBox::from(text.to_owned());
        match minisign::SecretKey::from_unencrypted_box(sealed.clone()) {
            Ok(key) => return Ok(SecretKey(key)),
            // Only the message of this error reveals that a key is protected.
            Err(error) if error.to_string().contains("might be encrypted") => {}
            Err(error) => return Err(KeyError::NoSecretKey(error.to_string())),
        }
        let password = checked(password()?)?;
        let key = minisign::SecretKey::from_box(sealed, Some(password));
        key.map(SecretKey).map_err(|error| KeyError::NotOpened(error.to_string()))
    }

    pub fn id(&self) -> KeyId {
        KeyId::from_bytes(self.0.keynum())
    }

    /// Returns the public key that verifies this key's signatures.
    ///
    /// # Errors
    ///
    /// If the secret key is damaged.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        let key = minisign::PublicKey::from_secret_key(&self.0);
        key.map(PublicKey).map_err(|error| KeyError::NoSecretKey(error.to_string()))
    }
}

/// A new key pair, in the form written to files.
pub struct KeyPair {
    pub public: PublicKey,
    /// The contents of the secret key file, encrypted with the password if there is one.
    pub secret_file: String,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeyPair").field("public", &self.public).finish_non_exhaustive()
    }
}

impl KeyPair {
    /// Generates a key pair. Without a password, anyone who can read the secret key file can use the key.
    ///
    /// # Errors
    ///
    /// If the system provides no random numbers, or the password is too long.
    pub fn generate(password: Option<String>) -> Result<Self, KeyError> {
        let not_made = |error: minisign::PError| KeyError::NotMade(error.to_string());
        let (pair, comment) = match password {
            None => (minisign::KeyPair::generate_unencrypted_keypair(), "minisign secret key, not protected"),
            Some(password) => {
                let password = checked(password)?;
                (minisign::KeyPair::generate_encrypted_keypair(Some(password)), "minisign encrypted secret key")
            }
        };
        let minisign::KeyPair { pk, sk } = pair.map_err(not_made)?;
        let secret_file = sk.to_box(Some(comment)).map_err(not_made)?.into_string();
        Ok(KeyPair { public: PublicKey(pk), secret_file })
    }
}

fn checked(password: String) -> Result<String, KeyError> {
    if password.len() > KeyError::LONGEST_PASSWORD {
        return Err(KeyError::PasswordTooLong);
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_password() -> Result<String, KeyError> {
        Err(KeyError::PasswordNeeded)
    }

    #[test]
    fn what_was_generated_can_be_read_back() {
        let open = KeyPair::generate(None).unwrap();
        let key = SecretKey::parse(&open.secret_file, no_password).unwrap();
        assert_eq!(key.public_key().unwrap(), open.public);
        assert_eq!(PublicKey::parse(&open.public.to_string()).unwrap(), open.public);
        assert_eq!(key.id(), open.public.id());

        let sealed = KeyPair::generate(Some("correct horse".to_owned())).unwrap();
        assert!(matches!(SecretKey::parse(&sealed.secret_file, no_password), Err(KeyError::PasswordNeeded)));
        let wrong = SecretKey::parse(&sealed.secret_file, || Ok("battery staple".to_owned()));
        assert!(matches!(wrong, Err(KeyError::NotOpened(_))), "{wrong:?}");
        let key = SecretKey::parse(&sealed.secret_file, || Ok("correct horse".to_owned())).unwrap();
        assert_eq!(key.public_key().unwrap(), sealed.public);
    }

    #[test]
    fn nothing_prints_a_secret() {
        let pair = KeyPair::generate(None).unwrap();
        let secret = pair.secret_file.lines().nth(1).unwrap().to_owned();
        let key = SecretKey::parse(&pair.secret_file, no_password).unwrap();
        for shown in [format!("{pair:?}"), format!("{key:?}")] {
            assert!(!shown.contains(&secret[60..90]) && shown.len() < 120, "{shown}");
        }
    }

    #[test]
    fn what_is_no_key_is_told_so() {
        for text in
            ["", "RWQ", &"A".repeat(56), &"!".repeat(56), "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO="]
        {
            assert!(matches!(PublicKey::parse(text), Err(KeyError::NoPublicKey(_))), "{text}");
        }
        let zeros = format!("untrusted comment: x\nRW{}", "A".repeat(210));
        for text in ["", "untrusted comment: x", "untrusted comment: x\nRWQ", "minisign"] {
            assert!(matches!(SecretKey::parse(text, no_password), Err(KeyError::NoSecretKey(_))), "{text}");
        }
        assert!(SecretKey::parse(&zeros, || Ok(String::new())).is_err());
    }
}
