//! The hives of a volume: each is opened on first use and cached as long as there is room.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wardline_regf::{Cached, Log, LogName, Recovery};

use super::failure::{Failure, Found};
use super::hive::Hive;
use super::names;
use super::paths::Components;
use super::storage::{Files, OpenFile};
use crate::budget::{Budget, Charge, OverBudget};
use crate::{Condition, State};

/// The size of the cache for one hive's file, in bytes. Hives are read at scattered offsets, so a larger one would not help much.
const CACHE: usize = 512 << 10;

/// The maximum number of hives kept open: a terminal server has thousands of profiles.
const MAX_KEPT: usize = 64;

/// The maximum number of damaged places counted per hive.
const MAX_PLACES: usize = 64;

struct Kept {
    hive: Arc<Hive>,
    /// The charge for the hive.
    _charge: Charge,
}

/// The reason a hive could not be opened.
struct NotOpen {
    failure: Failure,
    /// Whether the failure is temporary: there was no room for the hive, or for the listings of the folders on its path.
    temporary: bool,
}

type Slot = Arc<OnceLock<Result<Kept, NotOpen>>>;

pub(super) struct Hives {
    files: Arc<Files>,
    budget: Arc<Budget>,
    kept: Mutex<HashMap<String, Slot>>,
    states: Mutex<BTreeMap<String, HiveState>>,
}

/// The state of a hive to report, whether or not the hive is still cached.
#[derive(Default)]
struct HiveState {
    recovery: Option<State>,
    truncated: Option<String>,
    /// An error and the key whose members it affects. The smallest in text order is kept, so that the order of the questions does
    /// not matter.
    first: Option<(String, String)>,
    /// The hashes of all error texts. They are only counted, and each text contains the hive's whole path.
    places: HashSet<u64>,
}

impl Hives {
    pub(super) fn new(files: Arc<Files>, budget: Arc<Budget>) -> Hives {
        Hives { files, budget, kept: Mutex::default(), states: Mutex::default() }
    }

    /// Returns the hive in a file of the volume. `verify` checks that it is the hive that belongs there.
    pub(super) fn hive(&self, place: &Components, verify: impl FnOnce(&Hive) -> Found<()>) -> Found<Arc<Hive>> {
        let name = names::fold(&place.join("\\"));
        let slot = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MAX_KEPT {
                drop_unused(&mut kept);
            }
            Arc::clone(kept.entry(name.clone()).or_default())
        };
        let NotOpen { failure, temporary } = match slot.get_or_init(|| self.open(place, verify)) {
            Ok(kept) => return Ok(Arc::clone(&kept.hive)),
            Err(not_open) => not_open,
        };
        if *temporary {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            // Another thread may already be opening it.
            if kept.get(&name).is_some_and(|other| Arc::ptr_eq(other, &slot)) {
                kept.remove(&name);
            }
        }
        Err(failure.clone())
    }

    fn open(&self, components: &Components, verify: impl FnOnce(&Hive) -> Found<()>) -> Result<Kept, NotOpen> {
        let name = components.join("\\");
        let place = match self.files.find_file(components) {
            Err(Failure::Absent) => return Err(Failure::Unreadable(format!("the hive {name} does not exist")).into()),
            found => found.map_err(|failure| NotOpen { failure, temporary: true })?,
        };
        let over_budget = |error: OverBudget| NotOpen {
            failure: Failure::Unreadable(format!("the hive {name} cannot be read: {error}")),
            temporary: true,
        };
        let size = Cached::<OpenFile>::memory(place.size, CACHE);
        let mut charge = self.charge(size).map_err(over_budget)?;
        let file = self.files.open_file(&place).map_err(|failure| NotOpen { failure, temporary: true })?;
        let file = Cached::new(file, CACHE)
            .map_err(|error| Failure::Unreadable(format!("the hive {name} cannot be read: {error}")))?;
        let hive = Hive::open(&name, file, |log| self.log(components, log)).map_err(Failure::from)?;
        // A host error may have hidden an intact log, leaving the hive older than necessary.
        if let Some(failure) = self.files.host_failure() {
            return Err(NotOpen { failure: Failure::Unreadable(failure.to_string()), temporary: true });
        }
        charge.grow(hive.memory()).map_err(over_budget)?;
        self.note(&name, &hive);
        verify(&hive)?;
        Ok(Kept { hive: Arc::new(hive), _charge: charge })
    }

    /// Charges memory, dropping unused hives and listings if there is no room otherwise.
    fn charge(&self, bytes: u64) -> Result<Charge, OverBudget> {
        self.budget.charge(bytes).or_else(|_| {
            self.files.forget();
            drop_unused(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner));
            self.budget.charge(bytes)
        })
    }

    fn log(&self, hive: &Components, log: LogName) -> Log {
        let mut components = hive.clone();
        if let Some(name) = components.last_mut() {
            name.push_str(log.suffix());
        }
        match self.files.find_file(&components).and_then(|place| self.files.open_file(&place)) {
            Ok(file) => Log::Present(Box::new(file)),
            Err(Failure::Absent) => Log::Missing,
            Err(Failure::Unreadable(reason) | Failure::Denied(reason)) => Log::Unreadable(reason),
            Err(Failure::Unsupported | Failure::OutOfTime) => Log::Unreadable("it cannot be opened".to_owned()),
        }
    }

    fn note(&self, name: &str, hive: &Hive) {
        let recovery = match hive.recovery() {
            Recovery::NotNeeded => None,
            Recovery::Done { entries } => Some(State::Recovered { entries: *entries }),
            Recovery::Incomplete { entries, reason } => {
                Some(State::Stale { entries: *entries, reason: reason.to_string() })
            }
        };
        let truncated =
            hive.truncated().map(|(end, expected)| format!("the file is truncated: {end} bytes, expected {expected}"));
        if recovery.is_some() || truncated.is_some() {
            let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            let state = states.entry(name.to_owned()).or_default();
            (state.recovery, state.truncated) = (recovery, truncated);
        }
    }

    /// Records that part of a hive could not be read, and the key in which it was left out of an answer or marked there.
    pub(super) fn note_damage(&self, hive: &str, key: &str, what: String) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(hive.to_owned()).or_default();
        if state.places.len() < MAX_PLACES {
            let mut hasher = DefaultHasher::new();
            what.hash(&mut hasher);
            state.places.insert(hasher.finish());
        }
        let found = (what, key.to_owned());
        if state.first.as_ref().is_none_or(|first| found < *first) {
            state.first = Some(found);
        }
    }

    pub(super) fn conditions(&self) -> Vec<Condition> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let mut conditions = Vec::new();
        for (part, state) in states.iter() {
            let damaged = |reason: String| State::Damaged { reason };
            let found = state.recovery.clone().into_iter().chain(state.truncated.clone().map(damaged));
            let found = found.chain(state.damage().map(damaged));
            conditions.extend(found.map(|state| Condition { part: part.clone(), state }));
        }
        conditions
    }
}

impl From<Failure> for NotOpen {
    fn from(failure: Failure) -> Self {
        NotOpen { failure, temporary: false }
    }
}

impl HiveState {
    fn damage(&self) -> Option<String> {
        let (error, key) = self.first.as_ref()?;
        Some(match self.places.len() - 1 {
            0 => format!("{key}: {error}"),
            more if more + 1 < MAX_PLACES => format!("{key}: {error}; {more} more errors"),
            more => format!("{key}: {error}; at least {more} more errors"),
        })
    }
}

/// Closes the hives that are not in use. They are reopened on demand.
fn drop_unused(kept: &mut HashMap<String, Slot>) {
    // A hive that could not be opened takes hardly any memory, but thousands of profiles may have one.
    let keep_failures = kept.len() < MAX_KEPT;
    kept.retain(|_, slot| match slot.get() {
        Some(Ok(kept)) => Arc::strong_count(slot) > 1 || Arc::strong_count(&kept.hive) > 1,
        Some(Err(_)) => keep_failures,
        // Still being opened.
        None => true,
    });
}
