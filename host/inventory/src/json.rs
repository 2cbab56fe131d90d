//! `wardline hotfixes -o json`: one document.

use std::io::{self, Write};

use serde::Serialize;

/// What the document calls its own form.
const SCHEMA: &str = "wardline.hotfixes/1";

#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    targets: &'a [T],
}

/// Writes inventories, or what holds one and more, as JSON; `docs/hotfixes.md` describes it.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn json(inventories: &[impl Serialize], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema: SCHEMA, targets: inventories })?;
    writeln!(out)
}
