//! The output of `systeminfo`, in each of its formats: `/fo list` (the default), `/fo csv` and `/fo table`.
//!
//! The order of the fields has been the same since Windows XP. One is recognized by its form, the version, which contains the build
//! twice (`10.0.19045 N/A Build 19045`); its neighbours are counted from there.

use std::collections::BTreeSet;

use crate::article;
use crate::product::{self, Architecture, Role};
use crate::told::{Form, Hotfixes, System, Told, computer_name, hides_article};
use crate::{ReadError, language, records};

/// The maximum number of fields. `systeminfo` prints about thirty-five.
const MAX_FIELDS: usize = 10_000;

/// The distance of a field from the version.
const COMPUTER_BEFORE: usize = 2;
const PRODUCT_BEFORE: usize = 1;
const CONFIGURATION_AFTER: usize = 2;

/// Why the hotfixes are not known if the field is `N/A`.
const NONE: &str = "the list of hotfixes is empty or N/A, as it is if Windows cannot read it; add the output of ver, which has the \
     revision from Windows 10 on, or of Get-HotFix";

/// Reads the text if it is the output of `systeminfo`. Output that was appended to itself counts once.
///
/// # Errors
///
/// If it describes more than one machine, or one machine at several times.
pub(crate) fn read(text: &str) -> Result<Option<Told>, ReadError> {
    let readers = [list_fields, csv_fields, table_fields];
    for fields in readers.map(|reader| reader(text)) {
        let versions: Vec<(usize, VersionField)> =
            fields.iter().enumerate().filter_map(|(place, field)| Some((place, version(field)?))).collect();
        let mut read: Option<Told> = None;
        for (at, (place, found)) in versions.iter().enumerate() {
            let start = place.saturating_sub(COMPUTER_BEFORE);
            let end = versions.get(at + 1).map_or(fields.len(), |(next, _)| next.saturating_sub(COMPUTER_BEFORE));
            let Some(own) = fields.get(start..end.max(place + 1)) else { continue };
            let told = told(own, place - start, found);
            match &read {
                None => read = Some(told),
                Some(first) if *first == told => {}
                Some(first) => {
                    first.clone().add(told)?;
                    return Err(ReadError::Repeated);
                }
            }
        }
        if read.is_some() {
            return Ok(read);
        }
    }
    Ok(None)
}

/// The value of the field "OS Version".
struct VersionField {
    version: (u32, u32),
    build: u32,
    service_pack: u32,
    service_pack_name: Option<String>,
}

/// Reads `6.1.7601 Service Pack 1 Build 7601`, whatever the language of its words.
fn version(value: &str) -> Option<VersionField> {
    let (numbers, words) = value.split_once(char::is_whitespace)?;
    let (version, build) = crate::plain::numbers(numbers)
        .filter(|(_, build, revision)| *build >= 1000 && revision.is_none())
        .map(|(version, build, _)| (version, build))?;
    let words = words.trim();
    let mut found = number_runs(words);
    let (first, end) = found.next()?;
    if first == build {
        return Some(VersionField { version, build, service_pack: 0, service_pack_name: None });
    }
    if !found.any(|(number, _)| number == build) || !(1..=0xff).contains(&first) {
        return None;
    }
    // `Service Pack 6a`
    let rest = words.get(end..)?;
    let letter = rest.chars().next().filter(char::is_ascii_alphabetic).map_or(0, char::len_utf8);
    let name = words.get(..end + letter).map(str::to_owned);
    Some(VersionField { version, build, service_pack: first, service_pack_name: name })
}

/// Returns each run of digits with the place where it ends.
fn number_runs(text: &str) -> impl Iterator<Item = (u32, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(|letter: char| letter.is_ascii_digit())?;
        let length = text.get(start..)?.bytes().take_while(u8::is_ascii_digit).count();
        at = start + length;
        Some((text.get(start..at)?.parse().unwrap_or(u32::MAX), at))
    })
}

fn told(fields: &[String], place: usize, found: &VersionField) -> Told {
    let before = |distance: usize| place.checked_sub(distance).and_then(|place| fields.get(place));
    let after = fields.get(place + 1..).unwrap_or_default();
    let product_name = before(PRODUCT_BEFORE).and_then(|name| product::name(name));
    let configuration = fields.get(place + CONFIGURATION_AFTER).map_or("", String::as_str);
    Told {
        form: Form::Systeminfo,
        computer: before(COMPUTER_BEFORE).and_then(|name| computer_name(name)),
        hotfixes: hotfixes(after),
        system: Some(System {
            role: Role::of(configuration, product_name.as_deref()),
            suites: product_name.as_deref().filter(|_| found.version.0 < 6).map_or(Vec::new(), product::suites_of_name),
            product_name,
            service_pack: found.service_pack,
            service_pack_name: found.service_pack_name.clone(),
            architecture: architecture(after),
            language: after.iter().find_map(|value| Some(language::by_tag(language::tag_in(value)?)?.identifier)),
            windows_folder: after.iter().find(|value| is_folder(value)).cloned(),
            ..System::new(found.version, found.build)
        }),
    }
}

/// Finds the system type: by its form, or before the first list, which is that of the processors.
fn architecture(after: &[String]) -> Option<Architecture> {
    let by_form = after.iter().find_map(|value| Architecture::at_start(value));
    by_form.or_else(|| {
        let processors = after.iter().position(|value| items(value).next().is_some())?;
        Architecture::within(after.get(processors.checked_sub(1)?).filter(|value| !value.starts_with('\\'))?)
    })
}

/// Whether this is a path such as `C:\Windows`.
fn is_folder(value: &str) -> bool {
    let mut letters = value.chars();
    letters.next().is_some_and(|drive| drive.is_ascii_alphabetic())
        && value.get(1..3) == Some(r":\")
        && value.len() <= 260
        && !value.contains(char::is_control)
}

/// Finds the list of hotfixes: the first with an article. Without one it is not known which list is meant, or the field is `N/A`,
/// which Windows also prints if it could not read them.
fn hotfixes(after: &[String]) -> Hotfixes {
    // Not even the list of processors, which no machine is without: the text is an excerpt.
    if after.iter().all(|value| items(value).next().is_none()) {
        let ends_without = after.last().is_some_and(|value| value.eq_ignore_ascii_case("N/A"));
        return if ends_without { Hotfixes::Unreadable(NONE) } else { Hotfixes::Untold };
    }
    let Some(list) = after.iter().find(|value| items(value).any(|item| article::find(item).is_some())) else {
        // The first list is that of the processors, whose names may end in a number too.
        let mut lists = after.iter().filter(|value| items(value).next().is_some()).skip(1);
        let hidden = lists.any(|value| items(value).all(hides_article));
        return if hidden { Hotfixes::listed(BTreeSet::new(), hidden) } else { Hotfixes::Unreadable(NONE) };
    };
    let (mut articles, mut count, mut hidden) = (BTreeSet::new(), 0, false);
    for item in items(list) {
        count += 1;
        match article::find(item) {
            Some(article) => drop(articles.insert(article)),
            None => hidden |= hides_article(item),
        }
    }
    // `73 Hotfix(s) Installed.`: a text that was cut off has fewer.
    let announced = number_runs(list.split('[').next().unwrap_or_default()).next().map(|(number, _)| number);
    hidden |= announced.is_some_and(|announced| announced > count);
    Hotfixes::listed(articles, hidden)
}

/// Returns the items of a list, `1 Processor(s) Installed. [01]: Intel64…`, without their numbers.
fn items(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = after_mark(value);
    std::iter::from_fn(move || {
        let current = rest?;
        let (end, next) = match mark(current) {
            Some((start, after)) => (start, current.get(after..)),
            None => (current.len(), None),
        };
        rest = next;
        Some(current.get(..end)?.trim().trim_end_matches(',').trim_end())
    })
}

fn after_mark(text: &str) -> Option<&str> {
    text.get(mark(text)?.1..)
}

/// Finds the first `[01]:`, which in French has a space before the colon, and returns where it starts and ends.
fn mark(text: &str) -> Option<(usize, usize)> {
    text.match_indices('[').find_map(|(start, _)| {
        let rest = text.get(start + 1..)?;
        let digits = rest.bytes().take(5).take_while(u8::is_ascii_digit).count();
        let rest = rest.get(digits..).filter(|_| (1..=4).contains(&digits))?.strip_prefix(']')?;
        let rest = rest.trim_start_matches([' ', '\u{a0}', '\u{fffd}']).strip_prefix([':', '：'])?;
        Some((start, text.len() - rest.len()))
    })
}

/// Returns the values of `Label:   value` lines. The items of lists, and what was wrapped, are joined to their value.
fn list_fields(text: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        let content = line.trim_start();
        if content.is_empty() {
            continue;
        }
        // Indentation may have been lost where a text was pasted.
        let continues = content.len() < line.len() || mark(content).is_some_and(|(start, _)| start == 0);
        if let Some((_, value)) = line.split_once([':', '：']).filter(|_| !continues) {
            if fields.len() == MAX_FIELDS {
                break;
            }
            fields.push(value.trim().to_owned());
        } else if let Some(last) = fields.last_mut() {
            last.push('\n');
            last.push_str(content);
        }
    }
    fields
}

/// Returns the values of all lines in the format `/fo csv`, with or without the line of labels.
fn csv_fields(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.trim_start().starts_with('"'));
    lines.flat_map(|line| records::csv_fields(line, ',')).take(MAX_FIELDS).collect()
}

/// Returns the values below the `====` lines of the format `/fo table`.
fn table_fields(text: &str) -> Vec<String> {
    let is_rule = |line: &str| line.contains("====") && line.bytes().all(|byte| matches!(byte, b'=' | b' '));
    let mut lines = text.lines().map(str::trim_end).skip_while(|line| !is_rule(line));
    let Some(rule) = lines.next() else { return Vec::new() };
    let starts: Vec<usize> = rule
        .char_indices()
        .filter(|(place, letter)| *letter == '=' && !rule.get(..*place).is_some_and(|before| before.ends_with('=')))
        .map(|(place, _)| place)
        .take(MAX_FIELDS)
        .collect();
    let rows = lines.filter(|line| !line.is_empty());
    rows.flat_map(|row| records::columns(row, &starts)).take(MAX_FIELDS).collect()
}
