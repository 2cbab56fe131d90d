//! Why a file of rules cannot be used, and the reader that finds it out.

use serde::de::DeserializeOwned;
use wardline_contract::Escaped;
use wardline_files::text_file::{TextFileError, line_of};

use crate::names::{FindingName, NameError};
use crate::pattern::{Pattern, PatternError};

/// The maximum size of a file of rules in bytes: some ten thousand entries.
pub(crate) const LARGEST_FILE: u64 = 4 << 20;
/// The maximum number of entries of a file.
pub(crate) const MAX_ENTRIES: usize = 10_000;

/// Why a file of rules cannot be used, on one line with the place and what to do.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error(transparent)]
    File(#[from] TextFileError),
    #[error("{file}, line {line}: {reason}")]
    Invalid { file: String, line: usize, reason: String },
    #[error("{file}: too many entries: at most {MAX_ENTRIES} are allowed")]
    TooMany { file: String },
}

/// A TOML file that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
}

impl Reader<'_> {
    pub(crate) fn parse<T: DeserializeOwned>(self) -> Result<T, RulesError> {
        toml::from_str(self.text).map_err(|error| {
            let reason = Escaped(error.message()).to_string().replace('\n', " ");
            self.invalid(error.span().map_or(0, |span| span.start), reason)
        })
    }

    pub(crate) fn invalid(self, offset: usize, reason: impl Into<String>) -> RulesError {
        let line = line_of(self.text, offset);
        RulesError::Invalid { file: self.file.to_owned(), line, reason: reason.into() }
    }

    /// Returns where an entry is written: `waivers.toml, line 12`.
    pub(crate) fn place(self, offset: usize) -> String {
        format!("{}, line {}", self.file, line_of(self.text, offset))
    }

    /// Returns a text that must say something.
    pub(crate) fn said(self, key: &str, text: &toml::Spanned<String>) -> Result<String, RulesError> {
        match text.get_ref().trim() {
            "" => Err(self.invalid(text.span().start, format!("{key}: empty: say it in a few words"))),
            said => Ok(said.to_owned()),
        }
    }

    /// Reads the value of a key that may be one string or several.
    pub(crate) fn texts(self, key: &str, value: &toml::Spanned<toml::Value>) -> Result<Vec<String>, RulesError> {
        let texts = match value.get_ref() {
            toml::Value::String(text) => Some(vec![text.clone()]),
            toml::Value::Array(values) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        texts.filter(|texts| !texts.is_empty()).ok_or_else(|| {
            self.invalid(value.span().start, format!("{key}: expected a string, or an array of strings"))
        })
    }

    pub(crate) fn findings(self, value: &toml::Spanned<toml::Value>) -> Result<Vec<FindingName>, RulesError> {
        let names = self.texts("finding", value)?.into_iter().map(|text| text.parse::<FindingName>());
        let names: Result<Vec<FindingName>, NameError> = names.collect();
        names.map_err(|error| self.invalid(value.span().start, format!("finding: {error}")))
    }

    /// Reads patterns of names; none means all.
    pub(crate) fn patterns(
        self,
        key: &str,
        value: Option<&toml::Spanned<toml::Value>>,
    ) -> Result<Vec<Pattern>, RulesError> {
        let Some(value) = value else { return Ok(vec![Pattern::all()]) };
        let patterns = self.texts(key, value)?.into_iter().map(|text| Pattern::new(&text));
        let patterns: Result<Vec<Pattern>, PatternError> = patterns.collect();
        patterns.map_err(|error| self.invalid(value.span().start, format!("{key}: {error}")))
    }
}
