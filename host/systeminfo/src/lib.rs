//! Reads the texts that Windows' own tools print about a machine: `systeminfo`, `wmic qfe`, `wmic os`, `Get-HotFix`, exported
//! `Win32_QuickFixEngineering` and `Win32_OperatingSystem` objects, `ver`, and lists of articles that people write.
//!
//! Labels and words of `systeminfo` depend on the machine's language, so its fields are recognized by their order and form. The
//! properties of WMI classes have the same names in every language.
//!
//! The texts are untrusted: size, lines, properties and articles are bounded, and nothing in them is taken for more than it says.

mod article;
mod clixml;
mod code_pages;
mod decode;
mod language;
mod plain;
mod product;
mod records;
mod systeminfo;
mod told;

pub use decode::decode;
pub use product::{Architecture, Role};
pub use told::{Conflict, Form, Hotfixes, System, Told};

/// The maximum size of a text, in bytes. The export of a thousand hotfixes takes four megabytes in UTF-16.
pub const LARGEST: u64 = 8 << 20;

/// The maximum number of lines of a text.
const MOST_LINES: usize = 200_000;

/// The maximum number of articles. A machine has hundreds.
const MOST_ARTICLES: usize = 10_000;

/// The reasons a text cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("too large: a text may have at most {LARGEST} bytes")]
    TooLarge,
    #[error("too many lines: a text may have at most {MOST_LINES}")]
    TooManyLines,
    #[error("too many articles: a list may have at most {MOST_ARTICLES}")]
    TooManyArticles,
    #[error(
        "unknown form: expected the output of systeminfo, wmic, Get-HotFix or Export-Clixml, or a list of articles with a build"
    )]
    UnknownForm,
    #[error(
        "line {line}: expected an article such as KB5034441, a build such as 10.0.19045.4170, a product or a processor"
    )]
    Line {
        /// Counted from 1.
        line: usize,
    },
    #[error("not valid CLIXML: {0}")]
    Xml(String),
    #[error(transparent)]
    Conflict(#[from] Conflict),
}

/// Reads one text and recognizes its form by its content.
///
/// # Errors
///
/// If the form is unknown, if a limit is exceeded, or if it describes more than one machine.
pub fn read(bytes: &[u8]) -> Result<Told, ReadError> {
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge);
    }
    let told = recognized(&decode::decode(bytes))?;
    match &told.hotfixes {
        Hotfixes::Listed { articles, .. } if articles.len() > MOST_ARTICLES => Err(ReadError::TooManyArticles),
        _ => Ok(told),
    }
}

fn recognized(text: &str) -> Result<Told, ReadError> {
    if clixml::is_clixml(text) {
        return clixml::read(text);
    }
    if text.lines().nth(MOST_LINES).is_some() {
        return Err(ReadError::TooManyLines);
    }
    if let Some(told) = systeminfo::read(text)? {
        return Ok(told);
    }
    if let Some(told) = records::read(text)? {
        return Ok(told);
    }
    plain::read(text)
}
