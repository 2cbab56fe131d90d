//! The updates that a scan found missing, and the machines that lack each.

use maud::{Markup, html};
use smol_str::SmolStr;
use wardline_history::Scan;
use wardline_report::html::{grouped, install_table, severity_chip, text, waived_table};
use wardline_report::{Install, WaivedWork, WorkItem, counted, is_plain_url, update_name};

use super::layout::Section;
use super::{Failure, Page, about, has, machines, origin, scan_named};
use crate::links::{self, PagesOf};
use crate::listing::{Asked, Sheet};
use crate::reading::Reading;
use crate::view::View;

/// The number of vulnerabilities that are shown at once.
const CVES_SHOWN: usize = 12;

/// Makes the page of all updates that are missing in a scan.
pub(crate) fn list(reading: &Reading<'_>, scan: &str, asked: &Asked) -> Result<Page, Failure> {
    let scan = scan_named(reading, scan)?;
    let view = reading.view(&scan)?;
    let typed = asked.get("q").trim().to_lowercase();
    let mut installs = view.summary.work.installs();
    let all = installs.len();
    installs.retain(|install| typed.is_empty() || fits(install, &typed));
    let sheet = Sheet::of(installs.into_iter(), asked);
    let body = html! {
        (origin(reading, &scan, links::updates))
        h1 { (counted(all as u64, "update", "updates")) " to install" }
        (filter(asked, "Name, title or vulnerability"))
        section id="updates" {
            @if sheet.rows.is_empty() { p.soft { (if all == 0 { "No update is missing." } else { "No update fits." }) } }
            @else { (install_table(&sheet.rows, view.summary.targets, &PagesOf::scan(scan.number))) }
            (sheet.pager(asked))
        }
    };
    let title = format!("Updates to install, scan {}", scan.number);
    Ok(Page { title, section: Section::Updates, scan: about(reading, &scan), body })
}

/// Writes a form that filters a list by what a person types.
pub(super) fn filter(asked: &Asked, placeholder: &str) -> Markup {
    html! {
        form.filter method="get" role="search" {
            input type="search" name="q" value=(asked.get("q")) placeholder=(placeholder) aria-label=(placeholder);
            button type="submit" { "Filter" }
            @if !asked.get("q").is_empty() { a href="?" { "Show all" } }
        }
    }
}

fn fits(install: &Install, typed: &str) -> bool {
    has(&update_name(&install.bulletin, install.kb.as_ref()), typed)
        || has(&install.title, typed)
        || install.closes().any(|cve| has(cve, typed))
}

/// Whether an update has a name: that of its bulletin or article, or of a vulnerability that it, or an older update that it replaces,
/// fixes.
fn is_called(install: &Install, name: &str) -> bool {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    is(&install.bulletin) || install.kb.as_deref().is_some_and(is) || install.closes().any(|cve| is(cve))
}

/// Makes the page of an update.
pub(crate) fn one(reading: &Reading<'_>, name: &str, asked: &Asked) -> Result<Page, Failure> {
    let scan = scan_named(reading, asked.get("scan"))?;
    let view = reading.view(&scan)?;
    let number = asked.number::<u32>("number");
    let wanted = |install: &Install| is_called(install, name) && number.is_none_or(|number| number == install.number);
    let missing: Vec<&Install> = view.summary.work.installs().into_iter().filter(|install| wanted(install)).collect();
    let waived: Vec<WaivedWork> = view
        .summary
        .work
        .waived
        .iter()
        .filter(|work| match &work.item {
            WorkItem::Install(install) => wanted(install),
            WorkItem::Change(_) => false,
        })
        .cloned()
        .collect();
    let link = |other: i64| links::update(other, name);
    let body = html! {
        (origin(reading, &scan, link))
        @match missing.as_slice() {
            [] => {
                h1 { (text(name)) }
                p { "No computer of scan " (scan.number) " lacks an update of this name" @if !waived.is_empty() { ", but where it is waived" } "." }
            }
            [install] => { (details(&scan, &view, install, asked)) }
            several => {
                h1 { (text(name)) }
                p { (several.len()) " updates have this name." }
                section id="updates" { (install_table(several.get(..MANY).unwrap_or(several), view.summary.targets, &PagesOf { scan: scan.number, numbered: true })) }
            }
        }
        @if !waived.is_empty() {
            section id="waived" {
                div.head { h2 { "Waived" } }
                (waived_table(waived.get(..MANY).unwrap_or(&waived), &PagesOf::scan(scan.number)))
            }
        }
    };
    Ok(Page { title: name.to_owned(), section: Section::Updates, scan: about(reading, &scan), body })
}

/// The maximum number of updates of one name, and of decisions about them, that are shown.
const MANY: usize = 200;

fn details(scan: &Scan, view: &View, install: &Install, asked: &Asked) -> Markup {
    let rows = view.rows_at(install.machines.places());
    let (count, all) = (rows.len() as u64, view.rows.len() as u64);
    let sheet = Sheet::of(rows.into_iter(), asked);
    html! {
        h1 { (text(&update_name(&install.bulletin, install.kb.as_ref()))) " " (severity_chip(install.severity)) }
        p { (text(&install.title)) }
        dl.facts {
            @if let Some(url) = install.url.as_deref().filter(|url| is_plain_url(url)) {
                dt { "More about it" } dd { a href=(url) rel="noreferrer noopener" { (text(url)) } }
            }
            @if let Some(package) = &install.package { dt { "Package" } dd { code { (text(package)) } } }
            @if install.closes().next().is_some() { dt { "Fixes" } dd { (cves(install)) } }
        }
        section id="computers" {
            div.head {
                h2 { "Missing on " (grouped(count)) " of " (counted(all, "computer", "computers")) }
            }
            (machines::table(scan.number, sheet.rows.iter().copied(), None))
            (sheet.pager(asked))
        }
    }
}

fn cves(install: &Install) -> Markup {
    let all: Vec<&SmolStr> = install.closes().collect();
    let (first, more) = all.split_at(CVES_SHOWN.min(all.len()));
    // Each in an element of its own: a long text would be cut off.
    let list = |cves: &[&SmolStr]| html! { @for cve in cves { span.cve { (text(cve)) } " " } };
    html! {
        (list(first))
        @if !more.is_empty() {
            details.more { summary { "and " (more.len()) " more" } p { (list(more)) } }
        }
    }
}
