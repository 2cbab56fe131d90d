//! Patterns of names: `web*`, `sql0?`.

use wardline_contract::names::folded_name;

/// The maximum length of a pattern in characters. Computer names have at most 63.
const LONGEST: usize = 300;

/// A name in which `*` means any characters and `?` any one. Capitals make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<char>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("empty name: use `*` for all")]
    Empty,
    #[error("name too long: at most {LONGEST} characters are allowed")]
    TooLong,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Pattern, PatternError> {
        let pattern: Vec<char> = folded_name(text.trim()).chars().collect();
        match pattern.len() {
            0 => Err(PatternError::Empty),
            length if length > LONGEST => Err(PatternError::TooLong),
            _ => Ok(Pattern(pattern)),
        }
    }

    /// Returns the pattern that matches every name.
    pub(crate) fn all() -> Pattern {
        Pattern(vec!['*'])
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = folded_name(name).chars().collect();
        // On a mismatch, the latest `*` takes one more character: earlier ones need not be tried again.
        let (mut at, mut from, mut retry) = (0, 0, None);
        while let Some(character) = name.get(from) {
            match self.0.get(at) {
                Some('*') => {
                    retry = Some((at, from));
                    at += 1;
                }
                Some(wanted) if *wanted == '?' || wanted == character => {
                    at += 1;
                    from += 1;
                }
                _ => match &mut retry {
                    None => return false,
                    Some((star, taken)) => {
                        *taken += 1;
                        (at, from) = (*star + 1, *taken);
                    }
                },
            }
        }
        self.0.iter().skip(at).all(|rest| *rest == '*')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, name, expected) in [
            ("web01", "WEB01", true),
            ("web*", "web", true),
            ("web*", "sweb", false),
            ("*01", "web01", true),
            ("*0?*", "web01a", true),
            ("sql0?", "sql0", false),
            ("a*b*c", "a-b-b-d-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
        assert_eq!(Pattern::new(" "), Err(PatternError::Empty));
    }

    proptest! {
        #[test]
        fn a_name_with_parts_replaced_by_stars_matches(name in "[a-z]{0,12}", from in 0..12usize, to in 0..12usize) {
            let (from, to) = (from.min(name.len()), to.min(name.len()));
            let pattern = format!("{}*{}", &name[..from.min(to)], &name[from.max(to)..]);
            prop_assert!(Pattern::new(&pattern).unwrap().matches(&name));
        }
    }
}
