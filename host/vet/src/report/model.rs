//! What a vetting report says, as JSON holds it.

use serde::Serialize;
use wardline_contract::{CheckDescription, Outcome, Scope};

use super::Overall;
use crate::Effort;
use crate::Verdict;
use crate::inspect::Signature;
use crate::observation::Observations;

/// A vetting run, from the plugin's identity to the last law.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub schema: &'static str,
    /// The version of wardline that vetted.
    pub wardline: &'static str,
    /// When, in UTC: `2026-11-22T20:15:00Z`. The only part that two runs on the same things do not share.
    pub date: String,
    pub verdict: Overall,
    pub plugin: PluginIdentity,
    /// Why the plugin was not run. None where it was.
    pub refused: Option<Refusal>,
    /// Empty where the plugin was refused.
    pub laws: Vec<LawReport>,
    /// None where the plugin was refused.
    #[serde(flatten)]
    pub run: Option<Run>,
}

/// What tells this plugin from any other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PluginIdentity {
    /// The file as the operator named it.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// In bytes.
    pub size: u64,
    /// Whether there is a signature; nobody has verified it here.
    pub signature: Signature,
    /// What it says of itself. None where it did not come as far as describing itself.
    #[serde(flatten)]
    pub described: Option<Described>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Described {
    pub name: String,
    pub version: String,
    pub family: String,
    pub summary: String,
    /// The contract's version that this wardline speaks, and the plugin with it.
    pub contract: &'static str,
    /// Always empty: a component with imports is refused.
    pub imports: Vec<String>,
    /// Whether it starts from the memory that it prepared ahead, or prepares for each target again.
    pub snapshot: bool,
    pub checks: Vec<CheckDescription>,
    /// The catalog products that it judges.
    pub products: Vec<String>,
    pub scopes: Vec<Scope>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    pub outcome: Outcome,
    pub detail: String,
}

/// What was done with the plugin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub effort: Effort,
    /// SHA-256 of the options and settings that the plugin was given, as JSON.
    pub settings_digest: String,
    pub fleet: FleetReport,
    pub limits: LimitsReport,
    pub observations: Observations,
}

/// The targets and updates of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FleetReport {
    pub seed: u64,
    /// Targets of the built-in fleet.
    pub built_in: usize,
    /// Targets that the operator gave.
    pub given: usize,
    /// Targets that were made up for this plugin.
    pub generated: usize,
    /// Of all these, the ones that the laws were tried on.
    pub tried: usize,
    /// Updates that the plugin was prepared with.
    pub updates: usize,
    /// Of these, the ones that were made up, for no catalog at hand knew the plugin's products.
    pub generated_updates: usize,
    /// SHA-256 of the updates, as recordings name it.
    pub updates_digest: String,
    /// Targets that could not be opened, with the reasons.
    pub unopened: Vec<Unopened>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unopened {
    pub location: String,
    pub reason: String,
}

/// What a conversation was allowed to use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
pub struct LawReport {
    /// `same-findings-again`.
    pub name: &'static str,
    pub explanation: &'static str,
    pub verdict: Verdict,
    /// Targets on which it was tried.
    pub targets: usize,
    /// Variations of them that were tried in all.
    pub cases: u64,
    /// None unless the law is broken.
    pub counter_example: Option<CounterExampleReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CounterExampleReport {
    /// What happened.
    pub what: String,
    /// The target of the fleet that it was found on.
    pub target: String,
    /// Questions that the smallest target found still answers.
    pub answers: usize,
    /// Updates that are still needed.
    pub updates: usize,
    /// Recordings that show it, one or two; `wardline replay` holds their conversations again.
    pub recordings: Vec<String>,
}
