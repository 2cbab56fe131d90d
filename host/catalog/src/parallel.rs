//! Work on several files at a time, also where the system gives no further threads.

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Runs `work`, whose parallel iterators share a pool of their own: rayon's global one panics if it gets no threads.
pub(crate) fn in_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match pool() {
        Some(pool) => pool.install(work),
        // This thread belongs to a pool already.
        None => work(),
    }
}

fn pool() -> Option<ThreadPool> {
    let alone = |_| ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    ThreadPoolBuilder::new().build().or_else(alone).ok()
}
