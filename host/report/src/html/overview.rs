//! The top of the page: the fleet, what to do first, and what is to be done altogether.

use maud::{Markup, html};

use super::chart::{Part, grouped, share, stacked};
use super::{OnThisPage, Places, grade_chip, grade_class, severity_chip, text};
use crate::grade::severity_grade;
use crate::summary::{Change, Gap, GapKind, Install, Machines, Summary, WaivedWork, WorkItem};
use crate::terms::{self, counted, update_name};

/// The maximum numbers of updates and of checks among what to do first.
const FIRST: usize = 3;
/// The number of machines named in a table.
const NAMES_SHOWN: usize = 6;

pub(super) fn section(summary: &Summary, show_waived: bool) -> Markup {
    match summary.machines.as_slice() {
        [] => return html! { h1 { "No computers" } },
        // Its own page is below.
        [machine] => return html! { h1 { (text(&machine.name)) } },
        _ => {}
    }
    html! {
        h1 { (title(summary)) }
        (charts(summary))
        (contents(summary))
        (first(summary, &OnThisPage))
        (installs(summary))
        (changes(summary))
        (gaps(summary))
        (waived(summary, show_waived))
    }
}

/// Writes what is waived, or how much it is.
fn waived(summary: &Summary, show: bool) -> Markup {
    if summary.waived.findings == 0 {
        return html! {};
    }
    let findings = counted(summary.waived.findings, "finding", "findings");
    let computers = counted(summary.waived.targets, "computer", "computers");
    html! {
        section id="waived" {
            div.head { h2 { "Waived" } span.soft { (findings) " on " (computers) } }
            @if show { (waived_table(&summary.work.waived, &OnThisPage)) }
            @else { p.soft { "Not in the numbers above. " code { "--show-waived" } " lists them, each with the decision." } }
        }
    }
}

/// Writes a table of what is waived, and by which decision.
pub fn waived_table(waived: &[WaivedWork], places: &dyn Places) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th scope="col" { "Finding" } th.number scope="col" { "Computers" } th scope="col" { "Decision" } } }
                tbody {
                    @for work in waived {
                        tr {
                            td.name {
                                @match &work.item {
                                    WorkItem::Install(install) => { (text(&update_name(&install.bulletin, install.kb.as_ref()))) }
                                    WorkItem::Change(change) => { (text(&change.title)) }
                                }
                            }
                            td.number data-label=(computers(work.machines())) { (grouped(work.machines().count() as u64)) }
                            td { (text(&work.waived.in_words())) p.soft { (names(work.machines(), places)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Writes links to the sections.
fn contents(summary: &Summary) -> Markup {
    let work = &summary.work;
    let sections = [
        ("#updates", "Updates to install", work.install.len()),
        ("#settings", "Settings to change", work.change.len()),
        ("#gaps", "Not looked at", work.gaps.len()),
        ("#computers", "Computers", summary.machines.len()),
    ];
    html! {
        nav aria-label="Sections" {
            @for (place, name, count) in sections.into_iter().filter(|(_, _, count)| *count > 0) {
                span { a href=(place) { (name) } " " span.soft { (grouped(count as u64)) } }
            }
        }
    }
}

/// Formats how many machines have the worst grade: `12 of 340 computers at severe risk`.
pub fn title(summary: &Summary) -> String {
    let computers = format!("{} computers", grouped(summary.targets));
    let grades = &summary.grades;
    let worst = [
        (grades.severe_risk, "at severe risk"),
        (grades.potential_risk, "at potential risk"),
        (grades.incomplete, "not completely scanned"),
    ];
    match worst.into_iter().find(|(count, _)| *count > 0) {
        Some((count, what)) => format!("{} of {computers} {what}", grouped(count)),
        None => format!("{computers} without known risk"),
    }
}

/// Draws the grades of the machines, and the ratings of what they lack.
pub fn charts(summary: &Summary) -> Markup {
    let grades = &summary.grades;
    let part = |class, name, count| Part { class, name, count };
    let by_grade = [
        part("sr", "severe risk", grades.severe_risk),
        part("pr", "potential risk", grades.potential_risk),
        part("in", "incomplete scan", grades.incomplete),
        part("fy", "security FYI", grades.security_fyi),
        part("st", "strong security", grades.strong_security),
    ];
    let sum = |place: usize| summary.machines.iter().filter_map(|machine| machine.missing.get(place)).sum();
    let by_rating = [
        part("sr", "critical", sum(0)),
        part("un", "not rated", sum(4)),
        part("im", "important", sum(1)),
        part("pr", "moderate", sum(2)),
        part("fy", "low", sum(3)),
    ];
    html! {
        div.charts {
            (stacked("Computers by grade", &by_grade))
            @if by_rating.iter().any(|part| part.count > 0) { (stacked("Missing updates by rating", &by_rating)) }
        }
    }
}

/// Writes the few things that help most. The page has the gaps in an element called `gaps`.
pub fn first(summary: &Summary, places: &dyn Places) -> Markup {
    let installs = summary.work.installs();
    let changes = summary.work.changes();
    let gaps = summary.work.gaps();
    let (not_opened, others): (Vec<&&Gap>, Vec<&&Gap>) = gaps.iter().partition(|gap| gap.kind == GapKind::NotOpened);
    let computers = |gaps: &[&&Gap]| -> u64 { gaps.iter().map(|gap| gap.machines.count() as u64).sum() };
    if installs.is_empty() && changes.is_empty() && gaps.is_empty() {
        return html! {};
    }
    html! {
        section.first {
            h2 { "What to do first" }
            ol {
                @for install in installs.iter().take(FIRST) {
                    li {
                        (severity_chip(install.severity))
                        div {
                            strong { "Install " (text(&update_name(&install.bulletin, install.kb.as_ref()))) }
                            " on " (places.lacking(install, &on(&install.machines)))
                            p.soft { (text(&install.title)) }
                        }
                    }
                }
                @for change in changes.iter().take(FIRST) {
                    li {
                        (grade_chip(change.grade))
                        div {
                            strong { (text(&change.title)) } " on " (places.check(change, &on(&change.machines)))
                            @if let Some(remedy) = &change.remedy { p.soft { (sentence(remedy)) } }
                        }
                    }
                }
                @if !not_opened.is_empty() {
                    li {
                        span.chip.in { "not opened" }
                        div {
                            strong { "Find out why " (counted(computers(&not_opened), "computer", "computers")) " could not be opened" }
                            p.soft { "Nothing is known about them." }
                        }
                    }
                }
                @if !others.is_empty() {
                    li {
                        span.chip.in { "in part" }
                        div {
                            strong { "Complete the scan" }
                            p.soft {
                                "For " (counted(others.len() as u64, "reason", "reasons"))
                                ", something was not looked at: " a href="#gaps" { "Not looked at" } "."
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sentence(text: &str) -> Markup {
    let mut letters = text.chars();
    let capital: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    self::text(&format!("{capital}{}.", letters.as_str().trim_end_matches('.')))
}

fn computers(machines: &Machines) -> &'static str {
    if machines.count() == 1 { "computer" } else { "computers" }
}

/// Writes the number of machines.
fn on(machines: &Machines) -> Markup {
    html! { (grouped(machines.count() as u64)) " " (computers(machines)) }
}

fn installs(summary: &Summary) -> Markup {
    let installs = summary.work.installs();
    if installs.is_empty() {
        return html! {};
    }
    html! {
        section id="updates" {
            div.head {
                h2 { "Updates to install" }
                span.soft { (counted(installs.len() as u64, "update", "updates")) }
                span.tools data-filter="updates" {}
            }
            (install_table(&installs, summary.targets, &OnThisPage))
        }
    }
}

/// Writes a table of updates to install. `targets` is the number of machines in the scan.
pub fn install_table(installs: &[&Install], targets: u64, places: &dyn Places) -> Markup {
    html! {
        div.scroll {
            table.sortable {
                thead { tr {
                    th scope="col" { "Update" }
                    th scope="col" { "Rating" }
                    th.number scope="col" { "Computers" }
                    th scope="col" { "Title" }
                } }
                tbody { @for (place, install) in installs.iter().enumerate() { (install_row(place, install, targets, places)) } }
            }
        }
    }
}

fn install_row(place: usize, install: &Install, targets: u64, places: &dyn Places) -> Markup {
    let name = text(&update_name(&install.bulletin, install.kb.as_ref()));
    let count = install.machines.count() as u64;
    let class = grade_class(severity_grade(install.severity));
    let fixed = terms::fixed(install.cves.len(), install.closes().count() - install.cves.len());
    html! {
        tr {
            td.name { (places.update(install, &name)) }
            td data-sort=(place) { (severity_chip(install.severity)) }
            td.number data-sort=(count) data-label=(computers(&install.machines)) {
                (places.lacking(install, &html! { (grouped(count)) }))
                (share(class, count, targets))
            }
            td {
                (text(&install.title))
                p.soft {
                    (names(&install.machines, places))
                    @if !fixed.is_empty() { " · fixes " (fixed) }
                }
            }
        }
    }
}

fn changes(summary: &Summary) -> Markup {
    let changes = summary.work.changes();
    if changes.is_empty() {
        return html! {};
    }
    html! {
        section id="settings" {
            div.head {
                h2 { "Settings to change" }
                span.soft { (counted(changes.len() as u64, "check", "checks")) " failed" }
                span.tools data-filter="settings" {}
            }
            (change_table(&changes, summary.targets, &OnThisPage))
        }
    }
}

/// Writes a table of checks that failed. `targets` is the number of machines in the scan.
pub fn change_table(changes: &[&Change], targets: u64, places: &dyn Places) -> Markup {
    html! {
        div.scroll {
            table.sortable {
                thead { tr {
                    th scope="col" { "Check" }
                    th scope="col" { "Grade" }
                    th.number scope="col" { "Computers" }
                    th scope="col" { "How to correct this" }
                } }
                tbody { @for (place, change) in changes.iter().enumerate() { (change_row(place, change, targets, places)) } }
            }
        }
    }
}

fn change_row(place: usize, change: &Change, targets: u64, places: &dyn Places) -> Markup {
    let count = change.machines.count() as u64;
    html! {
        tr {
            td.name {
                (places.check(change, &text(&change.title)))
                @if let Some(number) = change.mbsa { span.soft { " " (number) } }
            }
            td data-sort=(place) { (grade_chip(change.grade)) }
            td.number data-sort=(count) data-label=(computers(&change.machines)) {
                (places.check(change, &html! { (grouped(count)) }))
                (share(grade_class(change.grade), count, targets))
            }
            td {
                @match &change.remedy {
                    Some(remedy) => { (sentence(remedy)) }
                    None if change.remedies_differ => { "Differs by computer." }
                    None => {}
                }
                p.soft { (names(&change.machines, places)) }
            }
        }
    }
}

fn gaps(summary: &Summary) -> Markup {
    let gaps = summary.work.gaps();
    if gaps.is_empty() {
        return html! {};
    }
    html! {
        section id="gaps" {
            div.head { h2 { "Not looked at" } }
            (gap_table(&gaps, &OnThisPage))
        }
    }
}

/// Writes a table of what could not be looked at.
pub fn gap_table(gaps: &[&Gap], places: &dyn Places) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th scope="col" { "Gap" } th.number scope="col" { "Computers" } th scope="col" { "Reason" } } }
                tbody {
                    @for (place, gap) in gaps.iter().enumerate() {
                        tr {
                            td.name { (gap_words(gap.kind)) }
                            td.number data-label=(computers(&gap.machines)) {
                                (places.gap(place, &html! { (grouped(gap.machines.count() as u64)) }))
                            }
                            td { (text(&gap.reason)) p.soft { (names(&gap.machines, places)) } }
                        }
                    }
                }
            }
        }
    }
}

fn gap_words(kind: GapKind) -> &'static str {
    match kind {
        GapKind::NotOpened => "Could not be opened",
        GapKind::NotJudged => "Updates not judged",
        GapKind::Unable => "Could not be scanned",
        GapKind::Texts => "Only known from texts",
        GapKind::Evidence => "Evidence in doubt",
        GapKind::Policy => "Denied by policy",
    }
}

/// Writes the names of the first machines.
fn names(machines: &Machines, places: &dyn Places) -> Markup {
    let more = machines.count().saturating_sub(machines.names().len().min(NAMES_SHOWN));
    html! {
        @for (place, name) in machines.names().iter().take(NAMES_SHOWN).enumerate() {
            @if place > 0 { ", " }
            (places.machine(name))
        }
        @if more > 0 { " and " (grouped(more as u64)) " more" }
    }
}

/// Writes the head of the list of machines.
pub(super) fn machines_head(summary: &Summary) -> Markup {
    if summary.targets == 0 {
        return html! {};
    }
    html! {
        @if summary.targets > 1 {
            div.head {
                h2 { "Computers" }
                span.soft id="shown" aria-live="polite" { (grouped(summary.targets)) }
                span.tools data-filter="computers" {}
            }
        }
        div.cols {
            span data-sort="g" { "Grade" }
            span data-sort="n" { "Computer" }
            span data-sort="s" { "System" }
            span.number data-sort="m" { "Missing" }
            span.number data-sort="f" { "Failed" }
            span.number data-sort="u" { "Unable" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_the_worst() {
        let summary = Summary { targets: 2, ..Summary::default() };
        assert_eq!(title(&summary), "2 computers without known risk");
        assert_eq!(sentence("disable it.").into_string(), "Disable it.");
    }
}
