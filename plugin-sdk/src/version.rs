//! Versions as written in files, registries and catalogs.

use std::cmp::Ordering;

use crate::contract::exports::wardline::check::types::FileVersion;

/// More parts than any version in use has. Text with more parts is not a version.
const MAX_PARTS: usize = 16;

/// Parses a file version: up to four numbers below 65,536, separated by dots or commas, with or without spaces around them.
/// Missing parts are zero. `None` for anything else: `na`, empty text, five parts, a number that is too large.
///
/// ```
/// use wardline_plugin::version;
///
/// let version = version::parse("5, 0, 2195, 3649").unwrap();
/// assert_eq!(version::show(&version), "5.0.2195.3649");
/// assert_eq!(version::parse("na"), None);
/// ```
pub fn parse(text: &str) -> Option<FileVersion> {
    let mut numbers = [0u16; 4];
    for (place, part) in text.split(['.', ',']).enumerate() {
        *numbers.get_mut(place)? = u16::try_from(number(part)?).ok()?;
    }
    let [major, minor, build, revision] = numbers;
    Some(FileVersion { major, minor, build, revision })
}

/// Formats a version as people write it: `5.0.2195.3649`.
pub fn show(version: &FileVersion) -> String {
    format!("{}.{}.{}.{}", version.major, version.minor, version.build, version.revision)
}

/// Orders two file versions, oldest first.
pub fn compare(left: &FileVersion, right: &FileVersion) -> Ordering {
    sort_key(left).cmp(&sort_key(right))
}

/// A single number that sorts versions in the order of [`compare`].
pub(crate) fn sort_key(version: &FileVersion) -> u64 {
    [version.major, version.minor, version.build, version.revision]
        .into_iter()
        .fold(0, |key, number| key << 16 | u64::from(number))
}

/// Compares versions of any length, as in registry values and builds (`7,0,0,1956`, `10.0.19045.4170`). Missing parts count
/// as zero. `None` if either is not a version.
///
/// ```
/// use std::cmp::Ordering;
/// use wardline_plugin::version::compare_dotted;
///
/// assert_eq!(compare_dotted("10.0.19045.999", "10.0.19045.4170"), Some(Ordering::Less));
/// assert_eq!(compare_dotted("6,0", "6.0.0.0"), Some(Ordering::Equal));
/// assert_eq!(compare_dotted("six", "6.0"), None);
/// ```
pub fn compare_dotted(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (dotted(left)?, dotted(right)?);
    Some(left.cmp(&right))
}

fn dotted(text: &str) -> Option<[u64; MAX_PARTS]> {
    let mut numbers = [0; MAX_PARTS];
    for (place, part) in text.split(['.', ',']).enumerate() {
        *numbers.get_mut(place)? = number(part)?;
    }
    Some(numbers)
}

/// Accepts digits only: `str::parse` would accept a sign as well.
fn number(part: &str) -> Option<u64> {
    let part = part.trim();
    if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_versions_are_read_as_catalogs_write_them() {
        let rows = [
            ("5.0.2195.3649", Some("5.0.2195.3649")),
            ("7,0,0,1956", Some("7.0.0.1956")),
            (" 5, 0 , 2195,1600 ", Some("5.0.2195.1600")),
            ("5.00.2195", Some("5.0.2195.0")),
            ("4", Some("4.0.0.0")),
            ("65535.0.0.65535", Some("65535.0.0.65535")),
            ("65536.0.0.0", None),
            ("5.0.2195.3649.1", None),
            ("5.0..1", None),
            ("5.0.", None),
            ("+5.0", None),
            ("-5.0", None),
            ("5.0 (xpclient)", None),
            ("na", None),
            ("", None),
            (" ", None),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).as_ref().map(show).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn versions_compare_number_by_number() {
        let rows = [
            ("5.0.2195.3649", "5.0.2195.3649", Some(Ordering::Equal)),
            ("5.0.2195.999", "5.0.2195.3649", Some(Ordering::Less)),
            ("5.1", "5.0.9999.9999", Some(Ordering::Greater)),
            ("10.0", "9.9", Some(Ordering::Greater)),
        ];
        for (left, right, expected) in rows {
            assert_eq!(compare_dotted(left, right), expected, "{left} {right}");
            assert_eq!(
                parse(left).zip(parse(right)).map(|(left, right)| compare(&left, &right)),
                expected,
                "{left} {right}"
            );
        }
        assert_eq!(compare_dotted("10.0.65536.1", "10.0.65535.9"), Some(Ordering::Greater), "builds exceed 16 bits");
        assert_eq!(compare_dotted("99999999999999999999", "1"), None, "no number that fits");
        assert_eq!(compare_dotted("", "1"), None);
    }
}
