//! The changes between two scans.

use maud::{Markup, html};
use wardline_history::{ChangeKind, Diff, FindingChange, Machine, Scan, ScanChoice};
use wardline_report::counted;
use wardline_report::html::{grouped, text};

use super::layout::Section;
use super::overview::moved;
use super::states::{self, Moved};
use super::{Failure, Page, about, all_scans, scan_named, when};
use crate::links;
use crate::listing::{Asked, Sheet};
use crate::reading::Reading;

/// The number of machines that are named with a change; its own page has all.
const NAMES_SHOWN: usize = 6;

/// Makes the page of the changes between two scans: by default, the last one and the one before it.
pub(crate) fn between(reading: &Reading<'_>, asked: &Asked) -> Result<Page, Failure> {
    let mut to = scan_named(reading, asked.get("to"))?;
    let mut from = match (asked.get("from"), reading.before(&to)) {
        ("", Some(before)) => before.clone(),
        ("", None) => return Ok(first(reading, &to)),
        ("previous", _) => reading.scan(ScanChoice::PREVIOUS)?,
        (from, _) => scan_named(reading, from)?,
    };
    if from.number > to.number {
        std::mem::swap(&mut from, &mut to);
    }
    let diff = reading.diff(&from, &to)?;
    let body = html! {
        p.origin {
            @if let Some(before) = reading.before(&from) { a href=(links::changes(before.number, from.number)) { "← " (before.number) " to " (from.number) } }
            @if let Some(after) = reading.after(&to) { a href=(links::changes(to.number, after.number)) { (to.number) " to " (after.number) " →" } }
        }
        h1 { "From scan " (from.number) " to scan " (to.number) }
        p.soft {
            a href=(links::scan(from.number)) { (when(&from)) } " to " a href=(links::scan(to.number)) { (when(&to)) } " UTC"
        }
        (form(&from, &to))
        (contents(&diff, asked))
    };
    let title = format!("Changes from scan {} to {}", from.number, to.number);
    Ok(Page { title, section: Section::Changes, scan: about(reading, &to), body })
}

/// Makes the page of the first scan.
fn first(reading: &Reading<'_>, scan: &Scan) -> Page {
    let body = html! {
        h1 { "Changes" }
        p { "Scan " (scan.number) " is the first one: there is nothing to compare it with." }
        (all_scans())
    };
    Page { title: "Changes".to_owned(), section: Section::Changes, scan: about(reading, scan), body }
}

fn form(from: &Scan, to: &Scan) -> Markup {
    let field = |name, label, scan: &Scan| {
        html! { label { (label) " " input.scan name=(name) value=(scan.number) required; } }
    };
    html! {
        form.filter method="get" {
            (field("from", "Compare scan", from)) (field("to", "with", to))
            button type="submit" { "Compare" }
            span.soft { "Numbers, days such as 2026-11-27, or latest" }
        }
    }
}

/// Writes the part that is asked for: all changes, those of a kind, the machines of one, or those that came and went.
fn contents(diff: &Diff, asked: &Asked) -> Markup {
    let all = links::changes(diff.from.number, diff.to.number);
    let kind = asked.get("kind");
    if let Some(change) = asked.number::<usize>("change").and_then(|place| diff.changes.get(place.checked_sub(1)?)) {
        return one(diff, change, &all, asked);
    }
    if let Some(moved) = Moved::ALL.into_iter().find(|moved| moved.word() == kind) {
        return machines(diff, moved, &all, asked);
    }
    let kind = ChangeKind::ALL.into_iter().find(|known| states::word(*known) == kind);
    let changes = diff.changes.iter().enumerate();
    let changes: Vec<(usize, &FindingChange)> =
        changes.filter(|(_, change)| kind.is_none_or(|kind| change.kind == kind)).collect();
    let sheet = Sheet::of(changes.into_iter(), asked);
    html! {
        (states::counts(&diff.counts, |kind| format!("{all}&kind={}", states::word(kind))))
        (moved(diff, &all))
        @if kind.is_some() { p { a href=(all) { "Show all changes" } } }
        section {
            @if sheet.rows.is_empty() && kind.is_some() { p { "No finding changed in this way." } }
            ul.changed {
                @for (place, change) in &sheet.rows { (row(diff, change, &format!("{all}&change={}", place + 1))) }
            }
            (sheet.pager(asked))
        }
    }
}

fn row(diff: &Diff, change: &FindingChange, link: &str) -> Markup {
    let scan = shown_in(diff, change);
    html! {
        li {
            (states::chip(change.kind))
            div {
                (states::finding(change, scan))
                p.soft {
                    a href=(link) { (counted(change.machines.len() as u64, "computer", "computers")) } ": "
                    @for (place, name) in change.machines.iter().take(NAMES_SHOWN).enumerate() {
                        @if place > 0 { ", " }
                        a.plain href=(links::machine(diff.to.number, name)) { (text(name)) }
                    }
                    @if change.machines.len() > NAMES_SHOWN { " and " (grouped((change.machines.len() - NAMES_SHOWN) as u64)) " more" }
                }
            }
        }
    }
}

/// Returns the scan whose pages show a finding: the earlier one for what is solved.
fn shown_in(diff: &Diff, change: &FindingChange) -> i64 {
    match change.kind {
        ChangeKind::Fixed | ChangeKind::Gone | ChangeKind::Unknown => diff.from.number,
        ChangeKind::Returned | ChangeKind::New | ChangeKind::Changed => diff.to.number,
    }
}

/// Writes a change with all machines on which it is the same.
fn one(diff: &Diff, change: &FindingChange, all: &str, asked: &Asked) -> Markup {
    let sheet = Sheet::of(change.machines.iter(), asked);
    html! {
        ul.changed { li { (states::chip(change.kind)) div { (states::finding(change, shown_in(diff, change))) } } }
        p { a href=(all) { "Show all changes" } }
        section {
            div.head { h2 { (counted(sheet.total as u64, "computer", "computers")) } }
            ul.names { @for name in &sheet.rows { li { a href=(links::machine(diff.to.number, name)) { (text(name)) } } } }
            (sheet.pager(asked))
        }
    }
}

/// Writes the machines that only one of the scans has, or could open.
fn machines(diff: &Diff, moved: Moved, all: &str, asked: &Asked) -> Markup {
    let machines = &diff.machines;
    let (list, scan): (&[Machine], i64) = match moved {
        Moved::Vanished => (&machines.vanished, diff.from.number),
        Moved::NotOpened => (&machines.not_opened, diff.from.number),
        Moved::Appeared => (&machines.appeared, diff.to.number),
        Moved::OpenedAgain => (&machines.opened_again, diff.to.number),
    };
    let sheet = Sheet::of(list.iter(), asked);
    html! {
        p { a href=(all) { "Show all changes" } }
        section {
            div.head { h2 { (moved.title()) } span.soft { (counted(sheet.total as u64, "computer", "computers")) } }
            div.scroll {
                table {
                    thead { tr { th scope="col" { "Computer" } th.number scope="col" { "Problems in scan " (scan) } th scope="col" { "Evidence" } } }
                    tbody {
                        @for machine in &sheet.rows {
                            tr {
                                td.name { a href=(links::machine(scan, &machine.name)) { (text(&machine.name)) } }
                                td.number data-label="problems" { (grouped(machine.problems)) }
                                td { code { (text(&machine.location)) } }
                            }
                        }
                    }
                }
            }
            (sheet.pager(asked))
        }
    }
}
