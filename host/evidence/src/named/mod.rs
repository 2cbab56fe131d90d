//! Machines by name: lists of them, and the folder with the evidence of each.

mod folder;
mod list;

pub use folder::{EvidenceFolder, FolderError, NotLocated};
pub use list::{ListError, MAX_BYTES, parse, read, read_as};

use std::fmt;

/// The maximum number of characters of a name. The full name of a computer in DNS has at most 255.
const LONGEST: usize = 255;

/// The name of a machine, as an operator writes it: `WEB01`, `web01.contoso.com`, `10.0.0.5`, `CONTOSO\WEB01` or `\\WEB01`.
///
/// It names a file without leaving the folder that the file is looked for in: it has no path separators and does not begin with a
/// period. Two names are equal if Windows takes them for the same.
#[derive(Clone, Debug)]
pub struct MachineName {
    domain: Option<String>,
    computer: String,
}

/// The text is not the name of a machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a machine, such as WEB01 or CONTOSO\\WEB01, found `{0}`")]
pub struct BadName(String);

impl MachineName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// If it is empty or too long, or has characters that no name of a computer has.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = || BadName(text.chars().take(60).flat_map(char::escape_debug).collect());
        let name = text.strip_prefix(r"\\").unwrap_or(text);
        let (domain, computer) = match name.split_once('\\') {
            Some((domain, computer)) => (Some(domain), computer),
            None => (None, name),
        };
        let parts = domain.into_iter().chain([computer]);
        if parts.clone().all(is_part) {
            Ok(MachineName { domain: domain.map(str::to_owned), computer: computer.to_owned() })
        } else {
            Err(bad())
        }
    }

    /// The domain, if the name has one before the backslash.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The name without the domain.
    pub fn computer(&self) -> &str {
        &self.computer
    }

    fn folded(&self) -> (Option<String>, String) {
        (self.domain().map(wardline_upcase::fold), wardline_upcase::fold(&self.computer))
    }
}

/// Whether a text may be the name of a computer or a domain. Besides the characters that Windows forbids in file names, names of
/// computers have no white space, commas, semicolons, `=`, `+`, `[` and `]` (Microsoft's article 909264).
fn is_part(text: &str) -> bool {
    let forbidden = |character: char| {
        wardline_contract::is_deceptive(character)
            || character.is_whitespace()
            || "\\/:*?\"<>|,;=+[]\u{fffd}".contains(character)
    };
    !text.is_empty() && !text.starts_with('.') && text.chars().count() <= LONGEST && !text.contains(forbidden)
}

impl PartialEq for MachineName {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for MachineName {}

impl std::hash::Hash for MachineName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl fmt::Display for MachineName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            Some(domain) => write!(formatter, "{domain}\\{}", self.computer),
            None => formatter.write_str(&self.computer),
        }
    }
}

impl std::str::FromStr for MachineName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        MachineName::parse(text)
    }
}
