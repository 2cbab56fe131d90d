//! The list of scans.

use maud::html;
use wardline_report::counted;
use wardline_report::html::{grouped, text};

use super::layout::Section;
use super::{Failure, Page, when};
use crate::links;
use crate::listing::{Asked, Sheet};
use crate::reading::Reading;

pub(crate) fn list(reading: &Reading<'_>, asked: &Asked) -> Result<Page, Failure> {
    let sheet = Sheet::of(reading.scans().iter().rev(), asked);
    let body = html! {
        h1 { (counted(sheet.total as u64, "scan", "scans")) }
        section {
            div.scroll {
                table {
                    thead { tr {
                        th scope="col" { "Scan" }
                        th scope="col" { "Ended (UTC)" }
                        th.number scope="col" { "Computers" }
                        th.number scope="col" { "Not opened" }
                        th.number scope="col" { "At severe risk" }
                        th.number scope="col" { "Missing" }
                        th.number scope="col" { "Failed" }
                        th scope="col" { "Made by" }
                    } }
                    tbody {
                        @for scan in &sheet.rows {
                            @let totals = scan.totals;
                            tr {
                                td.name { a href=(links::scan(scan.number)) { "Scan " (scan.number) } }
                                td {
                                    (when(scan))
                                    @if let Some(before) = reading.before(scan) {
                                        " " a.soft href=(links::changes(before.number, scan.number)) { "changes" }
                                    }
                                }
                                td.number data-label="computers" { (grouped(totals.machines)) }
                                td.number data-label="not opened" { (grouped(totals.not_opened)) }
                                td.number data-label="at severe risk" { (grouped(totals.severe_risk)) }
                                td.number data-label="missing" { (grouped(totals.missing)) }
                                td.number data-label="failed" { (grouped(totals.failed_checks)) }
                                td.soft { (text(&scan.tool)) }
                            }
                        }
                    }
                }
            }
            (sheet.pager(asked))
        }
    };
    Ok(Page { title: "Scans".to_owned(), section: Section::Scans, scan: None, body })
}
