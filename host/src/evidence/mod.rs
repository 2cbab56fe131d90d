//! Questions in, answers out. Where the facts of a target come from, and who may ask for which.

pub mod image;
pub mod names;
pub mod recording;
pub mod scopes;

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
