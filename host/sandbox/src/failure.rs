//! From whatever went wrong inside wasmtime to one outcome.

use wardline_contract::Outcome;
use wasmtime::Trap;

use super::HostFailure;
use super::store::MemoryExceeded;

/// An end that is not [`Outcome::Ok`], with what people need to know about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", outcome.word())]
pub struct Failure {
    pub outcome: Outcome,
    pub detail: String,
}

/// What wasmtime says when a guest hands the host more than `set_hostcall_fuel` allows; the error's type is private.
const HOSTCALL_FUEL: &str = "fuel allocated for hostcalls has been exhausted";

/// What wasmtime says of a component that wants more memories, tables or instances than it may; the error has no type of its own.
const TOO_MANY_PARTS: &str = "resource limit exceeded";

impl Failure {
    pub fn new(outcome: Outcome, detail: impl Into<String>) -> Self {
        Failure { outcome, detail: detail.into() }
    }

    /// Sorts an error of calling into a guest. `call` names the function, for people.
    pub(super) fn of_call(call: &str, error: &wasmtime::Error) -> Self {
        let (outcome, detail) = if let Some(host) = HostFailure::of(error) {
            return host.into();
        } else if let Some(exceeded) = error.downcast_ref::<MemoryExceeded>() {
            (Outcome::OutOfMemory, exceeded.to_string())
        } else if let Some(trap) = error.downcast_ref::<Trap>() {
            match trap {
                Trap::OutOfFuel => (Outcome::OutOfFuel, "executed more instructions than it may".to_owned()),
                Trap::Interrupt => (Outcome::OutOfTime, "ran longer than it may".to_owned()),
                trap => (Outcome::Trapped, trap.to_string()),
            }
        } else {
            let text = format!("{error:#}");
            if text.contains(HOSTCALL_FUEL) {
                (Outcome::OutputTooLarge, "handed out more bytes than it may".to_owned())
            } else if text.contains(TOO_MANY_PARTS) {
                (Outcome::OutOfMemory, text)
            } else {
                // What is left is what the canonical ABI refuses: text that is not UTF-8, cases that do not exist, lists
                // outside of the memory.
                (Outcome::InvalidOutput, text)
            }
        };
        Failure { outcome, detail: format!("{call}: {detail}") }
    }
}
