//! What a plugin may use up.

use std::time::Duration;

/// How much of each thing a plugin may use. The defaults are some hundred times what the stock plugins need.
///
/// A conversation is all of one plugin's work on one target, from `detect` to `remediate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that all memories and tables of an instance hold together.
    pub memory: u64,
    /// Instructions of a conversation, roughly: wasmtime's fuel.
    pub fuel: u64,
    /// Wall clock for a conversation. Ends code that fuel would let run for too long; not exact, see
    /// [`EPOCH`](super::EPOCH).
    pub time: Duration,
    /// Times that a conversation may ask.
    pub rounds: u32,
    /// Questions that a conversation may ask in all rounds together.
    pub questions: u32,
    /// Bytes that a conversation may hand out: questions, findings and actions together.
    pub output: u64,
    /// Bytes of all answers that a conversation may be given together.
    pub answers: u64,
    /// Bytes of a component's file.
    pub component_size: u64,
    /// Wall clock for compiling a component.
    pub compile_time: Duration,
    /// Fuel of `prepare`, which works through a whole catalog. `describe` gets as much as a conversation.
    pub prepare_fuel: u64,
    /// Wall clock for `prepare`.
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
