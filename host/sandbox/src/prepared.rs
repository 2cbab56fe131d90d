//! A plugin that is ready for conversations.

use std::sync::Arc;

use wardline_contract::{Description, Outcome, Update};
use wardline_files::background::Background;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::exports::Exports;
use super::host::FirstFailure;
use super::store::{Holdings, limited};
use super::{Failure, Limits, validate};

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
    /// Entries still being written to the cache, waited for when the last plugin is dropped: not before the scan.
    pub(super) _writing: Arc<Background>,
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
        let each: Vec<&Update> = updates.iter().collect();
        self.parts.prepare(&self.limits, &each)?;
        Ok(Prepared {
            unprepared: Some(updates.to_vec()),
            vocabulary: validate::Vocabulary::new(&self.description, &each),
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
    pub(super) fn prepare(&self, limits: &Limits, updates: &[&Update]) -> Result<(Store<Holdings>, Instance), Failure> {
        let failed = |error: wasmtime::Error| Failure::of_call("prepare", &error);
        let mut store = limited(self.pre.engine(), limits, limits.prepare_fuel, limits.prepare_time).map_err(failed)?;
        let instance = self.pre.instantiate(&mut store).map_err(failed)?;
        self.exports
            .prepare(&mut store, &instance, updates)
            .map_err(|error| Failure::of_guest("prepare", &error, &store))?
            .map_err(|reason| Failure::new(Outcome::Incompatible, format!("prepare: {reason}")))?;
        Ok((store, instance))
    }
}
