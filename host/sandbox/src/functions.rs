//! A plugin's compiled functions, kept from one compilation to the next.
//!
//! A catalog changes a plugin's data and none of its functions. Cranelift compiles function by function, and before each it asks for
//! one that was compiled from the same code with the same settings.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::CacheStore;

/// Cranelift's SHA-256 of a function's code and of all settings that decide what it is compiled to.
type Key = [u8; 32];

/// The maximum size in bytes of all functions kept for a plugin. The stock plugins need less than a tenth of it.
const LARGEST: usize = 64 << 20;

/// The functions of one plugin: those that were read, and those that a compilation uses.
///
/// In bytes, each function is its key, its length as 32 bits in little-endian order, and its code as Cranelift writes it.
#[derive(Debug, Default)]
pub(super) struct Functions {
    bytes: Vec<u8>,
    known: HashMap<Key, Range<usize>>,
    used: Mutex<Used>,
}

/// The functions that one compilation uses.
#[derive(Debug, Default)]
struct Used {
    known: BTreeSet<Key>,
    new: BTreeMap<Key, Vec<u8>>,
    /// The length in bytes of all of them when written.
    length: usize,
}

thread_local! {
    /// The functions of the plugin that this thread compiles.
    static CURRENT: RefCell<Option<Arc<Functions>>> = const { RefCell::new(None) };
}

impl Functions {
    /// Reads what [`Functions::used`] returned. Returns `None` for anything else.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Functions> {
        let mut known = HashMap::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (key, after_key) = rest.split_first_chunk()?;
            let (length, after_length) = after_key.split_first_chunk()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let start = bytes.len() - after_length.len();
            rest = after_length.get(length..)?;
            known.insert(*key, start..start + length);
        }
        Some(Functions { known, bytes, used: Mutex::default() })
    }

    /// Returns the functions that were used, as bytes, if there are new ones among them. All others are left out: the next catalog
    /// needs what this one did.
    pub(super) fn used(&self) -> Option<Vec<u8>> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.new.is_empty() {
            return None;
        }
        let known = used.known.iter().filter_map(|key| Some((key, self.bytes.get(self.known.get(key)?.clone())?)));
        let new = used.new.iter().map(|(key, code)| (key, &code[..]));
        let mut bytes = Vec::with_capacity(used.length);
        for (key, code) in known.chain(new) {
            bytes.extend_from_slice(key);
            bytes.extend_from_slice(&u32::try_from(code.len()).ok()?.to_le_bytes());
            bytes.extend_from_slice(code);
        }
        Some(bytes)
    }

    /// Makes these the functions that this thread compiles with, until the thread ends.
    pub(super) fn enter(self: Arc<Self>) {
        CURRENT.set(Some(self));
    }

    fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(range) = self.known.get(key) else { return used.new.get(key).cloned() };
        let code = self.bytes.get(range.clone())?.to_vec();
        if used.known.insert(*key) {
            used.length += written_length(&code);
        }
        Some(code)
    }

    /// Adds a function, unless that would take more space than a plugin may have. Returns whether it is known now.
    fn add(&self, key: Key, code: Vec<u8>) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let length = used.length + written_length(&code);
        if length > LARGEST {
            return false;
        }
        // Two threads may compile equal functions at the same time.
        if used.new.insert(key, code).is_none() {
            used.length = length;
        }
        true
    }
}

fn written_length(code: &[u8]) -> usize {
    size_of::<Key>() + size_of::<u32>() + code.len()
}

/// The functions of whichever plugin a thread compiles, see [`Functions::enter`]. Wasmtime knows one store for all plugins.
#[derive(Debug)]
pub(super) struct OfEachPlugin;

impl CacheStore for OfEachPlugin {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let key = key.try_into().ok()?;
        CURRENT.with_borrow(|functions| functions.as_ref()?.get(key)).map(Cow::Owned)
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        let Ok(key) = key.try_into() else { return false };
        CURRENT.with_borrow(|functions| functions.as_ref().is_some_and(|functions| functions.add(key, code)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u8) -> Key {
        [number; 32]
    }

    #[test]
    fn functions_are_read_as_they_were_written_and_kept_while_used() {
        let first = Functions::default();
        assert_eq!(first.used(), None);
        assert!(
            first.add(key(1), b"one".to_vec()) && first.add(key(2), Vec::new()) && first.add(key(1), b"one".to_vec())
        );
        let written = first.used().unwrap();
        assert_eq!(written.len(), 2 * (32 + 4) + 3);

        let second = Functions::from_bytes(written.clone()).unwrap();
        assert_eq!(second.get(&key(1)), Some(b"one".to_vec()));
        assert_eq!(second.used(), None, "nothing is new");
        assert!(second.add(key(3), b"three".to_vec()));
        let third = Functions::from_bytes(second.used().unwrap()).unwrap();
        let found = [1, 2, 3, 4].map(|number| third.get(&key(number)));
        assert_eq!(found, [Some(b"one".to_vec()), None, Some(b"three".to_vec()), None]);

        for length in 1..written.len() {
            let cut = Functions::from_bytes(written[..length].to_vec());
            assert_eq!(cut.is_some(), length == 32 + 4 + 3, "{length}");
        }
    }

    #[test]
    fn a_plugin_keeps_no_more_than_its_share() {
        let functions = Functions::default();
        assert!(functions.add(key(1), vec![0; LARGEST - 100]));
        assert!(!functions.add(key(2), vec![0; 100]));
        assert!(functions.add(key(3), vec![0; 20]));
        assert!(functions.used().unwrap().len() <= LARGEST);
    }

    #[test]
    fn each_thread_has_the_functions_of_the_plugin_that_it_compiles() {
        let store = |number: u8| {
            Arc::new(Functions::default()).enter();
            assert!(OfEachPlugin.insert(&key(number), vec![number]));
            [1, 2].map(|number| OfEachPlugin.get(&key(number)).map(Cow::into_owned))
        };
        let other = std::thread::spawn(move || store(2)).join().unwrap();
        assert_eq!((store(1), other), ([Some(vec![1]), None], [None, Some(vec![2])]));
        std::thread::spawn(|| assert!(!OfEachPlugin.insert(&key(1), vec![1]), "it compiles no plugin")).join().unwrap();
        assert!(!OfEachPlugin.insert(b"no digest", vec![1]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_functions_or_none(bytes in proptest::collection::vec(0..4_u8, 0..400)) {
            if let Some(functions) = Functions::from_bytes(bytes.clone()) {
                for key in functions.known.keys() {
                    prop_assert!(functions.get(key).is_some());
                }
                prop_assert_eq!(functions.bytes, bytes);
            }
        }
    }
}
