//! A parallel map that yields its results in order and holds only a bounded window of them at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

/// Items per worker that are started but not yet delivered: enough that a slow item does not starve the other workers, few enough
/// that their results fit in memory.
const WINDOW_PER_WORKER: usize = 4;

/// Maps `items` on `pool` and passes each result to `sink` in the order of `items`, from the calling thread, until it breaks.
///
/// At most four items per worker are started and not yet delivered. A panic in `work` propagates to the caller.
pub(super) fn map<S: Sync, T: Send>(
    pool: &rayon::ThreadPool,
    items: &[S],
    work: &(dyn Fn(&S) -> T + Sync),
    sink: &mut dyn FnMut(usize, T) -> ControlFlow<()>,
) {
    let window = WINDOW_PER_WORKER * pool.current_num_threads();
    let stopped = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    pool.in_place_scope(|scope| {
        let stopped = &stopped;
        let mut waiting = items.iter().enumerate();
        let mut begin_next = || {
            if let Some((index, item)) = waiting.next() {
                let sender = sender.clone();
                scope.spawn(move |_| {
                    if !stopped.load(Ordering::Relaxed) {
                        // The receiver is gone only when the result is no longer wanted.
                        let _ = sender.send((index, catch_unwind(AssertUnwindSafe(|| work(item)))));
                    }
                });
            }
        };
        (0..window).for_each(|_| begin_next());
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
            begin_next();
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
