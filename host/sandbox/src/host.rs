//! Failures of the system, distinguished from failures of a plugin.

use std::sync::{Arc, OnceLock};

use wardline_contract::Outcome;
use wardline_files::host_failure::HostFailure;
use wasmtime::{OutOfMemory, PoolConcurrencyLimitError};

use super::Failure;

/// Returns the host failure if one of wasmtime's errors was caused by the system. Such an error comes from the operating system, or
/// from exhausting what was reserved; a plugin's code causes neither.
pub(super) fn host_failure(error: &wasmtime::Error) -> Option<HostFailure> {
    error.chain().any(is_from_system).then(|| HostFailure::new(format!("{error:#}")))
}

impl From<HostFailure> for Failure {
    fn from(failure: HostFailure) -> Failure {
        Failure::new(Outcome::HostFailed, failure.reason())
    }
}

impl TryFrom<Failure> for HostFailure {
    type Error = Failure;

    /// Fails with the failure itself if the plugin caused it.
    fn try_from(failure: Failure) -> Result<HostFailure, Failure> {
        match failure.outcome {
            Outcome::HostFailed => Ok(HostFailure::new(failure.detail)),
            _ => Err(failure),
        }
    }
}

fn is_from_system(cause: &(dyn std::error::Error + 'static)) -> bool {
    #[cfg(unix)]
    if cause.is::<rustix::io::Errno>() {
        return true;
    }
    cause.is::<std::io::Error>() || cause.is::<OutOfMemory>() || cause.is::<PoolConcurrencyLimitError>()
}

/// Remembers the first host failure, for callers that must know afterwards whether the results of plugins can be relied on.
#[derive(Clone, Debug, Default)]
pub(super) struct FirstFailure(Arc<OnceLock<HostFailure>>);

impl FirstFailure {
    pub(super) fn get(&self) -> Option<&HostFailure> {
        self.0.get()
    }

    /// Runs `work` and remembers its failure if the host caused it.
    pub(super) fn watched<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        work().map_err(|failure| self.noted(failure))
    }

    /// Returns a failure unchanged, and remembers it if the host caused it.
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
        let outcome = |error: wasmtime::Error| Failure::of_call("instantiate", &error).outcome;
        let system = |kind: io::ErrorKind| wasmtime::Error::from(io::Error::from(kind));
        for (error, expected) in [
            (system(io::ErrorKind::OutOfMemory), Outcome::HostFailed),
            (system(io::ErrorKind::Other).context("cannot create a memfd"), Outcome::HostFailed),
            (wasmtime::Trap::UnreachableCodeReached.into(), Outcome::Trapped),
            (wasmtime::Error::msg("invalid utf-8 sequence"), Outcome::InvalidOutput),
            // The wording does not decide: it may be the plugin's.
            (wasmtime::Error::msg("Too many open files (os error 24)"), Outcome::InvalidOutput),
        ] {
            assert_eq!(outcome(error), expected);
        }
        #[cfg(unix)]
        assert_eq!(outcome(rustix::io::Errno::NOMEM.into()), Outcome::HostFailed);
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
