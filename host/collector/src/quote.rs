//! Text as PowerShell reads it.

use std::fmt::Write as _;

/// Quotes a text as an expression in ASCII: Windows PowerShell reads a script without a byte order mark in the system's code page.
pub(crate) fn quoted(text: &str) -> String {
    let mut parts = Vec::new();
    let mut plain = String::new();
    for character in text.chars() {
        match character {
            '\'' => plain.push_str("''"),
            ' '..='~' => plain.push(character),
            _ => {
                if !plain.is_empty() {
                    parts.push(format!("'{}'", std::mem::take(&mut plain)));
                }
                let mut units = [0; 2];
                parts
                    .extend(character.encode_utf16(&mut units).iter().map(|unit| format!("[string][char]{unit:#06x}")));
            }
        }
    }
    if !plain.is_empty() || parts.is_empty() {
        parts.push(format!("'{plain}'"));
    }
    match parts.as_slice() {
        [one] if one.starts_with('\'') => one.clone(),
        // Joined, since `+` between numbers and texts depends on what is first.
        _ => format!("({} -join '')", array(&parts)),
    }
}

fn array(parts: &[String]) -> String {
    let parts = parts.iter().map(|part| if part.starts_with('[') { format!("({part})") } else { part.clone() });
    format!("@({})", parts.collect::<Vec<_>>().join(", "))
}

/// Returns a text for a comment: on one line, in ASCII.
pub(crate) fn commented(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            ' '..='~' => safe.push(character),
            _ => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_other_alphabets_are_escaped() {
        for (text, expected) in [
            ("", "''"),
            (r"HKLM\SOFTWARE", r"'HKLM\SOFTWARE'"),
            ("it's $(here) `n", "'it''s $(here) `n'"),
            ("é", "(@(([string][char]0x00e9)) -join '')"),
            ("a\nb", "(@('a', ([string][char]0x000a), 'b') -join '')"),
            // PowerShell takes typographic quotes for its own.
            ("\u{2019}; exit", "(@(([string][char]0x2019), '; exit') -join '')"),
            ("𝄞", "(@(([string][char]0xd834), ([string][char]0xdd1e)) -join '')"),
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
        assert_eq!(commented("a\nb é"), r"a\u{a}b \u{e9}");
    }
}
