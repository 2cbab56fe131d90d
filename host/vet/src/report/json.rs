//! `-o json`: the format that `docs/vet.schema.json` describes.

use super::Report;

/// Renders the report as one JSON document, indented so that two reports can be compared line by line.
pub fn json(report: &Report) -> Vec<u8> {
    // The model holds nothing that JSON cannot represent.
    let mut bytes = serde_json::to_vec_pretty(report).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
