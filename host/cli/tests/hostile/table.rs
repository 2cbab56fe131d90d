//! The expected result of each component of the corpus.

use std::time::Duration;

use wardline::contract::Outcome;
use wardline::sandbox::Limits;

/// The sandbox's promises. Each component tries to break one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    ReachesNothing,
    LearnsWhatItDeclared,
    Forgets,
    SeesNoClock,
    Ends,
    TakesItsShare,
    HandsOutItsShare,
    SpeaksTheContract,
    SaysWhatItWasGiven,
    Compiles,
    CannotDeceive,
}

impl Promise {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Promise::ReachesNothing => "It reaches nothing",
            Promise::LearnsWhatItDeclared => "It learns only what it declared",
            Promise::Forgets => "Nothing passes from one target to another",
            Promise::SeesNoClock => "It cannot tell the time, nor where it runs",
            Promise::Ends => "It ends",
            Promise::TakesItsShare => "It takes no more memory than its share",
            Promise::HandsOutItsShare => "It hands out, and is handed, no more than its share",
            Promise::SpeaksTheContract => "What it hands out is what the contract says, or nothing",
            Promise::SaysWhatItWasGiven => "What it says is about what it was given",
            Promise::Compiles => "Reading and compiling it cannot hold the host up",
            Promise::CannotDeceive => "Its words stay words",
        }
    }
}

/// Limits other than [`limits`], with a description of the difference.
pub(crate) type OtherLimits = (&'static str, fn() -> Limits);

/// One component and the expected result.
pub(crate) struct Case {
    pub(crate) component: &'static str,
    pub(crate) promise: Promise,
    pub(crate) outcome: Outcome,
    /// The detail of its failure; for a component that ends well, the result.
    pub(crate) words: &'static str,
    pub(crate) limits: Option<OtherLimits>,
}

/// Small enough that even a debug build reaches every limit within a moment.
pub(crate) fn limits() -> Limits {
    Limits {
        memory: 32 << 20,
        fuel: 200_000_000,
        prepare_fuel: 400_000_000,
        output: 4 << 20,
        answers: 4 << 20,
        component_size: 16 << 20,
        questions: 1000,
        rounds: 16,
        ..Limits::default()
    }
}

fn by_the_clock() -> Limits {
    Limits { fuel: u64::MAX, time: Duration::from_secs(1), ..limits() }
}

fn little_time_to_compile() -> Limits {
    Limits { compile_time: Duration::from_secs(1), ..limits() }
}

const fn case(component: &'static str, promise: Promise, outcome: Outcome, words: &'static str) -> Case {
    Case { component, promise, outcome, words, limits: None }
}

const fn clocked(component: &'static str, words: &'static str) -> Case {
    let limits: Option<OtherLimits> = Some(("unlimited fuel, 1 s", by_the_clock));
    Case { component, promise: Promise::Ends, outcome: Outcome::OutOfTime, words, limits }
}

use Outcome::*;
use Promise::*;

pub(crate) const TABLE: &[Case] = &[
    case("imports-wasi", ReachesNothing, Incompatible, "imports wasi:clocks/monotonic-clock@0.2.0, wasi:filesystem"),
    case("imports-unknown", ReachesNothing, Incompatible, "imports acme:back/door@1.0.0, run"),
    case("imports-of-a-module", ReachesNothing, Incompatible, "imports libc"),
    case("out-of-bounds", ReachesNothing, Trapped, "detect: wasm trap: out of bounds memory access"),
    case("wild-call", ReachesNothing, Trapped, "detect: wasm trap: indirect call type mismatch"),
    case("outside-its-scopes", LearnsWhatItDeclared, Ok, "each such question is answered `denied`"),
    case("leftovers", Forgets, Ok, "finds nothing of it"),
    case("one-target-only", Forgets, Trapped, "detect"),
    case("busy-counting", SeesNoClock, Ok, "says the same of every target"),
    case("not-a-number", SeesNoClock, Ok, "sees the same bits everywhere"),
    case("shared-memory", SeesNoClock, Incompatible, "threads"),
    case("endless-loop", Ends, OutOfFuel, "detect"),
    clocked("endless-loop", "detect"),
    case("endless-start", Ends, OutOfFuel, "describe"),
    case("endless-describe", Ends, OutOfFuel, "describe"),
    case("endless-prepare", Ends, OutOfFuel, "prepare"),
    case("endless-realloc", Ends, OutOfFuel, "prepare"),
    case("endless-cleanup", Ends, OutOfFuel, "detect"),
    case("endless-remediate", Ends, OutOfFuel, "remediate"),
    clocked("endless-remediate", "remediate"),
    clocked("bulk-fill", "detect"),
    case("deep-recursion", Ends, Trapped, "call stack exhausted"),
    case("trap-in-start", Ends, Trapped, "describe"),
    case("trap-in-describe", Ends, Trapped, "describe"),
    case("trap-in-prepare", Ends, Trapped, "prepare"),
    case("trap-in-detect", Ends, Trapped, "detect"),
    case("trap-in-resume", Ends, Trapped, "resume"),
    case("trap-in-remediate", Ends, Trapped, "remediate"),
    case("trap-in-cleanup", Ends, Trapped, "detect"),
    case("endless-rounds", Ends, TooManyRounds, "more than 16 rounds"),
    case("one-big-ask", Ends, TooManyRounds, "more than 1000 questions"),
    case("huge-memory", TakesItsShare, OutOfMemory, "memory"),
    case("memory-growth", TakesItsShare, OutOfMemory, "detect"),
    case("many-memories", TakesItsShare, OutOfMemory, "memories"),
    case("memories-in-sum", TakesItsShare, OutOfMemory, "detect"),
    case("many-instances", TakesItsShare, OutOfMemory, "40 Wasm linear memories"),
    case("table-growth", TakesItsShare, OutOfMemory, "detect"),
    case("huge-table", TakesItsShare, OutOfMemory, "table"),
    case("noisy-snapshot", TakesItsShare, Ok, "each instance prepares by itself"),
    case("costly-questions", HandsOutItsShare, TooManyRounds, "answers"),
    case("long-paths", HandsOutItsShare, Ok, "answered `unreadable`, without a look"),
    case("huge-text", HandsOutItsShare, OutputTooLarge, "detect"),
    case("long-subject", HandsOutItsShare, OutputTooLarge, "1048576 bytes"),
    case("long-remedy", HandsOutItsShare, OutputTooLarge, "remediate: an action of"),
    case("nested-lists", HandsOutItsShare, OutputTooLarge, "detect"),
    case("many-checks", HandsOutItsShare, OutputTooLarge, "describe"),
    case("scope-maze", HandsOutItsShare, OutputTooLarge, "scope"),
    case("invalid-utf8", SpeaksTheContract, InvalidOutput, "utf-8"),
    case("invalid-grade", SpeaksTheContract, InvalidOutput, "detect"),
    case("invalid-step", SpeaksTheContract, InvalidOutput, "detect"),
    case("invalid-question", SpeaksTheContract, InvalidOutput, "detect"),
    case("text-out-of-bounds", SpeaksTheContract, InvalidOutput, "out of bounds"),
    case("list-out-of-bounds", SpeaksTheContract, InvalidOutput, "out of bounds"),
    case("list-wraps-around", SpeaksTheContract, InvalidOutput, "out of bounds"),
    case("result-unaligned", SpeaksTheContract, InvalidOutput, "aligned"),
    case("result-out-of-bounds", SpeaksTheContract, InvalidOutput, "out of bounds"),
    case("realloc-out-of-bounds", SpeaksTheContract, InvalidOutput, "realloc"),
    case("realloc-unaligned", SpeaksTheContract, InvalidOutput, "realloc"),
    case("realloc-traps", SpeaksTheContract, Trapped, "prepare"),
    case("undeclared-check", SaysWhatItWasGiven, InvalidOutput, "\"example\""),
    case("wrong-columns", SaysWhatItWasGiven, InvalidOutput, "2 cells"),
    case("invented-evidence", SaysWhatItWasGiven, InvalidOutput, "question 7"),
    case("invented-update", SaysWhatItWasGiven, InvalidOutput, "4711"),
    case("invented-product", SaysWhatItWasGiven, InvalidOutput, "\"example\""),
    case("invented-test", SaysWhatItWasGiven, InvalidOutput, "Registry(9)"),
    case("invented-finding", SaysWhatItWasGiven, InvalidOutput, "Check(5)"),
    case("foreign-install", SaysWhatItWasGiven, InvalidOutput, "4711"),
    case("twice-declared", SaysWhatItWasGiven, InvalidOutput, "declared twice"),
    case("changing-description", SaysWhatItWasGiven, InvalidOutput, "\"probe\""),
    case("devious-name", CannotDeceive, InvalidOutput, "../../etc"),
    case("escapes-in-names", CannotDeceive, Incompatible, "acme:back/door"),
    case("forged-panic", CannotDeceive, Trapped, "unreachable"),
    case("escape-sequences", CannotDeceive, Ok, "shown as what they are"),
    case("core-module", Compiles, Incompatible, "core WebAssembly module"),
    case("wrong-world", Compiles, Incompatible, "another world"),
    case("other-version", Compiles, Incompatible, "(0.2.0): expected wardline:check/detection@0.1.0"),
    case("no-version", Compiles, Incompatible, "without a version"),
    case("other-types", Compiles, Incompatible, "types"),
    case("other-remediation", Compiles, Incompatible, "types differ"),
    case("missing-functions", Compiles, Incompatible, "describe"),
    case("many-exports", Compiles, Incompatible, "limit of 1000"),
    case("nested-types", Compiles, Incompatible, "nest"),
    case("growing-types", Compiles, Incompatible, "size"),
    case("nested-components", Compiles, Incompatible, "nest"),
    Case {
        component: "compile-bomb",
        promise: Compiles,
        outcome: OutOfTime,
        words: "compile",
        limits: Some(("1 s to compile", little_time_to_compile)),
    },
];
