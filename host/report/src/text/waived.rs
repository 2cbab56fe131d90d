//! The findings that the operator waived.

use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN};
use crate::model::TargetReport;
use crate::summary::{Summary, WaivedWork, WorkItem};
use crate::terms::{counted, update_name};

/// The number of machines named with a waived piece of work.
const NAMES_SHOWN: usize = 3;

/// Writes those of one machine, with the decisions.
pub(super) fn section(page: &mut Page, report: &TargetReport) {
    let mut findings = report.waived().peekable();
    if findings.peek().is_none() {
        return;
    }
    page.line(2, &[Span(BOLD, "Waived")]);
    for finding in findings {
        page.hanging(4, &[], 6, PLAIN, &format!("{} {}", finding.name(), finding.waived().in_words()));
    }
}

/// Writes those of the fleet: a line for each piece of work and decision, or how many there are.
pub(super) fn of_fleet(page: &mut Page, summary: &Summary, show: bool) {
    let waived = &summary.waived;
    if waived.findings == 0 {
        return;
    }
    page.blank();
    if !show {
        let findings = counted(waived.findings, "finding", "findings");
        let computers = counted(waived.targets, "computer", "computers");
        let text = format!("{findings} on {computers}, which --show-waived lists");
        page.hanging(2, &[Span(BOLD, "Waived: ")], 4, FAINT, &text);
        return;
    }
    page.line(2, &[Span(BOLD, "Waived")]);
    for work in &summary.work.waived {
        let name = match &work.item {
            WorkItem::Install(install) => update_name(&install.bulletin, install.kb.as_ref()),
            WorkItem::Change(change) => change.title.to_string(),
        };
        page.hanging(4, &[], 6, PLAIN, &format!("{name} on {} {}", machines(work), work.waived.in_words()));
    }
}

fn machines(work: &WaivedWork) -> String {
    let machines = work.machines();
    let mut names = machines.names().iter().take(NAMES_SHOWN).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let more = machines.count().saturating_sub(NAMES_SHOWN);
    if more > 0 {
        names.push_str(&format!(" and {more} more"));
    }
    names
}
