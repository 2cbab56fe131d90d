//! Digests, and how they are written.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a component, in lower-case hexadecimal: what names a plugin to machines.
pub fn digest(component: &[u8]) -> String {
    hex(&Sha256::digest(component))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
