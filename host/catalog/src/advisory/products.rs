//! The products of all documents, each once.

use foldhash::{HashMap, HashMapExt};
use wardline_contract::Product;

use super::counts::Dirt;
use super::document::{Document, index_of};
use super::names;

/// The products, and for each document the index of each of its own.
pub(super) struct Products {
    pub(super) all: Vec<Product>,
    pub(super) of_document: Vec<Vec<u32>>,
}

/// Identifies the products of documents that are sorted by age, the newest last.
///
/// Products are the same if their identifiers are; the newest name counts. A format without identifiers names products as the others
/// do, now or in an earlier document. What none of them names has its name as identifier.
pub(super) fn identify(documents: &[Document], dirt: &mut Dirt) -> Products {
    let mut all: Vec<Product> = Vec::new();
    let mut by_id: HashMap<&str, u32> = HashMap::new();
    let mut by_name: HashMap<String, u32> = HashMap::new();
    let mut renamed: Vec<bool> = Vec::new();
    let mut of_document: Vec<Vec<u32>> =
        documents.iter().map(|document| vec![u32::MAX; document.products.len()]).collect();
    for (document, own) in documents.iter().zip(&mut of_document) {
        for (product, own) in document.products.iter().zip(own).filter(|(product, _)| !product.id.is_empty()) {
            let name = names::product(&product.name);
            dirt.spaced_names += u64::from(name != *product.name);
            let index = *by_id.entry(&product.id).or_insert_with(|| {
                all.push(Product { id: product.id.to_string(), name: String::new() });
                renamed.push(false);
                index_of(all.len() - 1)
            });
            *own = index;
            let (Some(known), Some(renamed)) = (all.get_mut(index as usize), renamed.get_mut(index as usize)) else {
                continue;
            };
            if !name.is_empty() && known.name != name {
                *renamed |= !known.name.is_empty();
                by_name.entry(name.to_lowercase()).or_insert(index);
                known.name = name;
            }
        }
    }
    dirt.renamed_products = renamed.into_iter().filter(|renamed| *renamed).count() as u64;
    for (document, own) in documents.iter().zip(&mut of_document) {
        for (product, own) in document.products.iter().zip(own).filter(|(product, _)| product.id.is_empty()) {
            let name = names::product(&product.name);
            dirt.spaced_names += u64::from(name != *product.name);
            *own = *by_name.entry(name.to_lowercase()).or_insert_with(|| {
                all.push(Product { id: name.clone(), name });
                index_of(all.len() - 1)
            });
        }
    }
    Products { all, of_document }
}
