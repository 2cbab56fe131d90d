//! The names of updates: articles and bulletins, and lists of them.

use std::fmt;

/// The name of an update. Parsed names are equal if they mean the same, however they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UpdateName {
    /// The number of an article, see [`article`].
    Article(u64),
    /// The year and the number of a bulletin, see [`bulletin`].
    Bulletin(u8, u16),
}

impl UpdateName {
    /// Parses the name of an article or a bulletin.
    pub fn parse(name: &str) -> Option<UpdateName> {
        let bulletin = bulletin(name).map(|(year, number)| UpdateName::Bulletin(year, number));
        bulletin.or_else(|| article(name).map(UpdateName::Article))
    }
}

impl fmt::Display for UpdateName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UpdateName::Article(number) => write!(formatter, "KB{number}"),
            UpdateName::Bulletin(year, number) => write!(formatter, "MS{year:02}-{number:03}"),
        }
    }
}

/// Parses a list with the name of an update on each line, and returns the names with their lines, counted from 1. Blank lines are
/// skipped, and so is the rest of a line after one of the characters in `comments`.
///
/// An item is an error for a line that is anything else: the line's number, and the beginning of its text, escaped for a message.
///
/// ```
/// use wardline_windows_words::{UpdateName, update_names};
///
/// let list = "KB5034441 # of January\n\nms01-022\nall\n";
/// let found: Vec<_> = update_names(list, &['#']).collect();
/// assert_eq!(found[0], Ok((1, UpdateName::Article(5_034_441))));
/// assert_eq!(found[1], Ok((3, UpdateName::Bulletin(1, 22))));
/// assert_eq!(found[2], Err((4, "all".to_owned())));
/// ```
pub fn update_names<'t>(
    text: &'t str,
    comments: &'t [char],
) -> impl Iterator<Item = Result<(usize, UpdateName), (usize, String)>> + 't {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..).zip(text.lines()).filter_map(move |(line, written)| {
        let name = written.split(comments).next().unwrap_or_default().trim();
        let found = || (line, name.chars().take(60).flat_map(char::escape_debug).collect());
        (!name.is_empty()).then(|| UpdateName::parse(name).map(|update| (line, update)).ok_or_else(found))
    })
}

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
