//! The scans one after another: their numbers, and what changed from each to the next.

use maud::{Markup, html};
use wardline_history::{ChangeKind, Scan};
use wardline_report::html::grouped;

use super::layout::Section;
use super::overview::curves;
use super::{Failure, Page, states, when};
use crate::links;
use crate::listing::{Asked, Sheet};
use crate::reading::Reading;

/// The number of scans on a page: each is compared with the one before.
const SCANS: usize = 30;

pub(crate) fn all(reading: &Reading<'_>, asked: &Asked) -> Result<Page, Failure> {
    let sheet = Sheet::sized(reading.scans().iter().rev(), SCANS, asked);
    let oldest_first: Vec<&Scan> = sheet.rows.iter().rev().copied().collect();
    let mut rows = Vec::with_capacity(sheet.rows.len());
    for scan in &sheet.rows {
        rows.push(row(reading, scan)?);
    }
    let body = html! {
        h1 { "Trend" }
        @if rows.is_empty() { p { "No scans yet." } }
        @else { (curves(&oldest_first)) }
        section {
            div.scroll {
                table {
                    thead { tr {
                        th scope="col" { "Scan" }
                        th scope="col" { "Ended (UTC)" }
                        th.number scope="col" { "Computers" }
                        th.number scope="col" { "At severe risk" }
                        th.number scope="col" { "Missing" }
                        th.number scope="col" { "Failed" }
                        th scope="col" { "Since the scan before" }
                    } }
                    tbody { @for row in rows { (row) } }
                }
            }
            (sheet.pager(asked))
        }
    };
    Ok(Page { title: "Trend".to_owned(), section: Section::Trend, scan: None, body })
}

fn row(reading: &Reading<'_>, scan: &Scan) -> Result<Markup, Failure> {
    let before = reading.before(scan);
    let step = before.map(|before| reading.step(before, scan)).transpose()?;
    let totals = scan.totals;
    Ok(html! {
        tr {
            td.name { a href=(links::scan(scan.number)) { "Scan " (scan.number) } }
            td { (when(scan)) }
            td.number data-label="computers" { (grouped(totals.machines)) }
            td.number data-label="at severe risk" { (grouped(totals.severe_risk)) }
            td.number data-label="missing" { (grouped(totals.missing)) }
            td.number data-label="failed" { (grouped(totals.failed_checks)) }
            td {
                @if let (Some(before), Some(step)) = (before, step) {
                    @let all = links::changes(before.number, scan.number);
                    (states::counts(&step.counts, |kind: ChangeKind| format!("{all}&kind={}", states::word(kind))))
                    @if step.appeared + step.vanished > 0 {
                        p.soft { (grouped(step.appeared as u64)) " computers only in this scan, " (grouped(step.vanished as u64)) " only in the one before" }
                    }
                }
            }
        }
    })
}
