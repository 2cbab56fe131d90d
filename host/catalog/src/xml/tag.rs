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

/// The beginning of a text.
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
    const OF_NAME: [bool; 256] = {
        let mut of_name = [false; 256];
        let mut byte = 0u8;
        while byte < 128 {
            of_name[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
            byte += 1;
        }
        of_name
    };
    OF_NAME[usize::from(byte)]
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::events::Event;
    use quick_xml::reader::Reader;

    use super::*;

    /// A tag: its content, whether the element is empty, and the names and values of its attributes.
    type Found = (String, bool, Vec<(String, String)>);

    fn by_split(text: &str, parts: &mut Parts) -> (Split, Option<Found>) {
        let split = split(text.as_bytes(), parts);
        let Split::Tag { content, empty } = split else { return (split, None) };
        let content = &text[1..=content];
        let part = |part: &Part| (content[part.name.clone()].to_owned(), content[part.value.clone()].to_owned());
        (split, Some((content.to_owned(), empty, parts.attributes.iter().map(part).collect())))
    }

    fn by_library(text: &str) -> Option<Found> {
        let mut library = Reader::from_str(text);
        let (tag, empty) = match library.read_event() {
            Ok(Event::Start(tag)) => (tag, false),
            Ok(Event::Empty(tag)) => (tag, true),
            _ => return None,
        };
        let mut attributes = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.unwrap();
            attributes.push((attribute.key.as_ref().to_owned(), attribute.value.into_owned()));
        }
        Some((tag.to_string(), empty, attributes))
    }

    #[test]
    fn tags_as_catalogs_have_them() {
        let mut parts = Parts::default();
        for text in ["<a>", "<a/>", "<a b=\"c\"/>", "<a b='\"' c=\"/>\" >", "<a\r\n\tb=\"\"c='ä'\n/>"] {
            let (_, found) = by_split(text, &mut parts);
            assert!(found.is_some() && found == by_library(text), "{text}");
        }
        for text in
            ["</a>", "<!-- -->", "<?a?>", "<>", "< a>", "<a:b>", "<a b>", "<a b=c>", "<a b =\"c\">", "<a / >", "<ä>"]
        {
            assert_eq!(by_split(text, &mut parts).0, Split::Other, "{text}");
        }
        let whole = "<a b=\"c\" />";
        for length in 1..whole.len() {
            assert_eq!(by_split(&whole[..length], &mut parts).0, Split::Incomplete, "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is split, the XML library finds the same tag with the same parts.
        #[test]
        fn tags_are_those_of_the_library(pieces in prop::collection::vec("[ab:/='\"&ä <>\n]|=\"|\" | b=\"|/>", 0..16)) {
            let text = format!("<a{}>", pieces.concat());
            let (split, found) = by_split(&text, &mut Parts::default());
            match split {
                Split::Tag { .. } => prop_assert_eq!(found, by_library(&text)),
                // More text may end it, but what is there has no end.
                Split::Incomplete => prop_assert_eq!(by_library(&text), None),
                Split::Other => {}
            }
        }
    }
}
