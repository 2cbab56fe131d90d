//! The text output of `wardline replay`.

use anstyle::{AnsiColor, Color, Style};
use serde_json::Value;
use wardline_report::{Page, Span};

use super::{Difference, Replay, ReplayVerdict, Replayed, ReplayedRecording, Tally};

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
const BAD: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Red)));
const UNSURE: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));

/// The maximum number of differences shown per conversation; JSON has more.
const MAX_SHOWN: usize = 5;

/// The maximum number of characters shown of a value.
const LONGEST_SHOWN: usize = 300;

/// Renders a replay as text. Everything that comes from recordings and plugins is escaped.
pub fn text(replay: &Replay, colour: bool) -> Vec<u8> {
    let mut page = Page::new(colour);
    for recording in &replay.recordings {
        self::recording(recording, &mut page);
        page.blank();
    }
    page.paragraph(0, BOLD, &summary(&replay.summary));
    page.into_bytes()
}

fn summary(tally: &Tally) -> String {
    let Tally { same, different, not_held } = tally;
    let conversations = if same + different + not_held == 1 { "conversation" } else { "conversations" };
    format!(
        "{} {conversations}: {same} the same, {different} different, {not_held} not held.",
        same + different + not_held
    )
}

fn recording(recording: &ReplayedRecording, page: &mut Page) {
    page.line(0, &[Span(BOLD, &recording.name), Span(PLAIN, "  "), Span(PLAIN, &recording.location)]);
    if recording.conversations.is_empty() {
        page.paragraph(2, PLAIN, "no conversation to hold");
    }
    recording.conversations.iter().for_each(|replayed| conversation(replayed, page));
}

fn conversation(replayed: &Replayed, page: &mut Page) {
    let Replayed { recorded, differences, .. } = replayed;
    let name = format!("{} {}: ", recorded.name, recorded.version);
    match replayed.verdict {
        ReplayVerdict::Same => {
            let counted = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
            let held = format!(
                "; {}, {}, {}",
                counted(replayed.questions, "question"),
                counted(replayed.findings, "finding"),
                counted(replayed.actions, "action")
            );
            page.hanging(2, &[Span(PLAIN, &name), Span(GOOD, "the same")], 4, PLAIN, &held);
        }
        ReplayVerdict::Different => {
            page.line(2, &[Span(PLAIN, &name), Span(BAD, "different")]);
            for found in differences.differences.iter().take(MAX_SHOWN) {
                difference(found, page);
            }
            let hidden = differences.differences.len().saturating_sub(MAX_SHOWN) as u64 + differences.more_differences;
            if hidden > 0 {
                page.paragraph(4, FAINT, &format!("and {hidden} more"));
            }
        }
        ReplayVerdict::NotHeld => {
            let reason = replayed.reason.as_deref().unwrap_or_default();
            page.hanging(2, &[Span(PLAIN, &name), Span(UNSURE, "not held: ")], 4, PLAIN, reason);
        }
    }
    for remark in &replayed.remarks {
        page.paragraph(4, FAINT, remark);
    }
}

fn difference(found: &Difference, page: &mut Page) {
    let field = found.field.as_deref().map(|field| format!(", {field}")).unwrap_or_default();
    page.paragraph(4, BOLD, &format!("{}{field}", found.of));
    page.hanging(6, &[Span(PLAIN, "was ")], 10, PLAIN, &shown(found.recorded.as_ref()));
    page.hanging(6, &[Span(PLAIN, "is  ")], 10, PLAIN, &shown(found.replayed.as_ref()));
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    match text.char_indices().nth(LONGEST_SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
