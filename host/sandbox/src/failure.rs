//! Maps wasmtime's errors to outcomes.

use wardline_contract::Outcome;
use wasmtime::{AsContext, Trap};

use super::host::host_failure;
use super::panic;
use super::store::MemoryExceeded;

/// An outcome other than [`Outcome::Ok`], with details for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", outcome.word())]
pub struct Failure {
    pub outcome: Outcome,
    pub detail: String,
}

/// Wasmtime's message if a guest passes the host more than `set_hostcall_fuel` allows; the error's type is private.
const HOSTCALL_FUEL: &str = "fuel allocated for hostcalls has been exhausted";

/// Wasmtime's message if a component has more memories, tables or instances than allowed; the error has no dedicated type.
const TOO_MANY_PARTS: &str = "resource limit exceeded";

impl Failure {
    pub fn new(outcome: Outcome, detail: impl Into<String>) -> Self {
        Failure { outcome, detail: detail.into() }
    }

    /// Classifies an error from calling into a guest. `call` is the function's name, for people.
    pub(super) fn of_call(call: &str, error: &wasmtime::Error) -> Self {
        let (outcome, detail) = if let Some(host) = host_failure(error) {
            return host.into();
        } else if let Some(exceeded) = error.downcast_ref::<MemoryExceeded>() {
            (Outcome::OutOfMemory, exceeded.to_string())
        } else if let Some(trap) = error.downcast_ref::<Trap>() {
            match trap {
                Trap::OutOfFuel => (Outcome::OutOfFuel, "exceeded its limit of instructions".to_owned()),
                Trap::Interrupt => (Outcome::OutOfTime, "exceeded its time limit".to_owned()),
                trap => (Outcome::Trapped, trap.to_string()),
            }
        } else {
            let text = format!("{error:#}");
            if text.contains(HOSTCALL_FUEL) {
                (Outcome::OutputTooLarge, "exceeded its output limit".to_owned())
            } else if text.contains(TOO_MANY_PARTS) {
                (Outcome::OutOfMemory, text)
            } else {
                // The remaining errors are violations of the canonical ABI: text that is not UTF-8, unknown cases, lists out of
                // bounds.
                (Outcome::InvalidOutput, text)
            }
        };
        Failure { outcome, detail: format!("{call}: {detail}") }
    }

    /// Like [`Failure::of_call`], with the message of the panic that the guest trapped for, if the engine keeps those.
    pub(super) fn of_guest(call: &str, error: &wasmtime::Error, store: impl AsContext) -> Self {
        match panic::message(error, store) {
            Some(message) if matches!(error.downcast_ref(), Some(Trap::UnreachableCodeReached)) => {
                Failure::new(Outcome::Trapped, format!("{call}: panicked at {message}"))
            }
            _ => Failure::of_call(call, error),
        }
    }
}
