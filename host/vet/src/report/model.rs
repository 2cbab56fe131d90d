//! The model of a vetting report, as written to JSON.

use serde::Serialize;
use wardline_contract::{CheckDescription, Outcome, Scope};

use super::Overall;
use crate::Effort;
use crate::Verdict;
use crate::inspect::Signature;
use crate::observation::Observations;

/// A vetting run, from the plugin's identity to the last law.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    pub schema: &'static str,
    /// The version of wardline that vetted the plugin.
    pub wardline: &'static str,
    /// The time in UTC: `2026-11-22T20:15:00Z`. The only part in which two runs on the same input differ.
    pub date: String,
    pub verdict: Overall,
    pub plugin: PluginIdentity,
    /// Why the plugin was not run. Null if it was.
    pub refused: Option<Refusal>,
    /// Empty if the plugin was refused.
    pub laws: Vec<LawReport>,
    /// Null if the plugin was refused.
    #[serde(flatten)]
    pub run: Option<Run>,
}

/// The identity of the plugin.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginIdentity {
    /// The path of the file as given by the operator.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub digest: String,
    /// In bytes.
    pub size: u64,
    /// Whether there is a signature; it has not been verified here.
    pub signature: Signature,
    /// The plugin's own description. Null if it did not get as far as describing itself.
    #[serde(flatten)]
    pub described: Option<Described>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Described {
    pub name: String,
    pub version: String,
    pub family: String,
    pub summary: String,
    /// The contract version that this wardline supports, and the plugin with it.
    pub contract: &'static str,
    /// Always empty: a component with imports is refused.
    pub imports: Vec<String>,
    /// Whether each target starts from a snapshot of the prepared memory; otherwise the plugin prepares again for each target.
    pub snapshot: bool,
    pub checks: Vec<CheckDescription>,
    /// The catalog products that it judges.
    pub products: Vec<String>,
    pub scopes: Vec<Scope>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    pub outcome: Outcome,
    pub detail: String,
}

/// The part of the report about running the plugin.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Run {
    pub effort: Effort,
    /// SHA-256 of the options and settings that the plugin was given, as JSON.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub settings_digest: String,
    pub fleet: FleetReport,
    pub limits: LimitsReport,
    pub observations: Observations,
}

/// The targets and updates of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetReport {
    pub seed: u64,
    /// The number of targets in the built-in fleet.
    pub built_in: usize,
    /// The number of targets that the operator gave.
    pub given: usize,
    /// The number of targets generated for this plugin.
    pub generated: usize,
    /// The number of all these targets that the laws were tried on.
    pub tried: usize,
    /// The number of updates that the plugin was prepared with.
    pub updates: usize,
    /// The number of these updates that were generated, because no available catalog covers the plugin's products.
    pub generated_updates: usize,
    /// SHA-256 of the updates, as named in recordings.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub updates_digest: String,
    /// The targets that could not be opened, with the reasons.
    pub unopened: Vec<Unopened>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unopened {
    pub location: String,
    pub reason: String,
}

/// The limits of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LimitsReport {
    pub fuel: u64,
    /// In bytes.
    pub memory: u64,
    pub rounds: u32,
    pub questions: u32,
    /// In bytes.
    pub output: u64,
    pub milliseconds: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LawReport {
    /// `same-findings-again`.
    pub name: &'static str,
    pub explanation: &'static str,
    pub verdict: Verdict,
    /// The number of targets that it was tried on.
    pub targets: usize,
    /// The total number of variations of them that were tried.
    pub cases: u64,
    /// Null unless the law is broken.
    pub counter_example: Option<CounterExampleReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CounterExampleReport {
    /// What happened.
    pub what: String,
    /// The target of the fleet that it was found on.
    pub target: String,
    /// The number of questions that the smallest target found still answers.
    pub answers: usize,
    /// The number of updates still needed.
    pub updates: usize,
    /// The recordings that show it, one or two; `wardline replay` replays their conversations.
    pub recordings: Vec<String>,
}
