//! One machine: a line of the list, which opens to MBSA's page.

use maud::{Markup, html};
use wardline_contract::{Grade, Outcome, UpdateStatus};

use super::{grade_chip, overall_chip, severity_chip, text};
use crate::grade::OverallGrade;
use crate::links::is_plain_url;
use crate::model::{ActionReport, CheckReport, TargetReport, UpdateReport, UpdatesState};
use crate::not_judged::{NotJudged, not_judged_lines};
use crate::operations::operation;
use crate::remedies::Remedies;
use crate::summary::Tally;
use crate::terms::{
    counted, family_order, family_title, grade_words, nonzero, severity_rank, severity_word, status_words, update_name,
};
use crate::words;

/// The maximum number of updates on a machine's page, unless everything is shown.
const UPDATES_SHOWN: usize = 200;
/// The maximum number of updates on a page that is about one machine.
pub const MAX_UPDATES: usize = 10_000;
/// The maximum numbers of rows of other kinds.
const ROWS_SHOWN: usize = 50;
const EVIDENCE_SHOWN: usize = 20;

/// Writes a machine's line, with its page inside.
pub(super) fn row(report: &TargetReport, verbose: bool, show_waived: bool) -> Markup {
    let tally = Tally::new(report);
    let whole = report;
    let report = &*report.without_waived();
    let grade = match report.grade {
        OverallGrade::SevereRisk => 0,
        OverallGrade::PotentialRisk => 1,
        OverallGrade::Incomplete => 2,
        OverallGrade::SecurityFyi => 3,
        OverallGrade::StrongSecurity => 4,
    };
    let mut missing: Vec<u32> = report
        .updates
        .iter()
        .filter(|update| update.status == UpdateStatus::Missing)
        .map(|update| update.number)
        .collect();
    missing.sort_unstable();
    missing.dedup();
    let missing = missing.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let number = |count: u64| if tally.opened { count.to_string() } else { "–".to_owned() };
    let zero = |count: u64| if count == 0 { "number zero" } else { "number" };
    html! {
        details data-g=(grade) data-u=[Some(missing).filter(|missing| !missing.is_empty())] {
            summary {
                (overall_chip(report.grade))
                span.name { (text(&report.name)) }
                span.soft { (text(report.system.product.as_deref().unwrap_or("unknown"))) }
                span class=(zero(tally.updates.missing)) data-label="missing" { (tally.missing_in_words()) }
                span class=(zero(tally.failed_checks())) data-label="failed" { (number(tally.failed_checks())) }
                span class=(zero(tally.unable())) data-label="unable" {
                    @if tally.opened { (tally.unable()) } @else { "all" }
                }
            }
            noscript { (page(report, whole, verbose, show_waived)) }
        }
    }
}

/// Writes MBSA's page of a machine, with the findings that are waived, and at most [`MAX_UPDATES`] updates. `verbose` adds updates
/// that need no attention, and the evidence of all checks.
pub fn machine_page(report: &TargetReport, verbose: bool) -> Markup {
    page(&report.without_waived(), report, verbose, true)
}

/// Writes a machine's page. `whole` also has the findings that are waived.
fn page(report: &TargetReport, whole: &TargetReport, verbose: bool, show_waived: bool) -> Markup {
    let remedies = Remedies::of(report);
    html! {
        div.page {
            (facts(report))
            (not_judged(report))
            (updates(report, &remedies, verbose))
            (checks(report, &remedies, verbose))
            (waived(whole, show_waived))
            (denied(report))
        }
    }
}

/// Writes the waived findings, or how many there are.
fn waived(report: &TargetReport, show: bool) -> Markup {
    let count = report.waived().count();
    html! {
        @if count > 0 {
            h3 { "Waived" }
            @if show {
                ul { @for finding in report.waived() {
                    li { strong { (text(&finding.name())) } " " (text(&finding.waived().in_words())) }
                } }
            } @else {
                p.soft { (counted(count as u64, "finding is", "findings are")) " waived" }
            }
        }
    }
}

fn facts(report: &TargetReport) -> Markup {
    let system = &report.system;
    let version = system.version.as_ref().zip(system.build).map(|(version, build)| {
        let revision = system.revision.map(|revision| format!(".{revision}")).unwrap_or_default();
        format!("{version}.{build}{revision}")
    });
    let product = [
        system.product.clone(),
        version,
        system.service_pack.clone(),
        system.role.map(|role| words::role(role).to_owned()),
    ];
    let product: Vec<String> = product.into_iter().flatten().collect();
    let kind = report.source.kind.map(words::source_kind).unwrap_or("not opened:");
    html! {
        dl.facts {
            @if !product.is_empty() { dt { "System" } dd { (text(&product.join(", "))) } }
            dt { "Scanned from" } dd { (kind) " " code { (text(&report.source.location)) } }
            @if let Some(error) = &report.error { dt.in { "Could not be scanned" } dd { (text(error)) } }
            @for condition in &report.source.conditions {
                dt class=[condition.state.is_doubtful().then_some("in")] { "Evidence" }
                dd { code { (text(&condition.part)) } " " (text(&words::condition(condition))) "." }
            }
            @for plugin in report.plugins.iter().filter(|plugin| plugin.outcome.is_some_and(|outcome| outcome != Outcome::Ok)) {
                dt.in { "Plugin " (text(&plugin.name)) }
                dd {
                    (plugin.outcome.map(Outcome::word).unwrap_or_default())
                    @if let Some(detail) = &plugin.detail { " (" (text(detail)) ")" }
                }
            }
        }
    }
}

fn not_judged(report: &TargetReport) -> Markup {
    let told = report.updates_judged().iter().filter(|judged| judged.state == UpdatesState::NotJudged);
    let lines = not_judged_lines(told.map(|judged| NotJudged {
        family: Some(&judged.family),
        products: &judged.products,
        reason: judged.reason.as_deref().unwrap_or_default(),
    }));
    html! {
        @if !lines.is_empty() {
            div.gap { strong { "Updates not judged" } @for line in lines { p { (text(&line)) } } }
        }
    }
}

/// The statuses of updates in the order of the page, and whether they are only counted unless everything is shown.
const STATUSES: [(UpdateStatus, bool); 8] = [
    (UpdateStatus::Missing, false),
    (UpdateStatus::PendingRestart, false),
    (UpdateStatus::UnableToScan, false),
    (UpdateStatus::Warning, false),
    (UpdateStatus::Note, true),
    (UpdateStatus::Installed, true),
    (UpdateStatus::Included, true),
    (UpdateStatus::Superseded, true),
];

fn updates(report: &TargetReport, remedies: &Remedies<'_>, verbose: bool) -> Markup {
    if report.updates.is_empty() {
        return html! {};
    }
    let of = |status| report.updates.iter().filter(move |update| update.status == status);
    let counts: Vec<(u64, &str)> =
        STATUSES.iter().map(|(status, _)| (of(*status).count() as u64, status_words(*status))).collect();
    let mut shown: Vec<(usize, usize, &UpdateReport)> = Vec::new();
    for (place, update) in report.updates.iter().enumerate() {
        let order = STATUSES.iter().position(|(status, counted)| *status == update.status && (verbose || !counted));
        shown.extend(order.map(|order| (order, place, update)));
    }
    shown.sort_by_key(|(order, _, update)| (*order, severity_rank(update.severity)));
    let most = if verbose { MAX_UPDATES } else { UPDATES_SHOWN };
    html! {
        h3 { "Security updates" }
        p.soft { (nonzero(&counts)) }
        @if !shown.is_empty() {
            div.scroll { table.results { tbody {
                @for (_, place, update) in shown.iter().take(most) { (update_row(update, remedies.update(*place))) }
            } } }
            @if shown.len() > most { p.soft { "and " (shown.len() - most) " more" } }
        }
    }
}

fn update_row(update: &UpdateReport, actions: &[&ActionReport]) -> Markup {
    let name = update_name(&update.bulletin, update.kb.as_ref());
    html! {
        tr {
            td {
                @if update.status == UpdateStatus::Missing { (severity_chip(update.severity)) }
                @else { span class={ "chip " (super::grade_class(crate::grade::update_grade(update.status, update.severity))) } { (status_words(update.status)) } }
            }
            td {
                strong {
                    @match update.url.as_deref().filter(|url| is_plain_url(url)) {
                        Some(url) => { a href=(url) rel="noreferrer noopener" { (text(&name)) } }
                        None => { (text(&name)) }
                    }
                }
                " " (text(&update.title))
                p.soft { (text(&update.product)) @if let Some(subject) = &update.subject { " (" (text(subject)) ")" } ": " (text(&update.reason)) }
                @if let Some(rerated) = &update.rerated { p.soft { "It was " (text(&rerated.in_words(severity_word))) "." } }
                (correct(actions))
            }
        }
    }
}

/// The grades of checks in the order of the page, and whether only the titles are shown unless everything is.
const GRADES: [(Grade, bool); 8] = [
    (Grade::Critical, false),
    (Grade::NonCritical, false),
    (Grade::UnableToScan, false),
    (Grade::BestPractice, false),
    (Grade::NotApproved, false),
    (Grade::Informational, true),
    (Grade::Passed, true),
    (Grade::NotPerformed, true),
];

fn checks(report: &TargetReport, remedies: &Remedies<'_>, verbose: bool) -> Markup {
    let mut families: Vec<&str> = report.checks.iter().map(|check| check.family.as_str()).collect();
    families.sort_by_key(|family| family_order(family));
    families.dedup_by_key(|family| family_title(family));
    html! {
        @for family in families {
            (section(report, family, remedies, verbose))
        }
    }
}

fn section(report: &TargetReport, family: &str, remedies: &Remedies<'_>, verbose: bool) -> Markup {
    let title = family_title(family);
    let checks: Vec<(usize, &CheckReport)> =
        report.checks.iter().enumerate().filter(|(_, check)| family_title(&check.family) == title).collect();
    let of = |grade| checks.iter().filter(move |(_, check)| check.grade == grade);
    let in_full = |brief: bool| verbose || !brief;
    let any = GRADES.iter().any(|(grade, brief)| in_full(*brief) && of(*grade).next().is_some());
    html! {
        h3 { (text(title)) }
        @if any {
            div.scroll { table.results { tbody {
                @for (grade, _) in GRADES.iter().filter(|(_, brief)| in_full(*brief)) {
                    @for (place, check) in of(*grade) { (check_row(check, remedies.check(*place))) }
                }
            } } }
        }
        @for (grade, _) in GRADES.iter().filter(|(_, brief)| !in_full(*brief)) {
            @if of(*grade).next().is_some() {
                p.soft { (capital(grade_words(*grade))) ": " (titles(of(*grade).map(|(_, check)| *check))) }
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn titles<'r>(checks: impl Iterator<Item = &'r CheckReport>) -> Markup {
    let titles: Vec<String> = checks
        .map(|check| match &check.subject {
            Some(subject) => format!("{} ({subject})", check.title),
            None => check.title.to_string(),
        })
        .collect();
    text(&titles.join(", "))
}

fn check_row(check: &CheckReport, actions: &[&ActionReport]) -> Markup {
    html! {
        tr {
            td { (grade_chip(check.grade)) }
            td {
                strong { (text(&check.title)) }
                @if let Some(subject) = &check.subject { ", " (text(subject)) }
                @if let Some(number) = check.mbsa { span.soft { " " (number) } }
                p { (text(&check.summary)) }
                @if let Some(rerated) = &check.rerated { p.soft { "It was " (text(&rerated.in_words(grade_words))) "." } }
                @if !check.rows.is_empty() { (rows(check)) }
                (correct(actions))
                @if !check.evidence.is_empty() {
                    details.more {
                        summary { "What was scanned" }
                        ul {
                            @for evidence in check.evidence.iter().take(EVIDENCE_SHOWN) {
                                li { (text(&evidence.question)) ": " (text(&evidence.answer)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn rows(check: &CheckReport) -> Markup {
    html! {
        details.more open[check.rows.len() <= 10] {
            summary { "Result details" }
            div.scroll {
                table.rows {
                    @if !check.columns.is_empty() {
                        thead { tr { @for column in &check.columns { th scope="col" { (text(column)) } } } }
                    }
                    tbody {
                        @for row in check.rows.iter().take(ROWS_SHOWN) {
                            tr { @for cell in &row.cells { td { (text(cell)) } } }
                        }
                    }
                }
            }
            @if check.rows.len() > ROWS_SHOWN { p.soft { "and " (check.rows.len() - ROWS_SHOWN) " more" } }
        }
    }
}

/// Writes what to do about a finding.
fn correct(actions: &[&ActionReport]) -> Markup {
    if actions.is_empty() {
        return html! {};
    }
    html! {
        div.correct {
            span.label { "How to correct this" }
            @for action in actions {
                p {
                    (text(&capital(&operation(&action.operation))))
                    @if action.restart { ", then restart" } "."
                    @if let Some(risk) = &action.risk { span.soft { " Risk: " (text(risk)) } }
                }
            }
        }
    }
}

fn denied(report: &TargetReport) -> Markup {
    html! {
        @if !report.denied.is_empty() {
            details.more {
                summary { "Denied to plugins: " (report.denied.len()) }
                ul {
                    @for denied in report.denied.iter().take(ROWS_SHOWN) {
                        li { (text(&denied.plugin)) " asked for " (text(&denied.question)) ": " (text(&denied.reason)) }
                    }
                }
            }
        }
    }
}
