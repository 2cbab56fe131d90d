//! Parses the values of single attributes of mssecure.xml.

use foldhash::{HashSet, HashSetExt};

use wardline_contract::{Change, FileVersion, Severity};

/// An attribute that may be missing, empty, or unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<T> {
    Given(T),
    /// Missing, empty, or `na`: the publisher gave no value.
    NotGiven,
    /// Not a valid value.
    Unreadable,
}

pub(super) fn not_given(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("na") || text.eq_ignore_ascii_case("n/a")
}

fn value<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Value<T> {
    if not_given(text) { Value::NotGiven } else { read(text).map_or(Value::Unreadable, Value::Given) }
}

/// The maximum length of a version in characters; four numbers of five digits need 23. Versions are parsed again for each reference
/// to them.
const MAX_VERSION: usize = 64;

/// Parses `5.0.2195.3649`, `7,0,0,1956` or `4.00.1381`. Numbers missing at the end are 0.
pub(super) fn version(text: &str) -> Value<FileVersion> {
    value(text, |text| {
        if text.len() > MAX_VERSION {
            return None;
        }
        let mut numbers = [0u16; 4];
        for (place, part) in text.split(['.', ',']).enumerate() {
            *numbers.get_mut(place)? = digits(part.trim())?.parse().ok()?;
        }
        let [major, minor, build, revision] = numbers;
        Some(FileVersion { major, minor, build, revision })
    })
}

/// Parses a size in bytes; commas may separate thousands.
pub(super) fn size(text: &str) -> Value<u64> {
    value(text, |text| digits(&text.replace(',', ""))?.parse().ok())
}

/// Parses a decimal checksum. 0 means none: `MapFileAndCheckSum` does not return 0 for any useful file.
pub(super) fn checksum(text: &str) -> Value<u32> {
    match value(text, |text| digits(text)?.parse().ok()) {
        Value::Given(0) => Value::NotGiven,
        other => other,
    }
}

/// Accepts only digits: `parse` alone would accept a sign, too.
fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// A day: year, month, and day of the month.
pub(super) type Day = (u16, u8, u8);

/// Parses `2001/06/07` (Y/M/D) or `10/04/2001` (M/D/Y). Four leading digits mean the former.
pub(super) fn day(text: &str) -> Value<Day> {
    value(text, |text| {
        let mut parts = text.split(['/', '-']);
        let parts = [parts.next()?, parts.next()?, parts.next()?].map(str::trim);
        // A time of day after the date is ignored.
        let last = parts[2].split_whitespace().next()?;
        let year_first = parts[0].len() == 4;
        let [year, month, day] =
            if year_first { [parts[0], parts[1], last] } else { [last, parts[0], parts[1]] }.map(digits);
        let (year, month, day): Day =
            (year.filter(|year| year.len() == 4)?.parse().ok()?, month?.parse().ok()?, day?.parse().ok()?);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
    })
}

/// Returns the ISO date of a day.
pub(super) fn iso((year, month, day): Day) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

/// Returns the change to a file that a command's letter means.
pub(super) fn file_command(letter: &str) -> Value<Change> {
    value(letter, |letter| match letter.to_ascii_lowercase().as_str() {
        "a" => Some(Change::Add),
        "c" | "r" => Some(Change::Replace),
        "e" => Some(Change::ReplaceIfPresent),
        "d" => Some(Change::Delete),
        "u" => Some(Change::Unsupported),
        _ => None,
    })
}

/// Determines the rating by the publisher's word, if the catalog has a table of ratings; else by its number, 1 being the most
/// severe.
pub(super) fn severity(id: &str, word: Option<&str>) -> Value<Severity> {
    let words = [
        ("critical", Severity::Critical),
        ("important", Severity::Important),
        ("moderate", Severity::Moderate),
        ("low", Severity::Low),
    ];
    let by_word = word.and_then(|word| words.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)));
    let by_word = by_word.map(|(_, severity)| *severity);
    if id == "0" {
        return by_word.map_or(Value::NotGiven, Value::Given);
    }
    value(id, |id| {
        by_word.or(match id {
            "1" => Some(Severity::Critical),
            "2" => Some(Severity::Important),
            "3" => Some(Severity::Moderate),
            "4" => Some(Severity::Low),
            _ => word.map(|_| Severity::Unrated),
        })
    })
}

/// Returns `CVE-2003-0352` for each name in the text. `CAN-` was the prefix of a candidate until 2005; the number did not change.
pub(super) fn cves(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        let upper = word.to_ascii_uppercase();
        let Some(number) = upper.strip_prefix("CVE-").or_else(|| upper.strip_prefix("CAN-")) else { continue };
        let Some((year, serial)) = number.split_once('-') else { continue };
        if year.len() == 4 && digits(year).is_some() && serial.len() >= 4 && digits(serial).is_some() {
            let name = format!("CVE-{number}");
            if seen.insert(name.clone()) {
                found.push(name);
            }
        }
    }
    found
}

/// Returns the first bulletin identifier in a text: `MS00-081` of `Combination of MS00-081 (NT4) and others`.
pub(super) fn bulletin_in(text: &str) -> Option<String> {
    text.as_bytes().windows(8).find_map(|window| {
        let word = std::str::from_utf8(window).ok()?;
        let (prefix, rest) = word.split_at_checked(2)?;
        let (year, serial) = rest.split_once('-')?;
        let fits =
            prefix.eq_ignore_ascii_case("MS") && year.len() == 2 && digits(year).is_some() && digits(serial).is_some();
        fits.then(|| word.to_ascii_uppercase())
    })
}

/// Returns the article's number with its prefix: `Q216453` of `Q216453 (FP98)`. A text without one is returned unchanged.
pub(super) fn article(text: &str) -> String {
    article_in(text).unwrap_or_else(|| match digits(text) {
        Some(number) => format!("Q{number}"),
        None => text.to_owned(),
    })
}

/// Returns `Q285985` of `Q285985_W2K_SP3_x86_en.EXE`, `KB835732` of `Windows2000-KB835732-x86-ENU.EXE`: the first run of five to
/// seven digits preceded by `Q` or `KB`.
pub(super) fn article_in(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    for (at, _) in upper.match_indices(['Q', 'K']) {
        let rest = upper.get(at..)?;
        for prefix in ["KB", "Q"] {
            let Some(rest) = rest.strip_prefix(prefix) else { continue };
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            if (5..=7).contains(&length) {
                return rest.get(..length).map(|number| format!("{prefix}{number}"));
            }
        }
    }
    None
}

/// Returns the digits of an article's number.
pub(super) fn article_number(article: &str) -> &str {
    article.trim_start_matches(|c: char| !c.is_ascii_digit())
}
