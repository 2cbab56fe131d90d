//! The summary of the whole fleet.

use wardline_contract::products::NotCovered;

use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN, counted, severity_word};
use crate::model::UpdatesKnown;
use crate::summary::{Summary, Tally};

const MISSING_SHOWN: usize = 10;
const PRODUCTS_SHOWN: usize = 6;

pub(super) fn section(page: &mut Page, summary: &Summary, verbose: bool) {
    page.blank();
    page.line(0, &[Span(BOLD, "Summary")]);
    let grades = &summary.grades;
    let grades = [
        (grades.severe_risk, "severe risk"),
        (grades.potential_risk, "potential risk"),
        (grades.incomplete, "incomplete scan"),
        (grades.security_fyi, "security FYI"),
        (grades.strong_security, "strong security"),
    ];
    let computers = counted(summary.targets, "computer", "computers");
    page.paragraph(2, PLAIN, &format!("{computers}: {}", nonzero(&grades)));
    if summary.failed > 0 {
        page.paragraph(2, PLAIN, &format!("{} could not be opened", counted(summary.failed, "computer", "computers")));
    }
    let partly = summary.incomplete.saturating_sub(summary.failed);
    if partly > 0 {
        page.paragraph(
            2,
            PLAIN,
            &format!("{} could be scanned only in part", counted(partly, "computer", "computers")),
        );
    }
    if summary.updates_not_judged > 0 {
        let computers = counted(summary.updates_not_judged, "computer", "computers");
        page.paragraph(2, PLAIN, &format!("Updates were not judged, or not all of them, on {computers}"));
    }
    if summary.doubtful_evidence > 0 {
        let computers = counted(summary.doubtful_evidence, "computer", "computers");
        page.paragraph(2, PLAIN, &format!("The evidence of {computers} may be old or damaged in part"));
    }
    if summary.plugins_not_loaded > 0 {
        let plugins = counted(summary.plugins_not_loaded, "plugin", "plugins");
        page.paragraph(2, PLAIN, &format!("{plugins} could not be loaded and found nothing"));
    }
    let denials = &summary.policy_denied;
    if denials.questions > 0 {
        let questions = counted(denials.questions, "question", "questions");
        let text = format!(
            "The policy denied {questions} about {}; what they would have shown is not in the findings",
            counted(denials.targets, "computer", "computers")
        );
        page.paragraph(2, PLAIN, &text);
    }
    let updates = &summary.updates;
    let updates = [
        (updates.missing, "missing"),
        (updates.pending_restart, "waiting for a restart"),
        (updates.unable_to_scan, "could not be scanned"),
        (updates.warning, "to review"),
        (updates.note, "cannot be determined"),
        (updates.installed, "installed"),
        (updates.included, "included in service packs"),
        (updates.superseded, "superseded"),
    ];
    line(page, "Updates", &nonzero(&updates));
    let checks = &summary.checks;
    let checks = [
        (checks.critical, "critical"),
        (checks.non_critical, "non-critical"),
        (checks.unable_to_scan, "unable to scan"),
        (checks.best_practice, "best practice"),
        (checks.not_approved, "not approved"),
        (checks.informational, "informational"),
        (checks.passed, "passed"),
        (checks.not_performed, "not performed"),
    ];
    line(page, "Checks", &nonzero(&checks));
    if summary.targets > 1 {
        worst(page, summary);
        missing(page, summary, verbose);
    }
    not_covered(page, &summary.not_covered, verbose);
}

fn line(page: &mut Page, head: &str, text: &str) {
    if !text.is_empty() {
        page.hanging(2, &[Span(PLAIN, head), Span(PLAIN, ": ")], 4, PLAIN, text);
    }
}

fn nonzero(counts: &[(u64, &str)]) -> String {
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    counts.join(", ")
}

/// Writes the computers to look at first.
fn worst(page: &mut Page, summary: &Summary) {
    let heads = ["Worst off", "Grade", "Updates missing", "Checks failed", "Unable to scan"].map(str::to_owned);
    let rows: Vec<Vec<String>> = summary
        .worst
        .iter()
        .map(|tally| {
            let count = |count: u64| if tally.opened { count.to_string() } else { "-".to_owned() };
            vec![
                tally.name.clone(),
                tally.grade.words().to_owned(),
                missing_cell(tally),
                count(tally.failed_checks()),
                if tally.opened { tally.unable().to_string() } else { "everything".to_owned() },
            ]
        })
        .collect();
    page.blank();
    page.table(2, &heads, &rows);
}

/// Formats the number of updates missing on a computer; if not all were judged, it is a lower bound.
fn missing_cell(tally: &Tally) -> String {
    let missing = tally.updates.missing;
    match tally.updates_known {
        _ if !tally.opened => "-".to_owned(),
        UpdatesKnown::Nothing if missing == 0 => "not judged".to_owned(),
        UpdatesKnown::All | UpdatesKnown::NothingInstalled => missing.to_string(),
        UpdatesKnown::InPart | UpdatesKnown::Nothing => format!("{missing} or more"),
    }
}

/// Writes the updates to deploy first.
fn missing(page: &mut Page, summary: &Summary, verbose: bool) {
    if summary.missing.is_empty() {
        return;
    }
    let shown = if verbose { summary.missing.len() } else { MISSING_SHOWN };
    let heads = ["Missing most", "Article", "Severity", "Computers", "Title"].map(str::to_owned);
    let rows: Vec<Vec<String>> = summary
        .missing
        .iter()
        .take(shown)
        .map(|update| {
            vec![
                update.bulletin.clone(),
                update.kb.clone().unwrap_or_default(),
                severity_word(update.severity).to_owned(),
                update.targets.to_string(),
                update.title.clone(),
            ]
        })
        .collect();
    page.blank();
    page.table(2, &heads, &rows);
    super::more(page, 2, summary.missing.len().saturating_sub(shown));
}

/// Writes the products in the catalogs that no plugin judges.
fn not_covered(page: &mut Page, not_covered: &NotCovered, verbose: bool) {
    if not_covered.products.is_empty() {
        return;
    }
    let shown = if verbose { not_covered.products.len() } else { PRODUCTS_SHOWN };
    // Those with the most updates come first: they matter most, and a reader knows at once whether they have that product.
    let mut products: Vec<_> = not_covered.products.iter().collect();
    products.sort_by_key(|product| std::cmp::Reverse(product.updates));
    let mut listed: Vec<String> =
        products.iter().take(shown).map(|product| format!("{} ({})", product.name, product.updates)).collect();
    let left_out = products.len().saturating_sub(shown);
    if left_out > 0 {
        listed.push(format!("and {} more", counted(left_out as u64, "product", "products")));
    }
    page.blank();
    let updates = counted(not_covered.updates as u64, "update", "updates");
    let text = format!("{updates} of products that no plugin covers: {}", listed.join(", "));
    page.hanging(2, &[Span(FAINT, "Not judged: ")], 4, FAINT, &text);
}
