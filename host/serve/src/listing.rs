//! Long lists: what of them a request asks for, and links to the rest.

use maud::{Markup, html};
use wardline_report::html::grouped;

use crate::links::encoded;

/// The number of rows of a list on one page.
pub(crate) const ROWS: usize = 100;

/// The parameters that pages know, and the longest value of each, in bytes. Others are ignored.
const KNOWN: [&str; 14] =
    ["all", "change", "from", "gap", "grade", "kind", "name", "number", "page", "place", "q", "scan", "sort", "to"];
const LONGEST: usize = 8_000;

/// The query of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Vec<(&'static str, String)>);

impl Asked {
    /// Takes the first value of each parameter that is known and not empty.
    pub(crate) fn of(pairs: Vec<(String, String)>) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in pairs {
            let known = KNOWN.into_iter().find(|known| *known == name);
            if let Some(known) = known.filter(|known| value.len() <= LONGEST && !asked.has(known)) {
                asked.0.push((known, value));
            }
        }
        asked
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    /// Returns a parameter; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Returns a parameter that is a number.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).parse().ok()
    }

    /// Returns the query with another value of a parameter; an empty one removes it. A list that changes begins at its first page.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> String {
        let others = self.0.iter().filter(|(known, _)| *known != name && *known != "page");
        let all = others.map(|(name, value)| (*name, value.as_str())).chain([(name, value)]);
        let pairs: Vec<String> = all
            .filter(|(name, value)| !value.is_empty() || *name == "name")
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("?{}", pairs.join("&"))
    }

    /// Returns all parameters except those in `form`, which the form asks for itself.
    pub(crate) fn others<'a>(&'a self, form: &'a [&str]) -> impl Iterator<Item = (&'static str, &'a str)> {
        let others = self.0.iter().filter(move |(name, _)| *name != "page" && !form.contains(name));
        others.map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns the number of rows before the page that is asked for, if pages have this size.
    pub(crate) fn before(&self, size: usize) -> usize {
        (self.page() - 1).saturating_mul(size)
    }

    /// Returns the page of a list that is asked for, counted from 1.
    fn page(&self) -> usize {
        self.number("page").unwrap_or(1).max(1)
    }
}

/// The rows of one page of a list.
#[derive(Debug)]
pub(crate) struct Sheet<T> {
    pub(crate) rows: Vec<T>,
    /// The number of rows before these.
    before: usize,
    /// The maximum number of rows.
    size: usize,
    pub(crate) total: usize,
}

impl<T> Sheet<T> {
    /// Takes the page that is asked for, or the last one if there are fewer.
    pub(crate) fn of(all: impl ExactSizeIterator<Item = T>, asked: &Asked) -> Sheet<T> {
        Sheet::sized(all, ROWS, asked)
    }

    /// Like [`Sheet::of`], with pages of another size.
    pub(crate) fn sized(all: impl ExactSizeIterator<Item = T>, size: usize, asked: &Asked) -> Sheet<T> {
        let total = all.len();
        let last = total.saturating_sub(1) / size * size;
        let before = asked.before(size).min(last);
        Sheet { rows: all.skip(before).take(size).collect(), before, size, total }
    }

    /// Makes a page of rows that were read for it: those of all `total` rows after the first `before`, at most `size`.
    pub(crate) fn read(rows: Vec<T>, before: usize, size: usize, total: usize) -> Sheet<T> {
        Sheet { rows, before, size, total }
    }

    /// Writes links to the other pages.
    pub(crate) fn pager(&self, asked: &Asked) -> Markup {
        let (page, pages) = (self.before / self.size + 1, self.total.div_ceil(self.size));
        if pages <= 1 {
            return html! {};
        }
        let link = |page: usize, words: &str| html! { a href=(asked.with("page", &page.to_string())) { (words) } };
        html! {
            nav.pager aria-label="Pages" {
                span.soft {
                    (grouped(self.before as u64 + 1)) " to " (grouped((self.before + self.rows.len()) as u64))
                    " of " (grouped(self.total as u64))
                }
                @if page > 1 { (link(1, "First")) (link(page - 1, "Previous")) }
                @if page < pages { (link(page + 1, "Next")) (link(pages, "Last")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        Asked::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_query_keeps_what_it_does_not_change() {
        let asked = asked(&[("q", "a&b"), ("page", "3"), ("evil", "1"), ("q", "c"), ("grade", "")]);
        assert_eq!(asked.with("page", "4"), "?q=a%26b&page=4");
        assert_eq!(asked.with("q", ""), "?");
        assert_eq!((asked.get("q"), asked.get("evil"), asked.page()), ("a&b", "", 3));
    }

    #[test]
    fn a_page_that_is_not_there_is_the_last_one() {
        let table = [("1", 0, 100), ("3", 200, 50), ("9", 200, 50), ("0", 0, 100), ("-1", 0, 100), ("x", 0, 100)];
        for (page, first, rows) in table {
            let sheet = Sheet::of(0..250, &asked(&[("page", page)]));
            assert_eq!((sheet.rows.first(), sheet.rows.len(), sheet.total), (Some(&first), rows, 250), "{page}");
        }
        assert_eq!(Sheet::of(0..0, &asked(&[("page", "7")])).rows.len(), 0);
    }
}
