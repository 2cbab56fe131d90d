//! How far a scan has come, on standard error; silent where that is no terminal.

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
