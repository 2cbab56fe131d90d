//! The errors of reading a disk image.

use std::io;

/// The reasons that part of a disk image cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host could not read a file.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A structure contradicts its specification. `place` names the structure.
    #[error("{place} is damaged: {reason}")]
    Damaged { place: String, reason: String },
    /// A structure is intact but needs a feature that is not implemented.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// A file that the image needs is not beside it, or may not be used.
    #[error("{child} needs the file {name}: {reason}")]
    Sibling { child: String, name: String, reason: String },
    #[error("shadow copy {number} does not exist: the volume has {existing}")]
    NoShadowCopy { number: u32, existing: String },
    /// A link in the volume leads to another volume or is broken.
    #[error("{path} is a link to {target}, {reason}")]
    Link { path: String, target: String, reason: &'static str },
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn damaged(place: impl Into<String>, reason: impl Into<String>) -> Error {
        Error::Damaged { place: place.into(), reason: reason.into() }
    }

    pub(crate) fn unsupported(feature: impl Into<String>) -> Error {
        Error::Unsupported(feature.into())
    }
}

/// For readers: the text is that of the error.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error,
            Error::Unsupported(_) => io::Error::new(io::ErrorKind::Unsupported, error),
            Error::Damaged { .. } | Error::Sibling { .. } | Error::NoShadowCopy { .. } | Error::Link { .. } => {
                io::Error::new(io::ErrorKind::InvalidData, error)
            }
        }
    }
}
