//! The text and place of a panic, where the host finds them after the trap.
//!
//! A panic ends in `unreachable`, and a plugin imports nothing that it could write a message to. The hook therefore leaves a
//! record in the plugin's memory, which the host searches: 16 bytes of magic, the length of the text as a little-endian
//! `u32`, and the text in UTF-8, at most [`LONGEST`] bytes: `src/lib.rs:40:9: index out of bounds`.

use std::hint::black_box;
use std::panic::PanicHookInfo;
use std::sync::Once;

/// The maximum length of the text, in bytes. A longer one is cut off.
pub const LONGEST: usize = 4096;

/// The magic, back to front: the complete one may only be in the memory of a plugin that panicked.
const MAGIC_REVERSED: [u8; 16] = *b"1:cinap-enildraw";

/// Installs the hook, once.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| std::panic::set_hook(Box::new(leave_record)));
}

fn leave_record(info: &PanicHookInfo<'_>) {
    let text = info.payload_as_str().unwrap_or("a value that is not text");
    let said = match info.location() {
        Some(place) => format!("{place}: {text}"),
        None => text.to_owned(),
    };
    // Nothing reads the record in here, so it has to be kept from being optimised away.
    black_box(Vec::leak(record(&said)));
}

fn record(text: &str) -> Vec<u8> {
    let text = &text.as_bytes()[..text.floor_char_boundary(LONGEST)];
    let length = u32::try_from(text.len()).unwrap_or_default();
    let mut record = Vec::with_capacity(MAGIC_REVERSED.len() + 4 + text.len());
    record.extend(black_box(MAGIC_REVERSED).iter().rev());
    record.extend(length.to_le_bytes());
    record.extend(text);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_magic_length_and_text() {
        assert_eq!(record("src/lib.rs:4:9: no"), b"wardline-panic:1\x12\0\0\0src/lib.rs:4:9: no");
        assert_eq!(record(""), b"wardline-panic:1\0\0\0\0");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let record = record(&"é".repeat(LONGEST));
        assert_eq!(record.len(), 20 + LONGEST);
        assert!(std::str::from_utf8(&record[20..]).is_ok());
        let odd = super::record(&format!("x{}", "é".repeat(LONGEST)));
        assert_eq!(odd.len(), 20 + LONGEST - 1);
    }
}
