//! `-o text`: a report to read. The fleet comes first, then each machine, in short or with everything.

mod actions;
mod brief;
mod checks;
mod closing;
mod header;
mod overview;
mod page;
mod updates;
mod waived;

use anstyle::{AnsiColor, Style};

pub(crate) use self::actions::line;
pub(crate) use self::checks::full_title;
pub use self::page::{Page, Span};
pub(crate) use self::updates::test_line;
use wardline_contract::Grade;

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
    /// Lists waived findings; otherwise they are counted.
    pub show_waived: bool,
    /// The number of columns of the terminal. `None` for a file or a pipe: 110, so that the report has the same bytes everywhere.
    pub width: Option<u16>,
}

/// Renders for people.
#[derive(Clone, Copy, Debug)]
pub struct Text(pub TextStyle);

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

impl Render for Text {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let mut page = self.page();
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
                if let Some(supply) = &catalog.supply {
                    page.paragraph(0, PLAIN, &format!("Fetched: {supply}"));
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
        let mut page = self.page();
        header::section(&mut page, report, self.0.verbose);
        let whole = report;
        let report = &*report.without_waived();
        if self.0.verbose {
            updates::section(&mut page, report);
            checks::sections(&mut page, report);
            denied(&mut page, report);
        } else {
            brief::section(&mut page, report);
        }
        if self.0.show_waived {
            waived::section(&mut page, whole);
        }
        page.into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b"\n"
    }

    fn end(&self, summary: &Summary) -> Vec<u8> {
        let mut page = self.page();
        closing::section(&mut page, summary, self.0.verbose);
        page.into_bytes()
    }

    fn has_overview(&self) -> bool {
        true
    }

    fn overview(&self, summary: &Summary) -> Vec<u8> {
        let mut page = self.page();
        // One machine is its own overview.
        if summary.targets > 1 {
            overview::section(&mut page, summary, self.0.verbose, self.0.show_waived);
        }
        page.into_bytes()
    }
}

impl Text {
    fn page(self) -> Page {
        match self.0.width {
            None => Page::new(self.0.colour),
            Some(width) => Page::with_width(self.0.colour, usize::from(width)),
        }
    }
}

/// Writes the questions that plugins asked without permission.
fn denied(page: &mut Page, report: &TargetReport) {
    if report.denied.is_empty() {
        return;
    }
    page.blank();
    page.line(2, &[Span(BOLD, "Denied to plugins")]);
    for denied in &report.denied {
        page.hanging(4, &[], 6, PLAIN, &format!("{} asked for {}: {}", denied.plugin, denied.question, denied.reason));
    }
}

fn more(page: &mut Page, indent: usize, left_out: usize) {
    if left_out > 0 {
        page.line(indent, &[Span(FAINT, &format!("and {left_out} more, which --verbose shows"))]);
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
