//! One machine: MBSA's page of it in a scan, and what became of it from scan to scan.

use maud::{Markup, html};
use wardline_history::{FindingChange, PastScan, Scan, ScannedMachine};
use wardline_report::counted;
use wardline_report::html::{machine_page, overall_chip, text};

use super::layout::Section;
use super::{Failure, Page, about, chart, origin_between, scan_named, states, when};
use crate::links;
use crate::listing::{Asked, Sheet};
use crate::reading::Reading;

/// The number of scans on a page about a machine's past: the reports of each are read.
const PAST: usize = 30;
/// The number of changes that are shown of each scan.
const CHANGES_SHOWN: usize = 20;
/// The number of machines of one name that are listed.
const SAME_NAME: usize = 200;

/// Makes the page of a machine in a scan.
pub(crate) fn of_scan(reading: &Reading<'_>, scan: &str, name: &str, asked: &Asked) -> Result<Page, Failure> {
    let scan = scan_named(reading, scan)?;
    let machines = reading.history.machines(&scan)?;
    let mut named: Vec<(usize, &ScannedMachine)> =
        machines.iter().enumerate().filter(|(_, machine)| machine.name == name).collect();
    if let Some(wanted) = asked.number::<usize>("place") {
        named.retain(|(place, _)| *place == wanted);
    }
    let has_it = |other: &&Scan| {
        reading.history.machines(other).is_ok_and(|machines| machines.iter().any(|machine| machine.name == name))
    };
    let (before, after) = (reading.before(&scan).filter(has_it), reading.after(&scan).filter(has_it));
    let origin = origin_between(&scan, before, after, |other| links::machine(other, name));
    let (title, body) = match named.as_slice() {
        [] => {
            return Err(Failure::NotFound(html! {
                p { "Scan " (scan.number) " has no computer " strong { (text(name)) } "." }
                p { a href=(links::past(name)) { "Scans with a computer of this name" } }
                p { a href=(links::machines(scan.number)) { "All computers of scan " (scan.number) } }
            }));
        }
        [(_, machine)] => {
            let report = reading.history.report_of(machine)?;
            let all = asked.has("all");
            let body = html! {
                (origin)
                h1 { (text(name)) " " (overall_chip(report.grade)) }
                p.links {
                    a href=(links::past(name)) { "All scans of this computer" }
                    @if all { a href=(asked.with("all", "")) { "Show what needs attention" } }
                    @else { a href=(asked.with("all", "1")) { "Show installed updates and passed checks, too" } }
                }
                (machine_page(&report, all))
            };
            (format!("{name} in scan {}", scan.number), body)
        }
        several => {
            let body = html! {
                (origin)
                h1 { (several.len()) " computers called " (text(name)) }
                ul {
                    @for (place, machine) in several.iter().take(SAME_NAME) {
                        li { a href=(links::machine_at(scan.number, name, *place)) { (text(&machine.location)) } }
                    }
                }
                @if several.len() > SAME_NAME { p.soft { "and " (several.len() - SAME_NAME) " more" } }
            };
            (format!("{name} in scan {}", scan.number), body)
        }
    };
    Ok(Page { title, section: Section::Computers, scan: about(reading, &scan), body })
}

/// Makes the page of a machine over all scans.
pub(crate) fn past(reading: &Reading<'_>, name: &str, asked: &Asked) -> Result<Page, Failure> {
    let mut before = asked.before(PAST);
    let (mut past, total) = reading.history.past_of(name, before, PAST)?;
    if past.is_empty() && total > 0 {
        before = (total - 1) / PAST * PAST;
        past = reading.history.past_of(name, before, PAST)?.0;
    }
    if total == 0 {
        return Err(Failure::NotFound(html! {
            p { "No scan has a computer " strong { (text(name)) } "." }
            p { a href="/machines" { "All computers of the last scan" } }
        }));
    }
    let sheet = Sheet::read(past, before, PAST, total);
    let curve = |number: fn(&PastScan) -> u64| -> Vec<_> {
        let opened = sheet.rows.iter().rev().filter(|past| past.opened);
        opened.map(|past| (&past.scan, number(past))).collect()
    };
    let body = html! {
        h1 { (text(name)) @if let Some(last) = sheet.rows.first() { " " (overall_chip(last.grade)) } }
        p.soft { (counted(total as u64, "scan", "scans")) " of this computer" }
        @if sheet.rows.iter().filter(|past| past.opened).count() > 1 {
            div.charts.curves {
                (chart::curve("Updates missing", "im", &curve(|past| past.totals.missing)))
                (chart::curve("Checks failed", "pr", &curve(|past| past.totals.failed_checks)))
            }
        }
        section {
            @for past in &sheet.rows { (in_scan(name, past)) }
            (sheet.pager(asked))
        }
    };
    Ok(Page { title: name.to_owned(), section: Section::Computers, scan: None, body })
}

/// Writes what a scan says of a machine, and what changed since the one before.
fn in_scan(name: &str, past: &PastScan) -> Markup {
    let scan = past.scan.number;
    html! {
        article.past {
            div.head {
                h3 { a href=(links::machine(scan, name)) { "Scan " (scan) } " " span.soft { "of " (when(&past.scan)) " UTC" } }
                (overall_chip(past.grade))
                @if past.opened {
                    span { (past.totals.missing) " missing, " (past.totals.failed_checks) " failed" }
                } @else {
                    span { "could not be opened" }
                }
                code { (text(&past.location)) }
            }
            @if let Some(changes) = &past.changes { (changed(changes, scan)) }
        }
    }
}

fn changed(changes: &[FindingChange], scan: i64) -> Markup {
    html! {
        @if changes.is_empty() { p.soft { "No finding changed." } }
        @else {
            ul.changed {
                @for change in changes.iter().take(CHANGES_SHOWN) { li { (states::chip(change.kind)) div { (states::finding(change, scan)) } } }
            }
            @if changes.len() > CHANGES_SHOWN { p.soft { "and " (changes.len() - CHANGES_SHOWN) " more changes" } }
        }
    }
}
