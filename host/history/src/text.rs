//! Lists, differences and trends as text.

use anstyle::{AnsiColor, Style};
use wardline_report::{Page, Span};

use crate::compare::ChangeKind;
use crate::date::timestamp;
use crate::diff::{Diff, FindingChange, Machine};
use crate::finding::FindingKey;
use crate::scans::Scan;
use crate::trend::{TrendLine, TrendStep};

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// The number of changes of each kind, and of machines in a list, that are shown unless everything is.
const MAX_CHANGES: usize = 40;
const MAX_MACHINES: usize = 6;

/// Writes a table of scans, the last one first.
pub fn list_text(scans: &[Scan], page: &mut Page) {
    let heads = ["Scan", "Ended (UTC)", "Machines", "Not opened", "Severe", "Missing", "Failed"];
    let row = |scan: &Scan| {
        let totals = scan.totals;
        let counts = [totals.machines, totals.not_opened, totals.severe_risk, totals.missing, totals.failed_checks];
        let counts = counts.map(|count| count.to_string());
        [scan.number.to_string(), minute(scan.ended)].into_iter().chain(counts).collect()
    };
    columns(&heads, scans.iter().rev().map(row).collect(), page);
}

/// Writes a table of scans, the oldest first, with what changed from each to the next.
pub fn trend_text(lines: &[TrendLine], page: &mut Page) {
    let heads = ["Scan", "Ended (UTC)", "Machines", "Severe", "Missing", "Failed", "New", "Again", "Fixed", "Other"];
    let row = |line: &TrendLine| {
        let totals = line.scan.totals;
        let counts = [totals.machines, totals.severe_risk, totals.missing, totals.failed_checks];
        let changes = line.since.map(|TrendStep { counts, .. }| {
            [counts.new, counts.returned, counts.fixed, counts.changed + counts.gone + counts.unknown]
        });
        let changes = changes.map_or([const { String::new() }; 4], |changes| changes.map(|count| count.to_string()));
        let counts = counts.map(|count| count.to_string());
        [line.scan.number.to_string(), minute(line.scan.ended)].into_iter().chain(counts).chain(changes).collect()
    };
    columns(&heads, lines.iter().map(row).collect(), page);
}

/// Writes rows of numbers below their headings, aligned at the right: tables of a report cut off what is long, and no number may be.
fn columns(heads: &[&str], rows: Vec<Vec<String>>, page: &mut Page) {
    if rows.is_empty() {
        page.line(0, &[Span(PLAIN, "No scans yet.")]);
        return;
    }
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(place, head)| rows.iter().filter_map(|row| row.get(place)).map(String::len).chain([head.len()]).max())
        .map(Option::unwrap_or_default)
        .collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    page.line(0, &[Span(BOLD, &line(heads.to_vec()))]);
    for row in &rows {
        page.line(0, &[Span(PLAIN, &line(row.iter().map(String::as_str).collect()))]);
    }
}

/// Writes the differences between two scans. `verbose` shows all changes and machines.
pub fn diff_text(diff: &Diff, verbose: bool, page: &mut Page) {
    let scan = |scan: &Scan| format!("scan {} of {}", scan.number, minute(scan.ended));
    page.line(0, &[Span(BOLD, &format!("From {} to {} (UTC)", scan(&diff.from), scan(&diff.to)))]);
    let machines = &diff.machines;
    let compared = counted(machines.compared, "machine was compared", "machines were compared");
    page.paragraph(2, PLAIN, &format!("{compared}; {} changed.", machines.changed));
    let lists = [
        ("Only in the later scan:", &machines.appeared),
        ("Not in the later scan:", &machines.vanished),
        ("Could not be opened any more:", &machines.not_opened),
        ("Could be opened again:", &machines.opened_again),
    ];
    for (title, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let names: Vec<String> = list.iter().map(brief).collect();
        page.hanging(2, &[Span(PLAIN, title), Span(PLAIN, " ")], 4, PLAIN, &some(&names, verbose));
    }
    for kind in ChangeKind::ALL {
        let changes: Vec<&FindingChange> = diff.changes.iter().filter(|change| change.kind == kind).collect();
        if changes.is_empty() {
            continue;
        }
        page.blank();
        page.line(0, &[Span(style(kind), title(kind))]);
        let shown = if verbose { changes.len() } else { MAX_CHANGES };
        for change in changes.iter().take(shown) {
            one(change, verbose, page);
        }
        if let Some(more) = changes.len().checked_sub(shown).filter(|more| *more > 0) {
            page.line(2, &[Span(FAINT, &format!("and {more} more; --verbose shows all"))]);
        }
    }
    if diff.changes.is_empty() {
        page.blank();
        page.line(0, &[Span(PLAIN, "No finding changed.")]);
    }
}

fn title(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Returned => "Missing again (was installed before)",
        ChangeKind::New => "New",
        ChangeKind::Changed => "Changed",
        ChangeKind::Unknown => "Not known any more",
        ChangeKind::Fixed => "Fixed",
        ChangeKind::Gone => "Not reported any more (superseded, removed, or not in the catalog)",
    }
}

fn style(kind: ChangeKind) -> Style {
    match kind {
        ChangeKind::Returned | ChangeKind::New => BOLD.fg_color(Some(AnsiColor::Red.into())),
        ChangeKind::Changed | ChangeKind::Unknown => BOLD.fg_color(Some(AnsiColor::Yellow.into())),
        ChangeKind::Fixed => BOLD.fg_color(Some(AnsiColor::Green.into())),
        ChangeKind::Gone => BOLD,
    }
}

fn one(change: &FindingChange, verbose: bool, page: &mut Page) {
    let (name, about) = match &change.finding {
        FindingKey::Update { bulletin, article, product, subject } => {
            let article = article.as_deref().filter(|article| article != bulletin);
            let names: Vec<&str> =
                [bulletin.as_str()].into_iter().chain(article).filter(|name| !name.is_empty()).collect();
            let subject = subject.as_ref().map(|subject| format!(", {subject}")).unwrap_or_default();
            (names.join(" "), format!("{product}{subject}"))
        }
        FindingKey::Check { id, subject } => (id.clone(), subject.clone().unwrap_or_default()),
    };
    page.hanging(2, &[Span(BOLD, &name), Span(PLAIN, "  ")], 4, PLAIN, &change.title);
    let state = |state: Option<&crate::State>| state.map_or_else(|| "not reported".to_owned(), ToString::to_string);
    let (before, after) = (state(change.before.as_ref()), state(change.after.as_ref()));
    let about = if about.is_empty() { String::new() } else { format!("{about}: ") };
    let states = if before == after { after } else { format!("{before} → {after}") };
    page.paragraph(4, PLAIN, &format!("{about}{states}"));
    if let (Some(crate::State::Check { summary, .. }), true) = (&change.after, change.kind < ChangeKind::Fixed) {
        page.paragraph(4, PLAIN, summary);
    }
    let on = counted(change.machines.len() as u64, "machine", "machines");
    page.hanging(4, &[Span(FAINT, &on), Span(FAINT, ": ")], 6, PLAIN, &some(&change.machines, verbose));
}

fn brief(machine: &Machine) -> String {
    match machine.problems {
        0 => machine.name.clone(),
        problems => format!("{} ({})", machine.name, counted(problems, "problem", "problems")),
    }
}

fn some(names: &[String], verbose: bool) -> String {
    let shown = if verbose { names.len() } else { MAX_MACHINES };
    let mut text = names.iter().take(shown).map(String::as_str).collect::<Vec<_>>().join(", ");
    if let Some(more) = names.len().checked_sub(shown).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// Formats a time without its seconds: `2026-11-27 01:33`.
fn minute(seconds: i64) -> String {
    timestamp(seconds).get(..16).unwrap_or_default().replace('T', " ")
}
