//! Policies as text, as people would write them.

use std::fmt::Write as _;

use wardline_contract::is_deceptive;

use super::file::{FORMAT, PolicyEntry};
use super::grant::grant_text;
use super::limits::PolicyLimits;

/// Formats a complete policy with these entries, ready to be committed: one grant per line, so that a change is a one-line diff.
///
/// # Examples
///
/// ```
/// let policy = wardline_engine::policy::written(&[]);
/// assert!(wardline_engine::policy::Policy::parse("policy.toml", &policy).is_ok());
/// ```
pub fn written(entries: &[PolicyEntry]) -> String {
    let mut out = format!(
        "# The questions and limits of plugins; see docs/policy.md of wardline.\n\
         format = \"{FORMAT}\"\n\n\
         # The rule for built-in plugins without an entry below: \"allow\" or \"deny\".\n\
         [stock]\ndefault = \"allow\"\n"
    );
    for entry in entries {
        // Writing to a string cannot fail.
        let _ = append(&mut out, entry);
    }
    out
}

fn append(out: &mut String, entry: &PolicyEntry) -> std::fmt::Result {
    writeln!(out, "\n[[plugin]]\nname = {}\nversion = {}", quoted(&entry.name), quoted(&entry.version))?;
    writeln!(out, "sha256 = {}", quoted(&entry.digest))?;
    if entry.grants.is_empty() {
        writeln!(out, "grants = []")?;
    } else {
        writeln!(out, "grants = [")?;
        for grant in &entry.grants {
            writeln!(out, "    {},", quoted(&grant_text(grant)))?;
        }
        writeln!(out, "]")?;
    }
    let PolicyLimits { fuel, memory, rounds, questions, output, time } = entry.limits;
    let limits = [
        ("fuel", fuel),
        ("memory-kib", memory.map(|bytes| bytes.div_ceil(1024))),
        ("rounds", rounds.map(u64::from)),
        ("questions", questions.map(u64::from)),
        ("output-kib", output.map(|bytes| bytes.div_ceil(1024))),
        ("time-ms", time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))),
    ];
    if limits.iter().any(|(_, limit)| limit.is_some()) {
        writeln!(out, "\n[plugin.limits]")?;
    }
    for (key, limit) in limits {
        if let Some(limit) = limit {
            writeln!(out, "{key} = {}", grouped(limit))?;
        }
    }
    Ok(())
}

/// Quotes a text for TOML. Paths are full of backslashes, so a text with backslashes becomes a literal string if one can hold it.
/// Characters that would be displayed misleadingly, or not at all, are escaped: the file is meant to be reviewed.
fn quoted(text: &str) -> String {
    let deceptive = text.contains(is_deceptive);
    if text.contains('\\') && !text.contains('\'') && !deceptive {
        return format!("'{text}'");
    }
    if !deceptive {
        // The library escapes what must be escaped.
        return toml::Value::String(text.to_owned()).to_string();
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if is_deceptive(letter) => match u32::from(letter) {
                code @ ..=0xffff => out.push_str(&format!("\\u{code:04X}")),
                code => out.push_str(&format!("\\U{code:08X}")),
            },
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// Formats a number with separators: `40_000_000`.
fn grouped(number: u64) -> String {
    wardline_report::html::grouped(number).replace(',', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use proptest::prelude::*;
    use std::time::Duration;
    use wardline_contract::Scope;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            name in "\\PC{0,20}|a\n'b\"\"\"",
            grants in proptest::collection::vec("[^\\.]{0,30}", 0..5),
            digest in "[0-9a-f]{64}",
            fuel in proptest::option::of(1..i64::MAX as u64),
            rounds in proptest::option::of(1u32..),
            memory in proptest::option::of(1u64..1 << 40),
            time in proptest::option::of(1u64..1 << 40),
        ) {
            let grants = grants.into_iter().map(|pattern| Scope::Registry(format!("HKLM\\{pattern}")));
            let limits = PolicyLimits {
                fuel,
                memory: memory.map(|kibibytes| kibibytes * 1024),
                rounds,
                questions: rounds,
                output: None,
                time: time.map(Duration::from_millis),
            };
            let entry = PolicyEntry {
                version: name.clone(), name, digest, grants: grants.chain([Scope::Updates]).collect(), limits, line: 0,
            };
            let text = written(std::slice::from_ref(&entry));
            let read = Policy::parse("p", &text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            prop_assert_eq!(&PolicyEntry { line: 0, ..read.entries[0].clone() }, &entry);
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_seen_as_it_is(text in "([\\PC\\\\'\"\u{7f}\u{9b}\u{200b}\u{202e}\u{2066}\u{feff}\u{e0041}\r\n\t\0]){0,20}") {
            let written = quoted(&text);
            prop_assert!(!written.contains(is_deceptive), "{}", written);
            let table: toml::Table = format!("a = {written}").parse().map_err(|error| {
                TestCaseError::fail(format!("{error}: {written}"))
            })?;
            prop_assert_eq!(table["a"].as_str(), Some(text.as_str()));
        }
    }

    #[test]
    fn what_deceives_is_escaped() {
        for (text, expected) in [
            (r"HKLM\A", r"'HKLM\A'"),
            ("plain", r#""plain""#),
            ("C:\\a\u{202e}b\"", r#""C:\\a\u202Eb\"""#),
            ("\u{e0041}", r#""\U000E0041""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in
            [(7, "7"), (100, "100"), (1_000, "1_000"), (123_456, "123_456"), (12_345_678, "12_345_678")]
        {
            assert_eq!(grouped(number), expected);
        }
    }
}
