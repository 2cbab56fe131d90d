//! Recorded conversations with plugins: the questions a plugin asked about a recorded target and its findings, for replay.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wardline_contract::{Action, Assessment, Examination, Examiner, Grants, Options, Outcome, Question, Update, hex};

/// One plugin's conversation about the recorded target, without the answers, which are those of the recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    pub plugin: Speaker,
    pub options: Options,
    /// The [`digest_of`] the updates that the plugin was prepared with.
    pub updates_digest: String,
    /// The updates themselves, for a self-contained recording. `None` if the catalog must be given separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<Vec<Update>>,
    /// The conversation's fuel limit, if it is part of the case. `None` for the sandbox's default limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel_limit: Option<u64>,
    /// The questions, in the order asked.
    pub asked: Vec<Question>,
    /// The questions this plugin was not permitted to ask, whatever the target's answer, with the reason given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<(Question, String)>,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub assessment: Assessment,
    pub actions: Vec<Action>,
    /// The fuel used. It depends on the sandbox's version as well as on the plugin.
    pub fuel: u64,
}

/// The plugin that held a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    pub name: String,
    pub version: String,
    /// The SHA-256 of the component, in hexadecimal. Empty if it could not be loaded.
    pub digest: String,
    /// The products whose updates it was given, as it declared them: they identify the catalog that was used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
}

impl Conversation {
    /// Records an examination. `updates` are those the plugin was prepared with; `grants` decided which questions reached the
    /// target.
    pub fn new(
        examiner: &dyn Examiner,
        options: &Options,
        updates: &[Update],
        grants: &Grants,
        examination: &Examination,
    ) -> Self {
        Conversation::with_updates_digest(examiner, options, digest_of(updates), grants, examination)
    }

    /// Like [`Conversation::new`], for callers that record many conversations with the same updates and compute their digest once.
    pub fn with_updates_digest(
        examiner: &dyn Examiner,
        options: &Options,
        updates_digest: String,
        grants: &Grants,
        examination: &Examination,
    ) -> Self {
        let description = examiner.description();
        // A set, since a plugin may ask a large number of questions that are denied.
        let mut known = HashSet::new();
        let different = examination.exchanges.iter().filter(|(question, _)| known.insert(question));
        let denied = different
            .filter_map(|(question, _)| grants.check(question).err().map(|reason| (question.clone(), reason)))
            .collect();
        Conversation {
            plugin: Speaker {
                name: description.name.clone(),
                version: description.version.clone(),
                digest: examiner.digest().to_owned(),
                products: description.products.clone(),
            },
            options: options.clone(),
            updates_digest,
            updates: None,
            fuel_limit: examiner.fuel_limit(),
            asked: examination.exchanges.iter().map(|(question, _)| question.clone()).collect(),
            denied,
            outcome: examination.outcome,
            detail: examination.detail.clone(),
            assessment: examination.assessment.clone(),
            actions: examination.actions.clone(),
            fuel: examination.fuel,
        }
    }

    /// Returns the conversation with its updates, so that no catalog is needed to replay it.
    #[must_use]
    pub fn on_its_own(self, updates: &[Update]) -> Self {
        Conversation { updates: Some(updates.to_vec()), ..self }
    }
}

/// The SHA-256 of updates as JSON, in hexadecimal. It identifies the catalog that a plugin was prepared with.
pub fn digest_of(updates: &[Update]) -> String {
    // The contract's types always serialize to JSON.
    hex(&Sha256::digest(serde_json::to_vec(updates).unwrap_or_default()))
}
