//! What happens when the program is told to end: by Ctrl-C, by `kill`, by a limit, or because its terminal is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::{platform, unfinished};

/// How long a signal waits until it is seen.
const TICK: Duration = Duration::from_millis(20);

/// What shells add to a signal's number to make it an exit code.
const SIGNALLED: i32 = 128;

/// From now on signals to end remove what is unfinished, and end the program with 128 and the signal's number: 130 after Ctrl-C, 143
/// after `kill`. A second one ends it at once. Signals that the program was started to ignore (`nohup`) stay ignored.
///
/// A write beyond the limit on the size of files fails like any other write that the system refuses.
///
/// Where no thread can be had, signals end the program as the system does it; what they leave is removed by the next run.
pub fn end_cleanly() {
    if let Some(number) = platform::signal_of_file_size() {
        // That the signal has a handler is enough: nobody reads the flag.
        let _ = signal_hook::flag::register(number, Arc::default());
    }
    let signal = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&signal);
    let watching = std::thread::Builder::new().name("wardline-signals".to_owned()).spawn(move || watch(&seen));
    if watching.is_ok() {
        let interrupted = Arc::new(AtomicBool::new(false));
        for number in platform::signals_to_end() {
            // Without its handler a signal ends the program as the system does it.
            let _ = handle(number, &interrupted, &signal);
        }
    }
}

fn handle(number: i32, interrupted: &Arc<AtomicBool>, signal: &Arc<AtomicUsize>) -> std::io::Result<()> {
    // In this order: the first signal finds the flag unset, and sets it.
    signal_hook::flag::register_conditional_shutdown(number, SIGNALLED + number, Arc::clone(interrupted))?;
    signal_hook::flag::register(number, Arc::clone(interrupted))?;
    signal_hook::flag::register_usize(number, Arc::clone(signal), usize::try_from(number).unwrap_or_default())?;
    Ok(())
}

fn watch(signal: &AtomicUsize) {
    loop {
        std::thread::sleep(TICK);
        let number = signal.load(Ordering::Relaxed);
        if number != 0 {
            unfinished::remove_all();
            std::process::exit(SIGNALLED + i32::try_from(number).unwrap_or_default());
        }
    }
}
