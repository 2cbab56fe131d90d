//! Keeps results that are expensive to compute: a complete scan never changes, so neither do they.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The last few values that were asked for, each made once, even if several requests ask for it at the same time.
#[derive(Debug)]
pub(crate) struct Kept<K, V> {
    most: usize,
    /// The one asked for last is at the end.
    slots: Mutex<Vec<(K, Slot<V>)>>,
}

/// A value, once it is made. Whoever makes it holds the lock.
type Slot<V> = Arc<Mutex<Option<Arc<V>>>>;

impl<K: PartialEq + Clone, V> Kept<K, V> {
    /// Keeps at most this many values, and at least one.
    pub(crate) fn new(most: usize) -> Self {
        Kept { most: most.max(1), slots: Mutex::default() }
    }

    /// Returns the value of a key, which is made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made. The next request tries again.
    pub(crate) fn get<E>(&self, key: &K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let slot = self.slot(key);
        let mut value = locked(&slot);
        if let Some(value) = &*value {
            return Ok(Arc::clone(value));
        }
        let made = Arc::new(make()?);
        *value = Some(Arc::clone(&made));
        Ok(made)
    }

    fn slot(&self, key: &K) -> Slot<V> {
        let mut slots = locked(&self.slots);
        let place = slots.iter().position(|(other, _)| other == key);
        let (key, slot) = match place {
            Some(place) => slots.remove(place),
            None => (key.clone(), Slot::default()),
        };
        if slots.len() >= self.most {
            slots.remove(0);
        }
        slots.push((key, Arc::clone(&slot)));
        slot
    }
}

/// Locks what a panic elsewhere leaves as it was: each change is one assignment.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_until_others_take_its_place() {
        let kept = Kept::new(2);
        let mut made = Vec::new();
        for key in [1, 2, 1, 3, 1, 2] {
            let value = kept.get(&key, || {
                made.push(key);
                Ok::<_, ()>(key * 10)
            });
            assert_eq!(value.as_deref(), Ok(&(key * 10)));
        }
        assert_eq!(made, [1, 2, 3, 2]);
    }

    #[test]
    fn what_could_not_be_made_is_tried_again() {
        let kept = Kept::new(1);
        assert_eq!(kept.get(&1, || Err::<(), _>("damaged")).err(), Some("damaged"));
        assert!(kept.get(&1, || Ok::<_, ()>(())).is_ok());
    }

    #[test]
    fn requests_at_the_same_time_make_one_value() {
        let kept = Kept::new(1);
        let made = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    kept.get(&1, || {
                        std::thread::sleep(std::time::Duration::from_millis(5));
                        Ok::<_, ()>(made.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                    })
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }
}
