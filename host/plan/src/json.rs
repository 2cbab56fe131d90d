//! `-o json`: one document, a line for each machine.

use super::RenderPlan;
use super::plan::{MachinePlan, SCHEMA};

/// Renders what `docs/plan.schema.json` describes.
#[derive(Clone, Copy, Debug)]
pub struct JsonPlan;

impl RenderPlan for JsonPlan {
    fn begin(&self) -> Vec<u8> {
        format!("{{\"schema\":\"{SCHEMA}\",\"machines\":[\n").into_bytes()
    }

    fn machine(&self, plan: &MachinePlan) -> Vec<u8> {
        let written = serde_json::to_vec(plan);
        // Memory takes every byte, and the model has only string keys: there is nothing that could fail.
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
