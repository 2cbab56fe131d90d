//! Which plugin judges which updates, and which updates no plugin judges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Description, Update};

/// Updates that no loaded plugin judges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotCovered {
    /// The number of updates that apply to no covered product.
    pub updates: usize,
    /// Every product that is not covered, by name.
    pub products: Vec<NotCoveredProduct>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotCoveredProduct {
    pub name: String,
    /// The number of updates that apply to this product, including those that a plugin judges for another product.
    pub updates: usize,
}

/// Whether a declared product (`Windows 2000 Server`, `Windows 2000*`) covers a catalog's product: the names are equal ignoring
/// case, and a trailing `*` matches any suffix.
pub fn covers(declared: &str, product: &str) -> bool {
    let (declared, product) = (declared.trim().to_lowercase(), product.trim().to_lowercase());
    match declared.strip_suffix('*') {
        Some(beginning) => product.starts_with(beginning),
        None => product == declared,
    }
}

/// Returns the updates that a plugin is prepared with: those that apply to a product it declares, in catalog order.
pub fn updates_for(description: &Description, updates: &[Update]) -> Vec<Update> {
    let mut covered = Matcher::new([description]);
    updates
        .iter()
        .filter(|update| update.applies_to.iter().any(|entry| covered.covers(&entry.product.name)))
        .cloned()
        .collect()
}

/// Counts the updates and products that none of these plugins covers.
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

/// Caches its decisions: catalogs name about a hundred products thousands of times.
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
