//! Reads the texts that Windows' own tools print about a machine: `systeminfo`, `wmic qfe`, `wmic os`, `Get-HotFix`,
//! `Get-ComputerInfo`, exported `Win32_QuickFixEngineering` and `Win32_OperatingSystem` objects, `ver`, and lists of articles that people
//! write.
//!
//! Labels and words of `systeminfo` depend on the machine's language, so its fields are recognized by their order and form. The
//! properties of WMI classes have the same names in every language.
//!
//! The texts are untrusted: size, lines, properties and articles are bounded, and nothing in them is taken for more than it says.

mod article;
mod clixml;
mod code_pages;
mod decode;
mod json;
mod language;
mod plain;
mod product;
mod records;
mod systeminfo;
mod told;

use std::borrow::Cow;

pub use decode::decode;
pub use product::{Architecture, Role};
pub use told::{Conflict, Form, Hotfixes, System, Told};

/// The maximum size of a text, in bytes. The export of a thousand hotfixes takes four megabytes in UTF-16.
pub const LARGEST: u64 = 8 << 20;

/// The maximum number of lines of a text.
const MAX_LINES: usize = 200_000;

/// The maximum number of articles. A machine has hundreds.
const MAX_ARTICLES: usize = 10_000;

/// The reasons a text cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("too large: a text may have at most {LARGEST} bytes")]
    TooLarge,
    #[error("too many lines: a text may have at most {MAX_LINES}")]
    TooManyLines,
    #[error("too many articles: a list may have at most {MAX_ARTICLES}")]
    TooManyArticles,
    #[error(
        "unknown form: expected the output of systeminfo, wmic, Get-HotFix, Get-ComputerInfo, ver or winver, or a list of articles with a build"
    )]
    UnknownForm,
    #[error(
        "line {line}: expected an article such as KB5034441, a build such as 10.0.19045.4170, a product or a processor"
    )]
    Line {
        /// Counted from 1.
        line: usize,
    },
    #[error("has the output of systeminfo more than once, of one machine at several times; keep only the latest")]
    Repeated,
    #[error("not valid CLIXML: {0}")]
    Xml(String),
    #[error("not valid JSON: {0}")]
    Json(String),
    #[error(transparent)]
    Conflict(#[from] Conflict),
}

/// Reads one text and recognizes its form by its content.
///
/// # Errors
///
/// If the form is unknown, if a limit is exceeded, or if it describes more than one machine, or one at several times.
pub fn read(bytes: &[u8]) -> Result<Told, ReadError> {
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge);
    }
    let told = recognized(&without_colours(decode::decode(bytes)))?;
    match &told.hotfixes {
        Hotfixes::Listed { articles, .. } if articles.len() > MAX_ARTICLES => Err(ReadError::TooManyArticles),
        _ => Ok(told),
    }
}

fn recognized(text: &str) -> Result<Told, ReadError> {
    if clixml::is_clixml(text) {
        return clixml::read(text);
    }
    if json::is_json(text) {
        return json::read(text);
    }
    if text.lines().nth(MAX_LINES).is_some() {
        return Err(ReadError::TooManyLines);
    }
    let read = match systeminfo::read(text)? {
        None => records::read(text)?,
        told => told,
    };
    match read {
        // People put the output of `ver` into the same file.
        Some(mut told) => {
            plain::versions(text).try_for_each(|version| told.add(version))?;
            Ok(told)
        }
        None => plain::read(text),
    }
}

/// Removes the sequences by which consoles change colours: PowerShell 7 writes them around headers.
fn without_colours(text: Cow<'_, str>) -> Cow<'_, str> {
    const START: &str = "\u{1b}[";
    if !text.contains(START) {
        return text;
    }
    let mut parts = text.split(START);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
        plain.push_str(end.and_then(|end| part.get(end..)?.strip_prefix('m')).unwrap_or(part));
    }
    Cow::Owned(plain)
}
