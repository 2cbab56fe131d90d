//! What can be told of a plugin before it looks at any target: from its file, without running it, and from what it says of
//! itself, under the sandbox's limits.

mod text;

pub use text::text;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wardline_contract::{Description, Outcome, Scope, hex};
use wardline_engine::scan::one_line;
use wardline_engine::trust::{NotAdmitted, Signer};
use wardline_sandbox::{
    Anatomy, CONTRACT_VERSION, DETECTION, Failure, Limits, Plugin, PluginComponent, REMEDIATION, Sandbox,
};

use super::words;

/// What the JSON document calls its own form; `docs/inspect.schema.json` describes it.
pub const SCHEMA: &str = "wardline.inspection/1";

/// A plugin's bytes, and where they come from.
#[derive(Clone, Debug)]
pub struct PluginFile {
    pub source: PluginSource,
    pub content: Content,
    pub signature: Signature,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum PluginSource {
    /// A file's path, as the operator gave it.
    File(String),
    /// Built into this wardline, under this name.
    BuiltIn(String),
}

#[derive(Clone, Debug)]
pub enum Content {
    Bytes(Vec<u8>),
    /// More bytes than a component may have; they were not read.
    TooLarge {
        size: u64,
    },
}

/// What is known about a signature. Whether one is good, and whose it is, is not judged here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "file")]
pub enum Signature {
    /// Part of wardline itself.
    BuiltIn,
    /// No signature lies beside the file.
    NotSigned,
    /// This file lies beside it, and was not looked into.
    NotVerified(String),
}

/// What came of verifying a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum SignatureVerdict {
    /// It is a trusted key's, over this very file.
    Holds {
        /// The key's number, as minisign shows it.
        key: String,
        /// What the trust file calls the key.
        comment: String,
        /// Whether the key may sign plugins of the name that this one says it has. None where it was not asked for its name.
        may_sign_this: Option<bool>,
    },
    DoesNotHold {
        reason: String,
    },
}

/// All that an inspection found out.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    pub schema: &'static str,
    pub source: PluginSource,
    /// In bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal. None of a file that is too large to be read.
    pub digest: Option<String>,
    pub signature: Signature,
    /// What came of verifying that signature. None where nobody is trusted, or there is none.
    pub verified: Option<SignatureVerdict>,
    pub contract: Contract,
    /// None of a file that is too large to be read.
    pub anatomy: Option<Anatomy>,
    /// Which of the plugin's functions were run, in the sandbox, to find this out.
    pub ran: Vec<&'static str>,
    /// What it says of itself. None where it was not asked, or did not come to say it.
    pub described: Option<Described>,
    /// Why it does not run in this wardline. None where it would, as far as this inspection went.
    pub refused: Option<Refusal>,
}

/// The contract as the plugin exports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contract {
    /// None where it exports neither world.
    pub world: Option<World>,
    /// In which it exports `detection`: one, in a plugin that is made well.
    pub versions: Vec<String>,
    /// The version that this wardline speaks.
    pub spoken: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Finds out and says what to do.
    Checker,
    /// Only finds out.
    Detector,
}

#[derive(Clone, Debug, Serialize)]
pub struct Described {
    #[serde(flatten)]
    pub description: Description,
    /// `description.scopes` once more, in words.
    pub scopes_in_words: Vec<ScopeInWords>,
    /// None where it failed to prepare.
    pub preparing: Option<Preparing>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ScopeInWords {
    pub about: &'static str,
    pub what: String,
    /// Whether it reaches over a whole hive, disk or user.
    pub broad: bool,
}

/// How targets come to a plugin that knows the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preparing {
    /// It prepares once; each target starts from a snapshot of its memory.
    Once,
    /// No snapshot can be taken of it: it prepares again for each target, with the same findings, slower.
    ForEachTarget,
}

#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    pub outcome: Outcome,
    pub detail: String,
}

impl From<Failure> for Refusal {
    fn from(Failure { outcome, detail }: Failure) -> Self {
        Refusal { outcome, detail }
    }
}

/// How much of a plugin is run to look at it.
#[derive(Clone, Copy, Debug)]
pub enum Run<'a> {
    Nothing,
    /// It says what it is.
    Describe(&'a Sandbox),
    /// And prepares with an empty catalog.
    Prepare(&'a Sandbox),
}

/// Looks at a plugin. Never fails: what is wrong with the plugin is what the inspection tells.
pub fn inspect(file: PluginFile, limits: &Limits, run: Run<'_>) -> Inspection {
    let PluginFile { source, content, signature } = file;
    let none = Contract { world: None, versions: Vec::new(), spoken: CONTRACT_VERSION };
    let nothing = Inspection {
        schema: SCHEMA,
        source,
        size: 0,
        digest: None,
        signature,
        verified: None,
        contract: none,
        anatomy: None,
        ran: Vec::new(),
        described: None,
        refused: None,
    };
    let bytes = match content {
        Content::Bytes(bytes) => bytes,
        Content::TooLarge { size } => {
            let detail = format!("{size} bytes are more than a component may have ({})", limits.component_size);
            let refused = Some(Refusal { outcome: Outcome::Incompatible, detail });
            return Inspection { size, refused, ..nothing };
        }
    };
    let anatomy = Anatomy::read(&bytes);
    let sound = PluginComponent::check(&bytes, &anatomy, limits).map(drop);
    let mut inspection = Inspection {
        size: bytes.len() as u64,
        digest: Some(hex(&Sha256::digest(&bytes))),
        contract: contract(&anatomy),
        anatomy: Some(anatomy),
        ..nothing
    };
    let done = sound.and_then(|()| match run {
        Run::Nothing => Ok(()),
        Run::Describe(sandbox) => inspection.describe(bytes, sandbox).map(drop),
        Run::Prepare(sandbox) => {
            inspection.describe(bytes, sandbox).and_then(|plugin| inspection.prepare(plugin, sandbox))
        }
    });
    inspection.refused = done.err().map(Refusal::from);
    inspection
}

impl Inspection {
    /// Adds what came of looking for the signer among trusted keys.
    pub fn verified_by(&mut self, signer: Result<Signer<'_>, NotAdmitted>) {
        self.verified = Some(match signer {
            Err(error) => SignatureVerdict::DoesNotHold { reason: one_line(&error) },
            Ok(signer) => {
                let described = self.described.as_ref().map(|described| signer.check(&described.description));
                let (key, comment) = (signer.verified.key.to_string(), signer.trusted.comment.clone());
                match described {
                    None => SignatureVerdict::Holds { key, comment, may_sign_this: None },
                    Some(Ok(())) => SignatureVerdict::Holds { key, comment, may_sign_this: Some(true) },
                    Some(Err(NotAdmitted::Name { .. })) => {
                        SignatureVerdict::Holds { key, comment, may_sign_this: Some(false) }
                    }
                    Some(Err(error)) => SignatureVerdict::DoesNotHold { reason: one_line(&error) },
                }
            }
        });
    }

    fn describe(&mut self, bytes: Vec<u8>, sandbox: &Sandbox) -> Result<Plugin, Failure> {
        self.ran.push("describe");
        let plugin = sandbox.load(bytes)?;
        let description = plugin.description().clone();
        let scopes_in_words = description.scopes.iter().map(in_words).collect();
        self.described = Some(Described { description, scopes_in_words, preparing: None });
        Ok(plugin)
    }

    fn prepare(&mut self, plugin: Plugin, sandbox: &Sandbox) -> Result<(), Failure> {
        self.ran.push("prepare");
        let prepared = sandbox.prepare(plugin, &[])?;
        let preparing = if prepared.is_snapshot() { Preparing::Once } else { Preparing::ForEachTarget };
        if let Some(described) = &mut self.described {
            described.preparing = Some(preparing);
        }
        Ok(())
    }
}

fn in_words(scope: &Scope) -> ScopeInWords {
    let words::ScopeWords { about, what, broad } = words::of_scope(scope);
    ScopeInWords { about, what, broad }
}

fn contract(anatomy: &Anatomy) -> Contract {
    let versions: Vec<String> = anatomy.versions_of(DETECTION).map(str::to_owned).collect();
    let remediates = anatomy.versions_of(REMEDIATION).next().is_some();
    let world = match (versions.is_empty(), remediates) {
        (true, _) => None,
        (false, true) => Some(World::Checker),
        (false, false) => Some(World::Detector),
    };
    Contract { world, versions, spoken: CONTRACT_VERSION }
}
