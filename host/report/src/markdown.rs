//! `-o markdown`: the fleet and its machines for a wiki, a ticket or a build's summary (GitHub Flavored Markdown).

use wardline_contract::{Escaped, Grade, UpdateStatus};

use crate::model::{Head, TargetReport};
use crate::output::Render;
use crate::remedies::{Remedies, in_words};
use crate::summary::{Machines, Summary};
use crate::terms::{counted, grade_words, severity_rank, severity_word, update_name};

/// Renders Markdown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Markdown {
    /// Lists all updates and checks, however many there are.
    pub(crate) verbose: bool,
    /// Lists waived findings; otherwise they are counted.
    pub(crate) show_waived: bool,
}

const UPDATES_SHOWN: usize = 50;
const NAMES_SHOWN: usize = 5;
const TEXT_LENGTH: usize = 400;

impl Render for Markdown {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let mut out = "# wardline report\n\n".to_owned();
        for source in head.catalog.iter().flat_map(|catalog| &catalog.sources) {
            let date = source.date.as_deref().map(|date| format!(" of {}", inert(date))).unwrap_or_default();
            out.push_str(&format!("Catalog {}{date}: {}\n\n", inert(&source.format), inert(&source.location)));
        }
        if head.catalog.is_none() {
            out.push_str("No catalog was given: settings are checked, updates are not judged.\n\n");
        }
        out.into_bytes()
    }

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        let whole = report;
        let report = &*report.without_waived();
        let mut out = format!("## {}: {}\n\n", inert(&report.name), report.grade.words());
        let item = |out: &mut String, text: &str| out.push_str(&format!("- {text}\n"));
        if let Some(product) = &report.system.product {
            out.push_str(&format!("{}\n\n", inert(product)));
        }
        if let Some(error) = &report.error {
            item(&mut out, &format!("**could not be scanned:** {}", inert(error)));
        }
        for judged in report.updates_judged().iter().filter(|judged| judged.state == crate::UpdatesState::NotJudged) {
            let reason = judged.reason.as_deref().unwrap_or_default();
            item(&mut out, &format!("**updates not judged:** {}: {}", inert(&judged.family), inert(reason)));
        }
        let remedies = Remedies::of(report);
        let mut missing: Vec<_> =
            report.updates.iter().filter(|update| update.status == UpdateStatus::Missing).collect();
        missing.sort_by_key(|update| severity_rank(update.severity));
        let shown = if self.verbose { missing.len() } else { UPDATES_SHOWN };
        for update in missing.iter().take(shown) {
            let name = inert(&update_name(&update.bulletin, update.kb.as_ref()));
            item(
                &mut out,
                &format!("install **{name}** ({}): {}", severity_word(update.severity), inert(&update.title)),
            );
        }
        if missing.len() > shown {
            item(&mut out, &format!("and {} more updates", missing.len() - shown));
        }
        for grade in [Grade::Critical, Grade::NonCritical, Grade::BestPractice, Grade::UnableToScan] {
            for (place, check) in report.checks.iter().enumerate().filter(|(_, check)| check.grade == grade) {
                let subject = check.subject.as_deref().map(|subject| format!(", {}", inert(subject)));
                let remedy = in_words(remedies.check(place));
                let remedy = if remedy.is_empty() { String::new() } else { format!(" To do: {}.", inert(&remedy)) };
                let title = format!("**{}**{}", inert(&check.title), subject.unwrap_or_default());
                item(&mut out, &format!("{} {title}: {}{remedy}", grade_words(grade), inert(&check.summary)));
            }
        }
        for finding in whole.waived().filter(|_| self.show_waived) {
            item(&mut out, &format!("waived: **{}** {}", inert(&finding.name()), inert(&finding.waived().in_words())));
        }
        match whole.waived().count() {
            0 => {}
            _ if self.show_waived => {}
            count => item(&mut out, &counted(count as u64, "finding is waived", "findings are waived")),
        }
        out.into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b"\n"
    }

    fn end(&self, _: &Summary) -> Vec<u8> {
        Vec::new()
    }

    fn has_overview(&self) -> bool {
        true
    }

    fn overview(&self, summary: &Summary) -> Vec<u8> {
        let mut out = String::new();
        let grades = &summary.grades;
        out.push_str(
            "| Computers | Severe risk | Potential risk | Incomplete scan | Security FYI | Strong security |\n",
        );
        out.push_str("|--:|--:|--:|--:|--:|--:|\n");
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n\n",
            summary.targets,
            grades.severe_risk,
            grades.potential_risk,
            grades.incomplete,
            grades.security_fyi,
            grades.strong_security
        ));
        let installs = summary.work.installs();
        let shown = if self.verbose { installs.len() } else { UPDATES_SHOWN };
        if !installs.is_empty() {
            out.push_str("## What to install\n\n| Update | Rating | Computers | | Title |\n|---|---|--:|---|---|\n");
            for install in installs.iter().take(shown) {
                out.push_str(&format!(
                    "| {} | {} | {} | {} | {} |\n",
                    inert(&update_name(&install.bulletin, install.kb.as_ref())),
                    severity_word(install.severity),
                    install.machines.count(),
                    names(&install.machines),
                    inert(&install.title)
                ));
            }
            if installs.len() > shown {
                out.push_str(&format!("\nand {} more updates\n", installs.len() - shown));
            }
            out.push('\n');
        }
        let changes = summary.work.changes();
        if !changes.is_empty() {
            out.push_str("## What to change\n\n| Check | Grade | Computers | |\n|---|---|--:|---|\n");
            for change in changes {
                let (title, grade) = (inert(&change.title), grade_words(change.grade));
                let names = names(&change.machines);
                out.push_str(&format!("| {title} | {grade} | {} | {names} |\n", change.machines.count()));
            }
            out.push('\n');
        }
        let gaps = summary.work.gaps();
        if !gaps.is_empty() {
            out.push_str("## What could not be looked at\n\n");
            for gap in gaps {
                let computers = counted(gap.machines.count() as u64, "computer", "computers");
                out.push_str(&format!("- {computers} ({}): {}\n", names(&gap.machines), inert(&gap.reason)));
            }
            out.push('\n');
        }
        out.into_bytes()
    }
}

fn names(machines: &Machines) -> String {
    let mut names: Vec<String> = machines.names().iter().take(NAMES_SHOWN).map(|name| inert(name)).collect();
    let more = machines.count().saturating_sub(names.len());
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// Escapes a text so that nothing of it is markup: no emphasis, link, image, mention, table cell, HTML or list.
fn inert(text: &str) -> String {
    let shown = match text.char_indices().nth(TEXT_LENGTH) {
        None => Escaped(text).to_string(),
        Some((end, _)) => format!("{}…", Escaped(&text[..end])),
    };
    let mut out = String::with_capacity(shown.len() + 16);
    for character in shown.chars() {
        match character {
            // A backslash before anything but punctuation is itself, but a reader of the source would not know.
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '(' | ')' | '#' | '|' | '~' | '!' | '&'
            | ':' | '@' | '$' | '=' | '+' | '^' => {
                out.push('\\');
                out.push(character);
            }
            // A list, a rule, a heading or a front matter, if the text is at the start of a line; otherwise a plain hyphen.
            '-' if out.is_empty() => out.push_str("\\-"),
            // A numbered list at the start, or an address without a scheme.
            '.' if out.chars().all(|earlier| earlier.is_ascii_digit()) || out.to_ascii_lowercase().ends_with("www") => {
                out.push_str("\\.");
            }
            other => out.push(other),
        }
    }
    // Code begins with indentation.
    out.trim().to_owned()
}
