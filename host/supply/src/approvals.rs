//! Lists of approved updates: which ones an organisation has decided to install, as its update server (SUS, WSUS) or its
//! administrators say.
//!
//! One article (`KB5034441`, `Q296441` or the number alone) or bulletin (`MS01-022`) per line; `#` begins a comment. Only approved
//! updates are judged, and each missing one is listed even if another supersedes it: a newer update that is not approved does not
//! replace one that is.

use std::collections::BTreeSet;

use wardline_windows_words::{UpdateName, article, bulletin, update_names};

/// The maximum number of bytes of a list.
pub const MAX_BYTES: u64 = 4 << 20;

/// A list of approved updates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals(BTreeSet<UpdateName>);

/// Why a list cannot be used: a line that is not understood would leave an approved update out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalsError {
    #[error("line {line}: expected a KB number or a bulletin (`KB5034441`, `MS01-022`), found `{found}`")]
    Line { line: usize, found: String },
    #[error("too large: at most {MAX_BYTES} bytes are allowed")]
    TooLarge,
    #[error("not valid UTF-8")]
    Encoding,
    #[error("no updates: a list that approves nothing is not used")]
    Empty,
}

impl Approvals {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// [`ApprovalsError`] for the first line that is neither an update nor a comment, and for a list without updates.
    pub fn parse(bytes: &[u8]) -> Result<Approvals, ApprovalsError> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ApprovalsError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ApprovalsError::Encoding)?;
        let names = update_names(text, &['#']).map(|name| name.map(|(_, update)| update));
        let updates: BTreeSet<UpdateName> =
            names.collect::<Result<_, _>>().map_err(|(line, found)| ApprovalsError::Line { line, found })?;
        if updates.is_empty() { Err(ApprovalsError::Empty) } else { Ok(Approvals(updates)) }
    }

    /// Whether an update is approved, by its article (`KB5034441`) or its bulletin (`MS01-022`). Prefixes, case and leading zeros make
    /// no difference; either name may be empty.
    pub fn approves(&self, article_name: &str, bulletin_name: &str) -> bool {
        names(article_name, bulletin_name).any(|name| self.0.contains(&name))
    }

    /// Returns the articles and bulletins of the list that none of these updates has, so that a list for another catalog does not
    /// pass unnoticed. Each update is its article and its bulletin.
    pub fn unknown<'a>(&self, updates: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
        let mut left = self.0.clone();
        for (article_name, bulletin_name) in updates {
            for name in names(article_name, bulletin_name) {
                left.remove(&name);
            }
        }
        left.iter().map(UpdateName::to_string).collect()
    }

    /// The number of articles and bulletins.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns the names of an update.
fn names(article_name: &str, bulletin_name: &str) -> impl Iterator<Item = UpdateName> {
    let bulletin = bulletin(bulletin_name).map(|(year, number)| UpdateName::Bulletin(year, number));
    article(article_name).map(UpdateName::Article).into_iter().chain(bulletin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Approvals, ApprovalsError> {
        Approvals::parse(text.as_bytes())
    }

    #[test]
    fn lines_name_articles_and_bulletins() {
        let list = parsed("\u{feff}# of March\r\nKB5034441\r\n\r\n  q296441 # old\nms01-022\n835732\n").unwrap();
        assert_eq!(list.len(), 4);
        for (article, bulletin, expected) in [
            ("KB5034441", "", true),
            ("Q5034441", "", true),
            ("5034441", "", true),
            ("Q296441", "MS99-001", true),
            ("KB835732", "MS04-011", true),
            ("", "MS01-022", true),
            ("Q1", "ms01-022", true),
            ("KB5034442", "", false),
            ("KB503444", "", false),
            ("", "", false),
            ("", "MS01-023", false),
        ] {
            assert_eq!(list.approves(article, bulletin), expected, "{article} {bulletin}");
        }
        assert_eq!(list.unknown([("KB5034441", ""), ("", "MS01-022"), ("Q296441", "")]), ["KB835732"]);
    }

    #[test]
    fn a_line_that_is_not_understood_is_an_error() {
        for (text, line) in [
            ("KB1\nKBx", 2),
            ("MS1-022", 1),
            ("KB1 KB2", 1),
            ("KB", 1),
            ("\n\nhttps://x", 3),
            ("KB0", 1),
            ("CVE-2024-1", 1),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(matches!(error, ApprovalsError::Line { line: found, .. } if found == line), "{text}: {error}");
        }
        assert_eq!(parsed("# nothing\n"), Err(ApprovalsError::Empty));
        assert_eq!(Approvals::parse(b"KB1\n\xff"), Err(ApprovalsError::Encoding));
        let long = parsed(&format!("\u{1b}[2J{}", "x".repeat(1000))).unwrap_err().to_string();
        assert!(long.len() < 200 && !long.contains('\u{1b}'), "{long}");
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_approved(articles in proptest::collection::vec(1u64..99_999_999, 1..20)) {
            let text: String = articles.iter().map(|article| format!("KB{article}\n")).collect();
            let list = parsed(&text).unwrap();
            let is_approved = |article: &u64| list.approves(&format!("Q{article}"), "");
            proptest::prop_assert!(articles.iter().all(is_approved));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Approvals::parse(&bytes);
        }
    }
}
