//! Signals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::{consts, flag};

/// The maximum delay before a signal is noticed.
const TICK: Duration = Duration::from_millis(20);

/// The number that shells add to a signal's number to form an exit code.
const SIGNALLED: i32 = 128;

/// See [`super::when_asked_to_end`].
pub(super) fn when_asked_to_end(end: fn(i32)) {
    if !is_ignored(consts::SIGXFSZ) {
        // Installing a handler is enough for a write beyond the file size limit (`ulimit -f`) to fail like others (`EFBIG`): the flag is
        // never read.
        let _ = flag::register(consts::SIGXFSZ, Arc::default());
    }
    let signal = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&signal);
    let watch = move || {
        loop {
            std::thread::sleep(TICK);
            let number = seen.load(Ordering::Relaxed);
            if number != 0 {
                return end(SIGNALLED + i32::try_from(number).unwrap_or_default());
            }
        }
    };
    if std::thread::Builder::new().name("wardline-signals".to_owned()).spawn(watch).is_ok() {
        let interrupted = Arc::new(AtomicBool::new(false));
        for number in termination_signals() {
            // If installing the handler fails, the signal keeps its default effect.
            let _ = handle(number, &interrupted, &signal);
        }
    }
}

fn handle(number: i32, interrupted: &Arc<AtomicBool>, signal: &Arc<AtomicUsize>) -> std::io::Result<()> {
    // The order matters: the first signal finds the flag unset, and sets it.
    flag::register_conditional_shutdown(number, SIGNALLED + number, Arc::clone(interrupted))?;
    flag::register(number, Arc::clone(interrupted))?;
    flag::register_usize(number, Arc::clone(signal), usize::try_from(number).unwrap_or_default())?;
    Ok(())
}

/// Returns the signals that terminate a program that does not handle them, except those that report its own faults: Ctrl-C, `kill`,
/// a terminal that is gone, a timer, a limit on processor time. Excludes signals that this program was started to ignore, as
/// `nohup` does.
fn termination_signals() -> Vec<i32> {
    // POSIX, <signal.h>: default action "terminate", with or without a core file.
    let all = [
        consts::SIGHUP,
        consts::SIGINT,
        consts::SIGQUIT,
        consts::SIGTERM,
        consts::SIGALRM,
        consts::SIGVTALRM,
        consts::SIGPROF,
        consts::SIGUSR1,
        consts::SIGUSR2,
        consts::SIGXCPU,
    ];
    all.into_iter().filter(|signal| !is_ignored(*signal)).collect()
}

#[allow(unsafe_code)]
fn is_ignored(signal: i32) -> bool {
    let mut current = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action, `sigaction` changes nothing; it writes the current action, for which there is room. All of its
    // fields may be zero, so it is initialised even if the call fails.
    let current = unsafe {
        libc::sigaction(signal, std::ptr::null(), current.as_mut_ptr());
        current.assume_init()
    };
    current.sa_sigaction == libc::SIG_IGN
}
