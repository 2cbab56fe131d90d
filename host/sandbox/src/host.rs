//! What the system does not give, told apart from what a plugin does.

use std::sync::{Arc, OnceLock};

use wardline_contract::Outcome;
use wasmtime::{OutOfMemory, PoolConcurrencyLimitError};

use super::Failure;

/// The system did not give wardline what it needs to run plugins: memory, address space, threads, file handles. It says nothing
/// about any plugin, and what was found before it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system does not give wardline what it needs to run plugins: {reason}")]
pub struct HostFailure {
    reason: String,
}

impl HostFailure {
    pub fn new(reason: impl Into<String>) -> Self {
        HostFailure { reason: reason.into() }
    }

    /// No thread could be started; `purpose` is what it was for.
    pub fn no_thread(purpose: &str, error: &dyn std::fmt::Display) -> Self {
        HostFailure::new(format!("no thread can be started for {purpose}: {error}"))
    }

    /// Why a file could not be read, where that says nothing about the file: the process or the system has no file handles or
    /// no memory left.
    pub fn of_reading(error: &std::io::Error) -> Option<Self> {
        #[cfg(unix)]
        {
            use rustix::io::Errno;
            let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOMEM].map(Errno::raw_os_error);
            if error.raw_os_error().is_some_and(|number| exhausted.contains(&number)) {
                return Some(HostFailure::new(error.to_string()));
            }
        }
        (error.kind() == std::io::ErrorKind::OutOfMemory).then(|| HostFailure::new(error.to_string()))
    }

    /// Whether wasmtime's error is the system's. It comes from the operating system then, or from running out of what was
    /// reserved; a plugin's code causes neither.
    pub(super) fn of(error: &wasmtime::Error) -> Option<Self> {
        error.chain().any(is_the_systems).then(|| HostFailure::new(format!("{error:#}")))
    }
}

impl From<HostFailure> for Failure {
    fn from(failure: HostFailure) -> Failure {
        Failure::new(Outcome::HostFailed, failure.reason)
    }
}

impl TryFrom<Failure> for HostFailure {
    type Error = Failure;

    /// The failure itself is the error where it is the plugin's.
    fn try_from(failure: Failure) -> Result<HostFailure, Failure> {
        match failure.outcome {
            Outcome::HostFailed => Ok(HostFailure::new(failure.detail)),
            _ => Err(failure),
        }
    }
}

fn is_the_systems(cause: &(dyn std::error::Error + 'static)) -> bool {
    #[cfg(unix)]
    if cause.is::<rustix::io::Errno>() {
        return true;
    }
    cause.is::<std::io::Error>() || cause.is::<OutOfMemory>() || cause.is::<PoolConcurrencyLimitError>()
}

/// Remembers the first failure of the host, for whoever has to know afterwards whether what was seen of plugins can be relied on.
#[derive(Clone, Debug, Default)]
pub(super) struct FirstFailure(Arc<OnceLock<HostFailure>>);

impl FirstFailure {
    pub(super) fn get(&self) -> Option<&HostFailure> {
        self.0.get()
    }

    /// Does something, and remembers if the host fails with it.
    pub(super) fn watched<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        work().map_err(|failure| self.noted(failure))
    }

    /// Hands a failure on, and remembers it if it is the host's.
    pub(super) fn noted(&self, failure: Failure) -> Failure {
        match HostFailure::try_from(failure) {
            Ok(host) => {
                let _ = self.0.set(host.clone());
                host.into()
            }
            Err(failure) => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn only_what_comes_from_the_system_is_the_hosts() {
        let told = |error: wasmtime::Error| Failure::of_call("instantiate", &error).outcome;
        let system = |kind: io::ErrorKind| wasmtime::Error::from(io::Error::from(kind));
        for (error, expected) in [
            (system(io::ErrorKind::OutOfMemory), Outcome::HostFailed),
            (system(io::ErrorKind::Other).context("cannot create a memfd"), Outcome::HostFailed),
            (wasmtime::Trap::UnreachableCodeReached.into(), Outcome::Trapped),
            (wasmtime::Error::msg("invalid utf-8 sequence"), Outcome::InvalidOutput),
            // Words are not what decides: they may be the plugin's.
            (wasmtime::Error::msg("Too many open files (os error 24)"), Outcome::InvalidOutput),
        ] {
            assert_eq!(told(error), expected);
        }
        #[cfg(unix)]
        assert_eq!(told(rustix::io::Errno::NOMEM.into()), Outcome::HostFailed);
    }

    #[test]
    fn the_first_failure_is_remembered_and_no_plugins_is() {
        let first = FirstFailure::default();
        first.noted(Failure::new(Outcome::Trapped, "unreachable"));
        assert_eq!(first.get(), None);
        for reason in ["one", "other"] {
            first.noted(HostFailure::new(reason).into());
        }
        assert_eq!(first.get(), Some(&HostFailure::new("one")));
    }
}
