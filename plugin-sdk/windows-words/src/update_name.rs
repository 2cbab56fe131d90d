//! The names of updates: articles and bulletins.

/// Reads the number of an article: `KB5034441`, `Q296441`, or the number alone. Case and leading zeros make no difference.
///
/// ```
/// use wardline_windows_words::article;
///
/// assert_eq!(article("q296441"), Some(296_441));
/// assert_eq!(article("MS01-022"), None);
/// ```
pub fn article(name: &str) -> Option<u64> {
    let name = name.trim();
    let letters = name.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(name.len());
    let (prefix, number) = name.split_at(letters);
    let is_prefix = ["", "kb", "q"].contains(&prefix.to_ascii_lowercase().as_str());
    let is_number = (1..=12).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_prefix && is_number { number.parse().ok().filter(|number| *number != 0) } else { None }
}

/// Reads the year and the number of a bulletin: `MS01-022`.
///
/// ```
/// use wardline_windows_words::bulletin;
///
/// assert_eq!(bulletin("ms01-022"), Some((1, 22)));
/// assert_eq!(bulletin("Q296441"), None);
/// ```
pub fn bulletin(name: &str) -> Option<(u8, u16)> {
    let name = name.trim();
    let rest = name.get(..2).filter(|prefix| prefix.eq_ignore_ascii_case("ms")).and(name.get(2..))?;
    let (year, number) = rest.split_once('-')?;
    let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(year, 2) && is_number(number, 3)).then_some((year.parse().ok()?, number.parse().ok()?))
}
