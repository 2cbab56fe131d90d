//! Exit codes, as `docs/exit-codes.md` describes them.

use std::process::ExitCode;

use crate::report::{FailOn, Summary};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    Fine = 0,
    /// Wrong usage, or nothing could be done.
    Fatal = 1,
    /// What was looked for was found: findings, a difference, a broken law, a plugin that is refused.
    Findings = 2,
    Incomplete = 3,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

/// What a scan's summary comes to. Where several hold, 1 goes before 3 and 3 before 2: who asks for completeness cannot rely on
/// findings that are not all there.
pub fn after_scan(summary: &Summary, fail_on: Option<FailOn>, strict: bool) -> ExitStatus {
    if summary.targets > 0 && summary.scanned == 0 {
        ExitStatus::Fatal
    } else if strict && summary.incomplete > 0 {
        ExitStatus::Incomplete
    } else if fail_on.is_some_and(|level| summary.gravest >= Some(level)) {
        ExitStatus::Findings
    } else {
        ExitStatus::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_reason_decides() {
        use ExitStatus::*;
        use FailOn::*;
        let table = [
            // targets, scanned, incomplete, gravest, --fail-on, --strict
            (1, 1, 0, None, None, false, Fine),
            (1, 1, 0, Some(Critical), None, false, Fine),
            (1, 1, 0, Some(Critical), Some(Critical), false, ExitStatus::Findings),
            (1, 1, 0, Some(Important), Some(Critical), false, Fine),
            (1, 1, 0, Some(Important), Some(Important), false, ExitStatus::Findings),
            (1, 1, 0, Some(Moderate), Some(Low), false, ExitStatus::Findings),
            (1, 1, 0, Some(Low), Some(Moderate), false, Fine),
            (1, 1, 0, None, Some(Low), false, Fine),
            (2, 1, 1, None, None, false, Fine),
            (2, 1, 1, None, None, true, Incomplete),
            (2, 2, 0, None, None, true, Fine),
            (2, 2, 1, Some(Critical), Some(Low), true, Incomplete),
            (2, 2, 1, Some(Critical), Some(Low), false, ExitStatus::Findings),
            (2, 0, 2, None, None, false, Fatal),
            (2, 0, 2, None, Some(Low), true, Fatal),
        ];
        for (targets, scanned, incomplete, gravest, fail_on, strict, expected) in table {
            let mut summary = Summary::default();
            (summary.targets, summary.scanned, summary.incomplete) = (targets, scanned, incomplete);
            summary.gravest = gravest;
            let row = format!("{targets} {scanned} {incomplete} {gravest:?} {fail_on:?} {strict}");
            assert_eq!(after_scan(&summary, fail_on, strict), expected, "{row}");
        }
    }
}
