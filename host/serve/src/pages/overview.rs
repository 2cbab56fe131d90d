//! A scan at a glance: what is worst, what to do first, and what changed since the scan before.

use maud::{Markup, html};
use wardline_history::{ChangeKind, Diff, Scan};
use wardline_report::counted;
use wardline_report::html::{
    change_table, charts, first, gap_table, grouped, install_table, overall_chip, text, title, waived_table,
};

use super::layout::Section;
use super::machines::{self, Order};
use super::states::{self, Moved};
use super::{Failure, Page, about, chart, origin, scan_named, when};
use crate::links::{self, PagesOf};
use crate::listing::Asked;
use crate::reading::Reading;
use crate::view::{Row, View};

/// The number of rows of each list; links lead to the rest.
const SHOWN: usize = 10;
/// The number of urgent changes.
const CHANGES_SHOWN: usize = 5;
/// The number of scans that the curves begin with.
const CURVE: usize = 30;
/// The maximum number of waived pieces of work; the report has all.
const WAIVED_SHOWN: usize = 100;

/// Makes the page of the last scan.
pub(crate) fn newest(reading: &Reading<'_>, _: &Asked) -> Result<Page, Failure> {
    match reading.newest().cloned() {
        Some(scan) => page(reading, &scan),
        None => Ok(Page {
            title: "No scans yet".to_owned(),
            section: Section::Overview,
            scan: None,
            body: html! {
                h1 { "No scans yet" }
                p { "Each " code { "wardline scan" } " adds one. Reload this page when it has ended." }
            },
        }),
    }
}

/// Makes the page of a scan.
pub(crate) fn of(reading: &Reading<'_>, scan: &str, _: &Asked) -> Result<Page, Failure> {
    let scan = scan_named(reading, scan)?;
    page(reading, &scan)
}

fn page(reading: &Reading<'_>, scan: &Scan) -> Result<Page, Failure> {
    let view = reading.view(scan)?;
    let since = reading.since_before(scan)?;
    let places = PagesOf::scan(scan.number);
    let summary = &view.summary;
    let body = html! {
        (origin(reading, scan, links::scan))
        (sources(&view))
        (heading(scan, &view))
        (charts(summary))
        @if let Some(since) = &since { (changed(since)) }
        (first(summary, &places))
        (worst(scan, &view))
        (installs(scan, &view, &places))
        (changes(scan, &view, &places))
        (gaps(&view, &places))
        (waived(&view, &places))
        (trend(reading, scan))
    };
    let title = format!("Scan {} of {}", scan.number, when(scan));
    Ok(Page { title, section: Section::Overview, scan: about(reading, scan), body })
}

/// Writes the catalogs.
fn sources(view: &View) -> Markup {
    html! {
        p.origin {
            @match &view.catalog {
                Some(catalog) => {
                    @for source in &catalog.sources {
                        span { "Catalog " (text(&source.format)) @if let Some(date) = &source.date { " of " (text(date)) } }
                    }
                }
                None => { span { "No catalog: updates are not judged" } }
            }
            @if view.summary.plugins_not_loaded > 0 {
                span { (counted(view.summary.plugins_not_loaded, "plugin", "plugins")) " could not be loaded" }
            }
        }
    }
}

fn heading(scan: &Scan, view: &View) -> Markup {
    html! {
        @match view.rows.as_slice() {
            [] => { h1 { "No computers" } }
            [machine] => {
                h1 { a href=(links::machine(scan.number, &machine.name)) { (text(&machine.name)) } " " (overall_chip(machine.grade)) }
            }
            _ => { h1 { (title(&view.summary)) } }
        }
    }
}

/// Writes what changed, and the most urgent changes.
fn changed(diff: &Diff) -> Markup {
    let (from, to) = (diff.from.number, diff.to.number);
    let all = links::changes(from, to);
    let urgent = diff.changes.iter().enumerate();
    let urgent: Vec<_> = urgent.filter(|(_, change)| change.kind <= ChangeKind::New).take(CHANGES_SHOWN).collect();
    html! {
        section id="changes" {
            div.head {
                h2 { "Since scan " (from) }
                span.soft { "of " (when(&diff.from)) }
                a.tools href=(all) { "All changes" }
            }
            (states::counts(&diff.counts, |kind| format!("{all}&kind={}", states::word(kind))))
            (moved(diff, &all))
            @if !urgent.is_empty() {
                ul.changed {
                    @for (place, change) in urgent {
                        li {
                            (states::chip(change.kind))
                            div {
                                (states::finding(change, to))
                                p.soft { a.plain href={ (all) "&change=" (place + 1) } { (counted(change.machines.len() as u64, "computer", "computers")) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Writes how many machines came and went. `all` is the address of all changes.
pub(super) fn moved(diff: &Diff, all: &str) -> Markup {
    let machines = &diff.machines;
    let lists = [
        (Moved::Vanished, machines.vanished.len()),
        (Moved::NotOpened, machines.not_opened.len()),
        (Moved::Appeared, machines.appeared.len()),
        (Moved::OpenedAgain, machines.opened_again.len()),
    ];
    let compared = counted(machines.compared, "computer was compared", "computers were compared");
    html! {
        p.soft {
            (compared) ", " (grouped(machines.changed)) " changed"
            @for (moved, count) in lists.into_iter().filter(|(_, count)| *count > 0) {
                " · " a href={ (all) "&kind=" (moved.word()) } { (moved.title().to_lowercase()) ": " (grouped(count as u64)) }
            }
        }
    }
}

/// Writes the machines that need attention most.
fn worst(scan: &Scan, view: &View) -> Markup {
    let mut rows: Vec<&Row> = view.rows.iter().collect();
    Order::default().sort(&mut rows);
    html! {
        @if rows.len() > 1 {
            section id="computers" {
                div.head {
                    h2 { "Computers" }
                    span.soft { "the worst first" }
                    a.tools href=(links::machines(scan.number)) { "All " (grouped(rows.len() as u64)) " computers" }
                }
                (machines::table(scan.number, rows.into_iter().take(SHOWN), None))
            }
        }
    }
}

fn installs(scan: &Scan, view: &View, places: &PagesOf) -> Markup {
    let installs = view.summary.work.installs();
    html! {
        @if !installs.is_empty() {
            section id="updates" {
                div.head {
                    h2 { "Updates to install" }
                    span.soft { (counted(installs.len() as u64, "update", "updates")) }
                    @if installs.len() > SHOWN { a.tools href=(links::updates(scan.number)) { "All updates" } }
                }
                (install_table(installs.get(..SHOWN).unwrap_or(&installs), view.summary.targets, places))
            }
        }
    }
}

fn changes(scan: &Scan, view: &View, places: &PagesOf) -> Markup {
    let changes = view.summary.work.changes();
    html! {
        @if !changes.is_empty() {
            section id="settings" {
                div.head {
                    h2 { "Settings to change" }
                    span.soft { (counted(changes.len() as u64, "check", "checks")) " failed" }
                    @if changes.len() > SHOWN { a.tools href=(links::checks(scan.number)) { "All settings" } }
                }
                (change_table(changes.get(..SHOWN).unwrap_or(&changes), view.summary.targets, places))
            }
        }
    }
}

fn gaps(view: &View, places: &PagesOf) -> Markup {
    let gaps = view.summary.work.gaps();
    html! {
        @if !gaps.is_empty() {
            section id="gaps" {
                div.head { h2 { "Not looked at" } }
                (gap_table(&gaps, places))
            }
        }
    }
}

fn waived(view: &View, places: &PagesOf) -> Markup {
    let counts = view.summary.waived;
    let waived = &view.summary.work.waived;
    html! {
        @if counts.findings > 0 {
            section id="waived" {
                div.head {
                    h2 { "Waived" }
                    span.soft {
                        (counted(counts.findings, "finding", "findings")) " on " (counted(counts.targets, "computer", "computers"))
                        ", not in the numbers above"
                    }
                }
                (waived_table(waived.get(..WAIVED_SHOWN).unwrap_or(waived), places))
                @if let Some(more) = waived.len().checked_sub(WAIVED_SHOWN).filter(|more| *more > 0) { p.soft { "and " (more) " more" } }
            }
        }
    }
}

fn trend(reading: &Reading<'_>, scan: &Scan) -> Markup {
    let scans: Vec<&Scan> = reading.scans().iter().filter(|other| other.number <= scan.number).collect();
    let scans = scans.get(scans.len().saturating_sub(CURVE)..).unwrap_or_default();
    html! {
        @if scans.len() > 1 {
            section id="trend" {
                div.head { h2 { "Trend" } a.tools href="/trend" { "All scans" } }
                (curves(scans))
            }
        }
    }
}

/// Draws how the numbers of scans went on, oldest first.
pub(super) fn curves(scans: &[&Scan]) -> Markup {
    let points =
        |number: fn(&Scan) -> u64| -> Vec<(&Scan, u64)> { scans.iter().map(|scan| (*scan, number(scan))).collect() };
    html! {
        div.charts.curves {
            (chart::curve("Computers at severe risk", "sr", &points(|scan| scan.totals.severe_risk)))
            (chart::curve("Updates missing, on all computers together", "im", &points(|scan| scan.totals.missing)))
            (chart::curve("Checks failed, on all computers together", "pr", &points(|scan| scan.totals.failed_checks)))
            (chart::curve("Computers", "fy", &points(|scan| scan.totals.machines)))
        }
    }
}
