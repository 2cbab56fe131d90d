//! `-o text`: for reading. Grouped as MBSA's report; what failed stands first, with the reason.

mod actions;
mod checks;
mod page;
mod summary;
mod updates;

use anstyle::{AnsiColor, Style};

pub(crate) use self::actions::operation as operation_in_words;
pub(crate) use self::page::{Page, Span};
use super::grade::OverallGrade;
use super::model::{Head, TargetReport};
use super::output::Render;
use super::summary::{Summary, Tally};
use super::words;
use crate::contract::{Grade, Severity, UpdateStatus};
use crate::sandbox::Outcome;

/// How the text is to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextStyle {
    pub colour: bool,
    /// Everything that was found, with the evidence, not only what needs attention.
    pub verbose: bool,
}

/// Renders for people.
#[derive(Clone, Copy, Debug)]
pub struct Text(pub TextStyle);

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

impl Render for Text {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let mut page = Page::new(self.0.colour);
        page.line(0, &[Span(PLAIN, &format!("{} {}", head.tool.name, head.tool.version))]);
        match &head.catalog {
            None => page.line(0, &[Span(PLAIN, "No catalog was given: settings are checked, updates are not judged.")]),
            Some(catalog) => {
                for source in &catalog.sources {
                    let version = source.data_version.as_deref().map(|version| format!(" {version}"));
                    let date = source.date.as_deref().map(|date| format!(" of {date}"));
                    let line = format!(
                        "Catalog {}{}{} ({})",
                        source.format,
                        version.unwrap_or_default(),
                        date.unwrap_or_default(),
                        source.location
                    );
                    page.paragraph(0, PLAIN, &line);
                }
            }
        }
        if let Some(policy) = &head.policy {
            page.paragraph(0, PLAIN, &format!("Policy {} (sha256 {})", policy.location, policy.digest));
        }
        page.blank();
        page.into_bytes()
    }

    fn target(&self, report: &TargetReport<'_>) -> Vec<u8> {
        let mut page = Page::new(self.0.colour);
        header(&mut page, report);
        updates::section(&mut page, report, self.0.verbose);
        checks::sections(&mut page, report, self.0.verbose);
        denied(&mut page, report, self.0.verbose);
        page.into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b"\n"
    }

    fn end(&self, summary: &Summary) -> Vec<u8> {
        let mut page = Page::new(self.0.colour);
        summary::section(&mut page, summary, self.0.verbose);
        page.into_bytes()
    }
}

fn header(page: &mut Page, report: &TargetReport<'_>) {
    let grade = report.grade.words().to_uppercase();
    page.line(0, &[Span(BOLD, &report.name), Span(PLAIN, "  "), Span(grade_style(report.grade), &grade)]);
    if let Some(system) = system_line(report) {
        page.paragraph(2, PLAIN, &system);
    }
    if let Some(kind) = report.source.kind {
        page.paragraph(2, FAINT, &format!("{kind} {}", report.source.location));
    }
    if let Some(error) = &report.error {
        page.hanging(2, &[Span(unable_style(), "Could not be scanned: ")], 4, PLAIN, error);
    }
    if report.source.kind.is_none() {
        return;
    }
    let tally = Tally::new(report);
    let missing = counted(tally.updates.missing, "update missing", "updates missing");
    let failed = counted(tally.failed_checks(), "check failed", "checks failed");
    page.hanging(2, &[Span(BOLD, "Found: ")], 4, PLAIN, &format!("{missing}, {failed}."));
    if !report.complete {
        let unable = [
            Some(tally.updates.unable_to_scan).filter(|count| *count > 0).map(|n| counted(n, "update", "updates")),
            Some(tally.checks.unable_to_scan).filter(|count| *count > 0).map(|n| counted(n, "check", "checks")),
        ];
        let denied = Some(tally.policy_denied).filter(|count| *count > 0);
        let denied = denied.map(|n| format!("the policy denied {}.", counted(n, "question", "questions")));
        let unable: Vec<String> = unable.into_iter().flatten().collect();
        let what = match (unable.is_empty(), denied) {
            (false, None) => format!("{} could not be scanned.", unable.join(" and ")),
            (false, Some(denied)) => format!("{} could not be scanned; {denied}", unable.join(" and ")),
            (true, Some(denied)) => denied,
            (true, None) => "something could not be scanned.".to_owned(),
        };
        page.hanging(2, &[Span(unable_style(), "Incomplete: ")], 4, PLAIN, &what);
    }
    for plugin in &report.plugins {
        // Where there is no outcome, the target's error has said it.
        if let Some(outcome) = plugin.outcome.filter(|outcome| *outcome != Outcome::Ok) {
            let detail = plugin.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            let text = format!("Plugin {} {}: {}{detail}", plugin.name, plugin.version, outcome.word());
            page.paragraph(2, PLAIN, &text);
        }
    }
}

/// `Microsoft Windows 2000 (5.0.2195), Service Pack 2, server`.
fn system_line(report: &TargetReport<'_>) -> Option<String> {
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

/// Questions that plugins asked and may not ask; the first few, unless all are wanted.
fn denied(page: &mut Page, report: &TargetReport<'_>, verbose: bool) {
    if report.denied.is_empty() {
        return;
    }
    page.blank();
    page.line(2, &[Span(BOLD, "Denied to plugins")]);
    let shown = if verbose { report.denied.len() } else { 3 };
    for denied in report.denied.iter().take(shown) {
        page.hanging(4, &[], 6, PLAIN, &format!("{} asked for {}: {}", denied.plugin, denied.question, denied.reason));
    }
    more(page, 4, report.denied.len().saturating_sub(shown));
}

fn more(page: &mut Page, indent: usize, left_out: usize) {
    if left_out > 0 {
        page.line(indent, &[Span(FAINT, &format!("and {left_out} more, which --verbose shows"))]);
    }
}

/// `no checks failed`, `1 check failed`, `3 checks failed`.
fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

/// MBSA's headings for the families that it knew; a vendor's own family by its name.
fn family_title(family: &str) -> &str {
    match family {
        "os" => "Operating system",
        "iis" => "Internet Information Services",
        "sql" => "SQL Server",
        "ie" | "office" | "desktop" => "Desktop applications",
        other => other,
    }
}

/// MBSA's order of the families; a vendor's own come last, by name.
fn family_order(family: &str) -> (u8, &str) {
    match family {
        "os" => (0, ""),
        "iis" => (1, ""),
        "sql" => (2, ""),
        "ie" | "office" | "desktop" => (3, ""),
        other => (4, other),
    }
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Important => "important",
        Severity::Moderate => "moderate",
        Severity::Low => "low",
        Severity::Unrated => "not rated",
    }
}

fn status_words(status: UpdateStatus) -> &'static str {
    match status {
        UpdateStatus::Missing => "missing",
        UpdateStatus::Installed => "installed",
        UpdateStatus::Note => "cannot be determined",
        UpdateStatus::Warning => "to be looked at",
        UpdateStatus::Superseded => "superseded",
        UpdateStatus::Included => "included in the service pack",
        UpdateStatus::PendingRestart => "waiting for a restart",
        UpdateStatus::UnableToScan => "could not be scanned",
    }
}

fn grade_words(grade: Grade) -> &'static str {
    match grade {
        Grade::Critical => "critical",
        Grade::NonCritical => "non-critical",
        Grade::BestPractice => "best practice",
        Grade::Passed => "passed",
        Grade::NotPerformed => "not performed",
        Grade::UnableToScan => "unable to scan",
        Grade::Informational => "informational",
        Grade::NotApproved => "not approved",
    }
}

fn coloured(colour: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(colour.into()))
}

fn unable_style() -> Style {
    coloured(AnsiColor::Magenta)
}

fn grade_style(grade: OverallGrade) -> Style {
    match grade {
        OverallGrade::SevereRisk => coloured(AnsiColor::Red),
        OverallGrade::PotentialRisk => coloured(AnsiColor::Yellow),
        OverallGrade::Incomplete => unable_style(),
        OverallGrade::SecurityFyi => coloured(AnsiColor::Blue),
        OverallGrade::StrongSecurity => coloured(AnsiColor::Green),
    }
}

fn finding_style(grade: Grade) -> Style {
    match grade {
        Grade::Critical => coloured(AnsiColor::Red),
        Grade::NonCritical => coloured(AnsiColor::Yellow),
        Grade::UnableToScan => unable_style(),
        Grade::BestPractice | Grade::NotApproved => coloured(AnsiColor::Blue),
        Grade::Passed => coloured(AnsiColor::Green),
        Grade::NotPerformed | Grade::Informational => PLAIN,
    }
}
