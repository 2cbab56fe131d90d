//! Clean termination when the program is asked to end: by Ctrl-C, by `kill`, by a limit, or because its terminal is gone.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{platform, unfinished};

/// Whether the caller ends the program, and whether a signal has asked for it.
static IS_LEFT: AtomicBool = AtomicBool::new(false);
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// Makes signals that would end the program first remove unfinished files, and then end it with 128 plus the signal's number: 130
/// after Ctrl-C, 143 after `kill`. A second signal ends it at once. Signals that the program was started to ignore (`nohup`) stay
/// ignored.
///
/// A write beyond the file size limit fails like any other write that the system refuses.
///
/// If no thread can be started, signals have their default effect; unfinished files are then removed by the next run.
pub fn end_cleanly() {
    platform::when_asked_to_end(|code| {
        if IS_LEFT.load(Ordering::SeqCst) {
            IS_ASKED.store(true, Ordering::SeqCst);
        } else {
            unfinished::remove_all();
            std::process::exit(code);
        }
    });
}

/// Leaves it to the caller to end the program, for a server that first finishes its responses. Returns a function that says whether a
/// signal has asked for the end. A second signal ends the program at once.
///
/// Without [`end_cleanly`], signals have their default effect.
pub fn leave_to_caller() -> impl Fn() -> bool + Send + 'static {
    IS_LEFT.store(true, Ordering::SeqCst);
    || IS_ASKED.load(Ordering::SeqCst)
}
