//! Texts that are kept of a report's.

use smol_str::SmolStr;

/// The maximum number of characters kept of a text.
const MAX_TEXT: usize = 1_000;

/// Truncates a text, which may be arbitrarily long.
pub(super) fn kept(text: &str) -> SmolStr {
    match text.char_indices().nth(MAX_TEXT) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}
