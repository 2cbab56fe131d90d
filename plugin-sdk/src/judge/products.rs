//! The products that updates name, as numbers: names are compared once, not for each update and target.

use std::collections::BTreeMap;

use super::folded_product;
use crate::contract::exports::wardline::check::types::Update;

/// A product's number. Names that differ only in case and spaces have the same one.
pub(super) type ProductId = u32;

#[derive(Debug)]
pub(super) struct Products {
    /// By folded name.
    ids: BTreeMap<String, ProductId>,
    /// The products of all rows of all updates, update after update.
    of_rows: Vec<ProductId>,
    /// The start of each update's products in `of_rows`, and the end of the last one's.
    first: Vec<u32>,
}

impl Products {
    pub(super) fn new(updates: &[Update]) -> Products {
        let mut products = Products { ids: BTreeMap::new(), of_rows: Vec::new(), first: vec![0] };
        // Rows repeat a few spellings, and folding one costs more than finding it here.
        let mut spelled: BTreeMap<&str, ProductId> = BTreeMap::new();
        for update in updates {
            for row in &update.applies_to {
                let name = row.product.name.as_str();
                let id = match spelled.get(name) {
                    Some(id) => *id,
                    None => {
                        let next = products.ids.len() as ProductId;
                        let id = *products.ids.entry(folded_product(name)).or_insert(next);
                        spelled.insert(name, id);
                        id
                    }
                };
                products.of_rows.push(id);
            }
            products.first.push(products.of_rows.len() as u32);
        }
        products
    }

    pub(super) fn id(&self, name: &str) -> Option<ProductId> {
        self.ids.get(&folded_product(name)).copied()
    }

    /// The number of products.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns the products of an update's rows.
    pub(super) fn of(&self, update: u32) -> &[ProductId] {
        let at = update as usize;
        &self.of_rows[self.first[at] as usize..self.first[at + 1] as usize]
    }
}
