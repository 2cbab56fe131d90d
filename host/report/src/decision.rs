//! The operator's decisions about a finding, as reports keep them.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The decision to accept a finding on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waived {
    /// Where the decision is written: `waivers.toml, line 12`.
    pub source: SmolStr,
    /// Null in a list that only names updates.
    pub reason: Option<SmolStr>,
    pub owner: Option<SmolStr>,
    /// ISO date of the last day on which it is in force; null if it never expires.
    pub expires: Option<SmolStr>,
}

impl Waived {
    /// Formats the decision: `until 2027-03-31 by Ann (waivers.toml, line 12): the service is disabled`.
    pub fn in_words(&self) -> String {
        let expires = self.expires.as_deref().map(|date| format!("until {date} "));
        let owner = self.owner.as_deref().map(|owner| format!("by {owner} "));
        let reason = self.reason.as_deref().map(|reason| format!(": {reason}"));
        let [expires, owner, reason] = [expires, owner, reason].map(Option::unwrap_or_default);
        format!("{expires}{owner}({}){reason}", self.source)
    }
}

/// The rating of a finding before the operator changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Rerated{T}"))]
pub struct Rerated<T> {
    /// The catalog's severity, or the plugin's grade.
    pub from: T,
    /// Where the change is written: `ratings.toml, line 3`.
    pub source: SmolStr,
    pub reason: SmolStr,
}

impl<T: Copy> Rerated<T> {
    /// Formats the change: `critical before it was rated here (ratings.toml, line 3): only the index stops`.
    pub(crate) fn in_words(&self, word: fn(T) -> &'static str) -> String {
        format!("{} before it was rated here ({}): {}", word(self.from), self.source, self.reason)
    }
}
