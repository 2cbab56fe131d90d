//! The conditions for a scan to succeed, and the waivers that leave findings out of them.

use serde::{Deserialize, Serialize};

/// A number of findings, and of the targets that have any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    pub findings: u64,
    pub targets: u64,
}

/// A condition for the scan to succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GateResult {
    /// As on the command line: `--fail-on critical`.
    pub gate: String,
    pub passed: bool,
    /// The numbers that decided it: `3 findings on 2 computers`.
    pub found: String,
}

/// A number of waived findings, and of the targets that have any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaivedCounts {
    pub findings: u64,
    pub targets: u64,
}

impl WaivedCounts {
    pub(super) fn is_zero(&self) -> bool {
        *self == WaivedCounts::default()
    }
}

/// A waiver that waives nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaiverToReview {
    /// Where it is written: `waivers.toml, line 12`.
    pub source: String,
    /// The findings that it names.
    pub findings: Vec<String>,
    pub owner: Option<String>,
    pub problem: WaiverProblem,
    /// The problem and what to do, in a sentence.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WaiverProblem {
    /// Its last day is over: the findings count again.
    Expired,
    /// None of its findings is on a machine of this scan.
    Unused,
}
