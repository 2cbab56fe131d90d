//! Clean termination when the program is asked to end: by Ctrl-C, by `kill`, by a limit, or because its terminal is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::{platform, unfinished};

/// The maximum delay before a signal is noticed.
const TICK: Duration = Duration::from_millis(20);

/// Whether the caller ends the program, and whether a signal has asked for it.
static IS_LEFT: AtomicBool = AtomicBool::new(false);
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// The number that shells add to a signal's number to form an exit code.
const SIGNALLED: i32 = 128;

/// Makes signals that would end the program first remove unfinished files, and then end it with 128 plus the signal's number: 130
/// after Ctrl-C, 143 after `kill`. A second signal ends it at once. Signals that the program was started to ignore (`nohup`) stay
/// ignored.
///
/// A write beyond the file size limit fails like any other write that the system refuses.
///
/// If no thread can be started, signals have their default effect; unfinished files are then removed by the next run.
pub fn end_cleanly() {
    if let Some(number) = platform::file_size_signal() {
        // Installing a handler is enough: the flag is never read.
        let _ = signal_hook::flag::register(number, Arc::default());
    }
    let signal = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&signal);
    let watching = std::thread::Builder::new().name("wardline-signals".to_owned()).spawn(move || watch(&seen));
    if watching.is_ok() {
        let interrupted = Arc::new(AtomicBool::new(false));
        for number in platform::termination_signals() {
            // If installing the handler fails, the signal keeps its default effect.
            let _ = handle(number, &interrupted, &signal);
        }
    }
}

/// Leaves it to the caller to end the program, for a server that first finishes its responses. Returns a function that says whether a
/// signal has asked for the end. A second signal ends the program at once.
///
/// Without [`end_cleanly`], signals have their default effect.
pub fn leave_to_caller() -> impl Fn() -> bool + Send + 'static {
    IS_LEFT.store(true, Ordering::SeqCst);
    || IS_ASKED.load(Ordering::SeqCst)
}

fn handle(number: i32, interrupted: &Arc<AtomicBool>, signal: &Arc<AtomicUsize>) -> std::io::Result<()> {
    // The order matters: the first signal finds the flag unset, and sets it.
    signal_hook::flag::register_conditional_shutdown(number, SIGNALLED + number, Arc::clone(interrupted))?;
    signal_hook::flag::register(number, Arc::clone(interrupted))?;
    signal_hook::flag::register_usize(number, Arc::clone(signal), usize::try_from(number).unwrap_or_default())?;
    Ok(())
}

fn watch(signal: &AtomicUsize) {
    loop {
        std::thread::sleep(TICK);
        let number = signal.load(Ordering::Relaxed);
        if number != 0 && IS_LEFT.load(Ordering::SeqCst) {
            IS_ASKED.store(true, Ordering::SeqCst);
            return;
        }
        if number != 0 {
            unfinished::remove_all();
            std::process::exit(SIGNALLED + i32::try_from(number).unwrap_or_default());
        }
    }
}
