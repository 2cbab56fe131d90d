//! Which plugin judges which updates, and which updates nobody judges.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Description, Update};

/// Updates that no loaded plugin judges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotCovered {
    /// Updates none of whose products is covered.
    pub updates: usize,
    /// Every product that is not covered, by name.
    pub products: Vec<NotCoveredProduct>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotCoveredProduct {
    pub name: String,
    /// Updates that apply to this product, those that a plugin judges for another product included.
    pub updates: usize,
}

/// Whether a declared product (`Windows 2000 Server`, `Windows 2000*`) means a catalog's product: the same name without
/// regard to case, where a final `*` stands for any ending.
pub fn covers(declared: &str, product: &str) -> bool {
    let (declared, product) = (declared.trim().to_lowercase(), product.trim().to_lowercase());
    match declared.strip_suffix('*') {
        Some(beginning) => product.starts_with(beginning),
        None => product == declared,
    }
}

/// The updates that a plugin is prepared with: those that apply to a product that it declares, in the catalog's order.
pub fn updates_for(description: &Description, updates: &[Update]) -> Vec<Update> {
    let mut covered = Matcher::new([description]);
    updates
        .iter()
        .filter(|update| update.applies_to.iter().any(|entry| covered.covers(&entry.product.name)))
        .cloned()
        .collect()
}

/// Counts what none of these plugins judges.
pub fn not_covered<'a>(plugins: impl IntoIterator<Item = &'a Description>, updates: &[Update]) -> NotCovered {
    let mut covered = Matcher::new(plugins);
    let mut left_out = 0;
    let mut products: BTreeMap<&str, usize> = BTreeMap::new();
    for update in updates {
        let mut names: Vec<&str> = update.applies_to.iter().map(|entry| entry.product.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let any = names.len();
        names.retain(|name| !covered.covers(name));
        if names.len() == any {
            left_out += 1;
        }
        for name in names {
            *products.entry(name).or_default() += 1;
        }
    }
    let products =
        products.into_iter().map(|(name, updates)| NotCoveredProduct { name: name.to_owned(), updates }).collect();
    NotCovered { updates: left_out, products }
}

/// Remembers what it was asked: catalogs name a hundred products thousands of times.
struct Matcher<'a> {
    declared: Vec<&'a str>,
    known: BTreeMap<String, bool>,
}

impl<'a> Matcher<'a> {
    fn new(plugins: impl IntoIterator<Item = &'a Description>) -> Self {
        let declared = plugins.into_iter().flat_map(|plugin| plugin.products.iter().map(String::as_str)).collect();
        Matcher { declared, known: BTreeMap::new() }
    }

    fn covers(&mut self, product: &str) -> bool {
        if let Some(covered) = self.known.get(product) {
            return *covered;
        }
        let covered = self.declared.iter().any(|declared| covers(declared, product));
        self.known.insert(product.to_owned(), covered);
        covered
    }
}
