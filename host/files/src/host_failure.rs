//! Failures of the system, distinguished from failures of a plugin or a target.

use std::error::Error;
use std::fmt::Display;
use std::io;

use crate::platform;

/// The system did not give wardline what it needs: memory, address space, threads, file handles. This says nothing about any plugin
/// or target, and earlier findings remain valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system is out of a resource that wardline needs: {reason}")]
pub struct HostFailure {
    reason: String,
}

impl HostFailure {
    pub fn new(reason: impl Into<String>) -> Self {
        HostFailure { reason: reason.into() }
    }

    /// Returns the failure to start a thread; `purpose` is what the thread was for.
    pub fn no_thread(purpose: &str, error: &dyn Display) -> Self {
        HostFailure::new(format!("cannot start a thread for {purpose}: {error}"))
    }

    /// Returns the host failure behind a read error that says nothing about the file: the process or the system has run out of file
    /// handles or memory.
    pub fn of_reading(error: &io::Error) -> Option<Self> {
        platform::is_exhausted(error).then(|| HostFailure::new(error.to_string()))
    }

    /// Returns the first host failure in an error's chain of causes, if there is one.
    pub fn among_causes(error: &(dyn Error + 'static)) -> Option<Self> {
        std::iter::successors(Some(error), |&error| error.source()).find_map(|cause| {
            cause.downcast_ref::<HostFailure>().cloned().or_else(|| HostFailure::of_reading(cause.downcast_ref()?))
        })
    }

    /// Returns what the system failed to provide.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the report: {0}")]
    struct Caused(#[source] Box<dyn Error>);

    #[test]
    fn only_exhaustion_is_the_systems_failure_however_deep_it_lies() {
        let handles = || io::Error::from_raw_os_error(24);
        let cases: [(Box<dyn Error>, bool); 5] = [
            (Box::new(io::Error::from(io::ErrorKind::OutOfMemory)), true),
            (Box::new(Caused(Box::new(HostFailure::new("no address space")))), true),
            (Box::new(Caused(Box::new(Caused(Box::new(handles()))))), cfg!(unix)),
            (Box::new(Caused(Box::new(io::Error::from(io::ErrorKind::PermissionDenied)))), false),
            // The wording does not decide.
            (Box::new(Caused("Too many open files (os error 24)".into())), false),
        ];
        for (error, expected) in cases {
            assert_eq!(HostFailure::among_causes(error.as_ref()).is_some(), expected, "{error:?}");
        }
    }
}
