//! Work that is only waited for in the end.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Threads that are waited for when this is dropped: one that writes to a cache, for example, while the scan goes on with what is
/// written.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// static DONE: AtomicBool = AtomicBool::new(false);
///
/// let background = wardline_files::background::Background::default();
/// background.run(|| DONE.store(true, Ordering::Relaxed));
/// drop(background);
/// assert!(DONE.load(Ordering::Relaxed));
/// ```
#[derive(Debug, Default)]
pub struct Background(Mutex<Vec<JoinHandle<()>>>);

impl Background {
    /// Runs `work` on a thread of its own, or here if the system gives none.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) {
        // A thread that cannot be started would take the work with it.
        let work = Arc::new(Mutex::new(Some(work)));
        let take = |work: &Mutex<Option<_>>| work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let of_thread = Arc::clone(&work);
        let spawned = Builder::new().name("wardline-writing".to_owned()).spawn(move || {
            if let Some(work) = take(&of_thread) {
                work();
            }
        });
        match spawned {
            Ok(thread) => {
                let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                threads.retain(|thread| !thread.is_finished());
                threads.push(thread);
            }
            Err(_) => {
                if let Some(work) = take(&work) {
                    work();
                }
            }
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        for thread in self.0.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A panic there has been printed, and ends nothing here.
            let _ = thread.join();
        }
    }
}
