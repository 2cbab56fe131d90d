//! The products and builds in the catalogs of this scan.

use std::collections::{BTreeMap, BTreeSet};

use wardline_plugin::contract::exports::wardline::check::types::Update;
use wardline_plugin::prelude::Finding;

use crate::product::Windows;

/// The subject of findings about the catalogs.
pub(crate) const SUBJECT: &str = "updates";

/// The subject of the finding about Internet Explorer.
pub(crate) const EXPLORER: &str = "Internet Explorer";

/// How its names begin, as the judge compares them.
const INTERNET_EXPLORER: &str = "internet explorer ";

/// The products that updates name.
#[derive(Debug, Default)]
pub(crate) struct Products {
    /// By the name as the judge compares it.
    products: BTreeMap<String, Product>,
    /// The releases of Windows that have updates of Internet Explorer, named in the same way.
    with_internet_explorer: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Product {
    /// The name as the catalog has it.
    name: String,
    fixed_builds: BTreeSet<String>,
}

impl Products {
    pub(crate) fn new(updates: &[Update]) -> Products {
        // Rows repeat a few spellings and builds.
        let mut spelled: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in updates.iter().flat_map(|update| &update.applies_to) {
            spelled.entry(&row.product.name).or_default().extend(row.fixed_build.as_deref());
        }
        let mut products = Products::default();
        for (name, builds) in spelled {
            let folded = folded(name);
            let explorer = folded.strip_prefix(INTERNET_EXPLORER).and_then(|rest| rest.split_once(" on "));
            products.with_internet_explorer.extend(explorer.map(|(_, windows)| windows.to_owned()));
            let product = products.products.entry(folded).or_default();
            name.clone_into(&mut product.name);
            product.fixed_builds.extend(builds.into_iter().map(str::to_owned));
        }
        products
    }

    pub(crate) fn contains(&self, product: &str) -> bool {
        self.products.contains_key(&folded(product))
    }

    /// Returns the catalogs' name for this Windows, or its own if they do not contain it.
    pub(crate) fn name<'n>(&'n self, windows: &'n Windows) -> &'n str {
        let known = windows.catalog_names.iter().find_map(|name| self.products.get(&folded(name)));
        known.map_or(windows.name(), |product| product.name.as_str())
    }

    /// Whether the catalogs have updates of Internet Explorer on some Windows.
    pub(crate) fn have_internet_explorer(&self) -> bool {
        !self.with_internet_explorer.is_empty()
    }

    /// Returns a finding if the catalogs have updates of Internet Explorer on this Windows, and its version is not known: they are not
    /// judged. `evidence` is the question for the version.
    pub(crate) fn about_internet_explorer(&self, windows: &Windows, evidence: u32) -> Option<Finding> {
        let is_judged = windows.catalog_names.iter().any(|name| folded(name).starts_with(INTERNET_EXPLORER));
        let windows = windows.name_in_documents();
        (!is_judged && self.with_internet_explorer.contains(&folded(windows))).then(|| {
            let summary = format!(
                "Updates of Internet Explorer on {windows} are in the catalogs, and are not judged: its version is not known."
            );
            Finding::informational(summary).because(&evidence)
        })
    }

    /// Returns a finding if the build is newer than all those in the catalogs: newer updates may exist, and were not judged.
    /// `evidence` is the question for the build.
    pub(crate) fn about(&self, windows: &Windows, evidence: u32) -> Option<Finding> {
        let branch = windows.branch.as_ref()?;
        let products = windows.catalog_names.iter().filter_map(|name| self.products.get(&folded(name)));
        let builds = products.flat_map(|product| &product.fixed_builds);
        let orders = builds.filter_map(|fixed| branch.compare(&windows.build, fixed));
        let mut orders = orders.peekable();
        orders.peek()?;
        let summary = format!(
            "Build {} is newer than every build in the catalogs for {}; updates that are newer than the catalogs are not \
             judged.",
            windows.build,
            windows.name()
        );
        orders.all(|order| order.is_gt()).then(|| Finding::informational(summary).because(&evidence))
    }
}

/// Returns a product's name as the judge compares names: without regard to case and to the number of spaces.
fn folded(product: &str) -> String {
    let words: Vec<&str> = product.split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}
