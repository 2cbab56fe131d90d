//! Questions in, answers out: the sources of facts about a target.

pub mod budget;
pub mod image;
pub mod metered;
pub mod named;
pub mod recording;
pub mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wardline_contract::{Answer, Answers, Deadline, Question};
use wardline_files::host_failure::HostFailure;
pub use wardline_live as live;
use wardline_live::{Address, Limits, SignIn};

use self::budget::Budget;

/// A source that answers questions about one target: an offline volume, a recording, or texts about it.
///
/// Plugins ask concurrently from several threads. A source answers the same question the same way for as long as it lives.
pub trait Source: Send + Sync {
    /// The target's name as the operator knows it.
    fn name(&self) -> &str;

    /// The place the source reads from, for the report.
    fn origin(&self) -> Origin;

    /// Answers one question. Errors are answers too, never panics.
    ///
    /// Returns soon after the deadline, whatever the target holds. If the answer is not ready by then, the returned value is not an
    /// answer: the caller that set the deadline checks whether it has passed, and discards the value if it has.
    fn answer_by(&self, question: &Question, deadline: Deadline) -> Answer;

    /// Like [`Source::answer_by`], for callers that know the question with its names folded: see
    /// [`folded`](wardline_contract::names::folded).
    fn answer_folded(&self, question: &Question, _folded: &Question, deadline: Deadline) -> Answer {
        self.answer_by(question, deadline)
    }

    /// Like [`Source::answer_by`], without a deadline: for sources whose answers are in memory.
    fn answer(&self, question: &Question) -> Answer {
        self.answer_by(question, Deadline::never())
    }

    /// The state of every part of the evidence that answers were taken from and that is not fully intact, ordered by name. Called
    /// after the questions.
    fn conditions(&self) -> Vec<Condition> {
        Vec::new()
    }

    /// The host error, if any, that occurred while answering: `unreadable` answers may then say nothing about the target. Called
    /// after the questions.
    fn host_failure(&self) -> Option<HostFailure> {
        None
    }

    /// The number of bytes of memory that a source takes whose answers are all in memory. `None` if it reads the target when asked.
    fn held(&self) -> Option<u64> {
        None
    }

    /// The number of bytes read from the target's files so far, if the source counts them.
    fn bytes_read(&self) -> Option<u64> {
        None
    }
}

/// A source as the one who answers in a conversation, see [`Ask`](wardline_contract::Ask).
#[derive(Clone, Copy)]
pub struct SourceAnswers<'a>(pub &'a dyn Source);

impl std::fmt::Debug for SourceAnswers<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("SourceAnswers").field(&self.0.name()).finish()
    }
}

impl Answers for SourceAnswers<'_> {
    fn answer(&self, question: &Question, folded: &Question, deadline: Deadline) -> Answer {
        self.0.answer_folded(question, folded, deadline)
    }
}

/// The state of one part of a target's evidence, where it matters to the reader of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The file's path from the volume's root, `WINDOWS\system32\config\SOFTWARE`, or a text's file name.
    pub part: String,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum State {
    /// A dirty hive, which Windows had not finished writing, brought up to date from its transaction logs.
    Recovered {
        /// The number of log entries applied; 1 for a log of the old format.
        entries: u32,
    },
    /// A dirty hive that could not be brought up to date, or only in part: its contents may be old.
    Stale {
        /// The number of log entries applied before the first one that could not be.
        entries: u32,
        reason: String,
    },
    /// A part that is damaged in places or contradicts itself. The rest is used.
    Damaged { reason: String },
    /// A text about the machine: nothing but what it tells is known.
    Text {
        /// `the version 10.0.20348 and 3 hotfixes (from systeminfo)`
        tells: String,
    },
}

impl State {
    /// Returns whether answers from this part may be wrong or missing, which makes the target incomplete.
    pub fn is_doubtful(&self) -> bool {
        match self {
            State::Recovered { .. } => false,
            State::Stale { .. } | State::Damaged { .. } | State::Text { .. } => true,
        }
    }
}

/// The place a source reads from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub kind: SourceKind,
    /// The path as the operator gave it.
    pub location: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A directory that is the root of a Windows system volume.
    Volume,
    /// A Windows system volume in a disk image.
    Image,
    /// A running machine, read over SMB, or this computer.
    Live,
    /// A file written by `wardline collect`.
    Recording,
    /// The output of `systeminfo` and similar tools: a file, or a directory of files.
    Text,
}

/// The reasons a target cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum OpenError {
    Volume(#[from] image::VolumeError),
    Recording(#[from] recording::RecordingError),
    Text(#[from] text::TextError),
}

/// Opens a path: a directory as a volume or as texts about a machine, a disk image as the volume in it, anything else as a text or as
/// a recording. A suffix `#2` names the partition of an image, `@vss1` a volume shadow copy. The memory it holds is charged to `budget`.
///
/// # Errors
///
/// If the path is none of these, or an image has several volumes with Windows and none is named.
pub fn open(path: &Path, budget: &Arc<Budget>) -> Result<Box<dyn Source>, OpenError> {
    if path.is_dir() {
        return match image::Volume::open_within(path, None, budget) {
            Ok(volume) => Ok(Box::new(volume)),
            Err(error @ image::VolumeError::NoWindows(_)) => match text::Texts::open_directory(path, budget)? {
                Some(texts) => Ok(Box::new(texts)),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        };
    }
    let (file, part) = image::Part::split(path);
    if is_image(&file, part) {
        return Ok(Box::new(image::Volume::open_image(&file, part, None, budget)?));
    }
    match text::Texts::open_file(path, budget)? {
        Some(text) => Ok(Box::new(text)),
        None => Ok(Box::new(recording::Recording::read_within(path, budget)?)),
    }
}

/// How a running machine is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveAccess {
    pub limits: Limits,
    /// Whether its remote registry service is started if it does not run, and stopped again.
    pub start_remote_registry: bool,
}

impl From<Limits> for LiveAccess {
    fn from(limits: Limits) -> Self {
        LiveAccess { limits, start_remote_registry: false }
    }
}

/// Connects to a running machine. The memory it holds is charged to `budget`.
///
/// # Errors
///
/// If it cannot be reached, does not let the user read it, or is not Windows.
pub fn open_live(
    address: &Address,
    sign_in: impl Into<SignIn>,
    access: impl Into<LiveAccess>,
    budget: &Arc<Budget>,
) -> Result<Box<dyn Source>, OpenError> {
    Ok(Box::new(image::Volume::open_live(address, sign_in, access, budget)?))
}

/// The location of the computer that the program runs on, as Windows' own tools write it.
pub const THIS_COMPUTER: &str = r"\\.";

/// Opens the computer that the program runs on. The memory it holds is charged to `budget`.
///
/// # Errors
///
/// If its registry does not say where Windows is.
#[cfg(windows)]
pub fn open_this_computer(budget: &Arc<Budget>) -> Result<Box<dyn Source>, OpenError> {
    Ok(Box::new(image::Volume::open_this_computer(budget)?))
}

/// Whether this program reads of the computer that it runs on what only the system may, as administrators may whose program is
/// elevated.
#[cfg(windows)]
#[must_use]
pub fn is_elevated() -> bool {
    wardline_this_computer::may_back_up()
}

/// Returns the targets at a path: one for each volume with Windows if it is a disk image with several, else the path itself.
///
/// # Errors
///
/// If the path is a disk image that cannot be read.
pub fn targets(path: &Path, budget: &Arc<Budget>) -> Result<Vec<PathBuf>, OpenError> {
    let (file, part) = image::Part::split(path);
    if path.is_dir() || part.partition.is_some() || !is_image(&file, part) {
        return Ok(vec![path.to_owned()]);
    }
    let partitions = image::Volume::list_image(&file, part, budget)?;
    let named = |partition: u32| {
        let mut named = file.as_os_str().to_owned();
        named.push(image::Part { partition: Some(partition), ..part }.to_string());
        PathBuf::from(named)
    };
    Ok(match partitions.as_slice() {
        // A single one, and none, need no number.
        [] | [_] => vec![path.to_owned()],
        several => several.iter().flatten().map(|partition| named(*partition)).collect(),
    })
}

/// Whether a file is a disk image. One of an unsupported format counts: the error on opening it names the format.
fn is_image(path: &Path, part: image::Part) -> bool {
    match wardline_disk::Image::is_image(path) {
        Ok(is_image) => is_image || part != image::Part::default(),
        Err(wardline_disk::Error::Io(_)) => false,
        Err(_) => true,
    }
}
