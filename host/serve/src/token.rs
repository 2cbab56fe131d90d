//! The secret that lets somebody read the pages from another machine.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The random bytes of a token that is made here.
const RANDOM: usize = 32;
/// The lengths of a token that somebody else made, in characters.
const LEAST: usize = 16;
const MOST: usize = 512;

/// A token could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("{file}: {source}")]
    Io { file: String, source: io::Error },
    #[error("{file}: others may read this token (mode {mode:04o}); run: chmod 600 {file}")]
    Readable { file: String, mode: u32 },
    #[error(
        "{file}: bad token: expected one line of {LEAST} to {MOST} letters, digits or other ASCII characters without spaces"
    )]
    Malformed { file: String },
    #[error("the system gives no random numbers for a token: {0}")]
    NoRandom(String),
}

/// A token. The pages are shown to whoever has it.
pub struct Token {
    text: String,
    digest: [u8; 32],
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

impl Token {
    /// Makes a token that nobody can guess.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn random() -> Result<Token, TokenError> {
        let mut bytes = [0; RANDOM];
        getrandom::fill(&mut bytes).map_err(|error| TokenError::NoRandom(error.to_string()))?;
        Ok(Token::of(hexadecimal(&bytes)))
    }

    /// Reads a token from a file that only its owner may read.
    ///
    /// # Errors
    /// If the file cannot be read, others may read it, or it is not one line with a token.
    pub fn read(path: &Path) -> Result<Token, TokenError> {
        let file = path.display().to_string();
        let io = |source| TokenError::Io { file: file.clone(), source };
        let opened = wardline_files::regular_file::open(path).map_err(io)?;
        if let Some(mode) = mode_for_others(&opened).map_err(io)? {
            return Err(TokenError::Readable { file, mode });
        }
        let mut text = String::new();
        let read = opened.take(MOST as u64 + 3).read_to_string(&mut text);
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(TokenError::Malformed { file }),
            Err(source) => return Err(TokenError::Io { file, source }),
        }
        Token::parse(&text).ok_or(TokenError::Malformed { file })
    }

    /// Parses a token, and the end of its line.
    fn parse(text: &str) -> Option<Token> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let is_token = (LEAST..=MOST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| Token::of(text.to_owned()))
    }

    fn of(text: String) -> Token {
        let digest = Sha256::digest(&text).into();
        Token { text, digest }
    }

    /// The token itself, for the person who may hand it on.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Whether a text is the token. How long this takes says nothing about either.
    pub(crate) fn is(&self, text: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(text).into();
        self.digest.ct_eq(&digest).into()
    }

    /// The value of the cookie of a browser that has shown the token: the token cannot be told from it.
    pub(crate) fn cookie(&self) -> String {
        hexadecimal(&Sha256::new_with_prefix(b"wardline serve, cookie\0").chain_update(&self.text).finalize())
    }

    /// Whether a text is the value of the cookie.
    pub(crate) fn is_cookie(&self, text: &str) -> bool {
        self.cookie().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the mode of a file that others than its owner may read or write.
#[cfg(unix)]
fn mode_for_others(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Windows has access lists instead, which those of the user's profile keep others out with.
#[cfg(not(unix))]
fn mode_for_others(_: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    // Tests report failures by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_one_line_of_ascii_is_a_token() {
        for (text, is_token) in [
            ("0123456789abcdef", true),
            ("0123456789abcdef\n", true),
            ("0123456789abcdef\r\n", true),
            ("0123456789abcde", false),
            ("0123456789 abcdef", false),
            ("0123456789abcdef\n\n", false),
            ("0123456789abcdéf", false),
            ("", false),
            (&"x".repeat(MOST), true),
            (&"x".repeat(MOST + 1), false),
        ] {
            assert_eq!(Token::parse(text).is_some(), is_token, "{text:?}");
        }
    }

    #[test]
    fn a_token_is_only_itself_and_its_cookie_is_not_the_token() {
        let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert!(one.is(one.reveal()) && !one.is(other.reveal()) && !one.is("") && !one.is(&one.cookie()));
        assert!(one.is_cookie(&one.cookie()) && !one.is_cookie(&other.cookie()) && !one.is_cookie(one.reveal()));
        assert_eq!(format!("{one:?}"), "Token");
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        for (mode, readable) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            match Token::read(&file) {
                Ok(token) => assert!(readable && token.is("0123456789abcdef"), "{mode:o}"),
                Err(error) => assert!(!readable && error.to_string().contains("chmod 600"), "{mode:o}: {error}"),
            }
        }
    }
}
