//! Files that can be signed: a plugin, or the report of vetting one.

use std::path::Path;

use crate::cli::Fatal;
use crate::cli::args::CacheArgs;
use crate::cli::loading::{cache, read_plugin, sandbox};
use crate::sandbox::{Limits, Plugin};
use crate::trust::{Kind, VetReport};
use crate::vet::required_laws;

/// A file, and the parts of it that a signature states.
pub(super) struct Signable {
    pub(super) bytes: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) version: String,
    /// The plugin's digest, in both cases.
    pub(super) digest: String,
    /// Why the report would not admit any plugin. None for a plugin.
    pub(super) remark: Option<String>,
}

/// The first bytes of every WebAssembly file.
pub(super) const WASM: &[u8] = b"\0asm";

pub(super) fn is_wasm(bytes: &[u8]) -> bool {
    bytes.starts_with(WASM)
}

/// Lets a plugin describe itself, under the default limits.
pub(super) fn described(file: &Path, bytes: Vec<u8>, cache_arguments: &CacheArgs) -> Result<Plugin, Fatal> {
    let sandbox = sandbox(Limits::default(), cache(cache_arguments), 1)?;
    sandbox.load(bytes).map_err(|failure| format!("{}: {failure}", file.display()).into())
}

impl Signable {
    pub(super) fn read(file: &Path, cache_arguments: &CacheArgs) -> Result<Self, Fatal> {
        let bytes = read_plugin(file)?;
        if is_wasm(&bytes) {
            let plugin = described(file, bytes.clone(), cache_arguments)?;
            let (name, version) = (plugin.description().name.clone(), plugin.description().version.clone());
            let digest = plugin.digest().to_owned();
            return Ok(Signable { bytes, kind: Kind::Plugin, name, version, digest, remark: None });
        }
        let report = VetReport::parse(&bytes)
            .map_err(|error| format!("{}: not a WebAssembly component, and {error}", file.display()))?;
        let remark = report.admits(&required_laws()).err().map(|reason| reason.to_string());
        let (name, version, digest) = (report.plugin.name, report.plugin.version, report.plugin.digest);
        Ok(Signable { bytes, kind: Kind::VetReport, name, version, digest, remark })
    }
}
