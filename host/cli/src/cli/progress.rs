//! The progress of a scan, on standard error; silent if that is not a terminal. Also a message about work that takes long the
//! first time.

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::messages;
use crate::contract::Escaped;
use crate::scan::{Progress, TargetSpec};
use crate::supply::update::Event;

pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        // indicatif draws on standard error, and not at all if that is not a terminal.
        Bar(if messages::are_quiet() { ProgressBar::hidden() } else { ProgressBar::new(0) })
    }

    /// A bar that is not drawn.
    pub(super) fn hidden() -> Self {
        Bar(ProgressBar::hidden())
    }

    /// Lets other code write to the terminal.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }
}

impl Progress for Bar {
    fn begin(&self, targets: usize) {
        self.0.set_length(targets as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} targets, {per_sec}, {eta} left") {
            self.0.set_style(style);
        }
    }

    fn target_done(&self, _: &TargetSpec) {
        self.0.inc(1);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// The time after which a user starts to wonder.
const PATIENCE: Duration = Duration::from_secs(4);

/// Prints what is being waited for, once, if it takes long enough to make a user wonder. Stops when dropped.
pub(super) struct Patience {
    _ended: Sender<()>,
}

impl Patience {
    /// For the compilation of plugins, which takes minutes for a large plugin, the first time.
    pub(super) fn compiling() -> Self {
        let (ended, wait) = channel::<()>();
        if !std::io::stderr().is_terminal() {
            return Patience { _ended: ended };
        }
        // Without a thread the message is not printed; nothing else is lost.
        let _ = std::thread::Builder::new().name("wardline-patience".to_owned()).spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                super::warn("compiling plugins; this takes a while the first time, later runs use the cache");
            }
        });
        Patience { _ended: ended }
    }
}

/// The progress of fetching catalogs.
pub(super) struct Fetching(ProgressBar);

impl Fetching {
    pub(super) fn new() -> Self {
        Fetching(ProgressBar::new(0))
    }

    pub(super) fn show(&self, event: Event<'_>) {
        match event {
            Event::Document { name, number, total } => {
                self.0.set_length(total as u64);
                self.0.set_position(number.saturating_sub(1) as u64);
                self.0.set_message(Escaped(name).to_string());
                if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} catalogs, {msg}") {
                    self.0.set_style(style);
                }
            }
            Event::Fetching(_) => self.0.tick(),
        }
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
