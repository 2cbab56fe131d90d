//! The text output of `wardline plugin diff`.

use anstyle::{AnsiColor, Color, Style};
use wardline_report::html::grouped;
use wardline_report::{Page, Span};

use super::{Change, ChangeKind, FieldChange, FindingChange, FindingChangeKind, FleetDiff, PluginDiff, Side};
use crate::inspect::PluginSource;
use crate::observation::{Observations, Spread};
use crate::words::counted;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Red)));
const STANDS_OUT: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));

/// The maximum number of changed findings shown; JSON has more.
const MAX_SHOWN: usize = 40;

/// Renders a comparison as text. Everything that comes from plugins and targets is escaped.
pub fn text(diff: &PluginDiff, colour: bool) -> Vec<u8> {
    let mut page = Page::new(colour);
    page.line(0, &[Span(BOLD, &title(&diff.old)), Span(PLAIN, " -> "), Span(BOLD, &title(&diff.new))]);
    side("Old", &diff.old, &mut page);
    side("New", &diff.new, &mut page);
    if diff.same_file {
        page.paragraph(2, PLAIN, "They are the same file.");
    }
    page.blank();
    page.line(2, &[Span(BOLD, "What it may do and says of itself")]);
    if diff.changes.is_empty() {
        page.paragraph(4, PLAIN, "nothing changed");
    }
    diff.changes.iter().for_each(|found| change(found, &mut page));
    sizes(diff, &mut page);
    if let Some(fleet) = &diff.fleet {
        cost(fleet, &mut page);
        findings(fleet, &mut page);
    }
    page.blank();
    let verdict = match (diff.differs, &diff.fleet) {
        (true, _) => "They differ in what they may do or find.",
        (false, Some(_)) => "They may do the same, and find the same on this fleet.",
        (false, None) => "Neither of them runs; their files differ in nothing else.",
    };
    page.paragraph(0, BOLD, verdict);
    page.into_bytes()
}

fn title(side: &Side) -> String {
    match (&side.name, &side.version, &side.source) {
        (Some(name), Some(version), _) => format!("{name} {version}"),
        (_, _, PluginSource::File(name) | PluginSource::BuiltIn(name)) => name.clone(),
    }
}

fn side(name: &str, side: &Side, page: &mut Page) {
    let place = match &side.source {
        PluginSource::File(path) => path.clone(),
        PluginSource::BuiltIn(name) => format!("built into wardline as {name}"),
    };
    let digest = side.digest.as_deref().unwrap_or("not taken");
    page.hanging(2, &[Span(FAINT, name)], 8, PLAIN, &format!("{place}, sha256 {digest}"));
    if let Some(refused) = &side.refused {
        page.hanging(
            8,
            &[Span(BAD, "Refused: ")],
            8,
            PLAIN,
            &format!("{}: {}", refused.outcome.word(), refused.detail),
        );
    }
}

fn change(change: &Change, page: &mut Page) {
    let sign = match change.kind {
        ChangeKind::Added => "added   ",
        ChangeKind::Removed => "removed ",
        ChangeKind::Changed => "changed ",
    };
    let style = match (change.asks_more, change.matters) {
        (true, _) => STANDS_OUT,
        (false, true) => PLAIN,
        (false, false) => FAINT,
    };
    let colon = if change.what.is_empty() { "" } else { ": " };
    let head = [Span(style, sign), Span(style, change.of), Span(PLAIN, colon)];
    page.hanging(4, &head, 14, PLAIN, &change.what);
    if let (Some(old), Some(new)) = (&change.old, &change.new) {
        page.hanging(12, &[Span(FAINT, "was ")], 16, PLAIN, old);
        page.hanging(12, &[Span(FAINT, "is  ")], 16, PLAIN, new);
    }
}

fn sizes(diff: &PluginDiff, page: &mut Page) {
    page.blank();
    page.line(2, &[Span(BOLD, "Bytes")]);
    let rows = diff.sizes.iter().map(|size| vec![size.of.to_owned(), grouped(size.old), grouped(size.new)]);
    page.table(4, &["", "old", "new"].map(str::to_owned), &rows.collect::<Vec<_>>());
}

fn cost(fleet: &FleetDiff, page: &mut Page) {
    page.blank();
    let targets = counted(fleet.targets, "target", "targets");
    page.line(2, &[Span(BOLD, &format!("Cost of a conversation, over {targets}"))]);
    let of = |name: &str, of: fn(&Observations) -> Spread| {
        let spread = |spread: Spread| [spread.p50, spread.p99, spread.max].map(grouped);
        let (old, new) = (spread(of(&fleet.cost.old)), spread(of(&fleet.cost.new)));
        [name.to_owned()].into_iter().chain(old).chain(new).collect::<Vec<_>>()
    };
    let rows = [
        of("fuel", |seen| seen.fuel),
        of("memory", |seen| seen.memory),
        of("rounds", |seen| seen.rounds),
        of("questions", |seen| seen.questions),
        of("bytes in", |seen| seen.bytes_in),
        of("bytes out", |seen| seen.bytes_out),
    ];
    let heads = ["", "old p50", "p99", "max", "new p50", "p99", "max"].map(str::to_owned);
    page.table(4, &heads, &rows);
    let undeclared = |seen: &Observations| seen.undeclared.questions;
    if undeclared(&fleet.cost.old) + undeclared(&fleet.cost.new) > 0 {
        let words = format!(
            "questions outside of its scopes: {} by the old one, {} by the new one",
            grouped(undeclared(&fleet.cost.old)),
            grouped(undeclared(&fleet.cost.new))
        );
        page.paragraph(4, STANDS_OUT, &words);
    }
}

fn findings(fleet: &FleetDiff, page: &mut Page) {
    page.blank();
    let [old, new] = fleet.updates;
    let updates = if old == new { counted(old, "update", "updates") } else { format!("{old} and {new} updates") };
    let targets = counted(fleet.targets, "target", "targets");
    page.line(2, &[Span(BOLD, &format!("What it finds on {targets} with {updates}"))]);
    let of = counted(fleet.findings, "finding", "findings");
    page.paragraph(4, PLAIN, &format!("{} of {of} changed", grouped(fleet.changed)));
    if fleet.unopened > 0 {
        page.paragraph(4, STANDS_OUT, &format!("{} could not be opened", counted(fleet.unopened, "target", "targets")));
    }
    for change in fleet.changes.iter().take(MAX_SHOWN) {
        finding(change, page);
    }
    let hidden = fleet.changes.len().saturating_sub(MAX_SHOWN) as u64 + fleet.more_changes;
    if hidden > 0 {
        page.paragraph(4, FAINT, &format!("and {} more", counted(hidden, "change", "changes")));
    }
}

fn finding(change: &FindingChange, page: &mut Page) {
    let word = match change.kind {
        FindingChangeKind::Changed => "",
        FindingChangeKind::Gone => " is gone",
        FindingChangeKind::Appeared => " is new",
    };
    let eased = if change.eased { " (less is wrong now)" } else { "" };
    page.line(4, &[Span(BOLD, &change.finding), Span(PLAIN, word), Span(STANDS_OUT, eased)]);
    for FieldChange { field, old, new } in &change.fields {
        let shown = |value: &Option<String>| match value.as_deref() {
            None | Some("") => "nothing".to_owned(),
            Some(text) => text.to_owned(),
        };
        if ["outcome", "grade", "status"].contains(&field.as_str()) {
            page.paragraph(8, PLAIN, &format!("{field}: {} -> {}", shown(old), shown(new)));
        } else {
            page.paragraph(8, FAINT, field);
            page.hanging(10, &[Span(FAINT, "was ")], 14, PLAIN, &shown(old));
            page.hanging(10, &[Span(FAINT, "is  ")], 14, PLAIN, &shown(new));
        }
    }
    let more = change.targets - change.examples.len() as u64;
    let more = if more > 0 { format!(" and {} more", grouped(more)) } else { String::new() };
    page.paragraph(8, FAINT, &format!("on {}{more}", change.examples.join(", ")));
}
