//! Compiling components, and keeping what was compiled.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use wardline_contract::{Outcome, Update};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use super::component::PluginComponent;
use super::engine::within;
use super::exports::Exports;
use super::functions::Functions;
use super::host::host_failure;
use super::prepared::Parts;
use super::{Cache, Failure, Limits, snapshot};

/// The text in wasmtime's error for a component larger than a pool slot; the error has no dedicated type.
const EXCEEDS_SLOT: &str = "pooling allocator";

/// The purpose of cache entries that hold a component of which no snapshot can be taken, compiled without modification.
const UNCHANGED: &str = "unchanged";

/// The purpose of cache entries that hold a component compiled without modification, whether or not a snapshot can be taken.
const PLAIN: &str = "plain";

/// The purpose of cache entries that hold a component compiled with access to its state.
const INSTRUMENTED: &str = "instrumented";

/// A component compiled with access to its state, so that a snapshot can be taken, or unmodified if that is not possible.
pub(super) struct Begun {
    pub(super) parts: Parts,
    pub(super) instrumented: bool,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Begun").field("instrumented", &self.instrumented).finish_non_exhaustive()
    }
}

/// Compiles components for one engine, and takes from the cache what was compiled before.
#[derive(Clone, Debug)]
pub(super) struct Compiler {
    pub(super) engine: Engine,
    pub(super) limits: Arc<Limits>,
    pub(super) cache: Cache,
    /// The number of threads that compile one component; 0 means one per processor.
    pub(super) workers: usize,
}

impl Compiler {
    /// Compiles a component for `describe` and `prepare`.
    pub(super) fn begin(&self, component: &PluginComponent) -> Result<Begun, Failure> {
        // This entry exists only if no snapshot could be taken.
        if let Some(parts) = self.cached(&self.key(UNCHANGED, component, &[]), component) {
            return Ok(Begun { parts, instrumented: false });
        }
        let key = self.key(INSTRUMENTED, component, &[]);
        if let Some(parts) = self.cached(&key, component) {
            return Ok(Begun { parts, instrumented: true });
        }
        let bytes = component.bytes.clone();
        // One time limit covers both steps: a component can be crafted to stall either.
        let instrumented = self.compile_made(component, move || snapshot::instrument(&bytes))?;
        if let Some(compiled) = instrumented
            && let Ok(parts) = self.deserialize(&compiled, component.remediates)
        {
            self.cache.put(&key, &compiled);
            return Ok(Begun { parts, instrumented: true });
        }
        Ok(Begun { parts: self.unmodified(component)?, instrumented: false })
    }

    /// Compiles a component of which no snapshot can be taken.
    pub(super) fn unmodified(&self, component: &PluginComponent) -> Result<Parts, Failure> {
        self.compile_unmodified(UNCHANGED, component)
    }

    /// Compiles a component without trying whether a snapshot can be taken.
    pub(super) fn plain(&self, component: &PluginComponent) -> Result<Parts, Failure> {
        self.compile_unmodified(PLAIN, component)
    }

    /// Compiles the component unmodified, or takes the result from the cache, where it is kept under `purpose`.
    fn compile_unmodified(&self, purpose: &str, component: &PluginComponent) -> Result<Parts, Failure> {
        let key = self.key(purpose, component, &[]);
        if let Some(parts) = self.cached(&key, component) {
            return Ok(parts);
        }
        let compiled = self.compile(component, component.bytes.clone())?;
        let parts = self.deserialize(&compiled, component.remediates)?;
        self.cache.put(&key, &compiled);
        Ok(parts)
    }

    /// Compiles `wasm`, which is made from `component`.
    pub(super) fn compile(&self, component: &PluginComponent, wasm: Vec<u8>) -> Result<Vec<u8>, Failure> {
        Ok(self.compile_made(component, move || Some(wasm))?.unwrap_or_default())
    }

    /// Compiles what `make` makes from `component`, with one time limit for both steps. Returns `None` if `make` does.
    ///
    /// Functions that were compiled before for the same component are not compiled again.
    fn compile_made(
        &self,
        component: &PluginComponent,
        make: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let engine = self.engine.clone();
        let key = self.key("functions", component, &[]);
        let functions = Arc::new(self.cache.get(&key).and_then(Functions::from_bytes).unwrap_or_default());
        let made = within(self.limits.compile_time, self.workers, &functions, move || {
            make().map(|wasm| engine.precompile_component(&wasm))
        })?;
        if let (Some(Some(Ok(_))), Some(used)) = (&made, functions.used()) {
            self.cache.put(&key, &used);
        }
        match made {
            Some(None) => Ok(None),
            Some(Some(Ok(compiled))) => Ok(Some(compiled)),
            Some(Some(Err(error))) => {
                Err(Failure::new(Outcome::Incompatible, format!("is not a valid component: {error:#}")))
            }
            None => Err(Failure::new(
                Outcome::OutOfTime,
                format!(
                    "took longer than {} s to compile; try a larger --compile-timeout",
                    self.limits.compile_time.as_secs()
                ),
            )),
        }
    }

    /// Returns compiled code from the cache, ready to be instantiated.
    ///
    /// The file is mapped, not read: only the pages that run are in memory, and instances start from its pages too.
    #[allow(unsafe_code)]
    pub(super) fn cached(&self, key: &str, component: &PluginComponent) -> Option<Parts> {
        let path = self.cache.path(key)?;
        // SAFETY: as in `deserialize`. The file is also never changed: entries are written to another file, which replaces them.
        let mapped = unsafe { Component::deserialize_file(&self.engine, path) };
        match mapped {
            Ok(mapped) => self.parts(&mapped, component.remediates).ok(),
            // The file system may forbid mapping code.
            Err(_) => self.deserialize(&self.cache.get(key)?, component.remediates).ok(),
        }
    }

    /// Deserializes compiled code, ready to be instantiated.
    #[allow(unsafe_code)]
    pub(super) fn deserialize(&self, compiled: &[u8], remediates: bool) -> Result<Parts, Failure> {
        // SAFETY: `deserialize` requires that the bytes came from `precompile_component`. They come from `compile` above, either in
        // this process or through the cache. There they are in a folder that only the user can write to, under a digest of this
        // engine, this component and these updates, and followed by a digest of themselves that was verified.
        let component = unsafe { Component::deserialize(&self.engine, compiled) }.map_err(|error| {
            let mut failure = incompatible(error);
            if failure.outcome == Outcome::Incompatible && failure.detail.contains(EXCEEDS_SLOT) {
                failure.outcome = Outcome::OutOfMemory;
            }
            failure
        })?;
        self.parts(&component, remediates)
    }

    fn parts(&self, component: &Component, remediates: bool) -> Result<Parts, Failure> {
        // The linker is empty: a component that imports anything fails to link.
        let pre = Linker::new(&self.engine).instantiate_pre(component).map_err(incompatible)?;
        let exports = Exports::new(&pre, remediates).map_err(incompatible)?;
        Ok(Parts { pre, exports })
    }

    /// Returns the name of a cache entry, derived from everything the entry depends on.
    pub(super) fn key(&self, purpose: &str, component: &PluginComponent, updates: &[Update]) -> String {
        let mut hasher = KeyHasher(blake3::Hasher::new());
        self.engine.precompile_compatibility_hash().hash(&mut hasher);
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        component.digest.hash(&mut hasher);
        updates.hash(&mut hasher);
        format!("{purpose}-{}", hasher.0.finalize())
    }
}

/// Classifies an error about a component that does not fit the engine.
fn incompatible(error: wasmtime::Error) -> Failure {
    match host_failure(&error) {
        Some(host) => host.into(),
        None => Failure::new(Outcome::Incompatible, format!("{error:#}")),
    }
}

/// Feeds `Hash` implementations into BLAKE3.
struct KeyHasher(blake3::Hasher);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Never called: the digest is taken from the inner field.
    fn finish(&self) -> u64 {
        0
    }
}
