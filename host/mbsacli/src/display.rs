//! The listings of the MBSA style: reports, the overview of one, one in detail.

use std::borrow::Cow;

use wardline_contract::Escaped;

use crate::saved::{Saved, SavedCheck, SavedUpdate};
use crate::template::for_people;

/// The width of a line.
const WIDTH: usize = 79;

/// MBSA's grade of a check that was not performed.
const NOT_PERFORMED: u32 = 0;

/// The sections in MBSA's order, by their number in reports.
const SECTIONS: [(u32, &str); 6] = [
    (5, "Security Updates"),
    (1, "Operating System"),
    (2, "Internet Information Services (IIS)"),
    (3, "SQL Server"),
    (4, "Desktop Application"),
    (6, "Other Product"),
];

/// Returns the heading of a list of reports.
pub fn list_heading() -> String {
    let heading = "Computer Name, IP Address, Assessment, Report Name";
    format!("{heading}\n{}\n", "-".repeat(heading.len()))
}

/// Returns the line of a report in a list.
pub fn list_line(name: &str, saved: &Saved) -> String {
    let line = format!("{}, {}, {}, {name}", computer(saved), saved.address, assessment(saved.grade));
    format!("{}\n", Escaped(&line))
}

/// Returns the overview of a report: the machine, and the result of each check. `detail` adds the rows of the results, the updates, and
/// how to mend what failed.
pub fn report(name: &str, saved: &Saved, detail: bool) -> String {
    let mut out = String::new();
    for (label, value) in [
        ("Security assessment", assessment(saved.grade)),
        ("Computer name", computer(saved).as_str()),
        ("IP address", saved.address.as_str()),
        ("Security report name", name),
        ("Scan date", for_people(&saved.date).as_str()),
        ("Scanned with", saved.tool.as_str()),
        ("Security update database version", saved.data_version.as_str()),
    ] {
        out.push_str(format!("{label}: {}", Escaped(value)).trim_end());
        out.push('\n');
    }
    for (number, title) in SECTIONS {
        let checks: Vec<&SavedCheck> = saved
            .checks
            .iter()
            .filter(|check| check.section == number || number == 6 && !(1..=5).contains(&check.section))
            .collect();
        if checks.is_empty() {
            continue;
        }
        out.push_str(&format!("\n  {title} Scan Results\n"));
        grouped(&checks).iter().for_each(|check| self::check(&mut out, check, detail));
    }
    out
}

/// Joins checks that were not performed for the same reason: a machine without SQL Server has a dozen of them.
fn grouped<'c>(checks: &[&'c SavedCheck]) -> Vec<Cow<'c, SavedCheck>> {
    let mut groups: Vec<Cow<'c, SavedCheck>> = Vec::new();
    for check in checks {
        let is_same = |group: &Cow<'_, SavedCheck>| {
            group.grade == NOT_PERFORMED && check.grade == NOT_PERFORMED && group.advice == check.advice
        };
        match groups.iter_mut().find(|group| is_same(group)) {
            Some(group) if check.rows.is_empty() && check.updates.is_empty() => {
                let group = group.to_mut();
                group.name.push_str(", ");
                group.name.push_str(&check.name);
            }
            _ => groups.push(Cow::Borrowed(check)),
        }
    }
    groups
}

fn check(out: &mut String, check: &SavedCheck, detail: bool) {
    out.push('\n');
    for (label, value) in
        [("Issue:  ", check.name.as_str()), ("Score:  ", score(check.grade)), ("Result: ", &check.advice)]
    {
        labelled(out, label, value);
    }
    if !detail {
        return;
    }
    if !check.remedy.is_empty() {
        labelled(out, "To do:  ", &check.remedy);
    }
    if !check.rows.is_empty() {
        out.push_str("        Detail:\n");
        let rows = std::iter::once(&check.columns).filter(|columns| !columns.is_empty()).chain(&check.rows);
        for row in rows {
            out.push_str(&format!(
                "            | {} |\n",
                row.iter().map(|cell| Escaped(cell).to_string()).collect::<Vec<_>>().join(" | ")
            ));
        }
    }
    if !check.updates.is_empty() {
        out.push_str("        Updates:\n");
        for update in &check.updates {
            let line = format!(
                "| {} | {} | {} | {} |",
                update_name(update),
                installed(update),
                severity(update.severity),
                update.title
            );
            out.push_str(&format!("            {}\n", Escaped(&line)));
        }
    }
}

/// Writes a value beside its label, on as many lines as it needs.
fn labelled(out: &mut String, label: &str, value: &str) {
    let text = wrapped(value, "                ");
    out.push_str(&format!("        {label}{}", text.trim_start()));
    if text.is_empty() {
        out.push('\n');
    }
}

fn update_name(update: &SavedUpdate) -> String {
    match (update.bulletin.as_str(), update.article.as_str()) {
        (bulletin, article) if article.is_empty() || bulletin.ends_with(article) => bulletin.to_owned(),
        ("", article) => article.to_owned(),
        (bulletin, article) => format!("{bulletin} ({article})"),
    }
}

fn installed(update: &SavedUpdate) -> &'static str {
    if update.installed { "Installed" } else { "Not installed" }
}

fn severity(severity: u32) -> &'static str {
    match severity {
        1 => "Low",
        2 => "Moderate",
        3 => "Important",
        4 => "Critical",
        _ => "Not rated",
    }
}

fn computer(saved: &Saved) -> String {
    if saved.domain.is_empty() { saved.machine.clone() } else { format!("{}\\{}", saved.domain, saved.machine) }
}

fn assessment(grade: u32) -> &'static str {
    match grade {
        2 => "Severe Risk",
        3 => "Potential Risk",
        4 => "Security FYIs",
        5 => "Strong Security",
        _ => "Incomplete Scan",
    }
}

fn score(grade: u32) -> &'static str {
    match grade {
        1 => "Unable to scan",
        2 => "Check failed (critical)",
        3 => "Check failed (non-critical)",
        4 => "Best practice",
        5 => "Check passed",
        7 => "Additional information",
        8 => "Check not approved",
        _ => "Check not performed",
    }
}

/// Wraps a text at spaces into lines with an indentation. A word that is longer than a line is not broken.
pub(crate) fn wrapped(text: &str, indentation: &str) -> String {
    let text = Escaped(text).to_string();
    let mut out = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width == 0 || indentation.len() + width + 1 + length > WIDTH {
            if width > 0 {
                out.push('\n');
            }
            out.push_str(indentation);
            width = length;
        } else {
            out.push(' ');
            width += 1 + length;
        }
        out.push_str(word);
    }
    if width > 0 {
        out.push('\n');
    }
    out
}
