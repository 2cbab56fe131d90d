//! `-o html`: one self-contained page for a fleet, and the pieces that it shares with other pages about the same results.
//!
//! The page loads nothing, and its own content security policy permits only its own style and script, whatever a target, catalog
//! or plugin might have said. All of it can be read and printed without the script, which filters, sorts, and builds the page of a
//! machine when it is opened: until then, that page is inside `noscript`, which a browser with scripts takes for one text, so that
//! ten thousand machines open quickly.

mod chart;
mod machine;
mod overview;
mod places;

use ct_codecs::{Base64, Encoder as _};
use maud::{DOCTYPE, Markup, PreEscaped, Render as _, html};
use sha2::{Digest as _, Sha256};
use wardline_contract::{Escaped, Grade, Severity};

use crate::grade::{OverallGrade, severity_grade};
use crate::model::{Head, TargetReport};
use crate::output::Render;
use crate::summary::Summary;
use crate::terms::{grade_words, severity_word};

pub use self::chart::{Part, grouped, share, stacked};
pub use self::machine::{MAX_UPDATES, machine_page};
pub use self::overview::{change_table, charts, first, gap_table, install_table, title, waived_table};
use self::places::OnThisPage;
pub use self::places::Places;

/// The style of a report's page, which other pages made of its pieces need, too.
pub const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Renders a page.
#[derive(Clone, Debug)]
pub(crate) struct Html {
    /// Adds updates that need no attention, and the evidence of all checks.
    pub(crate) verbose: bool,
    /// Lists waived findings; otherwise they are counted.
    pub(crate) show_waived: bool,
    /// When the scan was made, in UTC.
    pub(crate) date: Option<String>,
}

impl Render for Html {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    title { "wardline report" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#computers" { "Skip to the computers" }
                    header { (origin(head, self.date.as_deref())) }
                    (PreEscaped(OPEN))
                }
            }
        };
        // The elements that are open here are closed by the end.
        let page = page.into_string();
        let open = page.split(OPEN).next().unwrap_or_default();
        open.as_bytes().to_vec()
    }

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        machine::row(report, self.verbose, self.show_waived).into_string().into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b"\n"
    }

    fn end(&self, _: &Summary) -> Vec<u8> {
        format!("\n</div></section></main><script>{SCRIPT}</script></body></html>\n").into_bytes()
    }

    fn has_overview(&self) -> bool {
        true
    }

    fn overview(&self, summary: &Summary) -> Vec<u8> {
        let page = html! {
            (PreEscaped("<main>"))
            (overview::section(summary, self.show_waived))
            (PreEscaped("<section id=\"computers\">"))
            (overview::machines_head(summary))
            (PreEscaped("<div id=\"list\">"))
        };
        page.into_string().into_bytes()
    }
}

/// Marks the place in the page up to which its beginning is written.
const OPEN: &str = "<!--open-->";

/// The content security policy: show this page in this style with this script, and nothing else.
fn policy() -> String {
    let hash = |text: &str| Base64::encode_to_string(Sha256::digest(text)).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// Writes the tool, the date and the catalogs.
fn origin(head: &Head, date: Option<&str>) -> Markup {
    html! {
        p.origin {
            strong { "wardline" } " " (head.tool.version)
            @if let Some(date) = date { span { "Scanned " (text(&date.replace('T', " ").replace('Z', " UTC"))) } }
            @match &head.catalog {
                Some(catalog) => {
                    @for source in &catalog.sources {
                        span {
                            "Catalog " (text(&source.format))
                            @if let Some(date) = &source.date { " of " (text(date)) }
                        }
                    }
                }
                None => { span { "No catalog: updates are not judged" } }
            }
            @if let Some(policy) = &head.policy { span { "Policy " (text(&policy.location)) } }
        }
    }
}

/// Escapes a text from anywhere: markup, and characters that reorder or hide text.
pub fn text(text: &str) -> Markup {
    Escaped(text).to_string().render()
}

/// The class of a grade, which gives it its colour.
fn overall_class(grade: OverallGrade) -> &'static str {
    match grade {
        OverallGrade::SevereRisk => "sr",
        OverallGrade::PotentialRisk => "pr",
        OverallGrade::Incomplete => "in",
        OverallGrade::SecurityFyi => "fy",
        OverallGrade::StrongSecurity => "st",
    }
}

fn grade_class(grade: Grade) -> &'static str {
    match grade {
        Grade::Critical => "sr",
        Grade::NonCritical => "pr",
        Grade::UnableToScan => "in",
        Grade::BestPractice | Grade::NotApproved => "fy",
        Grade::Passed => "st",
        Grade::NotPerformed | Grade::Informational => "no",
    }
}

/// Shows a machine's grade.
pub fn overall_chip(grade: OverallGrade) -> Markup {
    html! { span class={ "chip " (overall_class(grade)) } { (grade.words()) } }
}

/// Shows a check's grade.
pub fn grade_chip(grade: Grade) -> Markup {
    html! { span class={ "chip " (grade_class(grade)) } { (grade_words(grade)) } }
}

/// Shows an update's rating.
pub fn severity_chip(severity: Severity) -> Markup {
    html! { span class={ "chip " (grade_class(severity_grade(severity))) } { (severity_word(severity)) } }
}
