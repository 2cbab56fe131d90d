//! `-o text`: a report to read, grouped like MBSA's. Failures come first, each with its reason.

mod actions;
mod checks;
mod header;
mod not_judged;
mod page;
mod summary;
mod updates;

use anstyle::{AnsiColor, Style};

pub(crate) use self::actions::line;
pub use self::actions::operation as operation_in_words;
pub(crate) use self::checks::full_title;
pub use self::not_judged::{NotJudged, not_judged_lines};
pub use self::page::{Page, Span};
pub(crate) use self::updates::test_line;
use wardline_contract::{Grade, Severity, UpdateStatus};

use super::grade::OverallGrade;
use super::model::{Head, TargetReport};
use super::output::Render;
use super::summary::Summary;

/// Options for the appearance of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextStyle {
    pub colour: bool,
    /// Shows everything that was found, with the evidence, and not only what needs attention.
    pub verbose: bool,
}

/// Renders for people.
#[derive(Clone, Copy, Debug)]
pub struct Text(pub TextStyle);

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

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

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        let mut page = Page::new(self.0.colour);
        header::section(&mut page, report, self.0.verbose);
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

/// Writes the questions that plugins asked without permission: the first few, or all if `verbose` is set.
fn denied(page: &mut Page, report: &TargetReport, verbose: bool) {
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

/// Formats a count: `no checks failed`, `1 check failed`, `3 checks failed`.
fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

/// Returns the heading of a stock plugin's family, MBSA's where it had one; a vendor's own family keeps its name.
fn family_title(family: &str) -> &str {
    match family {
        "os" => "Operating system",
        "iis" => "Internet Information Services",
        "sql" => "SQL Server",
        "exchange" => "Exchange Server",
        "dotnet" => ".NET",
        "ie" | "office" | "edge" | "desktop" => "Desktop applications",
        other => other,
    }
}

/// Returns the sort key of a family: MBSA's order, with servers before desktop applications; vendors' own families come last, by
/// name.
fn family_order(family: &str) -> (u8, &str) {
    match family {
        "os" => (0, ""),
        "iis" => (1, ""),
        "sql" => (2, ""),
        "exchange" => (3, ""),
        "dotnet" => (4, ""),
        "ie" | "office" | "edge" | "desktop" => (5, ""),
        other => (6, other),
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

pub(crate) fn status_words(status: UpdateStatus) -> &'static str {
    match status {
        UpdateStatus::Missing => "missing",
        UpdateStatus::Installed => "installed",
        UpdateStatus::Note => "cannot be determined",
        UpdateStatus::Warning => "to review",
        UpdateStatus::Superseded => "superseded",
        UpdateStatus::Included => "included in the service pack",
        UpdateStatus::PendingRestart => "waiting for a restart",
        UpdateStatus::UnableToScan => "could not be scanned",
    }
}

pub(crate) fn grade_words(grade: Grade) -> &'static str {
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

pub(crate) fn finding_style(grade: Grade) -> Style {
    match grade {
        Grade::Critical => coloured(AnsiColor::Red),
        Grade::NonCritical => coloured(AnsiColor::Yellow),
        Grade::UnableToScan => unable_style(),
        Grade::BestPractice | Grade::NotApproved => coloured(AnsiColor::Blue),
        Grade::Passed => coloured(AnsiColor::Green),
        Grade::NotPerformed | Grade::Informational => PLAIN,
    }
}
