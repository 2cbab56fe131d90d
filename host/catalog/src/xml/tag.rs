//! Tags as catalogs write them, split without the XML reader's general rules: a name, and attributes of the form `name="value"`.

use std::ops::Range;

/// The places of a tag's parts, as offsets in its content: what is between `<` and `>` or `/>`.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) name: usize,
    pub(super) attributes: Vec<Part>,
}

/// An attribute's name and value.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// What a text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// A tag whose content has this length.
    Tag { content: usize, empty: bool },
    /// The beginning of such a tag, as far as there is text.
    Incomplete,
    /// Something else, which may be a tag nevertheless.
    Other,
}

/// Splits the tag that `text` begins with, `<` included.
///
/// Where the result is a tag, the XML reader finds the same one with the same parts. Names with a prefix are left to it.
pub(super) fn split(text: &[u8], parts: &mut Parts) -> Split {
    parts.attributes.clear();
    let content = text.get(1..).unwrap_or_default();
    let Some(length) = content.iter().position(|byte| !is_of_name(*byte)) else { return Split::Incomplete };
    if length == 0 {
        return Split::Other;
    }
    parts.name = length;
    let mut at = length;
    loop {
        let rest = content.get(at..).unwrap_or_default();
        let Some(space) = rest.iter().position(|byte| !is_space(*byte)) else { return Split::Incomplete };
        // The content of a tag ends with its last quote or name, or with space before `>`.
        match rest.get(space..).unwrap_or_default() {
            [b'>', ..] => return Split::Tag { content: at + space, empty: false },
            [b'/', b'>', ..] => return Split::Tag { content: at + space, empty: true },
            [b'/'] => return Split::Incomplete,
            _ => {}
        }
        let name = at + space;
        let rest = content.get(name..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| !is_of_name(*byte)) else { return Split::Incomplete };
        let quote = match rest.get(length..).unwrap_or_default() {
            [b'=', quote @ (b'"' | b'\''), ..] if length > 0 => *quote,
            [b'='] => return Split::Incomplete,
            _ => return Split::Other,
        };
        let value = name + length + 2;
        let Some(end) = memchr::memchr(quote, content.get(value..).unwrap_or_default()) else {
            return Split::Incomplete;
        };
        parts.attributes.push(Part { name: name..name + length, value: value..value + end });
        at = value + end + 1;
    }
}

/// Whether a byte is one of the name of an element or attribute that is certainly no delimiter.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
