//! Builds plans from a report: the steps for each machine, their order, and how to undo them.
//!
//! ```text
//! report ─► sift ─► draft ─► order ─► plan ─► text, json
//! ```
//! `docs/plan.md` documents the rules. A plan changes nothing: it is for people and other tools to act on.

mod build;
mod draft;
mod fit;
mod json;
mod leave_out;
mod order;
mod plan;
mod service_pack;
mod sift;
mod text;
mod undo;

pub use build::plan;
pub use json::JsonPlan;
pub use plan::{
    LeftOut, MachinePlan, NewestFile, NotJudged, Package, Risk, SCHEMA, ShownFinding, Step, StepKind, UndoStep,
    WhyLeftOut,
};
pub use text::TextPlan;

/// An output format for plans.
pub trait RenderPlan {
    /// Returns the output before the first machine.
    fn begin(&self) -> Vec<u8>;

    fn machine(&self, plan: &MachinePlan) -> Vec<u8>;

    /// Returns the output between two machines.
    fn separator(&self) -> &'static [u8];

    /// Returns the output after the last machine.
    fn end(&self) -> Vec<u8>;
}
