//! `-o csv` and `-o tab`: one row a finding.

use smol_str::SmolStr;
use wardline_contract::{Escaped, Grade, UpdateStatus};

use crate::model::{Head, TargetReport, UpdatesState};
use crate::output::Render;
use crate::remedies::{Remedies, in_words};
use crate::replaced::Replaced;
use crate::summary::Summary;
use crate::terms::{grade_words, severity_word, status_words};

/// Renders comma-separated values as in RFC 4180, with a header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Csv {
    /// Adds updates that are installed, included or superseded.
    pub(crate) verbose: bool,
    /// Adds waived findings.
    pub(crate) show_waived: bool,
}

const COLUMNS: [&str; 14] = [
    "computer",
    "computer grade",
    "kind",
    "id",
    "article",
    "title",
    "subject",
    "rating",
    "status",
    "reason",
    "remedy",
    "package",
    "url",
    "cves",
];

impl Render for Csv {
    fn begin(&self, _: &Head) -> Vec<u8> {
        rows([COLUMNS.map(str::to_owned)])
    }

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        let row = |kind: &str, cells: [String; 10], cves: String| {
            let mut row = vec![inert(&report.name), report.grade.words().to_owned(), kind.to_owned()];
            row.extend(cells.iter().map(|cell| inert(cell)));
            row.push(cves);
            row
        };
        let none = String::new;
        let gap = |kind, status: &str, subject: String, reason: &str| {
            let cells = [none(), none(), none(), subject, none(), status.to_owned(), reason.to_owned()];
            let [a, b, c, d, e, f, g] = cells;
            row(kind, [a, b, c, d, e, f, g, none(), none(), none()], none())
        };
        let (remedies, replaced) = (Remedies::of(report), Replaced::of(report));
        let mut found = Vec::new();
        if let Some(error) = &report.error {
            found.push(gap("computer", "could not be scanned", none(), error));
        }
        for judged in report.updates_judged().iter().filter(|judged| judged.state == UpdatesState::NotJudged) {
            let reason = judged.reason.as_deref().unwrap_or_default();
            found.push(gap("updates", "not judged", judged.products.join("; "), reason));
        }
        for (place, update) in report.updates.iter().enumerate() {
            if update.waived.is_some() && !self.show_waived {
                continue;
            }
            if self.verbose || needs_attention(update.status) {
                let (status, reason, remedy) = match &update.waived {
                    Some(waived) => ("waived", waived.in_words(), none()),
                    None => (status_words(update.status), update.reason.clone(), in_words(remedies.update(place))),
                };
                let text = |text: &Option<SmolStr>| text.as_deref().unwrap_or_default().to_owned();
                let product = match &update.subject {
                    Some(subject) => format!("{} ({subject})", update.product),
                    None => update.product.clone(),
                };
                let cells = [
                    update.bulletin.to_string(),
                    text(&update.kb),
                    update.title.to_string(),
                    product,
                    severity_word(update.severity).to_owned(),
                    status.to_owned(),
                    reason,
                    remedy,
                    text(&update.package),
                    text(&update.url),
                ];
                found.push(row("update", cells, cves(update.cves.iter().chain(replaced.by(update)))));
            }
        }
        for (place, check) in report.checks.iter().enumerate() {
            if check.waived.is_some() && !self.show_waived {
                continue;
            }
            let status = match check.grade {
                Grade::Critical | Grade::NonCritical | Grade::BestPractice => "failed",
                other => grade_words(other),
            };
            let (status, reason, remedy) = match &check.waived {
                Some(waived) => ("waived", waived.in_words(), none()),
                None => (status, check.summary.clone(), in_words(remedies.check(place))),
            };
            let cells = [
                check.id.clone(),
                check.mbsa.map(|number| number.to_string()).unwrap_or_default(),
                check.title.to_string(),
                check.subject.clone().unwrap_or_default(),
                grade_words(check.grade).to_owned(),
                status.to_owned(),
                reason,
                remedy,
                none(),
                none(),
            ];
            found.push(row("check", cells, none()));
        }
        rows(found)
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn end(&self, _: &Summary) -> Vec<u8> {
        Vec::new()
    }
}

/// Renders HFNetChk's tab-separated output: one row an update, with the file that decided it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tab {
    /// Adds updates that are installed.
    pub(crate) verbose: bool,
    /// Adds waived updates, as notes.
    pub(crate) show_waived: bool,
}

/// The header of HFNetChk's tab-separated output.
pub const HFNETCHK_COLUMNS: [&str; 9] = [
    "Machine Name",
    "Product",
    "Bulletin",
    "Q Number",
    "Status",
    "Reason",
    "File",
    "Version Found",
    "Version Expected",
];

impl Render for Tab {
    fn begin(&self, _: &Head) -> Vec<u8> {
        tab_row(HFNETCHK_COLUMNS).into_bytes()
    }

    fn target(&self, report: &TargetReport) -> Vec<u8> {
        let mut found = Vec::new();
        let warning = |product: String, reason: &str| {
            let mut row = vec![report.name.clone(), product];
            row.extend(["", "", "WARNING", reason, "", "", ""].map(str::to_owned));
            row
        };
        if let Some(error) = &report.error {
            found.push(warning(String::new(), &format!("could not be scanned: {error}")));
        }
        for judged in report.updates_judged().iter().filter(|judged| judged.state == UpdatesState::NotJudged) {
            let reason = judged.reason.as_deref().unwrap_or_default();
            found.push(warning(judged.products.join("; "), &format!("updates were not judged: {reason}")));
        }
        for update in &report.updates {
            let status = match update.status {
                _ if update.waived.is_some() && self.show_waived => "NOTE",
                _ if update.waived.is_some() => continue,
                UpdateStatus::Missing => "Patch NOT Found",
                UpdateStatus::Installed | UpdateStatus::Included if self.verbose => "Patch Found",
                UpdateStatus::Note => "NOTE",
                UpdateStatus::Warning | UpdateStatus::PendingRestart | UpdateStatus::UnableToScan => "WARNING",
                UpdateStatus::Installed | UpdateStatus::Included | UpdateStatus::Superseded => continue,
            };
            let test = update.decisive_test();
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            found.push(vec![
                report.name.clone(),
                update.product.clone(),
                update.bulletin.to_string(),
                text(update.kb.as_deref()),
                status.to_owned(),
                update.waived.as_ref().map_or(update.reason.clone(), |waived| format!("waived {}", waived.in_words())),
                text(test.map(|test| test.subject.as_str())),
                text(test.and_then(|test| test.found.as_deref())),
                text(test.and_then(|test| test.expected.as_deref())),
            ]);
        }
        found.into_iter().map(tab_row).collect::<String>().into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn end(&self, _: &Summary) -> Vec<u8> {
        Vec::new()
    }
}

/// The maximum length of a list of vulnerabilities: more than 8,000 of them, twice what a server has open that was last updated
/// five years ago. A database has to get all of them, although Excel takes only 32,767 characters in a cell.
const MAX_CVES: usize = 128_000;

/// Lists vulnerabilities, separated by spaces: `CVE-2024-1 CVE-2024-2 and 20 more`. The cell is safe to open in a spreadsheet.
fn cves<'c>(cves: impl Iterator<Item = &'c SmolStr>) -> String {
    let mut cell = String::new();
    let mut more = 0;
    for cve in cves {
        // Each by itself: a name is cut off, a list is not.
        let cve = inert(cve);
        if more > 0 || cell.len() + cve.len() > MAX_CVES {
            more += 1;
            continue;
        }
        if !cell.is_empty() {
            cell.push(' ');
        }
        cell.push_str(&cve);
    }
    if more > 0 { format!("{cell} and {more} more") } else { cell }
}

/// Whether a person has to act on an update, or to look at it.
fn needs_attention(status: UpdateStatus) -> bool {
    match status {
        UpdateStatus::Installed | UpdateStatus::Included | UpdateStatus::Superseded => false,
        UpdateStatus::Missing
        | UpdateStatus::Note
        | UpdateStatus::Warning
        | UpdateStatus::PendingRestart
        | UpdateStatus::UnableToScan => true,
    }
}

/// Formats a row of HFNetChk's tab-separated output. Its readers split rows at tabs and know no quotes, but a spreadsheet takes a cell
/// that begins with one for a quoted cell, which may hide others: an apostrophe before it prevents that.
pub fn tab_row(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let unquoted = |cell: String| if cell.starts_with('"') { format!("'{cell}") } else { cell };
    let cells: Vec<String> = cells.into_iter().map(|cell| unquoted(inert(cell.as_ref()))).collect();
    cells.join("\t") + "\r\n"
}

/// Formats rows of cells that are safe to open in a spreadsheet.
fn rows<R: IntoIterator<Item = String>>(rows: impl IntoIterator<Item = R>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail, and all rows are equally long.
        let written = writer.write_record(row);
        debug_assert!(written.is_ok(), "{written:?}");
    }
    writer.into_inner().unwrap_or_default()
}

/// Makes a text safe to open in a spreadsheet, which takes a cell that begins with `=`, `+`, `-` or `@`, or with their full-width
/// forms, for a formula: an apostrophe before it makes it a text. A spreadsheet that separates cells by another character sees
/// more cells, so that the same applies after each separator. (OWASP, CSV Injection.)
fn inert(cell: &str) -> String {
    let shown = Escaped(cell).to_string();
    let mut out = String::with_capacity(shown.len() + 1);
    let mut at_start = true;
    for character in shown.chars() {
        if at_start && matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            out.push('\'');
        }
        at_start = matches!(character, ',' | ';' | '|' | '"');
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
            ("a;=1+1", "a;'=1+1"),
            ("\"=1", "\"'=1"),
            ("\t=1", "\\u{9}=1"),
            ("\r\n=1", "\\u{d}\\u{a}=1"),
            ("＝1", "'＝1"),
            ("MS01-030", "MS01-030"),
            ("5.0.2195, -z -q", "5.0.2195, -z -q"),
        ] {
            assert_eq!(inert(cell), expected);
        }
    }
}
