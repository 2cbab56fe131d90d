//! A service pack's position in its product's sequence, derived from its name.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// Returns the level that a service pack's name implies: ten per service pack, plus the letter or the number after a dot.
///
/// | name | level |
/// |---|---|
/// | Windows 2000 Gold | 0 |
/// | Windows NT4 Service Pack 6a | 61 |
/// | SQL Server 7.0 SP3 | 30 |
/// | Office 97 SR-2/SR-2b | 20 |
/// | Windows 95 SR 2.5 | 25 |
///
/// A name without such a number is taken for the original release.
pub(super) fn of_name(name: &str) -> u32 {
    let lower = name.to_ascii_lowercase();
    ["service pack", "service release", "sp", "sr"].iter().find_map(|word| after(&lower, word)).unwrap_or(0)
}

/// Returns the level after the first occurrence of `word` that is a separate word followed by a number.
fn after(name: &str, word: &str) -> Option<u32> {
    name.match_indices(word).find_map(|(at, _)| {
        let inside_word = name.get(..at)?.ends_with(|c: char| c.is_alphanumeric());
        let rest = name.get(at + word.len()..)?.trim_start_matches([' ', '-']);
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        if inside_word || length == 0 || length > 4 {
            return None;
        }
        let (number, rest) = rest.split_at_checked(length)?;
        let number: u32 = number.parse().ok()?;
        let mut rest = rest.bytes();
        let part = match (rest.next(), rest.next()) {
            (Some(b'.'), Some(digit)) if digit.is_ascii_digit() => u32::from(digit - b'0'),
            (Some(letter @ b'a'..=b'i'), next) if !next.is_some_and(|next| next.is_ascii_alphanumeric()) => {
                u32::from(letter - b'a') + 1
            }
            _ => 0,
        };
        Some(number * 10 + part)
    })
}

/// Returns the levels of a product's own service packs, given in the catalog's order. If two names imply the same level, that order
/// decides: the later one gets the next free number.
///
/// No product ever had hundreds of service packs. In a sequence of more than a thousand they keep the levels of their names, which
/// bounds the work that a hostile catalog can cause.
pub(super) fn of_sequence<'a>(sequence: &[(&'a str, u32)]) -> HashMap<&'a str, u32> {
    if sequence.len() > 1_000 {
        return sequence.iter().copied().collect();
    }
    let mut taken: HashSet<u32> = sequence.iter().map(|(_, level)| *level).collect();
    let mut first_seen: HashSet<u32> = HashSet::new();
    let mut levels = HashMap::new();
    for (id, level) in sequence {
        if levels.contains_key(id) {
            continue;
        }
        let mut own = *level;
        if !first_seen.insert(own) {
            while !taken.insert(own) {
                own += 1;
            }
        }
        levels.insert(*id, own);
    }
    levels
}
