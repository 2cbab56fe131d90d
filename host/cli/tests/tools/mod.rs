//! The commands that examine plugins and recordings, run as a security team runs them.

mod components;
mod diff;
mod inspect;
mod replay;

/// Everything in a document that its schema in `docs/` does not allow.
fn violations(schema: &str, document: &serde_json::Value) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(schema);
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    crate::support::schema::violations(&schema, &schema, document, "")
}
