//! Loading: from a file's bytes to a plugin that can examine targets.

use std::borrow::Cow;
use std::sync::Arc;

use wardline_contract::{Description, Outcome, Update};

use super::compile::{Begun, Compiler, Form, UpdatesDigest};
use super::component::PluginComponent;
use super::engine::{self, Execution, NoPool};
use super::host::FirstFailure;
use super::prepared::{Parts, Prepared};
use super::split::Split;
use super::store::limited;
use super::turns::Turns;
use super::{Cache, Failure, HostFailure, Limits, snapshot, validate};

/// The maximum number of plugins that describe themselves or prepare at the same time. Each takes a slot of the pool's address space.
const MAX_LOADING: usize = 8;

/// Loads and runs plugins with one engine and one set of limits.
#[derive(Clone)]
pub struct Sandbox {
    compiler: Compiler,
    limits: Arc<Limits>,
    /// One is taken while a plugin describes itself or prepares: the pool reserves slots for that.
    loading: Arc<Turns>,
    /// `None` if there is a pool of instances.
    no_pool: Option<Arc<NoPool>>,
    first_failure: FirstFailure,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("limits", &self.limits)
            .field("cache", &self.compiler.cache)
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
        let loading = std::thread::available_parallelism().map_or(1, |processors| processors.get().min(MAX_LOADING));
        let loading = u32::try_from(loading).unwrap_or(1);
        let (engine, pool) = engine::engine(&limits, instances.saturating_add(loading), execution)
            .map_err(|error| SandboxError { reason: format!("{error:#}") })?;
        let (loading, first_failure) = (Arc::new(Turns::new(loading)), FirstFailure::default());
        let (limits, no_pool) = (Arc::new(limits), pool.err().map(Arc::new));
        // Without a pool, address space is scarce, and every compiling thread takes more of it.
        let workers = usize::from(no_pool.is_some());
        let compiler = Compiler { engine, limits: Arc::clone(&limits), cache, workers };
        Ok(Sandbox { compiler, limits, loading, no_pool, first_failure })
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
        self.first_failure.watched(|| self.describe(PluginComponent::recognise(bytes, &self.limits)?))
    }

    /// Like [`Sandbox::load`], for bytes whose SHA-256 is known already, in lowercase hexadecimal: hashing the stock plugins would be
    /// a tenth of a start. What is compiled is kept under this digest.
    ///
    /// # Errors
    ///
    /// As for [`Sandbox::load`].
    pub fn load_hashed(&self, bytes: impl Into<Cow<'static, [u8]>>, digest: &str) -> Result<Plugin, Failure> {
        let recognise = || PluginComponent::recognise_hashed(bytes.into(), digest.to_owned(), &self.limits);
        self.first_failure.watched(|| self.describe(recognise()?))
    }

    fn describe(&self, component: PluginComponent) -> Result<Plugin, Failure> {
        let key = self.compiler.key("describe", &component, None);
        if let Some(description) = self.compiler.cache.get(&key).and_then(|json| serde_json::from_slice(&json).ok()) {
            return Ok(Plugin { component, description, begun: None });
        }
        let begun = self.compiler.begin(&component)?;
        let turn = self.loading.wait();
        let mut store = limited(&self.compiler.engine, &self.limits, self.limits.fuel, self.limits.time)
            .map_err(|error| Failure::of_call("describe", &error))?;
        let failed = |error: wasmtime::Error| Failure::of_call("describe", &error);
        let instance = begun.parts.pre.instantiate(&mut store).map_err(failed)?;
        let differs = |error: wasmtime::Error| {
            let detail = format!("exports functions whose types differ from the contract's: {error:#}");
            Failure::new(Outcome::Incompatible, detail)
        };
        let guest = begun.parts.exports.detection(&mut store, &instance).map_err(differs)?;
        // Those of conversations, too: it is refused before it is told anything.
        begun.parts.exports.functions(&mut store, &instance).map_err(differs)?;
        let described = guest.call_describe(&mut store);
        let description = described.map_err(|error| Failure::of_guest("describe", &error, &store))?;
        drop((store, turn));
        validate::description(&description)?;
        if let Ok(json) = serde_json::to_vec(&description) {
            self.compiler.cache.put(&key, &json);
        }
        Ok(Plugin { component, description, begun: Some(begun) })
    }

    /// Lets a plugin process the updates, and compiles it with the resulting memory.
    ///
    /// # Errors
    ///
    /// The outcome that every examination by this plugin has.
    pub fn prepare<'u>(
        &self,
        plugin: Plugin,
        updates: impl IntoIterator<Item = &'u Update>,
    ) -> Result<Prepared, Failure> {
        let updates: Vec<&Update> = updates.into_iter().collect();
        self.first_failure.watched(|| self.prepare_ahead(plugin, &updates))
    }

    fn prepare_ahead(&self, plugin: Plugin, updates: &[&Update]) -> Result<Prepared, Failure> {
        let Plugin { component, description, begun } = plugin;
        let updates_digest = UpdatesDigest::of(updates);
        let key = || self.compiler.key("prepared", &component, Some(&updates_digest));
        let vocabulary = validate::Vocabulary::new(&description, updates);
        let ready = |parts, unprepared| Prepared {
            parts,
            limits: Arc::clone(&self.limits),
            digest: component.digest.clone(),
            description: description.clone(),
            unprepared,
            vocabulary: vocabulary.clone(),
            first_failure: self.first_failure.clone(),
            _writing: self.compiler.cache.writing(),
        };
        let cached = self.compiler.cached_split(&component, &updates_digest);
        if let Some(parts) = cached.or_else(|| self.compiler.cached(&key(), &component)) {
            return Ok(ready(parts, None));
        }

        let Begun { parts, form } = match begun {
            Some(begun) => begun,
            None => self.compiler.begin(&component)?,
        };
        let parts = match form {
            Form::Split(split) => match self.state(&parts, &split, updates)? {
                Some(state) => {
                    let prepared = self.compiler.with_state(&parts, &component, &updates_digest, state)?;
                    return Ok(ready(prepared, None));
                }
                None => parts,
            },
            Form::Instrumented => match self.snapshot(&component, &parts, updates)? {
                Some(wasm) => {
                    let compiled = self.compiler.compile(&component, wasm)?;
                    let parts = self.compiler.deserialize(&compiled, component.remediates)?;
                    self.compiler.cache.put(&key(), &compiled);
                    return Ok(ready(parts, None));
                }
                None => self.compiler.unmodified(&component)?,
            },
            Form::Unmodified => parts,
        };
        Ok(ready(parts, Some(updates.iter().copied().cloned().collect())))
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
            parts: self.compiler.plain(&component)?,
            limits: Arc::clone(&self.limits),
            digest: component.digest,
            vocabulary: validate::Vocabulary::new(&description, &[]),
            description,
            unprepared: Some(Vec::new()),
            first_failure: self.first_failure.clone(),
            _writing: self.compiler.cache.writing(),
        };
        prepared.with_updates(updates)
    }

    /// Returns the state that `prepare` leaves, or `None` if it cannot be read.
    fn state(&self, parts: &Parts, split: &Split, updates: &[&Update]) -> Result<Option<Vec<u8>>, Failure> {
        let _turn = self.loading.wait();
        let (store, instance) = parts.prepare(&self.limits, updates)?;
        let state = snapshot::read(store, instance, |read| split.state().with(read));
        Ok(state.filter(|state| self.is_kept(state)))
    }

    /// Returns the component with its memory as `prepare` left it, or `None` if no snapshot of this component can be taken.
    fn snapshot(
        &self,
        component: &PluginComponent,
        parts: &Parts,
        updates: &[&Update],
    ) -> Result<Option<Vec<u8>>, Failure> {
        let _turn = self.loading.wait();
        let (store, instance) = parts.prepare(&self.limits, updates)?;
        let wasm = snapshot::take(&component.bytes, store, instance);
        Ok(wasm.filter(|wasm| self.is_kept(wasm)))
    }

    /// A snapshot larger than a plugin may be is not kept on disk either; each instance then prepares again.
    fn is_kept(&self, snapshot: &[u8]) -> bool {
        snapshot.len() as u64 <= self.limits.component_size
    }
}
