//! Messages to the person who runs wardline: on standard error, and in a log file if there is one.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::Fatal;
use super::passwords::masked;
use crate::contract::Escaped;

/// The destinations of the command that is running. A program runs one command.
static MESSAGES: Mutex<Messages> = Mutex::new(Messages { quiet: false, log: None });

struct Messages {
    quiet: bool,
    log: Option<File>,
}

/// Keeps the log open until the command ends.
pub(super) struct Logging;

impl Drop for Logging {
    fn drop(&mut self) {
        *messages() = Messages { quiet: false, log: None };
    }
}

/// Sets the destinations: with `quiet`, standard error only has errors that end the command; `log` is a file that everything is
/// appended to.
///
/// # Errors
///
/// If the file cannot be written.
pub(super) fn begin(quiet: bool, log: Option<&Path>) -> Result<Logging, Fatal> {
    let open = |path: &Path| {
        let mut options = File::options();
        options.create(true).append(true);
        // It names machines and what is wrong with them.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|error| format!("{}: cannot write the log: {error}", path.display()))
    };
    let log = log.map(open).transpose()?;
    *messages() = Messages { quiet, log };
    Ok(Logging)
}

fn messages() -> MutexGuard<'static, Messages> {
    MESSAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether only errors are shown.
pub(super) fn are_quiet() -> bool {
    messages().quiet
}

/// Writes a remark on one line, escaped.
pub(super) fn warn(message: &str) {
    let mut messages = messages();
    messages.log(message);
    if !messages.quiet {
        show(message);
    }
}

/// Writes an error on one line, escaped.
pub(super) fn error(message: &str) {
    messages().log(message);
    show(message);
}

/// Writes a line to the log only.
pub(super) fn note(message: &str) {
    messages().log(message);
}

fn show(message: &str) {
    // If standard error is closed, there is no one to notify.
    let _ = writeln!(anstream::stderr(), "wardline: {}", Escaped(&masked(message)));
}

impl Messages {
    fn log(&mut self, message: &str) {
        let Some(file) = &mut self.log else { return };
        let time = humantime::format_rfc3339_seconds(SystemTime::now());
        // One write for a line, so that the lines of several scans do not mix.
        if let Err(error) = file.write_all(format!("{time} {}\n", Escaped(&masked(message))).as_bytes()) {
            self.log = None;
            show(&format!("the log cannot be written any more: {error}"));
        }
    }
}
