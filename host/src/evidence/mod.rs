//! Questions in, answers out. Where the facts of a target come from, and who may ask for which.

pub mod image;
pub mod names;
pub mod recording;
pub mod scopes;

use std::path::Path;

use crate::contract::{Answer, Question};

/// Something that answers questions about one target: an offline volume, a recording.
///
/// Plugins ask at the same time from several threads. A source answers the same question the same way as long as it lives.
pub trait Source: Send + Sync {
    /// The target's name as the operator knows it.
    fn name(&self) -> &str;

    /// What is being read, for the report.
    fn origin(&self) -> Origin;

    /// Answers one question. What goes wrong with it is an answer too, never a panic.
    fn answer(&self, question: &Question) -> Answer;
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

/// Opens what a path names: a folder as a volume, anything else as a recording.
///
/// # Errors
///
/// When it is neither.
pub fn open(path: &Path) -> Result<Box<dyn Source>, OpenError> {
    if path.is_dir() {
        Ok(Box::new(image::Volume::open(path, None)?))
    } else {
        Ok(Box::new(recording::Recording::read(path)?))
    }
}
