//! Lists that people write: a build, and articles, one a line; and the output of `ver`.
//!
//! ```text
//! # WEB01, from winver and the update history
//! Windows Server 2022 Standard
//! x64
//! 10.0.20348.2340
//! KB5035857
//! KB5034129
//! ```

use std::collections::BTreeSet;

use crate::product::{self, Architecture, Role};
use crate::told::{Form, Hotfixes, System, Told};
use crate::{ReadError, article};

/// A version with its build and revision.
pub(crate) type Numbers = ((u32, u32), u32, Option<u32>);

/// Reads a list.
///
/// # Errors
///
/// If a line is of another form, or no line is a build or an article.
pub(crate) fn read(text: &str) -> Result<Told, ReadError> {
    let mut told = Told::of(Form::Plain);
    let (mut articles, mut product_name, mut architecture) = (BTreeSet::new(), None, None);
    let mut unknown = None;
    for (place, line) in text.lines().enumerate() {
        let line = without_mark(line.split('#').next().unwrap_or_default().trim());
        if line.is_empty() || is_of_console(line) {
            continue;
        }
        let value = line.rsplit_once('\t').map_or(line, |(_, value)| value.trim());
        if let Some((name, build)) = build(value) {
            let system = Told { system: Some(build), ..Told::of(Form::Plain) };
            told.add(system)?;
            product_name = product_name.or(name);
        } else if let Some(found) = articles_in(line) {
            articles.extend(found);
        } else if let Some(name) = product::name(value) {
            // `Windows Feature Experience Pack` is below it.
            product_name = product_name.or(Some(name));
        } else if matches!(value, "Windows" | "Microsoft Windows") {
            // The heading of `winver`.
        } else if let Some(found) = Architecture::at_start(line).filter(|_| !line.contains(' ')) {
            architecture = Some(found);
        } else if let Some((_, value)) = line.rsplit_once('\t') {
            // The page "About" of Windows' settings, copied: lines of a label, in any language, and a value.
            architecture = architecture.or_else(|| Architecture::within(value));
        } else {
            unknown = unknown.or(Some(place + 1));
        }
    }
    match unknown {
        // A text in which nothing is known is of another form altogether.
        _ if told.system.is_none() && articles.is_empty() => return Err(ReadError::UnknownForm),
        Some(line) => return Err(ReadError::Line { line }),
        None => {}
    }
    if let Some(system) = &mut told.system {
        system.role = product_name.as_deref().and_then(|name| Role::of(server_word(name), Some(name)));
        system.product_name = product_name;
        system.architecture = architecture;
    }
    if !articles.is_empty() {
        told.hotfixes = Hotfixes::Listed { articles, complete: true };
    }
    Ok(told)
}

/// Removes the number of an entry: `[01]: KB5034441`, from `systeminfo | findstr KB`.
fn without_mark(line: &str) -> &str {
    let entry = line.strip_prefix('[').and_then(|rest| {
        let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).strip_prefix(']')?;
        rest.trim_start_matches([' ', '\u{a0}', '\u{fffd}']).strip_prefix([':', '：'])
    });
    entry.map_or(line, str::trim)
}

/// Returns whether a console printed a line before or after the output of a command: its prompt, `C:\Users\Anna>ver`, or
/// `(c) Microsoft Corporation`.
fn is_of_console(line: &str) -> bool {
    let prompt = line.strip_prefix("PS ").unwrap_or(line);
    let is_prompt = prompt.contains('>')
        && prompt.starts_with(|drive: char| drive.is_ascii_alphabetic())
        && prompt.get(1..3) == Some(":\\");
    is_prompt || (line.contains("Microsoft Corporation") && line.starts_with(['(', '©', 'C']))
}

/// The word in the names of products for servers. Which of them are domain controllers is not told.
fn server_word(product: &str) -> &str {
    if product.split(' ').any(|word| word.eq_ignore_ascii_case("Server")) { "server" } else { "" }
}

/// Returns the versions that `ver` printed among other things: `Microsoft Windows [Version 10.0.19045.4170]`.
pub(crate) fn versions(text: &str) -> impl Iterator<Item = Told> {
    let lines = text.lines().map(str::trim).filter(|line| line.ends_with(']') && line.contains("Windows ["));
    lines.filter_map(|line| Some(Told { system: Some(build(line)?.1), ..Told::of(Form::Plain) }))
}

/// Reads a build: `10.0.19045.4170`, `19045.4170`, the line that `winver` shows, `Version 22H2 (OS Build 19045.4170)`, or the line that
/// `ver` prints, with the product's name if it has one.
fn build(line: &str) -> Option<(Option<String>, System)> {
    let enclosed = |open: char, close: char| line.strip_suffix(close).and_then(|line| line.split_once(open));
    let last_word = |text: &str| text.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
    let (name, text) = match (enclosed('[', ']'), enclosed('(', ')')) {
        (Some((name, version)), _) => (product::name(name), last_word(version)),
        (None, Some((_, build))) => (None, last_word(build)),
        (None, None) => (None, line.to_owned()),
    };
    let (version, build, revision) = numbers(&text).or_else(|| {
        let (build, revision) = text.split_once('.')?;
        // The builds of Windows 10 and later have five digits, and no version begins with such a number.
        let build = number(build).filter(|build| *build >= 10_000)?;
        Some(((10, 0), build, Some(number(revision)?)))
    })?;
    Some((name, System { revision, ..System::new(version, build) }))
}

/// Reads `10.0.19045` or `10.0.19045.4170`. Builds and revisions have 16 bits.
pub(crate) fn numbers(text: &str) -> Option<Numbers> {
    let mut parts = text.trim().split('.').map(number);
    let (major, minor, build) = (parts.next()??, parts.next()??, parts.next()??);
    let revision = match parts.next() {
        Some(revision) => Some(revision?),
        None => None,
    };
    let is_windows = (4..100).contains(&major) && minor < 100 && build > 0;
    (is_windows && parts.next().is_none()).then_some(((major, minor), build, revision))
}

fn number(text: &str) -> Option<u32> {
    let is_number = matches!(text.len(), 1..=5) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= 0xffff)
}

/// Returns the articles of a line that consists of nothing else.
fn articles_in(line: &str) -> Option<Vec<String>> {
    let words = line.split([' ', '\t', ',', ';']).filter(|word| !word.is_empty());
    words.map(article::whole).collect()
}
