//! `-o json`: one document, written one target at a time.

use serde::Serialize;

use super::model::{Head, SCHEMA, TargetReport};
use super::output::Render;
use super::summary::Summary;

/// Renders the format defined in `docs/report.schema.json`, one line per target.
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

    fn target(&self, report: &TargetReport) -> Vec<u8> {
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
    // Writing to memory cannot fail, and the model has only string keys.
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok(), "{written:?}");
}
