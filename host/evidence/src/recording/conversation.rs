//! What a plugin asked and said about a recorded target, so that it can be held against it again.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wardline_contract::{Action, Assessment, Examination, Examiner, Grants, Options, Outcome, Question, Update, hex};

/// One plugin's conversation about the recorded target, without the answers: those are the recording's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    pub plugin: Speaker,
    pub options: Options,
    /// [`digest_of`] the updates that the plugin was prepared with.
    pub updates_digest: String,
    /// The updates themselves, in a recording that has to stand on its own. None where the catalog must be given beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<Vec<Update>>,
    /// The fuel that the conversation had, where that was made a part of the case. None for the sandbox's usual limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel_limit: Option<u64>,
    /// In the order asked.
    pub asked: Vec<Question>,
    /// What this plugin was not told, whatever the target's own answer, with the reason given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<(Question, String)>,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub assessment: Assessment,
    pub actions: Vec<Action>,
    /// What it used up. Depends on the sandbox's version as well as on the plugin.
    pub fuel: u64,
}

/// Who held a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    pub name: String,
    pub version: String,
    /// SHA-256 of the component, in hexadecimal. Empty where it could not be loaded.
    pub digest: String,
    /// The products whose updates it was given, as it declared them: by these a catalog is known again that was used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
}

impl Conversation {
    /// Takes down what came of an examination. `updates` is what the plugin was prepared with; `grants` decided which
    /// questions reached the target.
    pub fn new(
        examiner: &dyn Examiner,
        options: &Options,
        updates: &[Update],
        grants: &Grants,
        examination: &Examination,
    ) -> Self {
        Conversation::with_updates_digest(examiner, options, digest_of(updates), grants, examination)
    }

    /// As [`Conversation::new`], for those who hold many conversations with the same updates and took their digest once.
    pub fn with_updates_digest(
        examiner: &dyn Examiner,
        options: &Options,
        updates_digest: String,
        grants: &Grants,
        examination: &Examination,
    ) -> Self {
        let description = examiner.description();
        // A set, since a plugin may ask for very many things that it is not told.
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

    /// The conversation with the updates in it, so that no catalog is needed to hold it again.
    #[must_use]
    pub fn on_its_own(self, updates: &[Update]) -> Self {
        Conversation { updates: Some(updates.to_vec()), ..self }
    }
}

/// SHA-256 of updates as JSON, in hexadecimal: tells whether a catalog is the one that a plugin was prepared with.
pub fn digest_of(updates: &[Update]) -> String {
    // The contract's types hold nothing that JSON cannot.
    hex(&Sha256::digest(serde_json::to_vec(updates).unwrap_or_default()))
}
