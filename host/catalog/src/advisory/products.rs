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
/// Products are the same if their identifiers are; the newest name counts. Those with the same name are the same, too, whatever its
/// capitals: Microsoft's documents have given Windows 11 Version 26H1, Exchange Server 2016 and others two identifiers each. A format
/// without identifiers names products as the others do, now or in an earlier document. What none of them names has its name as
/// identifier.
pub(super) fn identify(documents: &[Document], dirt: &mut Dirt) -> Products {
    let mut all: Vec<Product> = Vec::new();
    let mut by_id: HashMap<&str, u32> = HashMap::new();
    let mut by_name: HashMap<String, u32> = HashMap::new();
    let mut renamed: Vec<bool> = Vec::new();
    // The last one, counted over all documents, that names each product.
    let mut last_named: Vec<u64> = Vec::new();
    let mut named = 0;
    let mut of_document: Vec<Vec<u32>> =
        documents.iter().map(|document| vec![u32::MAX; document.products.len()]).collect();
    for (document, own) in documents.iter().zip(&mut of_document) {
        for (product, own) in document.products.iter().zip(own).filter(|(product, _)| !product.id.is_empty()) {
            let name = names::product(&product.name);
            dirt.spaced_names += u64::from(name != *product.name);
            let index = *by_id.entry(&product.id).or_insert_with(|| {
                all.push(Product { id: product.id.to_string(), name: String::new() });
                renamed.push(false);
                last_named.push(0);
                index_of(all.len() - 1)
            });
            *own = index;
            let place = index as usize;
            let (Some(known), Some(renamed), Some(last)) =
                (all.get_mut(place), renamed.get_mut(place), last_named.get_mut(place))
            else {
                continue;
            };
            named += 1;
            *last = named;
            if !name.is_empty() && known.name != name {
                *renamed |= !known.name.is_empty();
                by_name.entry(name.to_lowercase()).or_insert(index);
                known.name = name;
            }
        }
    }
    dirt.renamed_products = renamed.into_iter().filter(|renamed| *renamed).count() as u64;
    let same = unite(&mut all, &last_named);
    let united = |index: &mut u32| *index = same.get(*index as usize).copied().unwrap_or(*index);
    of_document.iter_mut().flatten().for_each(united);
    by_name.values_mut().for_each(united);
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

/// Makes one product of those with the same name. It has the identifier of the first, and the name as it was spelled last. Returns the
/// new index of each.
fn unite(all: &mut Vec<Product>, last_named: &[u64]) -> Vec<u32> {
    let mut united: Vec<Product> = Vec::new();
    let mut last_of: Vec<u64> = Vec::new();
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut indices = Vec::with_capacity(all.len());
    for (product, last) in std::mem::take(all).into_iter().zip(last_named) {
        let next = united.len();
        let place = match product.name.is_empty() {
            true => next,
            false => *first.entry(product.name.to_lowercase()).or_insert(next),
        };
        match (united.get_mut(place), last_of.get_mut(place)) {
            (Some(known), Some(known_last)) => {
                if last > known_last {
                    *known_last = *last;
                    known.name = product.name;
                }
            }
            _ => {
                united.push(product);
                last_of.push(*last);
            }
        }
        indices.push(index_of(place));
    }
    *all = united;
    indices
}
