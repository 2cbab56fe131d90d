//! Strings from targets, catalogs and plugins, made safe to print on a terminal.

use std::fmt::{Display, Formatter, Result, Write};

/// The maximum number of characters of a string that are shown; the rest becomes an ellipsis.
const LENGTH: usize = 4_000;

/// Displays a string so that it can neither move the cursor, change colours or clear the screen, nor reorder or hide the
/// surrounding text.
///
/// Such characters appear as `\u{1b}`. A backslash is left as it is because Windows paths are full of them: the output is safe to
/// display but cannot be parsed back.
///
/// ```
/// # use wardline_contract::Escaped;
/// assert_eq!(Escaped("C:\\WINNT").to_string(), "C:\\WINNT");
/// assert_eq!(Escaped("\x1b[2Jhello").to_string(), "\\u{1b}[2Jhello");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let mut from = 0;
        for (count, (at, character)) in self.0.char_indices().enumerate() {
            if count == LENGTH {
                formatter.write_str(&self.0[from..at])?;
                return formatter.write_char('…');
            }
            if is_deceptive(character) {
                formatter.write_str(&self.0[from..at])?;
                write!(formatter, "\\u{{{:x}}}", u32::from(character))?;
                from = at + character.len_utf8();
            }
        }
        formatter.write_str(&self.0[from..])
    }
}

/// Matches control characters (C0, DEL, C1), line and paragraph separators, bidirectional controls, and zero-width characters:
/// those of Unicode's general categories Cc, Cf, Zl and Zp that text in any language can do without on a single line. Also matches
/// Unicode's 66 noncharacters, which HTML forbids and XML in part.
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff)
        || matches!(character, '\u{fdd0}'..='\u{fdef}')
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_or_reorders_text_gets_through() {
        let table = [
            ("plain, ümlaut, 日本語, 100 %", "plain, ümlaut, 日本語, 100 %"),
            ("\x1b[31mred\x1b[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("over\rwritten\n", r"over\u{d}written\u{a}"),
            ("a\0b\x07\x08\x7f", r"a\u{0}b\u{7}\u{8}\u{7f}"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("exe.\u{202e}txt", r"exe.\u{202e}txt"),
            ("\u{2066}x\u{2069}\u{200b}\u{feff}", r"\u{2066}x\u{2069}\u{200b}\u{feff}"),
            ("\u{fffe}\u{1ffff}\u{fdd0}\u{fdef}\u{fdf0}", "\\u{fffe}\\u{1ffff}\\u{fdd0}\\u{fdef}\u{fdf0}"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(Escaped(text).to_string(), expected);
        }
    }

    #[test]
    fn a_string_of_any_length_stays_readable() {
        let shown = Escaped(&"é".repeat(1_000_000)).to_string();
        assert_eq!(shown.chars().count(), LENGTH + 1);
        assert!(shown.ends_with('…'));
    }
}
