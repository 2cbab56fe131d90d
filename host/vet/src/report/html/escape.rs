//! Strings from plugins and targets, escaped for HTML.

use std::fmt::{Display, Formatter, Result, Write};

use wardline_contract::Escaped;

/// Displays a string within an element or a quoted attribute. No character of it can end either, begin another, reorder the
/// text around it, or be invisible. Characters that could are shown as [`Escaped`] shows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Html<'a>(pub(super) &'a str);

impl Display for Html<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(Entities(formatter), "{}", Escaped(self.0))
    }
}

/// Writes the characters with a meaning in HTML as entities.
struct Entities<'f, 'a>(&'f mut Formatter<'a>);

impl Write for Entities<'_, '_> {
    fn write_str(&mut self, text: &str) -> Result {
        for character in text.chars() {
            match character {
                '&' => self.0.write_str("&amp;")?,
                '<' => self.0.write_str("&lt;")?,
                '>' => self.0.write_str("&gt;")?,
                '"' => self.0.write_str("&quot;")?,
                '\'' => self.0.write_str("&#39;")?,
                '`' => self.0.write_str("&#96;")?,
                other => self.0.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_of_a_string_is_markup() {
        for (text, expected) in [
            ("plain, ümlaut", "plain, ümlaut"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
            ("&amp;", "&amp;amp;"),
            ("\u{1b}[31m\u{202e}exe", r"\u{1b}[31m\u{202e}exe"),
        ] {
            assert_eq!(Html(text).to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn no_string_holds_what_could_end_or_begin_markup(text in any::<String>()) {
            let shown = Html(&text).to_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\'', '`', '\u{202e}', '\0', '\n']), "{shown}");
            let ampersands = shown.match_indices('&').all(|(place, _)| {
                ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#96;"].iter().any(|entity| shown[place..].starts_with(entity))
            });
            prop_assert!(ampersands, "{shown}");
        }
    }
}
