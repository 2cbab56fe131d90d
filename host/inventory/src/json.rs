//! `wardline hotfixes -o json`: one document.

use std::io::{self, Write};

use serde::Serialize;

/// The identifier of the document's format.
const SCHEMA: &str = "wardline.hotfixes/1";

#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    targets: &'a [T],
}

/// Writes inventories, or values that contain one and more, as JSON; the format is described in `docs/hotfixes.md`.
///
/// # Errors
///
/// If writing to `out` fails.
pub fn json(inventories: &[impl Serialize], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema: SCHEMA, targets: inventories })?;
    writeln!(out)
}
