//! Folds the statements of all documents into updates: one for each article and group of products for which it closes the same
//! vulnerabilities.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::Path;

use foldhash::{HashMap, HashMapExt};

use super::counts::{Counts, Dirt};
use super::document::Document;
use super::folding::Folding;
use super::groups::groups;
use super::products;
use super::ratings::Ratings;
use crate::{Catalog, CatalogError, CatalogInfo, Limits};

/// Folds documents into one catalog.
///
/// `info` is the identity of the set. Documents that a later revision replaces are left out.
///
/// # Errors
///
/// `Overgrown` if the updates would be larger than the limits allow.
pub(crate) fn fold(
    documents: Vec<Document>,
    info: CatalogInfo,
    origin: &Path,
    limits: &Limits,
) -> Result<Catalog, CatalogError> {
    let given = documents.len();
    let documents = newest_revisions(documents);
    let mut dirt = Dirt::default();
    let products = products::identify(&documents, &mut dirt);
    let mut folding = Folding {
        documents: &documents,
        origin,
        limits,
        spent: 0,
        products,
        packages: Vec::new(),
        weaknesses: Vec::new(),
        exploited: Vec::new(),
        ratings: Ratings::default(),
        builds: Vec::new(),
        fixed: HashMap::new(),
        products_with_builds: HashMap::new(),
        unresolved: Vec::new(),
        counts: Counts { replaced_documents: (given - documents.len()) as u64, ..Counts::default() },
        dirt,
    };
    let facts = folding.facts();
    folding.choose_builds(&facts);
    let groups = groups(facts);
    let updates = folding.updates(&groups)?;
    folding.spend(0)?;
    let Folding { mut counts, dirt, mut unresolved, products, .. } = folding;
    unresolved.sort_by(|a, b| (&a.document, a.byte, a.kind, &a.id).cmp(&(&b.document, b.byte, b.kind, &b.id)));
    unresolved.dedup();
    counts.documents = documents.len() as u64;
    counts.products = products.all.len() as u64;
    counts.unresolved = unresolved.len() as u64;
    let date = documents.iter().filter_map(|document| document.info.date.clone()).max();
    Ok(Catalog {
        info: CatalogInfo { date, ..info },
        updates,
        counts: crate::Counts::Advisories(counts),
        dirt: crate::Dirt::Advisories(dirt),
        unresolved,
        unsupported: Vec::new(),
        documents: documents.into_iter().map(|document| document.info).collect(),
        dangling: Vec::new(),
    })
}

/// Keeps the newest revision of each document, sorted by age, the newest last. A document without an identifier has no revisions.
fn newest_revisions(mut documents: Vec<Document>) -> Vec<Document> {
    let name = |document: &Document| {
        let id = if document.id.is_empty() { &document.info.digest } else { &document.id };
        id.to_lowercase()
    };
    documents.sort_by_cached_key(|document| (Reverse(document.revised.clone()), document.info.digest.clone()));
    let mut seen = HashSet::new();
    documents.retain(|document| seen.insert(name(document)));
    documents.sort_by_cached_key(|document| (document.revised.clone(), name(document)));
    documents
}
