//! The configurations of a plugin that the laws need: with and without a snapshot, compiled and interpreted.

use wardline_contract::{Description, Examiner, Grants, Options, Update};
use wardline_sandbox::{
    Backend, Cache, Execution, Failure, HostFailure, Limits, NoPool, Prepared, Sandbox, SandboxError,
};

use super::law::{Remake, VettedPlugin};

/// The factor by which the time limit grows for the interpreter: it is at most this much slower.
const INTERPRETER_TIME: u32 = 20;

/// The sandboxes of a vetting run.
#[derive(Debug)]
pub(super) struct Sandboxes {
    compiled: Sandbox,
    interpreted: Sandbox,
}

impl Sandboxes {
    pub(super) fn new(limits: &Limits, cache: &Cache, conversations: u32) -> Result<Self, SandboxError> {
        let slow = Limits { time: limits.time * INTERPRETER_TIME, ..limits.clone() };
        let sandbox = |limits, backend| {
            Sandbox::with_execution(limits, cache.clone(), conversations, Execution { backend, panic_messages: true })
        };
        Ok(Sandboxes {
            compiled: sandbox(limits.clone(), Backend::Compiled)?,
            interpreted: sandbox(slow, Backend::Interpreted)?,
        })
    }

    /// Returns the plugin's description of itself.
    pub(super) fn describe(&self, bytes: &[u8]) -> Result<Description, Failure> {
        Ok(self.compiled.load(bytes.to_vec())?.description().clone())
    }

    /// Compiles on threads that it spawns itself, because wasmtime already compiles on rayon's.
    pub(super) fn prepare(&self, bytes: &[u8], updates: &[Update]) -> Result<Configurations, Failure> {
        let ahead = |sandbox: &Sandbox| sandbox.prepare(sandbox.load(bytes.to_vec())?, updates);
        let each = |sandbox: &Sandbox| sandbox.prepare_in_each_instance(sandbox.load(bytes.to_vec())?, updates);
        let ways: [&(dyn Fn() -> Result<Prepared, Failure> + Sync); 4] =
            [&|| ahead(&self.compiled), &|| each(&self.compiled), &|| ahead(&self.interpreted), &|| {
                each(&self.interpreted)
            }];
        let prepared = std::thread::scope(|scope| {
            let threads = ways.map(|way| std::thread::Builder::new().spawn_scoped(scope, way));
            threads.map(|thread| {
                let thread = thread.map_err(|error| HostFailure::no_thread("compiling", &error))?;
                thread
                    .join()
                    .unwrap_or_else(|_| Err(HostFailure::new("compiling panicked (please report this)").into()))
            })
        });
        let [compiled, compiled_each, interpreted, interpreted_each] = prepared;
        Ok(Configurations {
            compiled: (compiled?, compiled_each?),
            interpreted: (interpreted?, interpreted_each?),
            updates: updates.to_vec(),
        })
    }

    /// Why one of the sandboxes has no pool.
    pub(super) fn no_pool(&self) -> Option<&NoPool> {
        self.compiled.no_pool().or_else(|| self.interpreted.no_pool())
    }

    /// See [`Sandbox::host_failure`].
    pub(super) fn host_failure(&self) -> Option<HostFailure> {
        self.compiled.host_failure().or_else(|| self.interpreted.host_failure())
    }
}

/// A plugin prepared with a run's updates. The first of each pair starts from a snapshot if one can be taken.
#[derive(Debug)]
pub(super) struct Configurations {
    compiled: (Prepared, Prepared),
    interpreted: (Prepared, Prepared),
    updates: Vec<Update>,
}

impl Configurations {
    pub(super) fn examiner(&self) -> &Prepared {
        &self.compiled.0
    }

    pub(super) fn updates(&self) -> &[Update] {
        &self.updates
    }

    /// The interpreted plugin. With the run's own updates it is prepared like [`Configurations::examiner`]; with other updates it is
    /// prepared like the examiner that [`Configurations::with_plugin`] then passes on.
    pub(super) fn interpreted(&self, updates: &[Update]) -> Result<Box<dyn Examiner>, String> {
        if updates == self.updates {
            return Ok(Box::new(self.interpreted.0.clone()));
        }
        remade(&self.interpreted.1, updates).map(|prepared| Box::new(prepared) as _)
    }

    /// Calls `work` with the plugin prepared with `updates`. Returns None if it cannot be prepared.
    pub(super) fn with_plugin<R>(
        &self,
        updates: &[Update],
        options: &Options,
        work: impl FnOnce(&VettedPlugin<'_>) -> R,
    ) -> Option<R> {
        let remade;
        let examiner = if updates == self.updates {
            &self.compiled.0
        } else {
            remade = self.compiled.1.with_updates(updates).ok()?;
            &remade
        };
        let grants = Grants::declared(examiner.description(), updates);
        let prepare: &Remake<'_, [Update]> = &|updates: &[Update]| {
            let prepared = self::remade(&self.compiled.1, updates)?;
            Ok(Box::new(prepared))
        };
        let with_fuel: &Remake<'_, u64> = &|fuel: &u64| Ok(Box::new(examiner.with_fuel(*fuel)));
        let description = examiner.description();
        Some(work(&VettedPlugin { examiner, description, updates, options, grants: &grants, prepare, with_fuel }))
    }
}

fn remade(prepared: &Prepared, updates: &[Update]) -> Result<Prepared, String> {
    prepared.with_updates(updates).map_err(|failure| failure.to_string())
}
