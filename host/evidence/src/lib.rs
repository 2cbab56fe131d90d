//! Questions in, answers out. Where the facts of a target come from, and who may ask for which.

pub mod budget;
pub mod image;
pub mod metered;
pub mod recording;

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wardline_contract::{Answer, Deadline, Question};

use self::budget::Budget;

/// Something that answers questions about one target: an offline volume, a recording.
///
/// Plugins ask at the same time from several threads. A source answers the same question the same way as long as it lives.
pub trait Source: Send + Sync {
    /// The target's name as the operator knows it.
    fn name(&self) -> &str;

    /// What is being read, for the report.
    fn origin(&self) -> Origin;

    /// Answers one question. What goes wrong with it is an answer too, never a panic.
    ///
    /// Comes back soon after the deadline, whatever the target holds. Where the answer is not there by then, what comes back is
    /// none: whoever set the deadline looks whether it has passed, and does not use the answer.
    fn answer_by(&self, question: &Question, deadline: Deadline) -> Answer;

    /// As [`Source::answer_by`], however long it takes: for sources that have their answers at hand.
    fn answer(&self, question: &Question) -> Answer {
        self.answer_by(question, Deadline::never())
    }

    /// The state of those parts of the evidence that answers were taken from and that are not plainly sound, in the order of
    /// their names. Asked after the questions.
    fn conditions(&self) -> Vec<Condition> {
        Vec::new()
    }
}

/// The state of a part of a target's evidence, where a reader of the report has to know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The file, from the volume's root: `WINDOWS\system32\config\SOFTWARE`.
    pub part: String,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum State {
    /// A hive that Windows had not finished writing, brought up to date from its transaction logs.
    Recovered {
        /// Log entries applied; for a log of the old format, 1.
        entries: u32,
    },
    /// A hive that Windows had not finished writing and that could not be brought up to date, or not to the end: what it says may
    /// be old.
    Stale {
        /// Log entries applied before the first that could not be.
        entries: u32,
        reason: String,
    },
    /// A part of which something is damaged or contradicts itself. The rest is used.
    Damaged { reason: String },
}

impl State {
    /// Whether answers from this part may be wrong or missing, so that a target with it is not complete.
    pub fn is_doubtful(&self) -> bool {
        match self {
            State::Recovered { .. } => false,
            State::Stale { .. } | State::Damaged { .. } => true,
        }
    }
}

/// Where a source reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub kind: SourceKind,
    /// The path as the operator gave it.
    pub location: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A directory that is the root of a Windows system volume.
    Volume,
    /// A file that `wardline collect` wrote.
    Recording,
}

/// Why a target could not be opened.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum OpenError {
    Volume(#[from] image::VolumeError),
    Recording(#[from] recording::RecordingError),
}

/// Opens what a path names: a folder as a volume, anything else as a recording. What is held of it is charged to a budget.
///
/// # Errors
///
/// When it is neither.
pub fn open(path: &Path, budget: &Arc<Budget>) -> Result<Box<dyn Source>, OpenError> {
    if path.is_dir() {
        Ok(Box::new(image::Volume::open_within(path, None, budget)?))
    } else {
        Ok(Box::new(recording::Recording::read_within(path, budget)?))
    }
}
