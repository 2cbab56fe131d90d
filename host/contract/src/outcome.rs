//! How a plugin's work on one target ended.

use serde::{Deserialize, Serialize};

use crate::{Action, Answer, Assessment, Question};

/// How a plugin ended on a target. Anything but [`Outcome::Ok`] makes its checks *unable to scan*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Ok,
    /// It executed an instruction that traps: unreachable code, an out-of-bounds memory access, a division by zero, a stack
    /// overflow.
    Trapped,
    /// It executed more instructions than allowed.
    OutOfFuel,
    /// It exceeded its wall-clock limit, or its code took too long to compile.
    OutOfTime,
    /// Its memories and tables together exceeded their limit.
    OutOfMemory,
    /// It exceeded its limit on rounds, on questions, or on bytes received in answers.
    TooManyRounds,
    /// It returned more bytes than allowed.
    OutputTooLarge,
    /// It returned something that the contract does not allow, such as a finding about a check that it did not declare.
    InvalidOutput,
    /// Its file cannot be read, the file is not a component of this contract, or the plugin itself reported that it cannot work
    /// with its input.
    Incompatible,
    /// The operator does not let it run: it is not signed or vetted as required. None of its conversations began.
    Refused,
    /// The system did not give wardline what it needs to run the plugin: memory, threads, file handles. Says nothing about the
    /// plugin.
    HostFailed,
}

impl Outcome {
    /// Returns the word used in reports.
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

/// The result of one plugin's conversation about one target.
#[derive(Clone, Debug)]
pub struct Examination {
    pub outcome: Outcome,
    /// Details for people: where it trapped, which limit it reached. `None` if the outcome is [`Outcome::Ok`].
    pub detail: Option<String>,
    /// Empty unless the outcome is [`Outcome::Ok`]. Its references are validated: evidence refers to `exchanges`, checks are
    /// declared, and updates were given to the plugin.
    pub assessment: Assessment,
    /// The actions that remedy the findings, validated in the same way.
    pub actions: Vec<Action>,
    /// Every question with its answer, in the order asked.
    pub exchanges: Vec<(Question, Answer)>,
    pub rounds: u32,
    pub fuel: u64,
    /// The peak size of all memories and tables together, in bytes.
    pub memory: u64,
}

impl Examination {
    /// Creates an examination in which nothing has been asked or found.
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
