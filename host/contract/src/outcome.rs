//! How a plugin's work on one target ended.

use serde::{Deserialize, Serialize};

use crate::{Action, Answer, Assessment, Question};

/// The one way in which a plugin ended on a target. Anything but [`Outcome::Ok`] makes its checks *unable to scan*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Ok,
    /// It executed an instruction that traps: unreachable code, memory out of bounds, a division by zero, a stack overflow.
    Trapped,
    /// It executed more instructions than it may.
    OutOfFuel,
    /// It ran longer than it may by the clock, or its code took longer to compile than it may.
    OutOfTime,
    /// Its memories and tables together grew larger than they may.
    OutOfMemory,
    /// It asked in more rounds, asked more questions, or was given more bytes in answer, than it may.
    TooManyRounds,
    /// It handed out more bytes than it may.
    OutputTooLarge,
    /// It handed out what the contract does not allow: a finding about a check that it did not declare, say.
    InvalidOutput,
    /// Its file cannot be read, it is no component of this contract, or it said itself that it cannot work with what it was given.
    Incompatible,
    /// The operator does not let it run: it is not signed or not vetted as is required. None of its conversations began.
    Refused,
    /// The system did not give wardline what it needs to run it: memory, threads, file handles. Says nothing about the plugin; see
    /// [`HostFailure`](super::HostFailure).
    HostFailed,
}

impl Outcome {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Trapped => "trapped",
            Outcome::OutOfFuel => "out-of-fuel",
            Outcome::OutOfTime => "out-of-time",
            Outcome::OutOfMemory => "out-of-memory",
            Outcome::TooManyRounds => "too-many-rounds",
            Outcome::OutputTooLarge => "output-too-large",
            Outcome::InvalidOutput => "invalid-output",
            Outcome::Incompatible => "incompatible",
            Outcome::Refused => "refused",
            Outcome::HostFailed => "host-failed",
        }
    }
}

/// What came of one plugin's conversation about one target.
#[derive(Clone, Debug)]
pub struct Examination {
    pub outcome: Outcome,
    /// For people: where it trapped, which limit it met. None when the outcome is [`Outcome::Ok`].
    pub detail: Option<String>,
    /// Empty unless the outcome is [`Outcome::Ok`]. What it names is checked: evidence stands in `exchanges`, checks are
    /// declared, updates were given to the plugin.
    pub assessment: Assessment,
    /// What mends the findings; checked likewise.
    pub actions: Vec<Action>,
    /// Every question with the answer given, in the order asked.
    pub exchanges: Vec<(Question, Answer)>,
    pub rounds: u32,
    pub fuel: u64,
    /// The most that memories and tables held together, in bytes.
    pub memory: u64,
}

impl Examination {
    /// An examination in which nothing was asked or found yet.
    pub fn nothing(outcome: Outcome, detail: Option<String>) -> Self {
        Examination {
            outcome,
            detail,
            assessment: Assessment { products: Vec::new(), checks: Vec::new(), updates: Vec::new() },
            actions: Vec::new(),
            exchanges: Vec::new(),
            rounds: 0,
            fuel: 0,
            memory: 0,
        }
    }
}
