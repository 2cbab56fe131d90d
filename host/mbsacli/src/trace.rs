//! `hf.log`: how each update was judged, test by test.

use wardline_contract::{Escaped, UpdateStatus, Verdict};
use wardline_report::{TargetReport, TestKind, UpdatesState};

/// Returns the part of the log about a machine.
pub fn machine(report: &TargetReport) -> String {
    let mut out = String::new();
    let mut line = |depth: usize, text: String| {
        out.push_str(&"  ".repeat(depth));
        out.push_str(&Escaped(&text).to_string());
        out.push('\n');
    };
    line(0, format!("machine {} at {}", report.name, report.source.location));
    if let Some(error) = &report.error {
        line(1, format!("error: {error}"));
    }
    for plugin in &report.plugins {
        let outcome = plugin.outcome.map_or("failed", |outcome| outcome.word());
        line(1, format!("plugin {} {}: {outcome}, {} questions", plugin.name, plugin.version, plugin.questions));
    }
    for judged in report.updates_judged() {
        let reason = judged.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        line(1, format!("updates of {}: {}{reason}", judged.family, judging(judged.state)));
    }
    for update in &report.updates {
        let article = update.kb.as_deref().unwrap_or_default();
        let status = status(update.status);
        line(1, format!("{} {article} for {}: {status}: {}", update.bulletin, update.product, update.reason));
        for test in &update.tests {
            let expected = test.expected.as_deref().unwrap_or("-");
            let found = test.found.as_deref().unwrap_or("-");
            let (kind, verdict) = (kind(test.kind), verdict(test.verdict));
            line(2, format!("{kind} {}: expected {expected}, found {found}: {verdict}", test.subject));
        }
    }
    out
}

fn judging(state: UpdatesState) -> &'static str {
    match state {
        UpdatesState::Judged => "judged",
        UpdatesState::NothingInstalled => "nothing installed",
        UpdatesState::NotJudged => "not judged",
    }
}

fn status(status: UpdateStatus) -> &'static str {
    match status {
        UpdateStatus::Missing => "missing",
        UpdateStatus::Installed => "installed",
        UpdateStatus::Note => "note",
        UpdateStatus::Warning => "warning",
        UpdateStatus::Superseded => "superseded",
        UpdateStatus::Included => "included in the service pack",
        UpdateStatus::PendingRestart => "pending restart",
        UpdateStatus::UnableToScan => "unable to scan",
    }
}

fn kind(kind: TestKind) -> &'static str {
    match kind {
        TestKind::Registry => "registry",
        TestKind::Version => "version",
        TestKind::Checksum => "checksum",
        TestKind::Presence => "presence",
        TestKind::Build => "build",
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Newer => "newer",
        Verdict::Skipped => "skipped",
        Verdict::Unknown => "unknown",
    }
}
