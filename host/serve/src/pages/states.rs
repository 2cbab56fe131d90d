//! Changes and their kinds in words, each with the colour of its urgency.

use maud::{Markup, html};
use wardline_history::{ChangeCounts, ChangeKind, FindingChange, FindingKey, State};
use wardline_report::html::{grouped, text};
use wardline_report::update_name;

use crate::links;

/// The machines that only one of two scans has, or could open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    Vanished,
    NotOpened,
    Appeared,
    OpenedAgain,
}

impl Moved {
    pub(super) const ALL: [Moved; 4] = [Moved::Vanished, Moved::NotOpened, Moved::Appeared, Moved::OpenedAgain];

    /// The word in an address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Moved::Vanished => "vanished",
            Moved::NotOpened => "not-opened",
            Moved::Appeared => "appeared",
            Moved::OpenedAgain => "opened-again",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Moved::Vanished => "Not in the later scan",
            Moved::NotOpened => "Could not be opened any more",
            Moved::Appeared => "Only in the later scan",
            Moved::OpenedAgain => "Could be opened again",
        }
    }
}

/// The word of a kind of changes in an address.
pub(super) fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Returned => "returned",
        ChangeKind::New => "new",
        ChangeKind::Changed => "changed",
        ChangeKind::Unknown => "unknown",
        ChangeKind::Fixed => "fixed",
        ChangeKind::Gone => "gone",
    }
}

pub(super) fn in_words(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Returned => "missing again",
        ChangeKind::New => "new",
        ChangeKind::Changed => "changed",
        ChangeKind::Unknown => "not known any more",
        ChangeKind::Fixed => "fixed",
        ChangeKind::Gone => "not reported any more",
    }
}

fn class(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Returned | ChangeKind::New => "sr",
        ChangeKind::Changed => "pr",
        ChangeKind::Unknown => "in",
        ChangeKind::Fixed => "st",
        ChangeKind::Gone => "no",
    }
}

pub(super) fn chip(kind: ChangeKind) -> Markup {
    html! { span class={ "chip " (class(kind)) } { (in_words(kind)) } }
}

pub(super) fn count(counts: &ChangeCounts, kind: ChangeKind) -> u64 {
    match kind {
        ChangeKind::Returned => counts.returned,
        ChangeKind::New => counts.new,
        ChangeKind::Changed => counts.changed,
        ChangeKind::Unknown => counts.unknown,
        ChangeKind::Fixed => counts.fixed,
        ChangeKind::Gone => counts.gone,
    }
}

/// Writes how many findings changed, by kind. `link` returns the address of the changes of a kind.
pub(super) fn counts(counts: &ChangeCounts, link: impl Fn(ChangeKind) -> String) -> Markup {
    let kinds: Vec<(ChangeKind, u64)> =
        ChangeKind::ALL.into_iter().map(|kind| (kind, count(counts, kind))).filter(|(_, count)| *count > 0).collect();
    html! {
        @if kinds.is_empty() { p.soft { "No finding changed." } }
        @else {
            ul.counts {
                @for (kind, count) in kinds {
                    li { a.plain href=(link(kind)) { span class={ "chip " (class(kind)) } { (grouped(count)) " " (in_words(kind)) } } }
                }
            }
        }
    }
}

/// Writes a finding that changed: its name and title, and its states before and after. `scan` is the scan whose pages are linked.
pub(super) fn finding(change: &FindingChange, scan: i64) -> Markup {
    let (name, link, about) = match &change.finding {
        FindingKey::Update { bulletin, article, product, subject } => {
            let key = links::update_key(bulletin, article.as_deref());
            let name = update_name(bulletin, article.as_deref().map(Into::into).as_ref());
            let subject = subject.as_ref().map(|subject| format!(", {subject}")).unwrap_or_default();
            (name, links::update(scan, key), format!("{product}{subject}"))
        }
        FindingKey::Check { id, subject } => {
            (change.title.clone(), links::check(scan, id), subject.clone().unwrap_or_default())
        }
    };
    let is_update = matches!(change.finding, FindingKey::Update { .. });
    html! {
        strong { a href=(link) { (text(&name)) } }
        @if is_update { " " (text(&change.title)) }
        p.soft {
            @if !about.is_empty() { (text(&about)) ": " }
            (states(change))
        }
        @if let (Some(State::Check { summary, .. }), true) = (&change.after, change.kind < ChangeKind::Fixed) { p { (text(summary)) } }
    }
}

/// Formats the states: `installed → missing, critical`.
fn states(change: &FindingChange) -> String {
    let state = |state: Option<&State>| state.map_or_else(|| "not reported".to_owned(), ToString::to_string);
    let (before, after) = (state(change.before.as_ref()), state(change.after.as_ref()));
    if before == after { after } else { format!("{before} → {after}") }
}
