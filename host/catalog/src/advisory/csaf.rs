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

/// A product as the tree has it, without the version.
struct Known<'t> {
    id: &'t str,
    name: &'t str,
    /// The build before which a product is affected.
    build: &'t str,
}

/// Parses a document. `info` is the identity of its file.
///
/// # Errors
///
/// `NotCsaf` if the text is not a document of CSAF 2.0, `TooLarge` if it exceeds `limits`.
pub(crate) fn parse(text: &str, info: CatalogInfo, origin: &Path, limits: &Limits) -> Result<Document, CatalogError> {
    let not_csaf = |reason: String| CatalogError::NotCsaf { path: origin.into(), reason: printable_reason(&reason) };
    let csaf: Csaf<'_> = serde_json::from_str(text).map_err(|error| not_csaf(error.to_string()))?;
    let version = &csaf.document.csaf_version;
    if !version.starts_with("2.") {
        return Err(not_csaf(format!("it has version {version}; version 2.0 can be read")));
    }
    let too_large = |what, limit| CatalogError::TooLarge { path: origin.into(), what, limit, line: 1 };
    let mut collector = Collector::new(limits);
    let known = products(&csaf.product_tree);
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
                let product = product(&mut collector, &known, id);
                collector.ratings.push(Rating { weakness: index, product, severity });
            }
        }
        for remediation in &vulnerability.remediations {
            if remediation.category != "vendor_fix" {
                collector.tally.other_remediations += 1;
                continue;
            }
            collector.tally.vendor_fixes += 1;
            for id in &remediation.product_ids {
                collector.state(too_large)?;
                let product = product(&mut collector, &known, id);
                let text = remedy(remediation, known.get(&**id));
                let remedy = collector.remedy(&text, 0);
                collector.fixes.push(Fix { remedy, weakness: index, product });
            }
        }
    }
    collector.remedies.iter_mut().for_each(|remedy| remedy.line = 1);
    let tracking = csaf.document.tracking;
    let date = date_of(&tracking.current_release_date).or_else(|| date_of(&tracking.initial_release_date));
    Ok(Document {
        info: CatalogInfo { schema_version: printable_reason(version), date, ..info },
        id: tracking.id.into_owned(),
        released: date_of(&tracking.initial_release_date),
        revised: tracking.current_release_date.into_owned(),
        products: collector.products,
        weaknesses: collector.weaknesses,
        ratings: collector.ratings,
        remedies: collector.remedies,
        fixes: collector.fixes,
        tally: collector.tally,
    })
}

/// Returns the products of a tree by the identifiers that the document uses for them.
fn products<'t>(tree: &'t Branch<'_>) -> HashMap<&'t str, Known<'t>> {
    let mut found = HashMap::new();
    let mut open = vec![tree];
    while let Some(branch) = open.pop() {
        open.extend(&branch.branches);
        let versions = || branch.branches.iter().filter(|child| child.category.starts_with("product_version"));
        // The identifier of the product itself is that of its fixed version.
        let fixed =
            versions().find(|child| child.category == "product_version").and_then(|child| child.product.as_ref());
        for child in versions() {
            let Some(product) = &child.product else { continue };
            let id = fixed.map_or("", |fixed| &*fixed.product_id);
            let build = child.name.strip_prefix('<').unwrap_or_default();
            found.insert(&*product.product_id, Known { id, name: &branch.name, build });
        }
        if let Some(product) = &branch.product {
            let known = Known { id: &product.product_id, name: &product.name, build: "" };
            found.entry(&*product.product_id).or_insert(known);
        }
    }
    found
}

fn product(collector: &mut Collector<'_>, known: &HashMap<&str, Known<'_>>, id: &str) -> u32 {
    match known.get(id) {
        Some(Known { id: "", name, .. }) => collector.product_named(name),
        Some(Known { id, name, .. }) => {
            collector.name_product(id, name);
            collector.product(id)
        }
        None => collector.product(id),
    }
}

fn remedy(remediation: &Remediation<'_>, product: Option<&Known<'_>>) -> RemedyText {
    let mut details = remediation.details.splitn(3, ':').map(str::trim);
    let (first, kind) = (details.next().unwrap_or_default(), details.next().unwrap_or_default());
    let stated = matches!(build::parse(first), Build::Given { .. });
    let build = if stated { first } else { product.map_or("", |known| known.build) };
    let restart = match remediation.restart_required.as_ref().map(|required| &*required.category) {
        Some("none") => "No",
        Some(_) => "Yes",
        None => "",
    };
    RemedyText {
        description: article_in(&remediation.url).unwrap_or_default().to_owned(),
        kind: if stated { kind.to_owned() } else { String::new() },
        url: remediation.url.trim().to_owned(),
        build: build.to_owned(),
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
