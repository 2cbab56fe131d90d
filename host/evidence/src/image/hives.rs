//! The hives of a volume: each opened when it is first asked for, and kept as long as there is room.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wardline_regf::{Cached, Log, LogName, Recovery};

use super::failure::{Failure, Found};
use super::folder::Folder;
use super::hive::Hive;
use super::names;
use super::paths::Components;
use crate::budget::{Budget, Charge, OverBudget};
use crate::{Condition, State};

/// What is kept of a hive's file, in bytes. Hives are read here and there, so more would not help much.
const CACHE: usize = 512 << 10;

/// More hives than this are not kept open: a terminal server has thousands of profiles.
const MAX_KEPT: usize = 64;

/// More damaged places than this are not counted in one hive.
const MAX_PLACES: usize = 64;

struct Kept {
    hive: Arc<Hive>,
    /// What the hive takes.
    _charge: Charge,
}

/// Why a hive is not open.
struct NotOpen {
    failure: Failure,
    /// The next who asks may find it open: there was no room for it, or none for the folders on the way.
    for_now: bool,
}

type Slot = Arc<OnceLock<Result<Kept, NotOpen>>>;

pub(super) struct Hives {
    folder: Arc<Folder>,
    budget: Arc<Budget>,
    kept: Mutex<HashMap<String, Slot>>,
    states: Mutex<BTreeMap<String, HiveState>>,
}

/// What is to be told of a hive, whether it is still kept or not.
#[derive(Default)]
struct HiveState {
    recovery: Option<State>,
    truncated: Option<String>,
    /// What is wrong, and the key whose members it concerns: the first by their texts, so that the order of the questions does
    /// not matter.
    first: Option<(String, String)>,
    /// The texts of what is wrong, hashed: they are only counted, and each names the hive's whole path.
    places: HashSet<u64>,
}

impl Hives {
    pub(super) fn new(folder: Arc<Folder>, budget: Arc<Budget>) -> Hives {
        Hives { folder, budget, kept: Mutex::default(), states: Mutex::default() }
    }

    /// The hive in a file of the volume. `verify` says whether it is the one that belongs there.
    pub(super) fn hive(&self, place: &Components, verify: impl FnOnce(&Hive) -> Found<()>) -> Found<Arc<Hive>> {
        let name = names::fold(&place.join("\\"));
        let slot = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MAX_KEPT {
                drop_unused(&mut kept);
            }
            Arc::clone(kept.entry(name.clone()).or_default())
        };
        let NotOpen { failure, for_now } = match slot.get_or_init(|| self.open(place, verify)) {
            Ok(kept) => return Ok(Arc::clone(&kept.hive)),
            Err(not_open) => not_open,
        };
        if *for_now {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            // Another may be opening it already.
            if kept.get(&name).is_some_and(|other| Arc::ptr_eq(other, &slot)) {
                kept.remove(&name);
            }
        }
        Err(failure.clone())
    }

    fn open(&self, components: &Components, verify: impl FnOnce(&Hive) -> Found<()>) -> Result<Kept, NotOpen> {
        let name = components.join("\\");
        let place = match self.folder.find_file(components) {
            Err(Failure::Absent) => return Err(Failure::Unreadable(format!("there is no hive {name}")).into()),
            found => found.map_err(|failure| NotOpen { failure, for_now: true })?,
        };
        let over_budget = |error: OverBudget| NotOpen {
            failure: Failure::Unreadable(format!("the hive {name} cannot be read: {error}")),
            for_now: true,
        };
        let size = Cached::<std::fs::File>::memory(place.size(), CACHE);
        let mut charge = self.charge(size).map_err(over_budget)?;
        let file = self.folder.open_file(&place)?.into_std();
        let file = Cached::new(file, CACHE)
            .map_err(|error| Failure::Unreadable(format!("the hive {name} cannot be read: {error}")))?;
        let hive = Hive::open(&name, file, |log| self.log(components, log)).map_err(Failure::from)?;
        charge.grow(hive.memory()).map_err(over_budget)?;
        self.note(&name, &hive);
        verify(&hive)?;
        Ok(Kept { hive: Arc::new(hive), _charge: charge })
    }

    /// Takes room, of what is not in use where there is no other.
    fn charge(&self, bytes: u64) -> Result<Charge, OverBudget> {
        self.budget.charge(bytes).or_else(|_| {
            self.folder.forget();
            drop_unused(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner));
            self.budget.charge(bytes)
        })
    }

    fn log(&self, hive: &Components, log: LogName) -> Log {
        let mut components = hive.clone();
        if let Some(name) = components.last_mut() {
            name.push_str(log.suffix());
        }
        match self.folder.find_file(&components).and_then(|place| self.folder.open_file(&place)) {
            Ok(file) => Log::Present(Box::new(file.into_std())),
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
        let truncated = hive
            .truncated()
            .map(|(end, expected)| format!("the file ends after {end} bytes: it should have {expected}"));
        if recovery.is_some() || truncated.is_some() {
            let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            let state = states.entry(name.to_owned()).or_default();
            (state.recovery, state.truncated) = (recovery, truncated);
        }
    }

    /// Remembers what could not be read in a hive, and in which key it was left out of an answer or marked there.
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
        NotOpen { failure, for_now: false }
    }
}

impl HiveState {
    fn damage(&self) -> Option<String> {
        let (error, key) = self.first.as_ref()?;
        Some(match self.places.len() - 1 {
            0 => format!("{key}: {error}"),
            more if more + 1 < MAX_PLACES => format!("{key}: {error}; {more} more such places"),
            more => format!("{key}: {error}; at least {more} more such places"),
        })
    }
}

/// Closes the hives that nobody reads at present. They are opened again when they are asked for.
fn drop_unused(kept: &mut HashMap<String, Slot>) {
    // What could not be opened takes hardly any room, but thousands of profiles may have such hives.
    let keep_failures = kept.len() < MAX_KEPT;
    kept.retain(|_, slot| match slot.get() {
        Some(Ok(kept)) => Arc::strong_count(slot) > 1 || Arc::strong_count(&kept.hive) > 1,
        Some(Err(_)) => keep_failures,
        // It is being opened.
        None => true,
    });
}
