//! Which plugin judges which updates, and which updates no plugin judges.

use std::collections::{HashMap, HashSet};

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

/// Products that plugins declare (`Windows 2000 Server`, `Windows 2000*`), folded once for all that they are compared with.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    names: HashSet<String>,
    /// The names before a `*`.
    beginnings: Vec<String>,
}

impl Declared {
    /// Takes products as plugins declare them.
    pub fn new<'d>(products: impl IntoIterator<Item = &'d str>) -> Self {
        let mut declared = Declared::default();
        for product in products {
            let folded = product.trim().to_lowercase();
            match folded.strip_suffix('*') {
                Some(beginning) => declared.beginnings.push(beginning.to_owned()),
                None => _ = declared.names.insert(folded),
            }
        }
        declared
    }

    /// Whether one of them covers a catalog's product: the names are equal ignoring case, and a trailing `*` matches any suffix.
    pub fn covers(&self, product: &str) -> bool {
        let product = product.trim().to_lowercase();
        self.names.contains(&product) || self.beginnings.iter().any(|beginning| product.starts_with(beginning))
    }
}

/// Returns the updates that a plugin is prepared with: those that apply to a product it declares, in catalog order.
pub fn select<'u>(description: &Description, updates: &'u [Update]) -> Vec<&'u Update> {
    let mut covered = Matcher::new([description]);
    updates.iter().filter(|update| update.applies_to.iter().any(|entry| covered.covers(&entry.product.name))).collect()
}

/// Like [`select`], as copies.
pub fn updates_for(description: &Description, updates: &[Update]) -> Vec<Update> {
    select(description, updates).into_iter().cloned().collect()
}

/// Returns the names of all products that updates apply to, each spelling once.
pub fn named(updates: &[Update]) -> impl Iterator<Item = &str> {
    let mut known: Known<&str, ()> = Known::default();
    let names = updates.iter().flat_map(|update| &update.applies_to).map(|entry| entry.product.name.as_str());
    names.filter(move |name| known.insert(name, ()).is_none())
}

/// Counts the updates and products that none of these plugins covers.
pub fn not_covered<'a>(plugins: impl IntoIterator<Item = &'a Description>, updates: &[Update]) -> NotCovered {
    /// A product of the catalog.
    struct Product {
        covered: bool,
        updates: usize,
        /// The place of the last update that applies to it: an update may name a product several times.
        last: Option<usize>,
    }

    let mut covered = Matcher::new(plugins);
    let mut left_out = 0;
    let mut products: Known<&str, Product> = Known::default();
    for (place, update) in updates.iter().enumerate() {
        let mut any_covered = false;
        for entry in &update.applies_to {
            let name = entry.product.name.as_str();
            let product = products.entry(name).or_insert_with(|| Product {
                covered: covered.covers(name),
                updates: 0,
                last: None,
            });
            any_covered |= product.covered;
            if product.last.replace(place) != Some(place) {
                product.updates += 1;
            }
        }
        if !any_covered {
            left_out += 1;
        }
    }
    let mut products: Vec<NotCoveredProduct> = products
        .into_iter()
        .filter(|(_, product)| !product.covered)
        .map(|(name, product)| NotCoveredProduct { name: name.to_owned(), updates: product.updates })
        .collect();
    products.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    NotCovered { updates: left_out, products }
}

/// Facts about a name. The names come from catalogs, which are not trusted: hence a hash that they cannot predict.
type Known<K, V> = HashMap<K, V, foldhash::quality::RandomState>;

/// Caches its decisions: catalogs name about a hundred products thousands of times.
struct Matcher<'u> {
    declared: Declared,
    known: Known<&'u str, bool>,
}

impl<'u> Matcher<'u> {
    fn new<'d>(plugins: impl IntoIterator<Item = &'d Description>) -> Self {
        let products = plugins.into_iter().flat_map(|plugin| &plugin.products);
        Matcher { declared: Declared::new(products.map(String::as_str)), known: Known::default() }
    }

    fn covers(&mut self, product: &'u str) -> bool {
        *self.known.entry(product).or_insert_with(|| self.declared.covers(product))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Applicability, Product};

    fn update(number: u32, products: &[&str]) -> Update {
        let applies_to = products.iter().map(|name| Applicability {
            product: Product { id: String::new(), name: (*name).to_owned() },
            service_packs: Vec::new(),
            included_in: None,
            severity: None,
            fixed_build: None,
        });
        Update { applies_to: applies_to.collect(), ..Update::numbered(number) }
    }

    fn plugin(products: &[&str]) -> Description {
        Description {
            name: String::new(),
            version: String::new(),
            family: String::new(),
            summary: String::new(),
            checks: Vec::new(),
            products: products.iter().map(|name| (*name).to_owned()).collect(),
            scopes: Vec::new(),
            settings: Vec::new(),
        }
    }

    #[test]
    fn a_plugin_gets_the_updates_of_its_products_and_the_others_are_counted() {
        let updates = [
            update(1, &["Windows 10", "Exchange Server"]),
            update(2, &["Office", "Exchange Server", "Office"]),
            update(3, &["windows 11"]),
            update(4, &[]),
        ];
        let windows = plugin(&["Windows*"]);
        let numbers: Vec<u32> = select(&windows, &updates).iter().map(|update| update.number).collect();
        assert_eq!(numbers, [1, 3]);
        assert_eq!(updates_for(&windows, &updates), [updates[0].clone(), updates[2].clone()]);
        let product = |name: &str, updates| NotCoveredProduct { name: name.to_owned(), updates };
        let expected = NotCovered { updates: 2, products: vec![product("Exchange Server", 2), product("Office", 1)] };
        assert_eq!(not_covered([&windows], &updates), expected);
    }
}
