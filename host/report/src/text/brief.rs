//! One target in short: what failed, one line to mend it, and the rest in numbers.

use wardline_contract::{Grade, UpdateStatus};

use super::checks::full_title;
use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN, finding_style, unable_style};
use crate::grade::update_grade;
use crate::model::{ActionReport, CheckReport, TargetReport, UpdateReport};
use crate::operations::operation;
use crate::remedies::Remedies;
use crate::summary::InstallKey;
use crate::terms::{counted, grade_words, nonzero, severity_rank, severity_word, status_words, update_name};
use crate::words::NOT_IN_TEXTS;

/// The maximum numbers of lines of each kind.
const UPDATES_SHOWN: usize = 10;
const CHECKS_SHOWN: usize = 12;
const REASONS_SHOWN: usize = 4;
const ACTIONS_SHOWN: usize = 2;
/// The maximum number of titles in a line.
const TITLES_SHOWN: usize = 8;
/// The maximum number of characters of one text.
const TEXT_LENGTH: usize = 300;

pub(super) fn section(page: &mut Page, report: &TargetReport) {
    updates(page, report, UpdateStatus::Missing, "Install");
    updates(page, report, UpdateStatus::PendingRestart, "Restart to finish");
    failed(page, report);
    titles(page, report, "Advice", Grade::BestPractice);
    titles(page, report, "Not approved", Grade::NotApproved);
    unable(page, report);
    not_in_texts(page, report);
    rest(page, report);
}

/// Writes the updates of a status, the most severe first, each once.
fn updates(page: &mut Page, report: &TargetReport, status: UpdateStatus, title: &str) {
    let mut updates: Vec<&UpdateReport> = report.updates.iter().filter(|update| update.status == status).collect();
    updates.sort_by_key(|update| severity_rank(update.severity));
    let mut seen = std::collections::HashSet::new();
    updates.retain(|update| seen.insert(InstallKey::of(update)));
    let Some(first) = updates.first() else { return };
    page.line(2, &[Span(finding_style(update_grade(status, first.severity)), title)]);
    let names: Vec<String> =
        updates.iter().take(UPDATES_SHOWN).map(|update| update_name(&update.bulletin, update.kb.as_ref())).collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(28);
    for (update, name) in updates.iter().zip(&names) {
        let head = format!("{name:widest$}  {:9}  ", severity_word(update.severity));
        page.hanging(4, &[Span(PLAIN, &head)], 4 + widest + 13, PLAIN, &short(&update.title));
    }
    super::more(page, 4, updates.len().saturating_sub(UPDATES_SHOWN));
}

/// Writes the checks that failed, with what to do.
fn failed(page: &mut Page, report: &TargetReport) {
    let of = |grade| report.checks.iter().enumerate().filter(move |(_, check)| check.grade == grade);
    let failed: Vec<(usize, &CheckReport)> = of(Grade::Critical).chain(of(Grade::NonCritical)).collect();
    let Some((_, first)) = failed.first() else { return };
    let remedies = Remedies::of(report);
    page.line(2, &[Span(finding_style(first.grade), "Change")]);
    for (place, check) in failed.iter().take(CHECKS_SHOWN) {
        let head = format!("{:14}", grade_words(check.grade));
        let title = format!("{}: {}", full_title(report, check), short(&check.summary));
        page.hanging(4, &[Span(finding_style(check.grade), &head)], 18, PLAIN, &title);
        actions(page, remedies.check(*place));
    }
    super::more(page, 4, failed.len().saturating_sub(CHECKS_SHOWN));
}

fn actions(page: &mut Page, actions: &[&ActionReport]) {
    let actions: Vec<String> = actions.iter().map(|action| short(&operation(&action.operation))).collect();
    if actions.is_empty() {
        return;
    }
    let mut text = actions.iter().take(ACTIONS_SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = actions.len().saturating_sub(ACTIONS_SHOWN);
    if more > 0 {
        text.push_str(&format!("; {}", counted(more as u64, "more step", "more steps")));
    }
    page.hanging(18, &[Span(BOLD, "To do: ")], 25, PLAIN, &format!("{text}."));
}

/// Writes the titles of the checks with a grade on one line.
fn titles(page: &mut Page, report: &TargetReport, head: &str, grade: Grade) {
    let titles: Vec<String> =
        report.checks.iter().filter(|check| check.grade == grade).map(|check| full_title(report, check)).collect();
    if !titles.is_empty() {
        page.hanging(2, &[Span(finding_style(grade), head), Span(PLAIN, ": ")], 4, PLAIN, &listed(&titles));
    }
}

/// Writes what could not be scanned, one line a reason.
fn unable(page: &mut Page, report: &TargetReport) {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    let mut add = |reason, title| match reasons.iter_mut().find(|(known, _)| *known == reason) {
        Some((_, titles)) => titles.push(title),
        None => reasons.push((reason, vec![title])),
    };
    for check in report.checks.iter().filter(|check| check.grade == Grade::UnableToScan) {
        add(&check.summary, full_title(report, check));
    }
    for update in report.updates.iter().filter(|update| update.status == UpdateStatus::UnableToScan) {
        add(&update.reason, update_name(&update.bulletin, update.kb.as_ref()));
    }
    for (reason, titles) in reasons.iter().take(REASONS_SHOWN) {
        let reason = reason.strip_prefix("Could not be scanned: ").unwrap_or(reason);
        let text = format!("{}: {}", listed(titles), short(reason));
        page.hanging(2, &[Span(unable_style(), "Unable to scan: ")], 4, PLAIN, &text);
    }
    super::more(page, 2, reasons.len().saturating_sub(REASONS_SHOWN));
}

/// Writes how many checks need more than texts, of a machine that is only known from those.
fn not_in_texts(page: &mut Page, report: &TargetReport) {
    let count = report.checks.iter().filter(|check| check.summary == NOT_IN_TEXTS).count();
    if count > 0 {
        let all = counted(report.checks.len() as u64, "check", "checks");
        let text = format!("{count} of {all}: no text about the machine tells what they need.");
        page.hanging(2, &[Span(PLAIN, "Not performed: ")], 4, PLAIN, &text);
    }
}

/// Writes the numbers of everything else on one line.
fn rest(page: &mut Page, report: &TargetReport) {
    let checks = [Grade::Passed, Grade::Informational, Grade::NotPerformed].map(|grade| {
        let with_grade = report.checks.iter().filter(|check| check.grade == grade && check.summary != NOT_IN_TEXTS);
        let count = with_grade.count();
        (count as u64, grade_words(grade))
    });
    let updates = [
        UpdateStatus::Installed,
        UpdateStatus::Included,
        UpdateStatus::Superseded,
        UpdateStatus::Warning,
        UpdateStatus::Note,
    ]
    .map(|status| {
        let count = report.updates.iter().filter(|update| update.status == status).count();
        (count as u64, status_words(status))
    });
    let denied = report.denied.len() as u64;
    let parts: Vec<String> = [("Checks", nonzero(&checks)), ("Updates", nonzero(&updates))]
        .into_iter()
        .filter(|(_, counts)| !counts.is_empty())
        .map(|(what, counts)| format!("{what}: {counts}."))
        .chain((denied > 0).then(|| format!("Denied to plugins: {}.", counted(denied, "question", "questions"))))
        .collect();
    if !parts.is_empty() {
        page.paragraph(2, FAINT, &parts.join(" "));
    }
}

/// Formats the first of a list: `Auditing (119); Services (123); and 4 more`.
fn listed(items: &[String]) -> String {
    let mut shown: Vec<&str> = items.iter().take(TITLES_SHOWN).map(String::as_str).collect();
    let more = items.len().saturating_sub(TITLES_SHOWN);
    let more = format!("and {more} more");
    if items.len() > TITLES_SHOWN {
        shown.push(&more);
    }
    shown.join("; ")
}

/// Shortens a text, which may be arbitrarily long.
fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT_LENGTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
