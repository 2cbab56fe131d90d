//! HFNetChk's output: a line for each update that is not found, in two layouts.

mod hidden;
mod tab;
mod wrap;

pub use hidden::{Hidden, HiddenError};
pub use tab::{tab, tab_header};
pub use wrap::{wrap, wrap_heading};

use wardline_contract::{Severity, UpdateStatus, Verdict};
use wardline_report::{NotJudged, TargetReport, UpdateReport, UpdatesState, not_judged_lines};

use crate::adjust::Hide;

/// The updates that are shown instead of those that need attention: `-history`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Those that are installed, not counting those in a service pack.
    Installed,
    /// Those that are not installed, counting those that a newer update supersedes.
    NotInstalled,
    Both,
}

/// Which updates are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub hide: Hide,
    /// Only updates that are rated critical: `-b`.
    pub baseline_only: bool,
    /// `-fq`.
    pub hidden: Hidden,
    pub history: Option<History>,
}

/// The status of an update, as HFNetChk words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    NotFound,
    Found,
    Warning,
    Note,
}

impl Status {
    fn words(self) -> &'static str {
        match self {
            Status::NotFound => "Patch NOT Found",
            Status::Found => "Patch Found",
            Status::Warning => "WARNING",
            Status::Note => "NOTE",
        }
    }
}

/// The decision about one update.
enum Shown {
    As(Status),
    /// The operator does not want to see it.
    Hidden,
    /// There is nothing to say about it.
    Nothing,
}

impl Selection {
    fn shows(&self, update: &UpdateReport) -> Shown {
        let status = match self.history {
            None => needing_attention(update.status),
            Some(history) => of_history(history, update),
        };
        let Some(status) = status else { return Shown::Nothing };
        let is_hidden = self.hide.hides(update.status)
            || self.baseline_only && update.severity != Severity::Critical
            || self.hidden.hides(update.kb.as_deref().unwrap_or_default())
            || self.hidden.hides(&update.bulletin);
        if is_hidden { Shown::Hidden } else { Shown::As(status) }
    }
}

fn needing_attention(status: UpdateStatus) -> Option<Status> {
    match status {
        UpdateStatus::Missing => Some(Status::NotFound),
        UpdateStatus::Note => Some(Status::Note),
        UpdateStatus::Warning | UpdateStatus::PendingRestart | UpdateStatus::UnableToScan => Some(Status::Warning),
        UpdateStatus::Installed | UpdateStatus::Included | UpdateStatus::Superseded => None,
    }
}

fn of_history(history: History, update: &UpdateReport) -> Option<Status> {
    let status = match update.status {
        UpdateStatus::Installed => Status::Found,
        UpdateStatus::Missing => Status::NotFound,
        UpdateStatus::Superseded if update.tests.iter().any(|test| test.verdict == Verdict::Failed) => Status::NotFound,
        _ => return None,
    };
    let is_wanted = match history {
        History::Installed => status == Status::Found,
        History::NotInstalled => status == Status::NotFound,
        History::Both => true,
    };
    is_wanted.then_some(status)
}

/// Returns why a machine could not be scanned, and which updates were not judged: one line for each reason.
fn gaps(report: &TargetReport) -> Vec<String> {
    let error = report.error.as_ref().map(|error| format!("could not be scanned: {error}"));
    // Of a machine that could not be opened, this says everything.
    let is_open = report.source.kind.is_some();
    let unjudged = report.updates_judged().iter().filter(|judged| is_open && judged.state == UpdatesState::NotJudged);
    let unjudged = unjudged.map(|judged| NotJudged {
        family: Some(&judged.family),
        products: &judged.products,
        reason: judged.reason.as_deref().unwrap_or_default(),
    });
    let lines = not_judged_lines(unjudged).into_iter().map(|line| format!("updates were not judged: {line}"));
    error.into_iter().chain(lines).collect()
}
