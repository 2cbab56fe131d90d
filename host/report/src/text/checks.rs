//! The checks of one target, family by family.

use wardline_contract::Grade;

use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN, actions, finding_style};
use crate::model::{CheckReport, TargetReport};
use crate::remedies::Remedies;
use crate::terms::{family_order, family_title, grade_words};

/// The grades, in their order within a family.
const SHOWN: [Grade; 8] = [
    Grade::Critical,
    Grade::NonCritical,
    Grade::UnableToScan,
    Grade::BestPractice,
    Grade::NotApproved,
    Grade::Informational,
    Grade::Passed,
    Grade::NotPerformed,
];

/// The column at which text begins, after the widest grade name.
const COLUMN: usize = 4 + 16;
const EVIDENCE_SHOWN: usize = 20;

/// A check and its index in the report, which actions refer to.
type Placed<'r> = (usize, &'r CheckReport);

pub(super) fn sections(page: &mut Page, report: &TargetReport) {
    let remedies = Remedies::of(report);
    let mut families: Vec<&str> = report.checks.iter().map(|check| check.family.as_str()).collect();
    families.sort_by_key(|family| family_order(family));
    families.dedup_by_key(|family| family_title(family));
    for family in families {
        let checks: Vec<Placed<'_>> = report
            .checks
            .iter()
            .enumerate()
            .filter(|(_, check)| family_title(&check.family) == family_title(family))
            .collect();
        page.blank();
        page.line(2, &[Span(BOLD, family_title(family))]);
        for grade in SHOWN {
            graded(page, report, grade, &checks, &remedies);
        }
    }
}

fn graded(page: &mut Page, report: &TargetReport, grade: Grade, checks: &[Placed<'_>], remedies: &Remedies<'_>) {
    let mut checks = checks.iter().filter(|(_, check)| check.grade == grade).peekable();
    while let Some((place, check)) = checks.next() {
        let mut title = full_title(report, check);
        // A plugin that failed, or a product that is not there, leaves many checks with the same summary, which is worth saying
        // only once.
        while matches!(grade, Grade::UnableToScan | Grade::NotPerformed)
            && let Some((_, next)) = checks.next_if(|(_, next)| next.summary == check.summary)
        {
            title.push_str("; ");
            title.push_str(&full_title(report, next));
        }
        page.hanging(4, &[Span(finding_style(grade), grade_words(grade))], COLUMN, BOLD, &title);
        page.paragraph(COLUMN, PLAIN, &check.summary);
        rows(page, check);
        if let Some(rerated) = &check.rerated {
            page.paragraph(COLUMN, FAINT, &format!("It was {}.", rerated.in_words(grade_words)));
        }
        for evidence in check.evidence.iter().take(EVIDENCE_SHOWN) {
            page.hanging(COLUMN, &[], COLUMN + 2, FAINT, &format!("{}: {}", evidence.question, evidence.answer));
        }
        actions::lines(page, COLUMN, remedies.check(*place));
    }
}

/// Formats a check's title: `Guest account (107)`, `Security mode (203), instance SALES`, `Agent, by plugin acme`.
pub(crate) fn full_title(report: &TargetReport, check: &CheckReport) -> String {
    let mut title = check.title.to_string();
    if let Some(number) = check.mbsa {
        title.push_str(&format!(" ({number})"));
    }
    if let Some(subject) = &check.subject {
        title.push_str(&format!(", {subject}"));
    }
    if let Some(plugin) = foreign(report, check) {
        title.push_str(&format!(", by plugin {plugin}"));
    }
    title
}

/// Returns the plugin of a check if the section's title does not name it: one that is not a stock plugin, unless the section has
/// the plugin's own name.
fn foreign<'r>(report: &'r TargetReport, check: &CheckReport) -> Option<&'r str> {
    let found = |name: &str| check.id.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    // Of `a` and `a.b`, the longer one reported `a.b.check`.
    let plugin = report.plugins.iter().filter(|plugin| found(&plugin.name)).max_by_key(|plugin| plugin.name.len())?;
    let own_section = plugin.name == check.family && family_title(&check.family) == check.family;
    (!own_section && !plugin.stock).then_some(plugin.name.as_str())
}

fn rows(page: &mut Page, check: &CheckReport) {
    if !check.rows.is_empty() {
        let cells: Vec<Vec<String>> = check.rows.iter().map(|row| row.cells.clone()).collect();
        page.table(COLUMN, &check.columns, &cells);
    }
}
