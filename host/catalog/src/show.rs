//! The output of `wardline catalog show`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use wardline_contract::Update;

use super::{Catalog, CatalogInfo, Counts, Dirt, Unresolved, UnresolvedKind};

/// The number of items per kind in the text output; further ones are only counted.
const SHOWN_PER_KIND: usize = 10;
/// The number of characters shown of one text.
const SHOWN_CHARACTERS: usize = 200;

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    counts: &'a Counts,
    info: &'a CatalogInfo,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    documents: &'a [CatalogInfo],
    dirt: &'a Dirt,
    unresolved_items: &'a [Unresolved],
    unsupported: &'a [Update],
    updates_by_product: Vec<ProductUpdates>,
}

#[derive(Serialize)]
struct ProductUpdates {
    id: String,
    name: String,
    updates: u64,
}

/// Writes one JSON object: the counts at the top level, then `info`, `dirt`, `unresolved_items`, `unsupported` and
/// `updates_by_product`.
///
/// # Errors
///
/// Any error of `out`.
pub fn json(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let page = Json {
        counts: &catalog.counts,
        info: &catalog.info,
        documents: &catalog.documents,
        dirt: &catalog.dirt,
        unresolved_items: &catalog.unresolved,
        unsupported: &catalog.unsupported,
        updates_by_product: updates_by_product(catalog),
    };
    let page = serde_json::to_string_pretty(&page)?;
    // JSON does not escape some characters that a terminal interprets; they occur only in its strings.
    let mut rest = page.as_str();
    while let Some((at, found)) = rest.char_indices().find(|(_, c)| *c != '\n' && harmful(*c)) {
        let (before, after) = rest.split_at(at);
        write!(out, "{before}\\u{:04x}", u32::from(found))?;
        rest = after.get(found.len_utf8()..).unwrap_or_default();
    }
    writeln!(out, "{rest}")
}

/// Writes a catalog as text: its identity, its contents, the unresolved items, the updates that are not judged, and the products it
/// covers.
///
/// # Errors
///
/// Any error of `out`.
pub fn text(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let info = &catalog.info;
    let or_none = |text: &str| if text.is_empty() { "not given".to_owned() } else { clean(text).into_owned() };
    writeln!(out, "Catalog         {}", clean(&info.location))?;
    writeln!(out, "Format          {}, schema {}", info.format, or_none(&info.schema_version))?;
    writeln!(out, "Data version    {}", or_none(&info.data_version))?;
    writeln!(out, "Date            {}", or_none(info.date.as_deref().unwrap_or_default()))?;
    writeln!(out, "SHA-256         {}", info.digest)?;
    writeln!(out, "Size            {} bytes, read as {}", info.bytes, info.encoding)?;

    writeln!(out, "\nIt holds")?;
    figures(out, &catalog.counts.labelled())?;
    writeln!(out, "\nPut right while reading")?;
    figures(out, &catalog.dirt.labelled())?;

    unresolved(catalog, out)?;

    if !catalog.unsupported.is_empty() {
        writeln!(out, "\nOf bulletins no longer supported, not judged: {}", catalog.unsupported.len())?;
        for update in &catalog.unsupported {
            writeln!(out, "  {} {}", clean(&update.bulletin), clean(&update.package))?;
        }
    }

    let products = updates_by_product(catalog);
    writeln!(out, "\nUpdates by product: {} updates, {} products", catalog.updates.len(), products.len())?;
    for product in products {
        let name = if product.name.is_empty() { format!("(product {})", product.id) } else { product.name };
        writeln!(out, "  {:>6}  {}", product.updates, clean(&name))?;
    }
    Ok(())
}

fn unresolved(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nCould not be resolved: {}", catalog.unresolved.len())?;
    let mut by_kind: BTreeMap<UnresolvedKind, Vec<&Unresolved>> = BTreeMap::new();
    for item in &catalog.unresolved {
        by_kind.entry(item.kind).or_default().push(item);
    }
    for (kind, items) in by_kind {
        writeln!(out, "  {} ({})", kind_name(kind), items.len())?;
        for item in items.iter().take(SHOWN_PER_KIND) {
            let id = if item.id.is_empty() { Cow::Borrowed("(empty)") } else { clean(&item.id) };
            write!(out, "    ")?;
            if let Some(document) = &item.document {
                write!(out, "{} ", clean(document))?;
            }
            writeln!(out, "line {:<6} {}  named by {}", item.line, id, clean(&item.referrer))?;
        }
        if items.len() > SHOWN_PER_KIND {
            writeln!(out, "    … and {} more; -o json shows all", items.len() - SHOWN_PER_KIND)?;
        }
    }
    Ok(())
}

fn figures(out: &mut dyn Write, figures: &[(&str, u64)]) -> io::Result<()> {
    for (name, figure) in figures {
        writeln!(out, "  {name:<32}  {figure:>7}")?;
    }
    Ok(())
}

fn kind_name(kind: UnresolvedKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name.replace('-', " "),
        _ => String::new(),
    }
}

/// Returns the number of updates for each product, ordered by name.
fn updates_by_product(catalog: &Catalog) -> Vec<ProductUpdates> {
    let mut found: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for update in &catalog.updates {
        let mut products: Vec<(&str, &str)> =
            update.applies_to.iter().map(|row| (row.product.name.as_str(), row.product.id.as_str())).collect();
        products.sort_unstable();
        products.dedup();
        for product in products {
            *found.entry(product).or_default() += 1;
        }
    }
    found
        .into_iter()
        .map(|((name, id), updates)| ProductUpdates { id: id.to_owned(), name: name.to_owned(), updates })
        .collect()
}

/// Returns whether a character is a control character (among them the escape that begins a terminal's commands) or changes the
/// direction of writing. All of these are in the Basic Multilingual Plane.
fn harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Makes text from a catalog fit for a terminal: replaces harmful characters and truncates long text.
fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(harmful) && text.chars().nth(SHOWN_CHARACTERS).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out: String =
        text.chars().take(SHOWN_CHARACTERS).map(|c| if harmful(c) { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        out.push('…');
    }
    Cow::Owned(out)
}
