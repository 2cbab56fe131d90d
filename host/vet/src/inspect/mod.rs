//! The facts about a plugin before it examines any target: from its file, without running it, and from its own description,
//! under the sandbox's limits.

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

/// The identifier of the JSON document's format; `docs/inspect.schema.json` describes it.
pub const SCHEMA: &str = "wardline.inspection/1";

/// A plugin's bytes and their source.
#[derive(Clone, Debug)]
pub struct PluginFile {
    pub source: PluginSource,
    pub content: Content,
    pub signature: Signature,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum PluginSource {
    /// A file's path as given by the operator.
    File(String),
    /// Built into this wardline, under this name.
    BuiltIn(String),
}

#[derive(Clone, Debug)]
pub enum Content {
    Bytes(Vec<u8>),
    /// Larger than a component may be; the bytes were not read.
    TooLarge {
        size: u64,
    },
}

/// The state of a signature. Its validity and its signer are not judged here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "state", content = "file")]
pub enum Signature {
    /// Part of wardline itself.
    BuiltIn,
    /// There is no signature next to the file.
    NotSigned,
    /// This file is next to it, and was not verified.
    NotVerified(String),
}

/// The result of verifying a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum SignatureVerdict {
    /// Made by a trusted key, over exactly this file.
    Holds {
        /// The key's number as minisign shows it.
        key: String,
        /// The trust file's comment for the key.
        comment: String,
        /// Whether the key may sign plugins of the name that this one declares. Null if the plugin was not asked for its name.
        may_sign_this: Option<bool>,
    },
    DoesNotHold {
        reason: String,
    },
}

/// The results of an inspection.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inspection {
    pub schema: &'static str,
    pub source: PluginSource,
    /// In bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal. Null if the file is too large to be read.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub digest: Option<String>,
    pub signature: Signature,
    /// The result of verifying that signature. Null if no key is trusted, or there is no signature.
    pub verified: Option<SignatureVerdict>,
    pub contract: Contract,
    /// Null if the file is too large to be read.
    pub anatomy: Option<Anatomy>,
    /// The plugin's functions that were run in the sandbox to find this out.
    #[cfg_attr(feature = "schema", schemars(extend("items" = { "enum": ["describe", "prepare"] })))]
    pub ran: Vec<&'static str>,
    /// The plugin's own description. Null if it was not asked, or did not get as far as describing itself.
    pub described: Option<Described>,
    /// Why it does not run in this wardline. Null if it would, as far as this inspection went.
    pub refused: Option<Refusal>,
}

/// The contract as the plugin exports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contract {
    /// Null if it exports neither world.
    pub world: Option<World>,
    /// The versions in which it exports `detection`; exactly one in a well-formed plugin.
    pub versions: Vec<String>,
    /// The version that this wardline supports.
    pub spoken: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Detects problems and says what to do about them.
    Checker,
    /// Only detects problems.
    Detector,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Described {
    #[serde(flatten)]
    pub description: Description,
    /// `description.scopes` again, in words.
    pub scopes_in_words: Vec<ScopeInWords>,
    /// Null if it failed to prepare.
    pub preparing: Option<Preparing>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScopeInWords {
    pub about: &'static str,
    pub what: String,
    /// Whether it covers a whole hive, disk or user.
    pub broad: bool,
}

/// How a plugin that knows the catalog starts on each target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Preparing {
    /// It prepares once; each target starts from a snapshot of its memory.
    Once,
    /// No snapshot can be taken: it prepares again for each target, which yields the same findings more slowly.
    ForEachTarget,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    pub outcome: Outcome,
    pub detail: String,
}

impl From<Failure> for Refusal {
    fn from(Failure { outcome, detail }: Failure) -> Self {
        Refusal { outcome, detail }
    }
}

/// How much of a plugin is run to inspect it.
#[derive(Clone, Copy, Debug)]
pub enum Run<'a> {
    Nothing,
    /// It describes itself.
    Describe(&'a Sandbox),
    /// In addition, it prepares with an empty catalog.
    Prepare(&'a Sandbox),
}

/// Inspects a plugin. Never fails: a fault in the plugin is a result of the inspection.
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
    /// Adds the result of looking up the signer among the trusted keys.
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
