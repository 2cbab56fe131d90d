//! Digests and their textual form.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Returns the SHA-256 of a component in lowercase hexadecimal: the plugin's machine-readable identity.
pub fn digest(component: &[u8]) -> String {
    hex(&Sha256::digest(component))
}

/// Encodes bytes in lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
