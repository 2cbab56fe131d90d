//! `-o json`: what `docs/vet.schema.json` describes.

use super::Report;

/// The report as one JSON document, its lines indented so that two of them can be compared.
pub fn json(report: &Report) -> Vec<u8> {
    // The model holds nothing that JSON cannot.
    let mut bytes = serde_json::to_vec_pretty(report).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
