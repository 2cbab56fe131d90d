//! The checks that failed in a scan, and the machines on which each did.

use maud::{Markup, html};
use wardline_history::Scan;
use wardline_report::html::{change_table, grade_chip, grouped, text, waived_table};
use wardline_report::{Change, WaivedWork, WorkItem, counted};

use super::layout::Section;
use super::updates::filter;
use super::{Failure, Page, about, has, machines, origin, scan_named};
use crate::links::{self, PagesOf};
use crate::listing::{Asked, Sheet};
use crate::reading::Reading;
use crate::view::View;

/// The maximum number of decisions about a check that are shown.
const MANY: usize = 200;

/// Makes the page of all checks that failed in a scan.
pub(crate) fn list(reading: &Reading<'_>, scan: &str, asked: &Asked) -> Result<Page, Failure> {
    let scan = scan_named(reading, scan)?;
    let view = reading.view(&scan)?;
    let typed = asked.get("q").trim().to_lowercase();
    let mut changes = view.summary.work.changes();
    let all = changes.len();
    changes.retain(|change| typed.is_empty() || has(&change.title, &typed) || has(&change.id, &typed));
    let sheet = Sheet::of(changes.into_iter(), asked);
    let body = html! {
        (origin(reading, &scan, links::checks))
        h1 { (counted(all as u64, "setting", "settings")) " to change" }
        (filter(asked, "Title or identifier"))
        section id="settings" {
            @if sheet.rows.is_empty() { p.soft { (if all == 0 { "No check failed." } else { "No check fits." }) } }
            @else { (change_table(&sheet.rows, view.summary.targets, &PagesOf::scan(scan.number))) }
            (sheet.pager(asked))
        }
    };
    let title = format!("Settings to change, scan {}", scan.number);
    Ok(Page { title, section: Section::Settings, scan: about(reading, &scan), body })
}

/// Makes the page of a check.
pub(crate) fn one(reading: &Reading<'_>, id: &str, asked: &Asked) -> Result<Page, Failure> {
    let scan = scan_named(reading, asked.get("scan"))?;
    let view = reading.view(&scan)?;
    let change = view.summary.work.change.iter().find(|change| change.id == id);
    let is_waived = |work: &&WaivedWork| matches!(&work.item, WorkItem::Change(change) if change.id == id);
    let waived: Vec<WaivedWork> = view.summary.work.waived.iter().filter(is_waived).take(MANY).cloned().collect();
    let body = html! {
        (origin(reading, &scan, |other| links::check(other, id)))
        @match change {
            Some(change) => { (details(&scan, &view, change, asked)) }
            None => {
                h1 { (text(id)) }
                p { "This check failed on no computer of scan " (scan.number) @if !waived.is_empty() { ", but where it is waived" } "." }
            }
        }
        @if !waived.is_empty() {
            section id="waived" {
                div.head { h2 { "Waived" } }
                (waived_table(&waived, &PagesOf::scan(scan.number)))
            }
        }
    };
    let title = change.map_or(id, |change| change.title.as_str()).to_owned();
    Ok(Page { title, section: Section::Settings, scan: about(reading, &scan), body })
}

fn details(scan: &Scan, view: &View, change: &Change, asked: &Asked) -> Markup {
    let rows = view.rows_at(change.machines.places());
    let (count, all) = (rows.len() as u64, view.rows.len() as u64);
    let sheet = Sheet::of(rows.into_iter(), asked);
    html! {
        h1 { (text(&change.title)) " " (grade_chip(change.grade)) }
        dl.facts {
            dt { "Check" } dd { code { (text(&change.id)) } @if let Some(number) = change.mbsa { " (" (number) " in MBSA)" } }
            @if let Some(remedy) = &change.remedy { dt { "How to correct this" } dd { (text(remedy)) } }
            @else if change.remedies_differ { dt { "How to correct this" } dd { "Differs by computer; the page of each says it." } }
        }
        section id="computers" {
            div.head { h2 { "Failed on " (grouped(count)) " of " (counted(all, "computer", "computers")) } }
            (machines::table(scan.number, sheet.rows.iter().copied(), None))
            (sheet.pager(asked))
        }
    }
}
