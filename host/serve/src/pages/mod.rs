//! The pages, one file each.

pub(crate) mod changes;
mod chart;
pub(crate) mod checks;
pub(crate) mod layout;
pub(crate) mod machine;
pub(crate) mod machines;
pub(crate) mod overview;
pub(crate) mod scans;
mod states;
pub(crate) mod trend;
pub(crate) mod updates;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use wardline_history::{HistoryError, Scan, ScanChoice};
use wardline_report::html::text;

use self::layout::{Section, document, notice};
use crate::links;
use crate::reading::Reading;

/// A page.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) section: Section,
    /// The scan that it is about, and whether that is the last one.
    pub(crate) scan: Option<(i64, bool)>,
    pub(crate) body: Markup,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        document(StatusCode::OK, &self.title, Some(self.section), self.scan, &self.body)
    }
}

/// A page that cannot be made.
pub(crate) enum Failure {
    History(HistoryError),
    /// There is no such thing. The page says what there is instead.
    NotFound(Markup),
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Failure {
        Failure::History(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = match self {
            Failure::NotFound(body) => {
                let body = html! { h1 { "Not found" } (body) };
                return document(StatusCode::NOT_FOUND, "Not found", None, None, &body);
            }
            Failure::History(error) => error,
        };
        let (status, title) = match &error {
            HistoryError::NoSuchScan { .. } => (StatusCode::NOT_FOUND, "No such scan"),
            HistoryError::Missing { .. } => (StatusCode::SERVICE_UNAVAILABLE, "No history"),
            HistoryError::Busy { .. } => (StatusCode::SERVICE_UNAVAILABLE, "The history is busy"),
            HistoryError::Newer { .. } => (StatusCode::SERVICE_UNAVAILABLE, "The history is newer than this program"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "The history cannot be read"),
        };
        notice(status, title, &error.to_string())
    }
}

/// The name of the last scan.
pub(crate) const LATEST: &str = "latest";

/// Finds the scan that a path or a query names, as on the command line; the last one if it names none.
fn scan_named(reading: &Reading<'_>, name: &str) -> Result<Scan, Failure> {
    let choice = match name {
        "" => ScanChoice::LATEST,
        name => name.parse::<ScanChoice>().map_err(|problem| {
            Failure::NotFound(html! { p { "No scan is named " (text(name)) ": " (problem) "." } (all_scans()) })
        })?,
    };
    Ok(reading.scan(choice)?)
}

fn all_scans() -> Markup {
    html! { p { a href="/scans" { "All scans" } } }
}

/// Formats when a scan ended: `2026-11-27 01:33`, in UTC.
fn when(scan: &Scan) -> String {
    scan.date().get(..16).unwrap_or_default().replace('T', " ")
}

/// The number of a scan and whether it is the last one, for a page about it.
fn about(reading: &Reading<'_>, scan: &Scan) -> Option<(i64, bool)> {
    Some((scan.number, reading.newest().is_some_and(|newest| newest.number == scan.number)))
}

/// Writes what a page is about, with links to the scans before and after. `link` returns the address of the same page for another
/// scan.
fn origin(reading: &Reading<'_>, scan: &Scan, link: impl Fn(i64) -> String) -> Markup {
    origin_between(scan, reading.before(scan), reading.after(scan), link)
}

/// Like [`origin`], with links to the scans that have the page, too.
fn origin_between(scan: &Scan, before: Option<&Scan>, after: Option<&Scan>, link: impl Fn(i64) -> String) -> Markup {
    html! {
        p.origin {
            span { a href=(links::scan(scan.number)) { strong { "Scan " (scan.number) } } " of " (when(scan)) " UTC" }
            @if let Some(before) = before { a href=(link(before.number)) { "← Scan " (before.number) } }
            @if let Some(after) = after { a href=(link(after.number)) { "Scan " (after.number) " →" } }
        }
    }
}

/// Whether a text has what a person typed, in small or capital letters.
fn has(text: &str, typed: &str) -> bool {
    text.to_lowercase().contains(typed)
}
