//! The addresses of the pages. A name from a target, a catalog or a plugin may be any text: it is percent-encoded.

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wardline_report::html::{Places, text};
use wardline_report::{Change, Install};

/// The characters that are encoded: all but the unreserved ones, RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The segment of a path in place of a name that no path can have: browsers take `.` and `..` away, even if they are encoded. The
/// name is then in the query.
pub(crate) const ELSEWHERE: &str = "~";

/// Encodes a name for a path or a query.
pub(crate) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, RESERVED).to_string()
}

/// Returns the address of something below a path, with a query, which may be empty.
fn named(path: &str, name: &str, query: &str) -> String {
    let (segment, query) = match name {
        "" | "." | ".." | ELSEWHERE => {
            let more = if query.is_empty() { String::new() } else { format!("&{query}") };
            (ELSEWHERE.to_owned(), format!("name={}{more}", encoded(name)))
        }
        name => (encoded(name), query.to_owned()),
    };
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{path}/{segment}{mark}{query}")
}

pub(crate) fn scan(scan: i64) -> String {
    format!("/scans/{scan}")
}

pub(crate) fn machines(scan: i64) -> String {
    format!("/scans/{scan}/machines")
}

pub(crate) fn updates(scan: i64) -> String {
    format!("/scans/{scan}/updates")
}

pub(crate) fn checks(scan: i64) -> String {
    format!("/scans/{scan}/checks")
}

pub(crate) fn changes(from: i64, to: i64) -> String {
    format!("/changes?from={from}&to={to}")
}

/// The machine of a scan.
pub(crate) fn machine(scan: i64, name: &str) -> String {
    named(&machines(scan), name, "")
}

/// One of several machines of a scan with the same name: the one at `place`, counted from 0.
pub(crate) fn machine_at(scan: i64, name: &str, place: usize) -> String {
    named(&machines(scan), name, &format!("place={place}"))
}

/// The machine over all scans.
pub(crate) fn past(name: &str) -> String {
    named("/machines", name, "")
}

/// An update, by its name for a link, see [`update_key`].
pub(crate) fn update(scan: i64, name: &str) -> String {
    named("/updates", name, &format!("scan={scan}"))
}

/// One of several updates of the same name, by its number in the scan.
pub(crate) fn update_numbered(scan: i64, name: &str, number: u32) -> String {
    named("/updates", name, &format!("scan={scan}&number={number}"))
}

/// A check, by its identifier.
pub(crate) fn check(scan: i64, id: &str) -> String {
    named("/checks", id, &format!("scan={scan}"))
}

/// The name by which an update is linked to: a bulletin may have several articles.
pub(crate) fn update_key<'i>(bulletin: &'i str, article: Option<&'i str>) -> &'i str {
    article.filter(|article| !article.is_empty()).unwrap_or(bulletin)
}

/// The pages of one scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PagesOf {
    pub(crate) scan: i64,
    /// Whether an update is named by its number, too, because others have the same name.
    pub(crate) numbered: bool,
}

impl PagesOf {
    pub(crate) fn scan(scan: i64) -> Self {
        PagesOf { scan, numbered: false }
    }
}

impl Places for PagesOf {
    fn machine(&self, name: &str) -> Markup {
        html! { a.plain href=(machine(self.scan, name)) { (text(name)) } }
    }

    fn update(&self, install: &Install, words: &Markup) -> Markup {
        let name = update_key(&install.bulletin, install.kb.as_deref());
        let link = match self.numbered {
            true => update_numbered(self.scan, name, install.number),
            false => update(self.scan, name),
        };
        html! { a href=(link) { (words) } }
    }

    fn lacking(&self, install: &Install, words: &Markup) -> Markup {
        self.update(install, words)
    }

    fn check(&self, change: &Change, words: &Markup) -> Markup {
        html! { a href=(check(self.scan, &change.id)) { (words) } }
    }

    fn gap(&self, place: usize, words: &Markup) -> Markup {
        html! { a href={ (machines(self.scan)) "?gap=" (place + 1) } { (words) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_of_a_path_whatever_it_is() {
        for (name, expected) in [
            ("WEB01", "/scans/3/machines/WEB01"),
            ("a/b", "/scans/3/machines/a%2Fb"),
            ("50 %?#&=", "/scans/3/machines/50%20%25%3F%23%26%3D"),
            ("müller", "/scans/3/machines/m%C3%BCller"),
            ("\"><script>", "/scans/3/machines/%22%3E%3Cscript%3E"),
            ("a\r\nb\\", "/scans/3/machines/a%0D%0Ab%5C"),
            ("..", "/scans/3/machines/~?name=.."),
            (".", "/scans/3/machines/~?name=."),
            ("", "/scans/3/machines/~?name="),
            ("~", "/scans/3/machines/~?name=~"),
        ] {
            assert_eq!(machine(3, name), expected);
        }
        assert_eq!(update(3, ".."), "/updates/~?name=..&scan=3");
        assert_eq!(machine_at(3, "a b", 7), "/scans/3/machines/a%20b?place=7");
    }
}
