//! `-o json`: one document, written a target at a time.

use serde::Serialize;

use super::model::{Head, SCHEMA, TargetReport};
use super::output::Render;
use super::summary::Summary;

/// Renders what `docs/report.schema.json` describes, one line for each target.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Render for Json {
    fn begin(&self, head: &Head) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(b"{\"schema\":");
        append(&mut out, SCHEMA);
        out.extend_from_slice(b",\"tool\":");
        append(&mut out, &head.tool);
        out.extend_from_slice(b",\"catalog\":");
        append(&mut out, &head.catalog);
        out.extend_from_slice(b",\"policy\":");
        append(&mut out, &head.policy);
        out.extend_from_slice(b",\"targets\":[\n");
        out
    }

    fn target(&self, report: &TargetReport<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 * 1024);
        append(&mut out, report);
        out
    }

    fn separator(&self) -> &'static [u8] {
        b",\n"
    }

    fn end(&self, summary: &Summary) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(b"\n],\"summary\":");
        append(&mut out, summary);
        out.extend_from_slice(b"}\n");
        out
    }
}

fn append<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Memory takes every byte, and the model has only string keys: there is nothing that could fail.
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok(), "{written:?}");
}
