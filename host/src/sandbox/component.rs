//! What can be told of a plugin's file without running any of it.

use sha2::{Digest as _, Sha256};
use wasmparser::{Encoding, Parser, Payload};

use super::{Failure, Limits, Outcome};

/// The interface that every plugin exports, without its version.
const DETECTION: &str = "wardline:check/detection";
const REMEDIATION: &str = "wardline:check/remediation";

/// The version of the contract that this host speaks.
pub const CONTRACT_VERSION: &str = "0.1.0";

/// A component that has the outward form of a plugin.
#[derive(Clone, Debug)]
pub struct PluginComponent {
    pub(super) bytes: Vec<u8>,
    /// SHA-256, in lower-case hexadecimal.
    pub digest: String,
    /// Whether it exports `remediation`, too.
    pub remediates: bool,
}

impl PluginComponent {
    /// Looks at a file's bytes: a component, of this contract, that imports nothing.
    ///
    /// # Errors
    ///
    /// [`Outcome::Incompatible`] with what the file is instead, and what is needed.
    pub fn recognise(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Failure> {
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
                "is not WebAssembly; needed is a component that exports {DETECTION}@{CONTRACT_VERSION}"
            )));
        }
        let outside = Outside::read(&bytes)
            .map_err(|error| incompatible(format!("is damaged WebAssembly: {}", error.message())))?;
        if !outside.component {
            return Err(incompatible(format!(
                "is a core WebAssembly module; needed is a component that exports {DETECTION}@{CONTRACT_VERSION}"
            )));
        }
        if !outside.imports.is_empty() {
            return Err(incompatible(format!("imports {}; a plugin imports nothing", outside.imports.join(", "))));
        }
        outside.require(DETECTION)?;
        let remediates = match outside.versions_of(REMEDIATION).next() {
            Some(_) => outside.require(REMEDIATION).map(|()| true)?,
            None => false,
        };
        let digest = hex(&Sha256::digest(&bytes));
        Ok(PluginComponent { bytes, digest, remediates })
    }
}

/// A file's outermost imports and exports.
struct Outside {
    component: bool,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Outside {
    fn read(bytes: &[u8]) -> wasmparser::Result<Self> {
        let mut outside = Outside { component: false, imports: Vec::new(), exports: Vec::new() };
        let mut depth = 0usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding, .. } if depth == 0 => outside.component = encoding == Encoding::Component,
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        outside.imports.push(import?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        outside.exports.push(export?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(outside)
    }

    fn versions_of<'o>(&'o self, interface: &'o str) -> impl Iterator<Item = &'o str> {
        self.exports.iter().filter_map(move |export| {
            let rest = export.strip_prefix(interface)?;
            if rest.is_empty() { Some("without a version") } else { rest.strip_prefix('@') }
        })
    }

    /// Makes sure that an interface is exported in a version that this host speaks.
    ///
    /// While the contract's major version is 0, each minor version is one of its own; patch versions are compatible.
    fn require(&self, interface: &str) -> Result<(), Failure> {
        let found: Vec<&str> = self.versions_of(interface).collect();
        let (minor, _) = CONTRACT_VERSION.rsplit_once('.').unwrap_or((CONTRACT_VERSION, ""));
        if found.iter().any(|version| version.rsplit_once('.').is_some_and(|(found, _)| found == minor)) {
            return Ok(());
        }
        let needed = format!("needed is version {CONTRACT_VERSION}");
        let detail = match found.as_slice() {
            [] if self.exports.is_empty() => format!("exports nothing; {interface} is {needed}"),
            [] => format!(
                "is a component of another world (it exports {}); {interface}: {needed}",
                self.exports.join(", ")
            ),
            versions => format!("speaks {interface} {}; {needed}", versions.join(", ")),
        };
        Err(Failure::new(Outcome::Incompatible, detail))
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
