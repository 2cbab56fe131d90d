//! Replaying a recorded conversation, to prove what a plugin said or to see what another build of it says.

mod differences;
mod text;

pub use differences::{Difference, Differences};
pub use text::text;

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use wardline_contract::names::folded;
use wardline_contract::products::updates_for;
use wardline_contract::scopes::Scopes;
use wardline_contract::{Ask, Description, Examination, Examiner, Grants, Outcome, Question, Target, Update};
use wardline_evidence::recording::{Conversation, Recording, Speaker, digest_of};
use wardline_evidence::{Source as _, SourceAnswers};
use wardline_sandbox::{Failure, Prepared, Sandbox};

/// The identifier of the JSON document's format; `docs/replay.schema.json` describes it.
pub const SCHEMA: &str = "wardline.replay/1";

/// The maximum number of prepared plugins kept for further conversations. A fleet recorded in one scan needs one per plugin.
const MAX_PREPARED: usize = 16;

/// The maximum number of catalog digests kept, by the products they were computed for.
const MAX_DIGESTS: usize = 256;

/// The result of replaying conversations.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replay {
    pub schema: &'static str,
    /// The recordings that could be read and contain conversations, in the order given.
    pub recordings: Vec<ReplayedRecording>,
    pub summary: Tally,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplayedRecording {
    /// The path it was read from.
    pub location: String,
    /// The target's name.
    pub name: String,
    pub conversations: Vec<Replayed>,
}

/// The number of conversations per verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tally {
    pub same: u64,
    pub different: u64,
    pub not_held: u64,
}

/// One conversation that was replayed, or why it was not.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replayed {
    /// The plugin that held it when it was recorded.
    pub recorded: Speaker,
    /// The plugin that held it now. Null if none did.
    pub held_by: Option<Speaker>,
    pub verdict: ReplayVerdict,
    /// Why it was not held, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub reason: Option<String>,
    #[serde(flatten)]
    pub differences: Differences,
    /// Differences that do not count as a difference in the plugin's behaviour: another build, another fuel limit.
    pub remarks: Vec<String>,
    /// The size of the conversation, for display.
    pub questions: u64,
    pub findings: u64,
    pub actions: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReplayVerdict {
    /// The outcome, questions, findings and actions are exactly the same.
    Same,
    Different,
    NotHeld,
}

impl Replay {
    pub fn new() -> Self {
        Replay { schema: SCHEMA, recordings: Vec::new(), summary: Tally::default() }
    }

    pub fn add(&mut self, recording: ReplayedRecording) {
        for conversation in &recording.conversations {
            let count = match conversation.verdict {
                ReplayVerdict::Same => &mut self.summary.same,
                ReplayVerdict::Different => &mut self.summary.different,
                ReplayVerdict::NotHeld => &mut self.summary.not_held,
            };
            *count += 1;
        }
        self.recordings.push(recording);
    }
}

impl Default for Replay {
    fn default() -> Self {
        Replay::new()
    }
}

/// A plugin that can replay conversations.
#[derive(Clone, Debug)]
pub struct NamedComponent {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Replays conversations, each with the plugin of its name.
#[derive(Debug)]
pub struct Replayer<'a> {
    sandbox: &'a Sandbox,
    plugins: Vec<NamedComponent>,
    /// The updates of the catalogs that were given.
    catalog: &'a [Update],
    prepared: HashMap<(String, String), Result<Prepared, Failure>>,
    descriptions: HashMap<String, Result<(Description, String), Failure>>,
    digests: HashMap<Vec<String>, String>,
}

impl<'a> Replayer<'a> {
    /// Of several plugins with the same name, the last one is used: another build replaces a built-in plugin.
    pub fn new(sandbox: &'a Sandbox, plugins: Vec<NamedComponent>, catalog: &'a [Update]) -> Self {
        Replayer {
            sandbox,
            plugins,
            catalog,
            prepared: HashMap::new(),
            descriptions: HashMap::new(),
            digests: HashMap::new(),
        }
    }

    /// Replays those of a recording's conversations that `wanted` names; all of them if it is empty.
    pub fn replay(&mut self, recording: &Recording, wanted: &[String]) -> ReplayedRecording {
        let conversations = recording.conversations().iter();
        let conversations = conversations
            .filter(|conversation| wanted.is_empty() || wanted.contains(&conversation.plugin.name))
            .map(|conversation| {
                self.hold(recording, conversation).unwrap_or_else(|reason| not_held(conversation, reason))
            })
            .collect();
        ReplayedRecording { location: recording.origin().location, name: recording.name().to_owned(), conversations }
    }

    fn hold(&mut self, recording: &Recording, conversation: &Conversation) -> Result<Replayed, String> {
        let name = &conversation.plugin.name;
        let (description, digest) = match self.description(name) {
            None => return Err("no plugin has this name; give its file with --plugin FILE".to_owned()),
            Some(Err(failure)) => return Err(format!("the plugin cannot be loaded: {failure}")),
            Some(Ok(known)) => known.clone(),
        };
        let updates = self.updates(conversation, &description)?;
        let examination = match self.prepare(name, &updates) {
            // The result of every examination by this plugin.
            Err(failure) => Examination::nothing(failure.outcome, Some(failure.detail.clone())),
            Ok(prepared) => match conversation.fuel_limit {
                // A recording is untrusted: it may narrow what the operator allows, never widen it.
                Some(fuel) => {
                    examine(&prepared.with_fuel(fuel.min(prepared.limits().fuel)), conversation, recording, &updates)
                }
                None => examine(prepared, conversation, recording, &updates),
            },
        };
        let differences = Differences::of(conversation, &examination, &updates);
        let held_by =
            Speaker { name: description.name, version: description.version, digest, products: description.products };
        Ok(Replayed {
            remarks: remarks(conversation, &held_by, &examination),
            verdict: if differences.is_empty() { ReplayVerdict::Same } else { ReplayVerdict::Different },
            recorded: conversation.plugin.clone(),
            held_by: Some(held_by),
            reason: None,
            differences,
            questions: examination.exchanges.len() as u64,
            findings: (examination.assessment.checks.len() + examination.assessment.updates.len()) as u64,
            actions: examination.actions.len() as u64,
        })
    }

    fn plugin(&self, name: &str) -> Option<&NamedComponent> {
        self.plugins.iter().rev().find(|plugin| plugin.name == name)
    }

    fn description(&mut self, name: &str) -> Option<&Result<(Description, String), Failure>> {
        if !self.descriptions.contains_key(name) {
            let bytes = self.plugin(name)?.bytes.clone();
            let loaded = self.sandbox.load(bytes);
            let described = loaded.map(|plugin| (plugin.description().clone(), plugin.digest().to_owned()));
            self.descriptions.insert(name.to_owned(), described);
        }
        self.descriptions.get(name)
    }

    /// The updates to prepare the plugin with: the recording's own, or those of the catalog that was used.
    fn updates(&mut self, conversation: &Conversation, description: &Description) -> Result<Vec<Update>, String> {
        if let Some(updates) = &conversation.updates {
            if digest_of(updates) != conversation.updates_digest {
                return Err("its updates do not match their digest: the recording was changed".to_owned());
            }
            return Ok(updates.clone());
        }
        // The catalog is recognized by the updates the plugin was given then; a build that declares other products is given
        // other updates.
        let products = match conversation.plugin.products.as_slice() {
            [] => description.products.as_slice(),
            products => products,
        };
        let then = Description { products: products.to_vec(), ..description.clone() };
        if self.digests.len() >= MAX_DIGESTS {
            self.digests.clear();
        }
        let catalog = self.catalog;
        let digest =
            self.digests.entry(then.products.clone()).or_insert_with(|| digest_of(&updates_for(&then, catalog)));
        if *digest == conversation.updates_digest {
            return Ok(updates_for(description, catalog));
        }
        Err(match catalog {
            [] => "the recording does not contain its catalog; give the same one with --catalog FILE",
            _ => "it was recorded with other catalogs; give the same ones in the same order with --catalog FILE",
        }
        .to_owned())
    }

    fn prepare(&mut self, name: &str, updates: &[Update]) -> Result<&Prepared, Failure> {
        let key = (name.to_owned(), digest_of(updates));
        if !self.prepared.contains_key(&key) {
            if self.prepared.len() >= MAX_PREPARED {
                self.prepared.clear();
            }
            let bytes = self.plugin(name).map(|plugin| plugin.bytes.clone()).unwrap_or_default();
            let prepared = self.sandbox.load(bytes).and_then(|plugin| self.sandbox.prepare(plugin, updates));
            self.prepared.insert(key.clone(), prepared);
        }
        self.prepared[&key].as_ref().map_err(Clone::clone)
    }
}

/// Holds a conversation on the recorded answers. A question that was denied then is denied again. A question that was not asked
/// then is answered if the plugin declares it and the recording holds the answer.
fn examine(
    examiner: &dyn Examiner,
    conversation: &Conversation,
    recording: &Recording,
    updates: &[Update],
) -> Examination {
    let denied: HashMap<Question, String> =
        conversation.denied.iter().map(|(question, reason)| (folded(question), reason.clone())).collect();
    let asked: HashSet<Question> = conversation.asked.iter().map(folded).collect();
    let scopes = Scopes::new(examiner.description(), updates);
    let grants = Grants::new(move |question| {
        let plain = folded(question);
        match (denied.get(&plain), scopes.check(question)) {
            (Some(reason), _) => Err(reason.clone()),
            (None, Err(reason)) if !asked.contains(&plain) => Err(reason),
            (None, _) => Ok(()),
        }
    });
    let target = Target { name: recording.name().to_owned() };
    examiner.examine(&target, &conversation.options, &Ask::new(&grants, &SourceAnswers(recording)))
}

fn not_held(conversation: &Conversation, reason: String) -> Replayed {
    Replayed {
        recorded: conversation.plugin.clone(),
        held_by: None,
        verdict: ReplayVerdict::NotHeld,
        reason: Some(reason),
        differences: Differences::default(),
        remarks: Vec::new(),
        questions: 0,
        findings: 0,
        actions: 0,
    }
}

fn remarks(conversation: &Conversation, held_by: &Speaker, examination: &Examination) -> Vec<String> {
    let mut remarks = Vec::new();
    let recorded = &conversation.plugin;
    if recorded.digest != held_by.digest {
        let build = |speaker: &Speaker| format!("{} sha256 {}", speaker.version, speaker.digest);
        remarks.push(format!("held by another build: recorded with {}, now {}", build(recorded), build(held_by)));
    }
    let met = |outcome| {
        use Outcome::{OutOfFuel, OutOfMemory, OutOfTime, OutputTooLarge, TooManyRounds};
        matches!(outcome, OutOfFuel | OutOfMemory | OutOfTime | OutputTooLarge | TooManyRounds)
    };
    if conversation.outcome != examination.outcome && (met(conversation.outcome) || met(examination.outcome)) {
        remarks.push("a limit was reached: use the limits of the recorded scan (--fuel, --max-memory, …)".to_owned());
    }
    if conversation.fuel != examination.fuel {
        remarks.push(format!("used {} fuel, {} when it was recorded", examination.fuel, conversation.fuel));
    }
    if conversation.detail != examination.detail {
        let words = |detail: &Option<String>| detail.clone().unwrap_or_else(|| "nothing".to_owned());
        let (then, now) = (words(&conversation.detail), words(&examination.detail));
        remarks.push(format!("details of the outcome: {now}; when it was recorded: {then}"));
    }
    remarks
}
