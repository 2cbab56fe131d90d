//! How far a scan has come, on standard error; silent where that is no terminal. And a word about what takes long the first
//! time.

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::scan::{Progress, TargetSpec};

pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        // indicatif draws on standard error, and not at all where that is no terminal.
        Bar(ProgressBar::new(0))
    }

    /// Lets others write to the terminal.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }
}

impl Progress for Bar {
    fn begin(&self, targets: usize) {
        self.0.set_length(targets as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} computers, {per_sec}, {eta} left") {
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

/// How long somebody waits without wondering.
const PATIENCE: Duration = Duration::from_secs(4);

/// Says once what is being waited for, if it takes long enough to wonder. Ends when it is dropped.
pub(super) struct Patience {
    _ended: Sender<()>,
}

impl Patience {
    /// While plugins are compiled, which a large one takes minutes for, the first time.
    pub(super) fn compiling() -> Self {
        let (ended, wait) = channel::<()>();
        if !std::io::stderr().is_terminal() {
            return Patience { _ended: ended };
        }
        // Without a thread for it nothing is said, and nothing is lost.
        let _ = std::thread::Builder::new().name("wardline-patience".to_owned()).spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                super::warn("compiling; what was compiled is kept and is ready at once the next time");
            }
        });
        Patience { _ended: ended }
    }
}
