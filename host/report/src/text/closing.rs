//! The end of the report: the fleet in numbers. On a terminal, it is what remains in view.

use wardline_contract::Grade;
use wardline_contract::products::NotCovered;

use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN, finding_style, more};
use crate::summary::Summary;
use crate::terms::{counted, nonzero};

const PRODUCTS_SHOWN: usize = 6;
const WAIVERS_SHOWN: usize = 10;

pub(super) fn section(page: &mut Page, summary: &Summary, verbose: bool) {
    page.blank();
    page.line(0, &[Span(BOLD, "Summary")]);
    let computers = counted(summary.targets, "computer", "computers");
    page.paragraph(2, PLAIN, &format!("{computers}: {}", grades(summary)));
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
    not_covered(page, &summary.not_covered, verbose);
    waivers(page, summary, verbose);
    for gate in &summary.gates {
        let (style, word) = if gate.passed { (PLAIN, "passed") } else { (finding_style(Grade::Critical), "failed") };
        let text = format!("{}: {}", gate.gate, gate.found);
        page.hanging(2, &[Span(PLAIN, "Gate "), Span(style, word), Span(PLAIN, ": ")], 4, PLAIN, &text);
    }
}

/// Writes the waivers that waive nothing.
fn waivers(page: &mut Page, summary: &Summary, verbose: bool) {
    let waivers = &summary.waivers_to_review;
    let shown = if verbose { waivers.len() } else { WAIVERS_SHOWN };
    for waiver in waivers.iter().take(shown) {
        page.hanging(
            2,
            &[Span(PLAIN, "Waiver to review: ")],
            4,
            PLAIN,
            &format!("{}: {}", waiver.source, waiver.detail),
        );
    }
    more(page, 2, waivers.len().saturating_sub(shown));
}

/// Formats how many computers have which grade: `2 severe risk, 3 incomplete scan`.
pub(super) fn grades(summary: &Summary) -> String {
    let grades = &summary.grades;
    nonzero(&[
        (grades.severe_risk, "severe risk"),
        (grades.potential_risk, "potential risk"),
        (grades.incomplete, "incomplete scan"),
        (grades.security_fyi, "security FYI"),
        (grades.strong_security, "strong security"),
    ])
}

fn line(page: &mut Page, head: &str, text: &str) {
    if !text.is_empty() {
        page.hanging(2, &[Span(PLAIN, head), Span(PLAIN, ": ")], 4, PLAIN, text);
    }
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
