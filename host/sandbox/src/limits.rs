//! Limits on the resources of a plugin.

use std::time::Duration;

/// How much of each resource a plugin may use. The defaults are some hundred times what the stock plugins need.
///
/// A conversation is all of one plugin's work on one target, from `detect` to `remediate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Total size of all memories and tables of an instance, in bytes.
    pub memory: u64,
    /// Instructions per conversation, roughly: wasmtime's fuel.
    pub fuel: u64,
    /// Wall-clock time per conversation. Ends code that fuel would let run for too long; not exact, see [`EPOCH`](super::EPOCH).
    pub time: Duration,
    /// Rounds of questions per conversation.
    pub rounds: u32,
    /// Questions per conversation, over all rounds.
    pub questions: u32,
    /// Bytes that a conversation may return: questions, findings and actions together.
    pub output: u64,
    /// Total bytes of all answers in a conversation.
    pub answers: u64,
    /// Size of a component's file, in bytes.
    pub component_size: u64,
    /// Wall-clock time for compiling a component.
    pub compile_time: Duration,
    /// Fuel of `prepare`, which processes a whole catalog. `describe` has the fuel of a conversation.
    pub prepare_fuel: u64,
    /// Wall-clock time for `prepare`.
    pub prepare_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: 256 << 20,
            fuel: 2_000_000_000,
            time: Duration::from_secs(10),
            rounds: 64,
            questions: 50_000,
            output: 16 << 20,
            answers: 16 << 20,
            component_size: 64 << 20,
            compile_time: Duration::from_secs(120),
            prepare_fuel: 100_000_000_000,
            prepare_time: Duration::from_secs(60),
        }
    }
}
