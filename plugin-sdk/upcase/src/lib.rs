//! Case-insensitive comparison of names as in Windows.
//!
//! Windows compares the names of registry keys, values and files without regard to case, using its own table: each UTF-16 code unit
//! is replaced by its upper-case unit. The table differs from Unicode's. It has no capital for the final sigma `ς`, for `µ`, `ı` or
//! `ß`, none for letters added after it was made, and none outside the Basic Multilingual Plane; and it has capitals for the
//! Georgian letters of the 19th century (`ⴀ`), but not for today's.
//!
//! The table is that of Windows Vista and later. Windows NT 4 to XP have an older one, with 636 instead of 973 capitals. It agrees
//! with this one where both have a capital, and has one more: `Σ` for `ς`.
//!
//! ```
//! use wardline_upcase::{fold, same};
//!
//! assert!(same("Größe", "GRÖßE"));
//! // Two letters in Windows, one in Unicode.
//! assert!(!same("Πωλητής", "ΠΩΛΗΤΉΣ"));
//! assert_eq!(fold("System32"), "SYSTEM32");
//! ```

#![warn(missing_docs)]

mod table;

use table::RUNS;

/// Returns the capital of a UTF-16 code unit, or the unit itself if it has none.
///
/// Surrogates have none, and no unit outside ASCII has a capital in ASCII.
pub fn upper_unit(unit: u16) -> u16 {
    if let Ok(byte) = u8::try_from(unit)
        && byte.is_ascii()
    {
        return u16::from(byte.to_ascii_uppercase());
    }
    let after = RUNS.partition_point(|run| run.last < unit);
    match RUNS.get(after) {
        Some(run) if run.first <= unit && (unit - run.first).is_multiple_of(run.step) => {
            run.capital.wrapping_add(unit - run.first)
        }
        _ => unit,
    }
}

/// Returns the only code unit whose capital this is, or the unit itself if there is none.
///
/// The inverse of [`upper_unit`]: two units have the same capital exactly when they have the same small letter.
pub fn lower_unit(unit: u16) -> u16 {
    if let Ok(byte) = u8::try_from(unit)
        && byte.is_ascii()
    {
        return u16::from(byte.to_ascii_lowercase());
    }
    let small = RUNS.iter().find_map(|run| {
        let distance = unit.checked_sub(run.capital)?;
        (distance <= run.last - run.first && distance.is_multiple_of(run.step)).then(|| run.first + distance)
    });
    small.unwrap_or(unit)
}

/// Like [`upper_unit`], for a character. Characters of two code units have no capital.
pub fn upper(character: char) -> char {
    map(character, upper_unit)
}

/// Like [`lower_unit`], for a character.
pub fn lower(character: char) -> char {
    map(character, lower_unit)
}

fn map(character: char, map: impl Fn(u16) -> u16) -> char {
    // Surrogates map to themselves and nothing maps to them, so a character always maps to a character.
    u16::try_from(u32::from(character)).ok().and_then(|unit| char::from_u32(map(unit).into())).unwrap_or(character)
}

/// Returns the name in upper case. Windows treats two names as equal exactly when their folded names are equal.
pub fn fold(name: &str) -> String {
    name.chars().map(upper).collect()
}

/// Returns the name in lower case. Windows treats two names as equal exactly when their folded names are equal.
pub fn fold_to_lower(name: &str) -> String {
    name.chars().map(lower).collect()
}

/// Returns whether Windows treats two names as equal.
pub fn same(one: &str, other: &str) -> bool {
    one.chars().map(upper).eq(other.chars().map(upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a.
    fn digest(units: impl Iterator<Item = u16>) -> u64 {
        units
            .flat_map(u16::to_le_bytes)
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    #[test]
    fn the_table_is_the_one_that_windows_writes_to_its_volumes() {
        assert_eq!(digest((0..=u16::MAX).map(upper_unit)), DIGEST_OF_UPCASE);
        assert_eq!((0..=u16::MAX).filter(|unit| upper_unit(*unit) != *unit).count(), 973);
    }

    /// The digest of the 65,536 code units of a `$UpCase` file, in the byte order of the file.
    const DIGEST_OF_UPCASE: u64 = 0x48ed_4531_e939_9927;

    #[test]
    fn folding_either_way_tells_the_same_names_apart() {
        for unit in 0..=u16::MAX {
            let capital = upper_unit(unit);
            assert_eq!(upper_unit(capital), capital, "{unit:#06x}");
            assert_eq!(lower_unit(capital), lower_unit(unit), "{unit:#06x}");
            assert_eq!(upper_unit(lower_unit(unit)), capital, "{unit:#06x}");
            assert_eq!(unit < 0x80, capital < 0x80, "{unit:#06x}");
            assert_eq!((0xd800..0xe000).contains(&unit), (0xd800..0xe000).contains(&capital), "{unit:#06x}");
        }
    }

    #[test]
    fn names_are_the_same_when_windows_says_so() {
        for (one, other, expected, why) in [
            ("SOFTWARE", "Software", true, "ASCII"),
            ("Größe", "GRÖßE", true, "Latin-1"),
            ("Größe", "GRÖSSE", false, "one character never becomes two"),
            ("ÿ", "Ÿ", true, "a capital far away"),
            ("ключ", "КЛЮЧ", true, "Cyrillic"),
            ("Πωλητής", "Πωλητήσ", false, "ς has no capital"),
            ("Πωλητής", "ΠΩΛΗΤΉς", true, "and is itself in capitals"),
            ("ⴀⴁ", "ႠႡ", true, "Georgian, 19th century"),
            ("აბ", "ᲐᲑ", false, "Georgian, of Unicode 11"),
            ("ꭰ", "Ꭰ", false, "Cherokee, of Unicode 8"),
            ("ıntl", "Intl", false, "a dotless i"),
            ("İ", "i", false, "a dotted I"),
            ("µ", "Μ", false, "the micro sign"),
            ("ſ", "S", false, "the long s"),
            ("\u{212a}", "k", false, "the Kelvin sign"),
            ("ǅ", "Ǆ", false, "a letter in title case"),
            ("ǆ", "Ǆ", true, "its small letter"),
            ("ᾳ", "ᾼ", true, "a Greek letter with a capital of one character"),
            ("ⅷ", "Ⅷ", true, "a Roman numeral"),
            ("ⓐ", "Ⓐ", true, "a letter in a circle"),
            ("𐐨", "𐐀", false, "Deseret, outside of the Basic Multilingual Plane"),
            ("a", "ab", false, "a beginning"),
        ] {
            assert_eq!(same(one, other), expected, "{one} {other}: {why}");
            assert_eq!(fold(one) == fold(other), expected, "{one} {other}: {why}");
            assert_eq!(fold_to_lower(one) == fold_to_lower(other), expected, "{one} {other}: {why}");
        }
    }

    #[test]
    fn surrogates_have_no_capital() {
        for unit in 0xd800..=0xdfff {
            assert_eq!((upper_unit(unit), lower_unit(unit)), (unit, unit));
        }
    }
}
