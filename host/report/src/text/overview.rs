//! The first screen: the whole fleet, and what to do first.

use smol_str::SmolStr;
use wardline_contract::Escaped;

use super::closing::grades;
use super::page::{Page, Span};
use super::{BOLD, FAINT, PLAIN, finding_style, unable_style, waived};
use crate::grade::severity_grade;
use crate::summary::{Gap, GapKind, Machines, Summary};
use crate::terms::{counted, grade_words, severity_word, update_name};

/// The numbers of lines shown of each list. All of them together fit a large window.
const WORST_SHOWN: usize = 5;
const UPDATES_SHOWN: usize = 12;
const CHECKS_SHOWN: usize = 8;
const GAPS_SHOWN: usize = 6;

/// The maximum number of characters of one name of a machine.
const NAME_LENGTH: usize = 40;
/// The narrowest page that has room for the titles of updates beside the names of machines.
const WIDE: usize = 100;

pub(super) fn section(page: &mut Page, summary: &Summary, verbose: bool, show_waived: bool) {
    let computers = counted(summary.targets, "computer", "computers");
    page.hanging(0, &[Span(BOLD, &computers), Span(PLAIN, ": ")], 2, PLAIN, &grades(summary));
    worst(page, summary, verbose);
    installs(page, summary, verbose);
    changes(page, summary, verbose);
    gaps(page, summary, verbose);
    waived::of_fleet(page, summary, show_waived);
    if summary.work.truncated {
        page.blank();
        page.paragraph(0, FAINT, "There is more of this than a summary lists; the machines have all of it.");
    }
    page.blank();
}

/// Writes the computers to look at first.
fn worst(page: &mut Page, summary: &Summary, verbose: bool) {
    let heads = ["Worst off", "Grade", "Missing", "Failed", "Unable to scan"];
    let shown = if verbose { summary.worst.len() } else { WORST_SHOWN };
    let rows: Vec<Vec<String>> = summary
        .worst
        .iter()
        .take(shown)
        .map(|tally| {
            let count = |count: u64| if tally.opened { count.to_string() } else { "-".to_owned() };
            vec![
                tally.name.clone(),
                tally.grade.words().to_owned(),
                tally.missing_in_words(),
                count(tally.failed_checks()),
                if tally.opened { tally.unable().to_string() } else { "everything".to_owned() },
            ]
        })
        .collect();
    page.blank();
    page.table(2, &heads, &rows);
}

/// Writes one line for each update to install, the most urgent first.
fn installs(page: &mut Page, summary: &Summary, verbose: bool) {
    let installs = summary.work.installs();
    let shown = if verbose { installs.len() } else { UPDATES_SHOWN };
    let mut lines = Vec::new();
    for install in installs.iter().take(shown) {
        lines.push(Line {
            what: update_name(&install.bulletin, install.kb.as_ref()),
            rating: Span(finding_style(severity_grade(install.severity)), severity_word(install.severity)),
            machines: &install.machines,
            title: &install.title,
        });
    }
    list(page, "Install", &lines);
    super::more(page, 2, installs.len().saturating_sub(shown));
}

/// Writes a line for each check that failed, and its remedy if it is the same everywhere.
fn changes(page: &mut Page, summary: &Summary, verbose: bool) {
    let changes = summary.work.changes();
    let shown = if verbose { changes.len() } else { CHECKS_SHOWN };
    let mut lines = Vec::new();
    for change in changes.iter().take(shown) {
        lines.push(Line {
            what: change.mbsa.map_or(change.title.to_string(), |number| format!("{} ({number})", change.title)),
            rating: Span(finding_style(change.grade), grade_words(change.grade)),
            machines: &change.machines,
            title: change.remedy.as_deref().unwrap_or_default(),
        });
    }
    list(page, "Change", &lines);
    super::more(page, 2, changes.len().saturating_sub(shown));
}

/// A line of a list.
struct Line<'a> {
    what: String,
    rating: Span<'a>,
    machines: &'a Machines,
    title: &'a str,
}

/// Writes `MS01-030 (Q300000)  critical   312  web01, web02 and 310 more  Unchecked Buffer…`.
fn list(page: &mut Page, title: &str, lines: &[Line<'_>]) {
    if lines.is_empty() {
        return;
    }
    let width = |text: &str| Escaped(text).to_string().chars().count();
    let what_room = lines.iter().map(|line| width(&line.what)).max().unwrap_or(0).clamp(title.len(), page.width() / 3);
    let rating_room = lines.iter().map(|line| width(line.rating.1)).max().unwrap_or(0);
    let count_room = lines.iter().map(|line| line.machines.count().to_string().len()).max().unwrap_or(0).max(2);
    let taken = 2 + what_room + 2 + rating_room + 2 + count_room + 2;
    let room = page.width().saturating_sub(taken).max(16);
    let titled = page.width() >= WIDE && lines.iter().any(|line| !line.title.is_empty());
    let names_room = if titled { room / 2 } else { room };
    page.blank();
    page.line(2, &[Span(BOLD, title)]);
    for line in lines {
        let what = shortened(&line.what, what_room);
        let names = names(line.machines, names_room);
        let what = format!("{what}{:1$}  ", "", what_room.saturating_sub(width(&what)));
        let rating = format!("{:1$}  ", "", rating_room.saturating_sub(width(line.rating.1)));
        let count = format!("{:>count_room$}  ", line.machines.count());
        let (gap, title) = match titled {
            false => (String::new(), String::new()),
            true => (
                " ".repeat(names_room.saturating_sub(width(&names)) + 2),
                shortened(line.title, room.saturating_sub(names_room + 2)),
            ),
        };
        page.line(
            2,
            &[
                Span(PLAIN, &what),
                line.rating,
                Span(PLAIN, &rating),
                Span(BOLD, &count),
                Span(PLAIN, &names),
                Span(PLAIN, &gap),
                Span(FAINT, &title),
            ],
        );
    }
}

/// Writes what could not be looked at, one line a reason.
fn gaps(page: &mut Page, summary: &Summary, verbose: bool) {
    let gaps = summary.work.gaps();
    if gaps.is_empty() {
        return;
    }
    page.blank();
    page.line(2, &[Span(unable_style(), "Not looked at")]);
    let shown = if verbose { gaps.len() } else { GAPS_SHOWN };
    for gap in gaps.iter().take(shown) {
        gap_line(page, gap);
    }
    super::more(page, 2, gaps.len().saturating_sub(shown));
}

fn gap_line(page: &mut Page, gap: &Gap) {
    let one = gap.machines.count() == 1;
    let what = match gap.kind {
        GapKind::NotOpened => "could not be opened",
        GapKind::NotJudged if one => "has updates that were not judged",
        GapKind::NotJudged => "have updates that were not judged",
        GapKind::Unable => "could be scanned only in part",
        GapKind::Texts if one => "is only known from texts",
        GapKind::Texts => "are only known from texts",
        GapKind::Evidence if one => "has evidence that may be old or damaged",
        GapKind::Evidence => "have evidence that may be old or damaged",
        GapKind::Policy => "could be asked only in part",
    };
    let computers = counted(gap.machines.count() as u64, "computer", "computers");
    let names = names(&gap.machines, page.width().saturating_sub(6).max(24));
    let reason = gap.reason.trim_end_matches('.');
    let reason = if reason == names { String::new() } else { format!(": {}", shortened(reason, 3 * page.width())) };
    page.hanging(2, &[Span(BOLD, &computers), Span(PLAIN, " ")], 4, PLAIN, &format!("{what}{reason}"));
    page.line(4, &[Span(FAINT, &names)]);
}

/// Formats as many names as fit: `web01, web02 and 310 more`. At least one is there, shortened if need be.
fn names(machines: &Machines, room: usize) -> String {
    let all: Vec<String> = machines.names().iter().map(|name: &SmolStr| shortened(name, NAME_LENGTH)).collect();
    let mut best = String::new();
    for shown in 1..=all.len() {
        let mut line = all.iter().take(shown).map(String::as_str).collect::<Vec<_>>().join(", ");
        match machines.count().saturating_sub(shown) {
            0 => {}
            more => line.push_str(&format!(" and {more} more")),
        }
        if shown > 1 && line.chars().count() > room {
            break;
        }
        best = line;
    }
    best
}

/// Escapes a text and shortens it to `room` columns.
fn shortened(text: &str, room: usize) -> String {
    let text = Escaped(text).to_string();
    if text.chars().count() <= room {
        return text;
    }
    let short: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Work;

    #[test]
    fn as_many_names_are_listed_as_fit() {
        let mut work = Work::default();
        let gap = || Gap { kind: GapKind::Policy, reason: "r".into(), machines: Machines::default() };
        for place in 0..20 {
            let mut machine = Work::default();
            machine.gaps.push(gap());
            work.add(machine, &format!("web{place:02}").into(), place);
        }
        let machines = &work.gaps[0].machines;
        assert_eq!(names(machines, 30), "web00, web01 and 18 more");
        assert_eq!(names(machines, 5), "web00 and 19 more", "one is always named");
        assert!(names(machines, 500).ends_with("web11 and 8 more"));
    }
}
