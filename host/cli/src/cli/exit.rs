//! Exit codes, as described in `docs/exit-codes.md`.

use std::process::ExitCode;

use crate::report::Summary;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    Success = 0,
    /// Wrong usage, or nothing could be done.
    Fatal = 1,
    /// The command found what it looks for: findings, a difference, a broken law, a refused plugin.
    Findings = 2,
    /// Something named on the command line could not be used; or, with `--strict`, something could be scanned only in part.
    Incomplete = 3,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

/// The status of a command that did its work on those of its inputs that could be opened.
pub(in crate::cli) fn after_opening(opened: usize, unopened: usize) -> ExitStatus {
    match (opened, unopened) {
        (_, 0) => ExitStatus::Success,
        (0, _) => ExitStatus::Fatal,
        (_, _) => ExitStatus::Incomplete,
    }
}

/// The status of a command that did its work with those of its plugins that could be loaded.
pub(in crate::cli) fn after_loading(not_loaded: u64) -> ExitStatus {
    if not_loaded > 0 { ExitStatus::Incomplete } else { ExitStatus::Success }
}

/// The status for a scan's summary. If several apply, 1 takes precedence over 3, and 3 over 2: incomplete findings cannot be
/// relied on.
///
/// A target that could not be opened and a plugin that could not be loaded count even without `--strict`: most of them are
/// mistakes on the command line, and a scan that says nothing about what it was asked to scan has not done its work.
pub fn after_scan(summary: &Summary, strict: bool) -> ExitStatus {
    if summary.targets > 0 && summary.scanned == 0 {
        ExitStatus::Fatal
    } else if summary.failed > 0 || summary.plugins_not_loaded > 0 || (strict && summary.incomplete > 0) {
        ExitStatus::Incomplete
    } else if summary.gates.iter().any(|gate| !gate.passed) {
        ExitStatus::Findings
    } else {
        ExitStatus::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{FailOn, Reached};
    use crate::triage::{Condition, Gates};

    #[test]
    fn the_gravest_reason_decides() {
        use ExitStatus::*;
        use FailOn::*;
        // targets, scanned, incomplete, plugins not loaded, gravest, --fail-on, --strict
        let table = [
            (1, 1, 0, 0, None, None, false, Success),
            (1, 1, 0, 0, Some(Critical), None, false, Success),
            (1, 1, 0, 0, Some(Critical), Some(Critical), false, ExitStatus::Findings),
            (1, 1, 0, 0, Some(Important), Some(Critical), false, Success),
            (1, 1, 0, 0, Some(Important), Some(Important), false, ExitStatus::Findings),
            (1, 1, 0, 0, Some(Moderate), Some(Low), false, ExitStatus::Findings),
            (1, 1, 0, 0, Some(Low), Some(Moderate), false, Success),
            (1, 1, 0, 0, None, Some(Low), false, Success),
            (2, 2, 0, 0, None, None, true, Success),
            (2, 2, 1, 0, None, None, false, Success),
            (2, 2, 1, 0, None, None, true, Incomplete),
            (2, 2, 1, 0, Some(Critical), Some(Low), true, Incomplete),
            (2, 2, 1, 0, Some(Critical), Some(Low), false, ExitStatus::Findings),
            // A target that could not be opened.
            (2, 1, 1, 0, None, None, false, Incomplete),
            (2, 1, 1, 0, None, None, true, Incomplete),
            (2, 1, 1, 0, Some(Critical), Some(Low), false, Incomplete),
            // A plugin that could not be loaded.
            (1, 1, 1, 1, None, None, false, Incomplete),
            (1, 1, 1, 1, Some(Critical), Some(Low), false, Incomplete),
            (0, 0, 0, 1, None, None, false, Incomplete),
            // No target could be opened.
            (2, 0, 2, 0, None, None, false, Fatal),
            (2, 0, 2, 0, None, Some(Low), true, Fatal),
            (2, 0, 2, 1, None, None, false, Fatal),
        ];
        for (targets, scanned, incomplete, not_loaded, gravest, fail_on, strict, expected) in table {
            let mut summary = Summary::default();
            (summary.targets, summary.scanned, summary.failed) = (targets, scanned, targets - scanned);
            (summary.incomplete, summary.plugins_not_loaded) = (incomplete, not_loaded);
            for level in FailOn::ALL.into_iter().filter(|level| Some(*level) <= gravest) {
                summary.reached[level as usize] = Reached { findings: 1, targets: 1 };
            }
            let conditions = fail_on.map(Condition::Level).into_iter().collect();
            summary.gates = Gates { conditions, judged_below: None }.judge(&summary);
            let row = format!("{targets} {scanned} {incomplete} {not_loaded} {gravest:?} {fail_on:?} {strict}");
            assert_eq!(after_scan(&summary, strict), expected, "{row}");
        }
    }
}
