//! The header of one target: what it is, how much was found, and what was not examined.

use wardline_contract::Outcome;

use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN, grade_style, more, unable_style};
use crate::model::{ConditionReport, TargetReport, UpdatesKnown, UpdatesState};
use crate::not_judged::{NotJudged, not_judged_lines};
use crate::summary::Tally;
use crate::terms::counted;
use crate::words;

/// The maximum number of parts of the evidence listed: a volume may have as many damaged hives as it has users.
const CONDITIONS_SHOWN: usize = 5;

pub(super) fn section(page: &mut Page, report: &TargetReport, verbose: bool) {
    let grade = report.grade.words().to_uppercase();
    page.line(0, &[Span(BOLD, &report.name), Span(PLAIN, "  "), Span(grade_style(report.grade), &grade)]);
    if let Some(system) = system_line(report) {
        page.paragraph(2, PLAIN, &system);
    }
    if let Some(kind) = report.source.kind {
        let kind = words::source_kind(kind);
        let read = report.source.bytes_read.filter(|_| verbose).map(|bytes| format!(", {} read", size(bytes)));
        page.paragraph(2, FAINT, &format!("{kind} {}{}", report.source.location, read.unwrap_or_default()));
    }
    if let Some(error) = &report.error {
        page.hanging(2, &[Span(unable_style(), "Could not be scanned: ")], 4, PLAIN, error);
    }
    if report.source.kind.is_none() {
        return;
    }
    let tally = Tally::new(report);
    let waived = match tally.waived_updates + tally.waived_checks {
        0 => String::new(),
        count => format!("; {}", counted(count, "finding is waived", "findings are waived")),
    };
    let found = format!("{}, {}{waived}.", missing(&tally), failed(&tally));
    page.hanging(2, &[Span(BOLD, "Found: ")], 4, PLAIN, &found);
    not_judged(page, report);
    if let Some(what) = incomplete(&tally) {
        page.hanging(2, &[Span(unable_style(), "Incomplete: ")], 4, PLAIN, &what);
    }
    conditions(page, &report.source.conditions, verbose);
    for plugin in &report.plugins {
        // If there is no outcome, the target's error has already said so.
        if let Some(outcome) = plugin.outcome.filter(|outcome| *outcome != Outcome::Ok) {
            let detail = plugin.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            let text = format!("Plugin {} {}: {}{detail}", plugin.name, plugin.version, outcome.word());
            page.paragraph(2, PLAIN, &text);
        }
    }
}

/// Formats a number of bytes: `980 KiB`, `12.3 MiB`.
fn size(bytes: u64) -> String {
    let kib = bytes.div_ceil(1024);
    if kib < 1024 { format!("{kib} KiB") } else { format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024) }
}

/// Formats the number of missing updates; `no updates missing` only if that is known.
fn missing(tally: &Tally) -> String {
    let missing = tally.updates.missing;
    match (missing, tally.updates_known) {
        (0, UpdatesKnown::Nothing) => "updates not judged".to_owned(),
        (0, UpdatesKnown::InPart) => "no updates missing among those that were judged".to_owned(),
        (0, UpdatesKnown::NothingInstalled) => "no product installed that has updates".to_owned(),
        (0, UpdatesKnown::All) if tally.waived_updates > 0 => "no updates missing but for those waived".to_owned(),
        _ => counted(missing, "update missing", "updates missing"),
    }
}

/// Formats the number of failed checks; `no checks failed` only if all could be performed.
fn failed(tally: &Tally) -> String {
    match (tally.failed_checks(), tally.checks.unable_to_scan) {
        (0, 0) if tally.waived_checks > 0 => "no checks failed but for those waived".to_owned(),
        (0, 0) if tally.performed_checks() == 0 => "no checks performed".to_owned(),
        (0, 1..) if tally.performed_checks() == 0 => "no check could be scanned".to_owned(),
        (0, 1..) => "no checks failed among those that could be scanned".to_owned(),
        (0, 0) if tally.texts_only => "no checks failed among those that could be performed".to_owned(),
        (failed, _) => counted(failed, "check failed", "checks failed"),
    }
}

/// Writes a line for each reason why updates were not judged.
fn not_judged(page: &mut Page, report: &TargetReport) {
    let told = report.updates_judged().iter().filter(|judged| judged.state == UpdatesState::NotJudged);
    let mut lines = not_judged_lines(told.map(|judged| NotJudged {
        family: Some(&judged.family),
        products: &judged.products,
        reason: judged.reason.as_deref().unwrap_or_default(),
    }));
    if report.updates_judged().is_empty() {
        lines.push("no plugin judges updates.".to_owned());
    }
    for line in lines {
        page.hanging(2, &[Span(unable_style(), "Updates not judged: ")], 4, PLAIN, &line);
    }
}

/// Describes what else is not known. Returns `None` if everything is, or if it has already been said.
fn incomplete(tally: &Tally) -> Option<String> {
    let unable = [
        Some(tally.updates.unable_to_scan).filter(|count| *count > 0).map(|n| counted(n, "update", "updates")),
        Some(tally.checks.unable_to_scan).filter(|count| *count > 0).map(|n| counted(n, "check", "checks")),
    ];
    let unable: Vec<String> = unable.into_iter().flatten().collect();
    let unable = Some(unable).filter(|unable| !unable.is_empty());
    let unable = unable.map(|unable| format!("{} could not be scanned", unable.join(" and ")));
    let denied = Some(tally.policy_denied).filter(|count| *count > 0);
    let denied = denied.map(|n| format!("the policy denied {}", counted(n, "question", "questions")));
    let doubtful = Some(tally.doubtful_parts).filter(|count| *count > 0);
    let doubtful = doubtful
        .map(|n| format!("{} may be old or damaged", counted(n, "part of the evidence", "parts of the evidence")));
    let texts = tally.texts_only.then(|| "the machine is only known from texts".to_owned());
    let what: Vec<String> = [texts, unable, denied, doubtful].into_iter().flatten().collect();
    match what.is_empty() {
        false => Some(format!("{}.", what.join("; "))),
        true if tally.complete || tally.updates_known != UpdatesKnown::All => None,
        true => Some("something could not be scanned.".to_owned()),
    }
}

/// Writes the state of the evidence, the doubtful parts first:
/// `Evidence: WINNT\system32\config\SOFTWARE has uncommitted changes …`.
fn conditions(page: &mut Page, conditions: &[ConditionReport], verbose: bool) {
    let mut conditions: Vec<&ConditionReport> = conditions.iter().collect();
    conditions.sort_by_key(|condition| !condition.state.is_doubtful());
    let shown = if verbose { conditions.len() } else { CONDITIONS_SHOWN };
    for condition in conditions.iter().take(shown) {
        let style = if condition.state.is_doubtful() { unable_style() } else { BOLD };
        let text = format!("{} {}.", condition.part, words::condition(condition));
        page.hanging(2, &[Span(style, "Evidence: ")], 4, PLAIN, &text);
    }
    more(page, 2, conditions.len().saturating_sub(shown));
}

/// Formats the system: `Microsoft Windows 2000 (5.0.2195), Service Pack 2, server`.
fn system_line(report: &TargetReport) -> Option<String> {
    let system = &report.system;
    let mut line = system.product.clone()?;
    if let (Some(version), Some(build)) = (&system.version, system.build) {
        line.push_str(&format!(" ({version}.{build}"));
        if let Some(revision) = system.revision {
            line.push_str(&format!(".{revision}"));
        }
        line.push(')');
    }
    if let Some(service_pack) = &system.service_pack {
        line.push_str(&format!(", {service_pack}"));
    }
    if let Some(role) = system.role {
        line.push_str(&format!(", {}", words::role(role)));
    }
    Some(line)
}
