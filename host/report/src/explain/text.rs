//! An explanation as text.

use wardline_contract::Verdict;

use super::{Elsewhere, ExplainedCheck, ExplainedUpdate, Explanation, Link};
use crate::decision::Waived;
use crate::grade::update_grade;
use crate::model::{TargetReport, TestKind};
use crate::terms::{counted, grade_words, severity_word, status_words};
use crate::text::{BOLD, FAINT, PLAIN, Page, Span, finding_style, full_title, line as action_line, test_line};

/// The maximum number of superseding updates listed.
const LINKS_SHOWN: usize = 12;
/// The maximum number of updates for other products listed.
const ELSEWHERE_SHOWN: usize = 20;
/// The column at which text begins.
const COLUMN: usize = 4;

/// Formats an explanation; `report` is the one that it was made from.
#[must_use]
pub fn text(explanation: &Explanation<'_>, report: &TargetReport, colour: bool) -> Vec<u8> {
    let mut page = Page::new(colour);
    page.line(0, &[Span(BOLD, &explanation.subject), Span(PLAIN, " on "), Span(BOLD, explanation.target)]);
    for update in &explanation.updates {
        explained_update(&mut page, update, report);
    }
    for check in &explanation.checks {
        explained_check(&mut page, check, report);
    }
    elsewhere(&mut page, &explanation.elsewhere, explanation.updates.is_empty());
    page.into_bytes()
}

fn explained_update(page: &mut Page, explained: &ExplainedUpdate<'_>, report: &TargetReport) {
    let update = explained.update;
    page.blank();
    let kb = update.kb.as_deref().filter(|kb| *kb != update.bulletin);
    let name = [Some(update.bulletin.as_str()), kb].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let subject = update.subject.as_deref().map(|subject| format!(" ({subject})")).unwrap_or_default();
    let style = finding_style(update_grade(update.status, update.severity));
    page.line(
        2,
        &[Span(BOLD, &format!("{name} for {}{subject}: ", update.product)), Span(style, status_words(update.status))],
    );
    page.paragraph(COLUMN, PLAIN, &update.title);
    page.paragraph(COLUMN, PLAIN, &update.reason);
    decisions(page, update.rerated.as_ref().map(|rerated| rerated.in_words(severity_word)), update.waived.as_ref());
    if !update.tests.is_empty() {
        heading(page, "Tests");
        for test in &update.tests {
            page.hanging(COLUMN + 2, &[], COLUMN + 4, PLAIN, &test_line(test));
            if test.kind == TestKind::Build && test.verdict != Verdict::Skipped {
                page.paragraph(COLUMN + 4, FAINT, &build_evidence(report));
            }
        }
    }
    if !explained.superseding.is_empty() {
        heading(page, "Superseded by");
        for link in explained.superseding.iter().take(LINKS_SHOWN) {
            superseding(page, link);
        }
        let more = explained.superseding.len().saturating_sub(LINKS_SHOWN);
        if more > 0 {
            page.line(COLUMN + 2, &[Span(FAINT, &format!("and {more} more; -o json lists them"))]);
        }
    }
    if !explained.changes_if.is_empty() {
        heading(page, "What would change this");
        for change in &explained.changes_if {
            page.hanging(COLUMN + 2, &[], COLUMN + 4, PLAIN, change);
        }
    }
    if !update.cves.is_empty() {
        let cves: Vec<&str> = update.cves.iter().map(|cve| cve.as_str()).collect();
        page.hanging(COLUMN, &[Span(BOLD, "Closes: ")], COLUMN + 8, PLAIN, &cves.join(", "));
    }
    for action in &explained.actions {
        action_line(page, COLUMN, action);
    }
}

/// The source of the build that fixed builds are compared with.
fn build_evidence(report: &TargetReport) -> String {
    match (report.system.build, report.system.revision) {
        (Some(build), Some(revision)) => {
            format!("The target says build {build}, revision {revision} (CurrentBuildNumber and UBR).")
        }
        (Some(build), None) => format!("The target says build {build}; its revision (UBR) is not known."),
        (None, _) => "The target does not say its build.".to_owned(),
    }
}

fn superseding(page: &mut Page, link: &Link<'_>) {
    let article = if link.article == link.bulletin { "" } else { link.article };
    let name = [link.bulletin, article].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let status = link.status.map_or("not for this product", status_words);
    let through = match link.distance {
        0 | 1 => String::new(),
        distance => format!(", through {}", counted(u64::from(distance - 1), "other", "others")),
    };
    page.hanging(COLUMN + 2, &[], COLUMN + 4, PLAIN, &format!("{name}: {status}{through}. {}", link.title));
}

fn explained_check(page: &mut Page, explained: &ExplainedCheck<'_>, report: &TargetReport) {
    let check = explained.check;
    page.blank();
    page.line(
        2,
        &[
            Span(BOLD, &format!("{}: ", full_title(report, check))),
            Span(finding_style(check.grade), grade_words(check.grade)),
        ],
    );
    page.paragraph(COLUMN, PLAIN, &check.summary);
    decisions(page, check.rerated.as_ref().map(|rerated| rerated.in_words(grade_words)), check.waived.as_ref());
    if !check.rows.is_empty() {
        let cells: Vec<Vec<String>> = check.rows.iter().map(|row| row.cells.clone()).collect();
        page.table(COLUMN + 2, &check.columns, &cells);
    }
    if !check.evidence.is_empty() {
        heading(page, "Evidence");
        for evidence in &check.evidence {
            page.hanging(COLUMN + 2, &[], COLUMN + 4, PLAIN, &format!("{}: {}", evidence.question, evidence.answer));
        }
    }
    for action in &explained.actions {
        action_line(page, COLUMN, action);
    }
}

/// Tells what the operator decided about a finding.
fn decisions(page: &mut Page, rerated: Option<String>, waived: Option<&Waived>) {
    if let Some(rerated) = rerated {
        page.paragraph(COLUMN, FAINT, &format!("It was {rerated}."));
    }
    if let Some(waived) = waived {
        page.hanging(COLUMN, &[Span(BOLD, "Waived ")], COLUMN + 2, PLAIN, &waived.in_words());
    }
}

fn elsewhere(page: &mut Page, updates: &[Elsewhere<'_>], alone: bool) {
    if updates.is_empty() {
        return;
    }
    page.blank();
    let heading = if alone { "In the catalogs, but for no product of this target" } else { "For other products" };
    page.line(2, &[Span(BOLD, heading)]);
    for update in updates.iter().take(ELSEWHERE_SHOWN) {
        let name = if update.article.is_empty() { update.bulletin } else { update.article };
        page.hanging(COLUMN, &[Span(PLAIN, name), Span(PLAIN, "  ")], COLUMN + 11, PLAIN, &update.products.join("; "));
    }
    let more = updates.len().saturating_sub(ELSEWHERE_SHOWN);
    if more > 0 {
        page.line(COLUMN, &[Span(FAINT, &format!("and {more} more; -o json lists them"))]);
    }
}

fn heading(page: &mut Page, text: &str) {
    page.line(COLUMN, &[Span(BOLD, text)]);
}
