//! From a report to plans: for each machine what to do, in which order, and how to undo it.
//!
//! ```text
//! report.json ─► read ─► machine ─► sift ─► draft ─► order ─► plan ─► text, json
//! ```
//! `docs/plan.md` says by which rules. A plan changes nothing: it is for people and other tools to act on.

mod build;
mod draft;
mod fit;
mod json;
mod leave_out;
mod machine;
mod order;
mod plan;
mod read;
mod service_pack;
mod sift;
mod text;
mod undo;

pub use build::plan;
pub use json::JsonPlan;
pub use machine::{Finding, Installation, Judged, Machine, Mending, Missing, Product, ScannedSystem, Test};
pub use plan::{
    LeftOut, MachinePlan, NewestFile, NotJudged, Package, Risk, SCHEMA, ShownFinding, Step, StepKind, UndoStep,
    WhyLeftOut,
};
pub use read::{MOST_OF_A_TARGET, ReadError, read};
pub use text::TextPlan;

/// A form in which plans are written.
pub trait RenderPlan {
    /// What stands before the first machine.
    fn begin(&self) -> Vec<u8>;

    fn machine(&self, plan: &MachinePlan) -> Vec<u8>;

    /// What stands between two machines.
    fn separator(&self) -> &'static [u8];

    /// What stands after the last machine.
    fn end(&self) -> Vec<u8>;
}
