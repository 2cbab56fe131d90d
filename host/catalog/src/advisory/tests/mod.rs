//! Documents in, updates out.

mod folding;
mod formats;
mod hostile;
mod real_files;

use std::path::Path;

use wardline_contract::Update;
use wardline_fixtures::advisory::Month;

use super::{Counts, Dirt};
use crate::advisory::{Document, cvrf};
use crate::{Catalog, CatalogInfo, Limits, UnresolvedKind};

const SERVER: &str = "11571";
const CLIENT: &str = "11569";

/// A document with two releases of Windows.
fn month(id: &str, released: &str) -> Month {
    let month = Month::new(id, released).product(SERVER, "Windows Server 2019");
    month.product(CLIENT, "Windows 10 Version 1809 for x64-based Systems")
}

fn document(month: &Month) -> Document {
    let info = CatalogInfo { format: "cvrf", digest: month.id.clone(), ..CatalogInfo::default() };
    cvrf::parse(&month.cvrf(), info, Path::new("test.xml"), &Limits::default()).unwrap()
}

fn fold(months: &[Month]) -> Catalog {
    let documents = months.iter().map(document).collect();
    super::fold(documents, CatalogInfo::default(), Path::new("test"), &Limits::default()).unwrap()
}

fn update<'a>(catalog: &'a Catalog, bulletin: &str) -> &'a Update {
    let mut found = catalog.updates.iter().filter(|update| update.bulletin == bulletin);
    let update = found.next().unwrap_or_else(|| panic!("no update {bulletin}"));
    assert!(found.next().is_none(), "several updates {bulletin}");
    update
}

fn figures(catalog: &Catalog) -> (Counts, Dirt) {
    match (catalog.counts, catalog.dirt) {
        (crate::Counts::Advisories(counts), crate::Dirt::Advisories(dirt)) => (counts, dirt),
        other => panic!("the figures of another format: {other:?}"),
    }
}

fn unresolved(catalog: &Catalog) -> Vec<(UnresolvedKind, &str, &str)> {
    catalog.unresolved.iter().map(|item| (item.kind, item.id.as_str(), item.referrer.as_str())).collect()
}
