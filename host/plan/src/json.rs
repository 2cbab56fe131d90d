//! `-o json`: one document, with one line per machine.

use super::RenderPlan;
use super::plan::{MachinePlan, SCHEMA};

/// Renders the format defined in `docs/plan.schema.json`.
#[derive(Clone, Copy, Debug)]
pub struct JsonPlan;

impl RenderPlan for JsonPlan {
    fn begin(&self) -> Vec<u8> {
        format!("{{\"schema\":\"{SCHEMA}\",\"machines\":[\n").into_bytes()
    }

    fn machine(&self, plan: &MachinePlan) -> Vec<u8> {
        let written = serde_json::to_vec(plan);
        // Writing to memory cannot fail, and the model has only string keys.
        debug_assert!(written.is_ok(), "{written:?}");
        written.unwrap_or_default()
    }

    fn separator(&self) -> &'static [u8] {
        b",\n"
    }

    fn end(&self) -> Vec<u8> {
        b"\n]}\n".to_vec()
    }
}
