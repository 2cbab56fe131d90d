//! The Common Security Advisory Framework 2.0 as the Microsoft Security Response Center writes it: one JSON document for each
//! vulnerability.
//!
//! The schema is OASIS': <https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html>. Microsoft describes a fix in the details of a
//! remediation, `10.0.17763.5576:Security Update:https://support.microsoft.com/help/5035849`, and names the affected product
//! (`Windows Server 2019 <10.0.17763.5576`) and the fixed one (`Windows Server 2019 10.0.17763.5576`) in one branch of the product
//! tree, of which only the latter has the product's identifier.

use std::borrow::Cow;
use std::path::Path;

use foldhash::{HashMap, HashMapExt};
use serde::Deserialize;

use super::build::{self, Build};
use super::document::{Collector, Document, Fix, Rating, RemedyText, date_of, says_exploited, severity};
use crate::error::printable_reason;
use crate::{CatalogError, CatalogInfo, Limits};

/// The most values of an object, on average; published documents have three.
const MAX_VALUES_PER_OBJECT: u64 = 8;

#[derive(Deserialize)]
struct Csaf<'a> {
    #[serde(borrow)]
    document: Head<'a>,
    #[serde(borrow, default)]
    product_tree: Branch<'a>,
    #[serde(borrow, default)]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    csaf_version: Cow<'a, str>,
    #[serde(borrow)]
    aggregate_severity: Option<Named<'a>>,
    #[serde(borrow)]
    tracking: Tracking<'a>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Tracking<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    current_release_date: Cow<'a, str>,
    #[serde(borrow)]
    initial_release_date: Cow<'a, str>,
}

/// A branch, and the tree itself. The library limits how deeply they are nested.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Branch<'a> {
    #[serde(borrow)]
    category: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    product: Option<Product<'a>>,
    #[serde(borrow)]
    branches: Vec<Branch<'a>>,
}

#[derive(Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    product_id: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    cve: Cow<'a, str>,
    #[serde(borrow)]
    product_status: Status<'a>,
    #[serde(borrow)]
    remediations: Vec<Remediation<'a>>,
    #[serde(borrow)]
    threats: Vec<Threat<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    known_affected: Vec<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Remediation<'a> {
    #[serde(borrow)]
    category: Cow<'a, str>,
    #[serde(borrow)]
    details: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    product_ids: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    restart_required: Option<Category<'a>>,
}

#[derive(Deserialize)]
struct Category<'a> {
    #[serde(borrow)]
    category: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Threat<'a> {
    #[serde(borrow)]
    category: Cow<'a, str>,
    #[serde(borrow)]
    details: Cow<'a, str>,
}

/// A product without the version. It is looked up among the document's own once, however many identifiers and fixes mean it: names may be
/// long.
struct Unversioned<'t> {
    /// Empty if the tree gives none.
    id: &'t str,
    name: &'t str,
    /// The index among the document's own, once something refers to it.
    index: Option<u32>,
}

/// The meaning of an identifier.
struct Known<'t> {
    /// The index in [`Tree::products`].
    product: usize,
    /// The build before which the product is affected.
    build: &'t str,
}

/// The product tree.
struct Tree<'t> {
    products: Vec<Unversioned<'t>>,
    known: HashMap<&'t str, Known<'t>>,
}

/// Parses a document. `info` is the identity of its file.
///
/// # Errors
///
/// `NotCsaf` if the text is not a document of CSAF 2.0, `TooLarge` if it exceeds `limits`.
pub(crate) fn parse(text: &str, info: CatalogInfo, origin: &Path, limits: &Limits) -> Result<Document, CatalogError> {
    let not_csaf = |reason: String| CatalogError::NotCsaf { path: origin.into(), reason: printable_reason(&reason) };
    let too_large = |what, limit| CatalogError::TooLarge { path: origin.into(), what, limit, line: 1 };
    // In memory an object takes dozens of times the bytes that it has in the text, and a value several times.
    let count = |byte| memchr::memchr_iter(byte, text.as_bytes()).count() as u64;
    if count(b'{') > limits.elements {
        return Err(too_large("more objects than allowed", limits.elements));
    }
    let most_values = limits.elements.saturating_mul(MAX_VALUES_PER_OBJECT);
    if count(b',') > most_values {
        return Err(too_large("more values than allowed", most_values));
    }
    let csaf: Csaf<'_> = serde_json::from_str(text).map_err(|error| not_csaf(error.to_string()))?;
    let version = &csaf.document.csaf_version;
    if !version.starts_with("2.") {
        return Err(not_csaf(format!("it has version {version}; version 2.0 can be read")));
    }
    let mut collector = Collector::new(limits);
    let mut tree = Tree::of(&csaf.product_tree);
    let aggregate = csaf.document.aggregate_severity.as_ref().and_then(|named| severity(&named.text));
    for vulnerability in &csaf.vulnerabilities {
        collector.tally.vulnerabilities += 1;
        let index = collector.weakness(0);
        if let Some(weakness) = collector.weaknesses.get_mut(index as usize) {
            weakness.id = (&*vulnerability.cve).into();
            weakness.line = 1;
            weakness.exploited = vulnerability
                .threats
                .iter()
                .any(|threat| threat.category == "exploit_status" && says_exploited(&threat.details));
        }
        if let Some(severity) = aggregate {
            for id in &vulnerability.product_status.known_affected {
                collector.state(too_large)?;
                let product = tree.product(&mut collector, id);
                collector.ratings.push(Rating { weakness: index, product, severity });
            }
        }
        for remediation in &vulnerability.remediations {
            if remediation.category != "vendor_fix" {
                collector.tally.other_remediations += 1;
                continue;
            }
            collector.tally.vendor_fixes += 1;
            let text = remedy(remediation);
            // Without a build of its own, a remediation is one fix for each build in the tree.
            let mut remedies: HashMap<&str, u32> = HashMap::new();
            for id in &remediation.product_ids {
                collector.state(too_large)?;
                let product = tree.product(&mut collector, id);
                let build = if text.build.is_empty() { tree.build(id) } else { &text.build };
                let remedy = match remedies.get(build) {
                    Some(remedy) => *remedy,
                    None => {
                        let text = RemedyText { build: build.to_owned(), ..text.clone() };
                        let remedy = collector.remedy(&text, 0, too_large)?;
                        remedies.insert(build, remedy);
                        remedy
                    }
                };
                collector.fixes.push(Fix { remedy, weakness: index, product });
            }
        }
    }
    collector.remedies.iter_mut().for_each(|remedy| remedy.line = 1);
    let tracking = csaf.document.tracking;
    let date = date_of(&tracking.current_release_date).or_else(|| date_of(&tracking.initial_release_date));
    let info = CatalogInfo { schema_version: printable_reason(version), date, ..info };
    let released = date_of(&tracking.initial_release_date);
    Ok(collector.into_document(info, tracking.id.into_owned(), released, tracking.current_release_date.into_owned()))
}

impl<'t> Tree<'t> {
    fn of(tree: &'t Branch<'_>) -> Self {
        let mut found = Self { products: Vec::new(), known: HashMap::new() };
        let mut open = vec![tree];
        while let Some(branch) = open.pop() {
            open.extend(&branch.branches);
            let versions = || branch.branches.iter().filter(|child| child.category.starts_with("product_version"));
            // The identifier of the product itself is that of its fixed version.
            let fixed =
                versions().find(|child| child.category == "product_version").and_then(|child| child.product.as_ref());
            let versioned = found.products.len();
            found.products.push(Unversioned {
                id: fixed.map_or("", |fixed| &*fixed.product_id),
                name: &branch.name,
                index: None,
            });
            for child in versions() {
                let Some(product) = &child.product else { continue };
                let build = child.name.strip_prefix('<').unwrap_or_default();
                found.known.insert(&*product.product_id, Known { product: versioned, build });
            }
            if let Some(product) = &branch.product {
                let place = found.products.len();
                found.known.entry(&*product.product_id).or_insert(Known { product: place, build: "" });
                found.products.push(Unversioned { id: &product.product_id, name: &product.name, index: None });
            }
        }
        found
    }

    /// Returns the index of the product that an identifier means.
    fn product(&mut self, collector: &mut Collector<'_>, id: &str) -> u32 {
        let known = self.known.get(id).and_then(|known| self.products.get_mut(known.product));
        let Some(Unversioned { id, name, index }) = known else { return collector.product(id) };
        *index.get_or_insert_with(|| {
            if id.is_empty() {
                return collector.product_named(name);
            }
            collector.name_product(id, name);
            collector.product(id)
        })
    }

    /// Returns the build before which the product that an identifier means is affected; empty if the tree has none.
    fn build(&self, id: &str) -> &'t str {
        self.known.get(id).map_or("", |known| known.build)
    }
}

/// Returns the texts of a remediation. Its build is empty if only the product tree has one.
fn remedy(remediation: &Remediation<'_>) -> RemedyText {
    let mut details = remediation.details.splitn(3, ':').map(str::trim);
    let (first, kind) = (details.next().unwrap_or_default(), details.next().unwrap_or_default());
    let stated = matches!(build::parse(first), Build::Given { .. });
    let restart = match remediation.restart_required.as_ref().map(|required| &*required.category) {
        Some("none") => "No",
        Some(_) => "Yes",
        None => "",
    };
    RemedyText {
        description: article_in(&remediation.url).unwrap_or_default().to_owned(),
        kind: if stated { kind.to_owned() } else { String::new() },
        url: remediation.url.trim().to_owned(),
        build: if stated { first.to_owned() } else { String::new() },
        restart: restart.to_owned(),
        ..RemedyText::default()
    }
}

/// Returns the article's number in `https://support.microsoft.com/help/5035849` or `https://catalog.update.microsoft.com/…?q=KB5035849`.
fn article_in(url: &str) -> Option<&str> {
    let rest = ["/help/", "/kb/", "q=KB"].iter().find_map(|before| Some(url.split_once(before)?.1))?;
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.get(..length).filter(|number| (5..=8).contains(&number.len()))
}
