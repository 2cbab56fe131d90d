//! The layout that all pages share.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};
use wardline_report::html::{STYLE, text};

use crate::links;

/// The entries of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Computers,
    Updates,
    Settings,
    Changes,
    Trend,
    Scans,
}

/// A shield, for the tab: without an icon of its own, a browser asks for one that is not there.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath \
                    fill='%230a58b5' d='M8 1l6 2v4c0 4-2.5 6.7-6 8-3.5-1.3-6-4-6-8V3z'/%3E%3C/svg%3E";

/// The style of the report, and what these pages add to it.
pub(crate) fn style() -> String {
    format!("{STYLE}{}", include_str!("style.css"))
}

/// Makes a document. `scan` is the number of the scan that it is about, and whether that is the last one.
pub(crate) fn document(
    status: StatusCode,
    title: &str,
    section: Option<Section>,
    scan: Option<(i64, bool)>,
    body: &Markup,
) -> Response {
    page(status, title, &menu(section, scan), body, None)
}

/// Makes a document that says one thing.
pub(crate) fn notice(status: StatusCode, title: &str, message: &str) -> Response {
    let body = html! { h1 { (title) } p { (text(message)) } };
    let menu = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => html! {},
        _ => menu(None, None),
    };
    page(status, title, &menu, &body, None)
}

/// Makes the document that leads a browser with a new cookie to the pages.
pub(crate) fn signed_in() -> Response {
    let body = html! { h1 { "Signed in" } p { a href="/" { "Continue" } } };
    page(StatusCode::OK, "Signed in", &html! {}, &body, Some("0; url=/"))
}

fn page(status: StatusCode, title: &str, menu: &Markup, body: &Markup, refresh: Option<&str>) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(refresh) = refresh { meta http-equiv="refresh" content=(refresh); }
                title { (text(title)) " – wardline" }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header.top { a.brand href="/" { "wardline" } (menu) }
                main id="content" { (body) }
            }
        }
    };
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page.into_string()).into_response()
}

fn menu(here: Option<Section>, scan: Option<(i64, bool)>) -> Markup {
    // The menu of an older scan leads to its pages; that of the last one, to those of whichever will be the last.
    let (overview, of_scan) = match scan {
        Some((scan, false)) => (links::scan(scan), links::scan(scan)),
        _ => ("/".to_owned(), String::new()),
    };
    let changes = match scan {
        Some((scan, false)) => format!("/changes?to={scan}"),
        _ => "/changes".to_owned(),
    };
    let entries = [
        (Section::Overview, overview, "Overview"),
        (Section::Computers, format!("{of_scan}/machines"), "Computers"),
        (Section::Updates, format!("{of_scan}/updates"), "Updates"),
        (Section::Settings, format!("{of_scan}/checks"), "Settings"),
        (Section::Changes, changes, "Changes"),
        (Section::Trend, "/trend".to_owned(), "Trend"),
        (Section::Scans, "/scans".to_owned(), "Scans"),
    ];
    html! {
        nav aria-label="Pages" {
            @for (section, link, words) in entries {
                a href=(link) aria-current=[(here == Some(section)).then_some("page")] { (words) }
            }
        }
        @if let Some((scan, false)) = scan {
            p.older { "Scan " (scan) " is not the last one. " a href="/" { "Show the last scan" } }
        }
    }
}
