//! Loading: from a file's bytes to a plugin that can examine targets.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

use wardline_contract::{Description, Outcome, Update};
use wasmtime::component::{Component, Instance, InstancePre, Linker};
use wasmtime::{Engine, Store};

use super::component::PluginComponent;
use super::engine::{self, Execution, NoPool, within};
use super::exports::Exports;
use super::functions::Functions;
use super::host::{FirstFailure, host_failure};
use super::store::{Holdings, limited};
use super::{Cache, Failure, HostFailure, Limits, snapshot, validate};

/// The text in wasmtime's error for a component larger than a pool slot; the error has no dedicated type.
const EXCEEDS_SLOT: &str = "pooling allocator";

/// The purpose of cache entries that hold a component compiled without modification.
const UNCHANGED: &str = "unchanged";

/// The purpose of cache entries that hold a component compiled with access to its state.
const INSTRUMENTED: &str = "instrumented";

/// Loads and runs plugins with one engine and one set of limits.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    limits: Arc<Limits>,
    cache: Cache,
    /// Held while a plugin describes itself or prepares: the pool reserves one slot for that.
    loading: Arc<Mutex<()>>,
    /// `None` if there is a pool of instances.
    no_pool: Option<Arc<NoPool>>,
    first_failure: FirstFailure,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("limits", &self.limits)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

/// The sandbox could not be set up on this machine.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cannot be set up here: {reason}")]
pub struct SandboxError {
    reason: String,
}

/// A plugin that has described itself.
#[derive(Debug)]
pub struct Plugin {
    component: PluginComponent,
    description: Description,
    /// The component compiled for `describe`; `prepare` reuses it.
    begun: Option<Begun>,
}

/// A plugin that has processed the catalog and can examine targets.
#[derive(Clone)]
pub struct Prepared {
    pub(super) parts: Parts,
    pub(super) limits: Arc<Limits>,
    pub(super) digest: String,
    pub(super) description: Description,
    /// The updates, if `prepare` could not be done ahead of time and must be repeated in each instance.
    pub(super) unprepared: Option<Vec<Update>>,
    /// The names that findings may refer to.
    pub(super) vocabulary: validate::Vocabulary,
    pub(super) first_failure: FirstFailure,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Prepared").field("name", &self.description.name).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Returns the same plugin with a different fuel limit per conversation. The limit does not cover preparing in each instance.
    #[must_use]
    pub fn with_fuel(&self, fuel: u64) -> Prepared {
        Prepared { limits: Arc::new(Limits { fuel, ..Limits::clone(&self.limits) }), ..self.clone() }
    }

    /// Returns the same plugin with its conversations' limits narrowed. A limit wider than the current one has no effect.
    #[must_use]
    pub fn narrowed(self, limits: &Limits) -> Prepared {
        let own = &self.limits;
        let limits = Limits {
            memory: limits.memory.min(own.memory),
            fuel: limits.fuel.min(own.fuel),
            time: limits.time.min(own.time),
            rounds: limits.rounds.min(own.rounds),
            questions: limits.questions.min(own.questions),
            output: limits.output.min(own.output),
            ..Limits::clone(own)
        };
        Prepared { limits: Arc::new(limits), ..self }
    }

    /// Returns the limits of each of its conversations.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns the same plugin with different updates, which each instance prepares with.
    ///
    /// # Errors
    ///
    /// The failure of a trial call to `prepare` with them; [`Outcome::Incompatible`] for a plugin that starts from a snapshot,
    /// which already contains the updates it was made with.
    pub fn with_updates(&self, updates: &[Update]) -> Result<Prepared, Failure> {
        self.first_failure.watched(|| self.with_other_updates(updates))
    }

    fn with_other_updates(&self, updates: &[Update]) -> Result<Prepared, Failure> {
        if self.is_snapshot() {
            return Err(Failure::new(Outcome::Incompatible, "has its updates in a snapshot"));
        }
        self.parts.prepare(&self.limits, updates)?;
        Ok(Prepared {
            unprepared: Some(updates.to_vec()),
            vocabulary: validate::Vocabulary::new(&self.description, updates),
            ..self.clone()
        })
    }

    /// Whether every target starts from the memory left by `prepare`, instead of each instance preparing again.
    pub fn is_snapshot(&self) -> bool {
        self.unprepared.is_none()
    }
}

/// A compiled component and its exports.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) pre: InstancePre<Holdings>,
    pub(super) exports: Exports,
}

impl Parts {
    /// Creates an instance and calls `prepare`, within the limits for that.
    fn prepare(&self, limits: &Limits, updates: &[Update]) -> Result<(Store<Holdings>, Instance), Failure> {
        let failed = |error: wasmtime::Error| Failure::of_call("prepare", &error);
        let mut store = limited(self.pre.engine(), limits, limits.prepare_fuel, limits.prepare_time).map_err(failed)?;
        let instance = self.pre.instantiate(&mut store).map_err(failed)?;
        let guest = self.exports.detection(&mut store, &instance).map_err(failed)?;
        guest
            .call_prepare(&mut store, updates)
            .map_err(|error| Failure::of_guest("prepare", &error, &store))?
            .map_err(|reason| Failure::new(Outcome::Incompatible, format!("prepare: {reason}")))?;
        Ok((store, instance))
    }
}

/// A component compiled with access to its state, so that a snapshot can be taken, or unmodified if that is not possible.
struct Begun {
    parts: Parts,
    instrumented: bool,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Begun").field("instrumented", &self.instrumented).finish_non_exhaustive()
    }
}

impl Plugin {
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Returns the SHA-256 of the component, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.component.digest
    }
}

impl Sandbox {
    /// Creates a sandbox. `instances` is the maximum number of concurrent conversations.
    ///
    /// # Errors
    ///
    /// If the system refuses the address space that the pool of instances reserves.
    pub fn new(limits: Limits, cache: Cache, instances: u32) -> Result<Self, SandboxError> {
        Sandbox::with_execution(limits, cache, instances, Execution::default())
    }

    /// Like [`Sandbox::new`], with a choice of how plugins are run.
    ///
    /// # Errors
    ///
    /// As for [`Sandbox::new`].
    pub fn with_execution(
        limits: Limits,
        cache: Cache,
        instances: u32,
        execution: Execution,
    ) -> Result<Self, SandboxError> {
        let (engine, pool) = engine::engine(&limits, instances.saturating_add(1), execution)
            .map_err(|error| SandboxError { reason: format!("{error:#}") })?;
        let (loading, first_failure) = (Arc::default(), FirstFailure::default());
        Ok(Sandbox {
            engine,
            limits: Arc::new(limits),
            cache,
            loading,
            no_pool: pool.err().map(Arc::new),
            first_failure,
        })
    }

    /// Returns why each instance allocates its memory from the system, or `None` if there is a pool of slots reserved up
    /// front. The findings are the same without a pool; conversations take longer to start, and code runs slower.
    pub fn no_pool(&self) -> Option<&NoPool> {
        self.no_pool.as_deref()
    }

    /// Returns the first failure of the system to provide what a plugin needed to run. Results seen since then, here or in
    /// conversations of plugins prepared here, must not be held against the plugins.
    pub fn host_failure(&self) -> Option<HostFailure> {
        self.first_failure.get().cloned()
    }

    /// Loads a component: recognises it and lets it describe itself.
    ///
    /// # Errors
    ///
    /// The outcome that every examination by this plugin has.
    pub fn load(&self, bytes: Vec<u8>) -> Result<Plugin, Failure> {
        self.first_failure.watched(|| self.describe(bytes))
    }

    fn describe(&self, bytes: Vec<u8>) -> Result<Plugin, Failure> {
        let component = PluginComponent::recognise(bytes, &self.limits)?;
        let key = self.key("describe", &component, &[]);
        if let Some(description) = self.cache.get(&key).and_then(|json| serde_json::from_slice(&json).ok()) {
            return Ok(Plugin { component, description, begun: None });
        }
        let begun = self.begin(&component)?;
        let turn = self.loading.lock();
        let mut store = limited(&self.engine, &self.limits, self.limits.fuel, self.limits.time)
            .map_err(|error| Failure::of_call("describe", &error))?;
        let failed = |error: wasmtime::Error| Failure::of_call("describe", &error);
        let instance = begun.parts.pre.instantiate(&mut store).map_err(failed)?;
        let guest = begun.parts.exports.detection(&mut store, &instance).map_err(|error| {
            let detail = format!("exports functions whose types differ from the contract's: {error:#}");
            Failure::new(Outcome::Incompatible, detail)
        })?;
        let described = guest.call_describe(&mut store);
        let description = described.map_err(|error| Failure::of_guest("describe", &error, &store))?;
        drop((store, turn));
        validate::description(&description)?;
        if let Ok(json) = serde_json::to_vec(&description) {
            self.cache.put(&key, &json);
        }
        Ok(Plugin { component, description, begun: Some(begun) })
    }

    /// Lets a plugin process the updates, and compiles it with the resulting memory.
    ///
    /// # Errors
    ///
    /// The outcome that every examination by this plugin has.
    pub fn prepare(&self, plugin: Plugin, updates: &[Update]) -> Result<Prepared, Failure> {
        self.first_failure.watched(|| self.prepare_ahead(plugin, updates))
    }

    fn prepare_ahead(&self, plugin: Plugin, updates: &[Update]) -> Result<Prepared, Failure> {
        let Plugin { component, description, begun } = plugin;
        let key = self.key("prepared", &component, updates);
        let vocabulary = validate::Vocabulary::new(&description, updates);
        let ready = |parts, unprepared| Prepared {
            parts,
            limits: Arc::clone(&self.limits),
            digest: component.digest.clone(),
            description: description.clone(),
            unprepared,
            vocabulary: vocabulary.clone(),
            first_failure: self.first_failure.clone(),
        };
        if let Some(parts) = self.cached(&key, &component) {
            return Ok(ready(parts, None));
        }

        let begun = match begun {
            Some(begun) => begun,
            None => self.begin(&component)?,
        };
        if begun.instrumented
            && let Some(wasm) = self.snapshot(&component, &begun.parts, updates)?
        {
            let compiled = self.compile(&component, wasm)?;
            let parts = self.deserialize(&compiled, component.remediates)?;
            self.cache.put(&key, &compiled);
            return Ok(ready(parts, None));
        }
        let parts = if begun.instrumented { self.compile_unmodified(UNCHANGED, &component)? } else { begun.parts };
        Ok(ready(parts, Some(updates.to_vec())))
    }

    /// Compiles a plugin unmodified, without a snapshot, so that each instance prepares again. With few updates that costs less
    /// than compiling a second time, and [`Prepared::with_updates`] can replace them.
    ///
    /// # Errors
    ///
    /// The outcome that every examination by this plugin has.
    pub fn prepare_in_each_instance(&self, plugin: Plugin, updates: &[Update]) -> Result<Prepared, Failure> {
        self.first_failure.watched(|| self.prepare_later(plugin, updates))
    }

    fn prepare_later(&self, plugin: Plugin, updates: &[Update]) -> Result<Prepared, Failure> {
        let Plugin { component, description, .. } = plugin;
        let prepared = Prepared {
            parts: self.compile_unmodified("plain", &component)?,
            limits: Arc::clone(&self.limits),
            digest: component.digest,
            vocabulary: validate::Vocabulary::new(&description, &[]),
            description,
            unprepared: Some(Vec::new()),
            first_failure: self.first_failure.clone(),
        };
        prepared.with_updates(updates)
    }

    /// Returns the component with its memory as `prepare` left it, or `None` if no snapshot of this component can be taken.
    fn snapshot(
        &self,
        component: &PluginComponent,
        parts: &Parts,
        updates: &[Update],
    ) -> Result<Option<Vec<u8>>, Failure> {
        let _turn = self.loading.lock();
        let (store, instance) = parts.prepare(&self.limits, updates)?;
        let wasm = snapshot::take(&component.bytes, store, instance);
        // A snapshot larger than a plugin may be is not kept on disk either; each instance then prepares again.
        Ok(wasm.filter(|wasm| wasm.len() as u64 <= self.limits.component_size))
    }

    /// Compiles a component for `describe` and `prepare`.
    fn begin(&self, component: &PluginComponent) -> Result<Begun, Failure> {
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
        Ok(Begun { parts: self.compile_unmodified(UNCHANGED, component)?, instrumented: false })
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
    fn compile(&self, component: &PluginComponent, wasm: Vec<u8>) -> Result<Vec<u8>, Failure> {
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
        // Without a pool, address space is scarce, and every compiling thread takes more of it.
        let workers = usize::from(self.no_pool.is_some());
        let key = self.key("functions", component, &[]);
        let functions = Arc::new(self.cache.get(&key).and_then(Functions::from_bytes).unwrap_or_default());
        let made = within(self.limits.compile_time, workers, &functions, move || {
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
    fn cached(&self, key: &str, component: &PluginComponent) -> Option<Parts> {
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
    fn deserialize(&self, compiled: &[u8], remediates: bool) -> Result<Parts, Failure> {
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
    fn key(&self, purpose: &str, component: &PluginComponent, updates: &[Update]) -> String {
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
