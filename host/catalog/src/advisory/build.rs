//! Builds as the publisher writes them, and which of them count in one sequence.

/// The numbers of a build, most significant first: 10, 0, 17763, 5576.
pub(super) type Numbers = Vec<u32>;

/// A build in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Build {
    Given {
        numbers: Numbers,
        /// Whether more than white space and leading zeros had to be corrected.
        mended: bool,
    },
    NotGiven,
    /// Not one build, or one with too few numbers to be compared with a file's or a product's version.
    Unreadable,
}

/// The fewest and most numbers of a build. `5511.1000` lacks the `16.0` that Office's own versions begin with, so that nothing may be
/// concluded from comparing the two; `.NET Framework` has builds of five numbers.
const NUMBERS: std::ops::RangeInclusive<usize> = 3..=5;

/// Parses `10.0.17763.5576`. Corrected, because only one reading is possible: two dots in a row, dots at the end, commas instead of
/// dots, and `v` or `version` in front.
pub(super) fn parse(text: &str) -> Build {
    let text = text.trim();
    if text.is_empty() {
        return Build::NotGiven;
    }
    let bare = ["version ", "v"]
        .iter()
        .find_map(|prefix| {
            let (start, rest) = text.split_at_checked(prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then_some(rest)
        })
        .unwrap_or(text);
    let mut mended = bare.len() < text.len() || bare.contains(',');
    let mut numbers = Numbers::new();
    let parts: Vec<&str> = bare.split(['.', ',']).take(NUMBERS.end() * 2).collect();
    let (first, last) = (0, parts.len() - 1);
    for (place, part) in parts.into_iter().enumerate() {
        let omitted = part.is_empty() && place != first;
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match part.parse() {
            Ok(number) if digits => numbers.push(number),
            // Nothing between two dots, or after the last one.
            _ if omitted && (place == last || !mended) => mended = true,
            _ => return Build::Unreadable,
        }
    }
    if NUMBERS.contains(&numbers.len()) { Build::Given { numbers, mended } } else { Build::Unreadable }
}

/// Writes numbers with dots.
pub(super) fn text(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// Windows releases that share their numbering: an enablement package turns one into the next, and all of them receive the same
/// update with the same revision. By the first release's build.
///
/// Source: the release notes of KB4517245 (1909), KB4562830 (20H2), KB5000736 (21H1), KB5003791 (21H2), KB5015684 (22H2), KB5027397 (23H2)
/// and KB5054156 (25H2).
const SHARED: [(u32, &[u32]); 4] =
    [(18362, &[18363]), (19041, &[19042, 19043, 19044, 19045]), (22621, &[22631]), (26100, &[26200])];

/// Returns the part of a build that is the same for all builds of one sequence: all but the last number, and for Windows releases that
/// share their numbering that of the first of them.
pub(super) fn branch(numbers: &[u32]) -> Numbers {
    let mut branch = numbers.split_last().map_or_else(Numbers::new, |(_, branch)| branch.to_vec());
    if let [10, 0, release] = branch.as_mut_slice()
        && let Some((first, _)) = SHARED.iter().find(|(_, later)| later.contains(release))
    {
        *release = *first;
    }
    branch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_as_they_are_written() {
        let given = |numbers: &[u32], mended| Build::Given { numbers: numbers.to_vec(), mended };
        for (text, expected) in [
            ("10.0.17763.5576", given(&[10, 0, 17763, 5576], false)),
            ("\t\n16.0.4200.1", given(&[16, 0, 4200, 1], false)),
            ("15.00.1497.015", given(&[15, 0, 1497, 15], false)),
            ("4.8.1.09082.07", given(&[4, 8, 1, 9082, 7], false)),
            ("7.0.17", given(&[7, 0, 17], false)),
            ("10.0.20348..2762", given(&[10, 0, 20348, 2762], true)),
            ("1.2311.1.22.", given(&[1, 2311, 1, 22], true)),
            ("3,5,04115.01", given(&[3, 5, 4115, 1], true)),
            ("v2.0.32061.0", given(&[2, 0, 32061, 0], true)),
            ("Version 1.1.18200.3", given(&[1, 1, 18200, 3], true)),
            ("", Build::NotGiven),
            ("  ", Build::NotGiven),
            ("V1.003", Build::Unreadable),
            ("5511.1000", Build::Unreadable),
            ("30601", Build::Unreadable),
            ("KB5032921", Build::Unreadable),
            ("3.0.6920.8954; 2.0.50727.8970", Build::Unreadable),
            ("4.8.9334.0 and 4.8.4802.0", Build::Unreadable),
            ("112.0.5615.49/50", Build::Unreadable),
            ("96.0 1954.29", Build::Unreadable),
            ("16.0.14326.21xxxx", Build::Unreadable),
            ("1.6.10-2", Build::Unreadable),
            (".1.2.3", Build::Unreadable),
            ("1...2.3", Build::Unreadable),
            ("1.2.3.4.5.6", Build::Unreadable),
            ("1.2.99999999999", Build::Unreadable),
            ("+1.2.3", Build::Unreadable),
            ("https://aka.ms/OfficeSecurityReleases", Build::Unreadable),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn releases_with_one_numbering_are_one_branch() {
        assert_eq!(branch(&[10, 0, 19045, 4170]), branch(&[10, 0, 19041, 1]));
        assert_eq!(branch(&[10, 0, 22631, 1]), [10, 0, 22621]);
        assert_ne!(branch(&[10, 0, 17763, 1]), branch(&[10, 0, 14393, 1]));
        assert_eq!(branch(&[16, 0, 19045, 1]), [16, 0, 19045]);
        assert_eq!(branch(&[]), Numbers::new());
    }
}
