//! Compiling components, and keeping what was compiled.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use wardline_contract::{Outcome, Update};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Module};

use super::component::PluginComponent;
use super::engine::within;
use super::exports::Exports;
use super::functions::Functions;
use super::host::host_failure;
use super::prepared::Parts;
use super::split::Split;
use super::{Cache, Failure, Limits, snapshot, split};

/// The text in wasmtime's error for a component larger than a pool slot; the error has no dedicated type.
const EXCEEDS_SLOT: &str = "pooling allocator";

/// The purpose of cache entries that hold a component without a snapshot because none can be taken, compiled without modification.
const UNCHANGED: &str = "unchanged";

/// The purpose of cache entries that hold a component compiled without modification, whether or not a snapshot can be taken.
const PLAIN: &str = "plain";

/// The purpose of cache entries that hold a component compiled with access to its state.
const INSTRUMENTED: &str = "instrumented";

/// The purpose of cache entries that hold the code of a component that is split.
const CODE: &str = "code";

/// The purpose of cache entries that hold the state of such a component after `prepare`.
const STATE: &str = "state";

/// A component compiled for `describe` and `prepare`.
pub(super) struct Begun {
    pub(super) parts: Parts,
    pub(super) form: Form,
}

/// How a component was compiled, from the best form to the worst.
#[derive(Debug)]
pub(super) enum Form {
    /// Apart from its state, which is replaced after `prepare`.
    Split(Arc<Split>),
    /// With access to its state, so that a snapshot can be taken, from which a component is compiled again.
    Instrumented,
    /// As it is: no snapshot can be taken of it.
    Unmodified,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Begun").field("form", &self.form).finish_non_exhaustive()
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
        if let Some(parts) = self.cached(&self.key(UNCHANGED, component, None), component) {
            return Ok(Begun { parts, form: Form::Unmodified });
        }
        if let Some(begun) = self.begin_split(component)? {
            return Ok(begun);
        }
        let key = self.key(INSTRUMENTED, component, None);
        if let Some(parts) = self.cached(&key, component) {
            return Ok(Begun { parts, form: Form::Instrumented });
        }
        let bytes = component.bytes.clone();
        // One time limit covers both steps: a component can be crafted to stall either.
        let instrumented = self.compile_made(component, move || snapshot::instrument(&bytes))?;
        if let Some(compiled) = instrumented
            && let Ok(parts) = self.deserialize(&compiled, component.remediates)
        {
            self.cache.put(&key, &compiled);
            return Ok(Begun { parts, form: Form::Instrumented });
        }
        Ok(Begun { parts: self.unmodified(component)?, form: Form::Unmodified })
    }

    /// Compiles the code of a component that can be split, and links it with its first state. Returns `None` for other components.
    fn begin_split(&self, component: &PluginComponent) -> Result<Option<Begun>, Failure> {
        let Some(split) = Split::of(&component.bytes).map(Arc::new) else { return Ok(None) };
        let code = match self.cached_component(&self.key(CODE, component, None)) {
            Some(code) => code,
            None => {
                let parted = Arc::clone(&split);
                let compiled = match self.compile_once(move || parted.code()) {
                    Ok(Some(compiled)) => compiled,
                    Ok(None) => return Ok(None),
                    // The split may not have understood something.
                    Err(failure) if failure.outcome == Outcome::Incompatible => return Ok(None),
                    Err(failure) => return Err(failure),
                };
                let Ok(code) = self.component(&compiled) else { return Ok(None) };
                self.cache.put(&self.key(CODE, component, None), &compiled);
                code
            }
        };
        let linked = self
            .compile_state(split.state().initial().to_vec())
            .and_then(|state| self.parts(&code, Some(&state), component.remediates));
        Ok(linked.ok().map(|parts| Begun { parts, form: Form::Split(split) }))
    }

    /// Links the code of a split component with the state that it has after `prepare`, and keeps that state.
    pub(super) fn with_state(
        &self,
        parts: &Parts,
        component: &PluginComponent,
        updates: &UpdatesDigest,
        state: Vec<u8>,
    ) -> Result<Parts, Failure> {
        let state = self.compile_state(state)?;
        let linked = self.parts(parts.pre.component(), Some(&state), component.remediates)?;
        // States are large, and the scan needs none of them in a file.
        self.cache.put_later(self.key(STATE, component, Some(updates)), move || state.serialize().ok());
        Ok(linked)
    }

    /// Returns a split component with the state that it has after `prepare`, from the cache.
    pub(super) fn cached_split(&self, component: &PluginComponent, updates: &UpdatesDigest) -> Option<Parts> {
        let state = self.cached_module(&self.key(STATE, component, Some(updates)))?;
        let code = self.cached_component(&self.key(CODE, component, None))?;
        self.parts(&code, Some(&state), component.remediates).ok()
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
        let key = self.key(purpose, component, None);
        if let Some(parts) = self.cached(&key, component) {
            return Ok(parts);
        }
        let compiled = self.compile(component, component.bytes.to_vec())?;
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
        let key = self.key("functions", component, None);
        let functions = Arc::new(
            self.cache
                .get(&key)
                .and_then(|bytes| Functions::from_bytes(Arc::unwrap_or_clone(bytes)))
                .unwrap_or_default(),
        );
        let compiled = self.compile_with(&functions, make)?;
        if let (Some(_), Some(used)) = (&compiled, functions.used()) {
            self.cache.put(&key, &used);
        }
        Ok(compiled)
    }

    /// Compiles what `make` makes, with one time limit for both steps. Returns `None` if `make` does.
    fn compile_once(
        &self,
        make: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Option<Vec<u8>>, Failure> {
        self.compile_with(&Arc::default(), make)
    }

    fn compile_with(
        &self,
        functions: &Arc<Functions>,
        make: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let engine = self.engine.clone();
        let made = within(self.limits.compile_time, self.workers, functions, move || {
            make().map(|wasm| engine.precompile_component(&wasm))
        })?;
        let made = made.ok_or_else(|| self.took_too_long())?;
        made.transpose()
            .map_err(|error| Failure::new(Outcome::Incompatible, format!("is not a valid component: {error:#}")))
    }

    /// Compiles a state. There are no functions in it, but wasmtime would start threads for it that stay.
    fn compile_state(&self, wasm: Vec<u8>) -> Result<Module, Failure> {
        let engine = self.engine.clone();
        let compile = move || Module::new(&engine, &wasm);
        let compiled = within(self.limits.compile_time, self.workers, &Arc::default(), compile)?;
        compiled.ok_or_else(|| self.took_too_long())?.map_err(larger_than_slot)
    }

    fn took_too_long(&self) -> Failure {
        let limit = self.limits.compile_time.as_secs();
        Failure::new(
            Outcome::OutOfTime,
            format!("took longer than {limit} s to compile; try a larger --compile-timeout"),
        )
    }

    /// Returns a compiled component from the cache, ready to be instantiated.
    pub(super) fn cached(&self, key: &str, component: &PluginComponent) -> Option<Parts> {
        self.parts(&self.cached_component(key)?, None, component.remediates).ok()
    }

    /// Returns compiled code from the cache.
    ///
    /// The file is mapped, not read: only the pages that run are in memory, and instances start from its pages too.
    #[allow(unsafe_code)]
    fn cached_component(&self, key: &str) -> Option<Component> {
        let mapped = self.cache.path(key).map(|path| {
            // SAFETY: as in `component`. The file is also never changed: entries are written to another file, which replaces them.
            unsafe { Component::deserialize_file(&self.engine, path) }
        });
        match mapped {
            Some(Ok(mapped)) => Some(mapped),
            // There may be no folder, or its file system may forbid mapping code.
            _ => self.component(&self.cache.get(key)?).ok(),
        }
    }

    /// Like [`Compiler::cached_component`], for a core module.
    #[allow(unsafe_code)]
    fn cached_module(&self, key: &str) -> Option<Module> {
        let mapped = self.cache.path(key).map(|path| {
            // SAFETY: as in `cached_component`.
            unsafe { Module::deserialize_file(&self.engine, path) }
        });
        match mapped {
            Some(Ok(mapped)) => Some(mapped),
            _ => self.module(&self.cache.get(key)?).ok(),
        }
    }

    /// Deserializes compiled code, ready to be instantiated.
    pub(super) fn deserialize(&self, compiled: &[u8], remediates: bool) -> Result<Parts, Failure> {
        self.parts(&self.component(compiled)?, None, remediates)
    }

    #[allow(unsafe_code)]
    fn component(&self, compiled: &[u8]) -> Result<Component, Failure> {
        // SAFETY: `deserialize` requires that the bytes came from `precompile_component`. They come from `compile_with` above, either in
        // this process or through the cache. There they are in a folder that only the user can write to, or in the program itself, under
        // a digest of this engine, this component and these updates, and followed by a digest of themselves that was verified.
        unsafe { Component::deserialize(&self.engine, compiled) }.map_err(larger_than_slot)
    }

    #[allow(unsafe_code)]
    fn module(&self, compiled: &[u8]) -> Result<Module, Failure> {
        // SAFETY: as in `component`. The bytes were serialized from a module that `compile_state` had compiled.
        unsafe { Module::deserialize(&self.engine, compiled) }.map_err(larger_than_slot)
    }

    /// Links compiled code, with its state if it is split.
    fn parts(&self, component: &Component, state: Option<&Module>, remediates: bool) -> Result<Parts, Failure> {
        // The linker has nothing else: a component that imports anything fails to link.
        let mut linker = Linker::new(&self.engine);
        if let Some(state) = state {
            linker.root().module(split::STATE, state).map_err(incompatible)?;
        }
        let pre = linker.instantiate_pre(component).map_err(incompatible)?;
        let exports = Exports::new(&pre, remediates).map_err(incompatible)?;
        Ok(Parts { pre, exports })
    }

    /// Returns the name of a cache entry, derived from everything the entry depends on.
    pub(super) fn key(&self, purpose: &str, component: &PluginComponent, updates: Option<&UpdatesDigest>) -> String {
        let mut hasher = KeyHasher::default();
        self.engine.precompile_compatibility_hash().hash(&mut hasher);
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        component.digest.hash(&mut hasher);
        updates.hash(&mut hasher);
        format!("{purpose}-{}", hasher.finalize())
    }
}

/// Like [`incompatible`], for code whose memory may be larger than any that the pool has.
fn larger_than_slot(error: wasmtime::Error) -> Failure {
    let mut failure = incompatible(error);
    if failure.outcome == Outcome::Incompatible && failure.detail.contains(EXCEEDS_SLOT) {
        failure.outcome = Outcome::OutOfMemory;
    }
    failure
}

/// Classifies an error about a component that does not fit the engine.
fn incompatible(error: wasmtime::Error) -> Failure {
    match host_failure(&error) {
        Some(host) => host.into(),
        None => Failure::new(Outcome::Incompatible, format!("{error:#}")),
    }
}

/// A digest of the updates that a plugin prepares with. There may be tens of thousands, and several names of entries depend on them.
#[derive(Debug, Hash)]
pub(super) struct UpdatesDigest([u8; blake3::OUT_LEN]);

impl UpdatesDigest {
    pub(super) fn of(updates: &[&Update]) -> Self {
        let mut hasher = KeyHasher::default();
        updates.hash(&mut hasher);
        Self(hasher.finalize().into())
    }
}

/// Feeds `Hash` implementations into BLAKE3, which is several times as fast with many bytes as with the few of one field.
#[derive(Default)]
struct KeyHasher {
    hasher: blake3::Hasher,
    waiting: Vec<u8>,
}

impl KeyHasher {
    /// The number of bytes that are hashed together.
    const MANY: usize = 64 << 10;

    fn finalize(mut self) -> blake3::Hash {
        self.hasher.update(&self.waiting);
        self.hasher.finalize()
    }
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= Self::MANY {
            self.hasher.update(&self.waiting);
            self.waiting.clear();
        }
    }

    /// Never called: the digest is taken by `finalize`.
    fn finish(&self) -> u64 {
        0
    }
}
