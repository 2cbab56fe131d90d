//! Inspection of a plugin's file without running any of it.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};
use wardline_contract::{Outcome, hex};

use super::anatomy::{Anatomy, Form};
use super::{Failure, Limits, bounds};

/// The interface that every plugin exports, without its version.
pub const DETECTION: &str = "wardline:check/detection";
pub const REMEDIATION: &str = "wardline:check/remediation";

/// The version of the contract that this host implements.
pub const CONTRACT_VERSION: &str = "0.1.0";

/// The maximum number of imports or exports listed in an error.
const MAX_NAMED: usize = 20;

/// A component that has the outward form of a plugin.
#[derive(Clone, Debug)]
pub struct PluginComponent {
    /// Borrowed for plugins that come with the program.
    pub(super) bytes: Cow<'static, [u8]>,
    /// SHA-256, in lowercase hexadecimal.
    pub digest: String,
    /// Whether it also exports `remediation`.
    pub remediates: bool,
}

impl PluginComponent {
    /// Recognises a plugin from a file's bytes: a component of this contract that imports nothing.
    ///
    /// # Errors
    ///
    /// [`Outcome::Incompatible`], saying what the file is instead and what is required.
    pub fn recognise(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Failure> {
        let digest = hex(&Sha256::digest(&bytes));
        PluginComponent::recognise_hashed(bytes.into(), digest, limits)
    }

    /// Like [`PluginComponent::recognise`], for bytes whose SHA-256 is known, in lowercase hexadecimal.
    pub(super) fn recognise_hashed(
        bytes: Cow<'static, [u8]>,
        digest: String,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        // A file that is too large is not parsed.
        let fits = bytes.len() as u64 <= limits.component_size;
        let anatomy = if fits { Anatomy::read(&bytes) } else { Anatomy::default() };
        let remediates = PluginComponent::check(&bytes, &anatomy, limits)?;
        Ok(PluginComponent { bytes, digest, remediates })
    }

    /// Checks whether bytes with an already parsed anatomy have the outward form of a plugin. Returns whether it remediates.
    ///
    /// # Errors
    ///
    /// As for [`PluginComponent::recognise`].
    pub fn check(bytes: &[u8], anatomy: &Anatomy, limits: &Limits) -> Result<bool, Failure> {
        let incompatible = |detail: String| Failure::new(Outcome::Incompatible, detail);
        if bytes.len() as u64 > limits.component_size {
            return Err(incompatible(format!(
                "{} bytes are more than a component may have ({})",
                bytes.len(),
                limits.component_size
            )));
        }
        if !bytes.starts_with(b"\0asm") {
            return Err(incompatible(format!(
                "is not WebAssembly: expected a component that exports {DETECTION}@{CONTRACT_VERSION}"
            )));
        }
        if let Some(damage) = &anatomy.damage {
            return Err(incompatible(format!("is damaged WebAssembly: {damage}")));
        }
        if anatomy.form != Some(Form::Component) {
            return Err(incompatible(format!(
                "is a core WebAssembly module: expected a component that exports {DETECTION}@{CONTRACT_VERSION}"
            )));
        }
        if !anatomy.imports.is_empty() {
            let imports = enumerated(anatomy.imports.iter().map(String::as_str));
            return Err(incompatible(format!("imports {imports}; a plugin imports nothing")));
        }
        require(anatomy, DETECTION)?;
        bounds::check(bytes)?;
        match anatomy.versions_of(REMEDIATION).next() {
            Some(_) => require(anatomy, REMEDIATION).map(|()| true),
            None => Ok(false),
        }
    }
}

/// Checks that an interface is exported in a version that this host implements.
///
/// While the contract's major version is 0, minor versions are incompatible with each other; patch versions are compatible.
fn require(anatomy: &Anatomy, interface: &str) -> Result<(), Failure> {
    let found: Vec<&str> = anatomy.versions_of(interface).collect();
    let (minor, _) = CONTRACT_VERSION.rsplit_once('.').unwrap_or((CONTRACT_VERSION, ""));
    if found.iter().any(|version| version.rsplit_once('.').is_some_and(|(found, _)| found == minor)) {
        return Ok(());
    }
    let expected = format!("{interface}@{CONTRACT_VERSION}");
    let detail = match found.as_slice() {
        [] if anatomy.exports.is_empty() => format!("exports nothing: expected {expected}"),
        [] => format!(
            "is a component of another world (it exports {}): expected {expected}",
            enumerated(anatomy.exports.iter().map(|export| export.name.as_str()))
        ),
        versions => format!(
            "exports another version of {interface} ({}): expected {expected}",
            enumerated(versions.iter().copied())
        ),
    };
    Err(Failure::new(Outcome::Incompatible, detail))
}

/// Joins the first few entries of an untrusted list, and says how many more there are.
fn enumerated<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown = names.len().min(MAX_NAMED);
    let more = match names.len() - shown {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names[..shown].join(", ") + &more
}
