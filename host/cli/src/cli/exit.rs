//! Exit codes, as `docs/exit-codes.md` describes them.

use std::process::ExitCode;

use crate::report::{FailOn, Summary};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    Success = 0,
    /// Wrong usage, or nothing could be done.
    Fatal = 1,
    /// What was looked for was found: findings, a difference, a broken law, a plugin that is refused.
    Findings = 2,
    /// Something that was named on the command line could not be used; or, with `--strict`, something could be scanned only in part.
    Incomplete = 3,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

/// What a command comes to that has done its work on those of its inputs that could be opened.
pub(in crate::cli) fn after_opening(opened: usize, unopened: usize) -> ExitStatus {
    match (opened, unopened) {
        (_, 0) => ExitStatus::Success,
        (0, _) => ExitStatus::Fatal,
        (_, _) => ExitStatus::Incomplete,
    }
}

/// What a command comes to that has done its work with those of its plugins that could be loaded.
pub(in crate::cli) fn after_loading(not_loaded: u64) -> ExitStatus {
    if not_loaded > 0 { ExitStatus::Incomplete } else { ExitStatus::Success }
}

/// What a scan's summary comes to. Where several hold, 1 goes before 3 and 3 before 2: nobody can rely on findings that are not
/// all there.
///
/// A target that could not be opened and a plugin that could not be loaded count without `--strict`, too: most of them are
/// mistakes on the command line, and a scan that says nothing of what it was asked about has not done its work.
pub fn after_scan(summary: &Summary, fail_on: Option<FailOn>, strict: bool) -> ExitStatus {
    if summary.targets > 0 && summary.scanned == 0 {
        ExitStatus::Fatal
    } else if summary.failed > 0 || summary.plugins_not_loaded > 0 || (strict && summary.incomplete > 0) {
        ExitStatus::Incomplete
    } else if fail_on.is_some_and(|level| summary.gravest >= Some(level)) {
        ExitStatus::Findings
    } else {
        ExitStatus::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            // No target at all could be opened.
            (2, 0, 2, 0, None, None, false, Fatal),
            (2, 0, 2, 0, None, Some(Low), true, Fatal),
            (2, 0, 2, 1, None, None, false, Fatal),
        ];
        for (targets, scanned, incomplete, not_loaded, gravest, fail_on, strict, expected) in table {
            let mut summary = Summary::default();
            (summary.targets, summary.scanned, summary.failed) = (targets, scanned, targets - scanned);
            (summary.incomplete, summary.plugins_not_loaded, summary.gravest) = (incomplete, not_loaded, gravest);
            let row = format!("{targets} {scanned} {incomplete} {not_loaded} {gravest:?} {fail_on:?} {strict}");
            assert_eq!(after_scan(&summary, fail_on, strict), expected, "{row}");
        }
    }
}
