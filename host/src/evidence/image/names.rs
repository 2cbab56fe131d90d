//! Names as Windows compares them: without regard to case.

/// The character that Windows puts in its place before it compares names.
///
/// Windows' table has single characters only, and none outside of ASCII becomes one inside of it.
pub(super) fn upper(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) if !one.is_ascii() && character != 'µ' => one,
        _ => character,
    }
}

pub(super) fn fold(name: &str) -> String {
    name.chars().map(upper).collect()
}

pub(super) fn same(one: &str, other: &str) -> bool {
    one.chars().map(upper).eq(other.chars().map(upper))
}

/// The parts of a Windows path or key; doubled and trailing separators count for nothing.
pub(super) fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('\\').filter(|component| !component.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_whatever_their_case() {
        for (one, other, same_name) in [
            ("SOFTWARE", "Software", true),
            ("Größe", "GRÖßE", true),
            ("Größe", "GRÖSSE", false),
            ("ıntl", "Intl", false),
            ("ÿ", "Ÿ", true),
            ("µ", "Μ", false),
            ("a", "ab", false),
        ] {
            assert_eq!(same(one, other), same_name, "{one} {other}");
        }
    }
}
