//! The commands that look into plugins and recordings, run as a security team runs them.

// In a test a panic is the message.
#![allow(clippy::unwrap_used)]

mod components;
mod diff;
mod inspect;
// Shared with the tests from end to end, which use more of it.
#[allow(dead_code)]
#[path = "../end_to_end/program.rs"]
mod program;
mod replay;
#[path = "../report/schema.rs"]
mod schema;

/// Everything about a document that its schema in `docs/` does not allow.
fn violations(schema: &str, document: &serde_json::Value) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(schema);
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    schema::violations(&schema, &schema, document, "")
}
