//! A parallel map that yields its results in order and holds only a bounded window of them at a time.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

/// The maximum number of items that a worker takes at a time.
const LARGEST_BATCH: usize = 8;

/// Items per worker that are ready or started, but not yet delivered: enough that a slow item does not starve the other workers and
/// that each finds a whole batch, few enough that their results fit in memory.
const WINDOW_PER_WORKER: usize = 2 * LARGEST_BATCH;

/// Maps `items` on `pool` and passes each result to `sink` in the order of `items`, from the calling thread, until it breaks.
///
/// `work` is called with an item and may take more from the [`Batch`]; it returns the results in the same order. At most sixteen
/// items per worker are started and not yet delivered. A panic in `work` propagates to the caller.
pub(super) fn map<S: Sync, T: Send>(
    pool: &rayon::ThreadPool,
    items: &[S],
    work: &(dyn Fn(&S, &mut Batch<'_, S>) -> Vec<T> + Sync),
    sink: &mut dyn FnMut(usize, T) -> ControlFlow<()>,
) {
    let workers = pool.current_num_threads();
    let stopped = AtomicBool::new(false);
    let ready = Mutex::new(VecDeque::new());
    let (sender, receiver) = mpsc::channel();
    pool.in_place_scope(|scope| {
        let (stopped, ready) = (&stopped, &ready);
        let mut waiting = 0..items.len();
        let mut make_ready = || {
            let Some(index) = waiting.next() else { return };
            locked(ready).push_back(index);
            let sender = sender.clone();
            scope.spawn(move |_| {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // Another worker may have taken this item along with its own.
                let Some(mut batch) = Batch::begin(items, ready, workers) else { return };
                // The receiver is gone only when the results are no longer wanted.
                let first = batch.taken[0];
                match catch_unwind(AssertUnwindSafe(|| work(&items[first], &mut batch))) {
                    Ok(results) => {
                        debug_assert_eq!(results.len(), batch.taken.len());
                        batch.taken.into_iter().zip(results).for_each(|(index, result)| {
                            let _ = sender.send((index, Ok(result)));
                        });
                    }
                    Err(panic) => {
                        let _ = sender.send((first, Err(panic)));
                    }
                }
            });
        };
        (0..WINDOW_PER_WORKER * workers).for_each(|_| make_ready());
        let mut early = BTreeMap::new();
        for due in 0..items.len() {
            let result = loop {
                if let Some(result) = early.remove(&due) {
                    break result;
                }
                match receiver.recv() {
                    Ok((index, result)) => early.insert(index, result),
                    Err(_) => return,
                };
            };
            make_ready();
            let result = result.unwrap_or_else(|panic| {
                stopped.store(true, Ordering::Relaxed);
                resume_unwind(panic)
            });
            if sink(due, result).is_break() {
                stopped.store(true, Ordering::Relaxed);
                return;
            }
        }
    });
}

/// The items that one worker takes together.
pub(super) struct Batch<'s, S> {
    items: &'s [S],
    ready: &'s Mutex<VecDeque<usize>>,
    /// The places of the items taken, at least one.
    taken: Vec<usize>,
    limit: usize,
}

impl<'s, S> Batch<'s, S> {
    /// Takes the first item. Returns `None` if none is ready.
    fn begin(items: &'s [S], ready: &'s Mutex<VecDeque<usize>>, workers: usize) -> Option<Batch<'s, S>> {
        let mut queue = locked(ready);
        let first = queue.pop_front()?;
        // As many are left for each of the others.
        let limit = (1 + queue.len() / workers).min(LARGEST_BATCH);
        Some(Batch { items, ready, taken: vec![first], limit })
    }

    /// Takes one more item. Returns `None` if the batch is full, or the others are left for other workers.
    pub(super) fn next(&mut self) -> Option<&'s S> {
        if self.taken.len() == self.limit {
            return None;
        }
        let next = locked(self.ready).pop_front()?;
        self.taken.push(next);
        Some(&self.items[next])
    }
}

/// Nothing panics while it has the lock.
fn locked(ready: &Mutex<VecDeque<usize>>) -> std::sync::MutexGuard<'_, VecDeque<usize>> {
    ready.lock().unwrap_or_else(PoisonError::into_inner)
}
