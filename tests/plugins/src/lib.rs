//! Helpers for the plugins' tests: machines on a bench, updates by build, and the names of products in Microsoft's catalogs and
//! documents, which are next to the project.

pub mod machine;
pub mod reader;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use wardline_plugin::prelude::*;
use wardline_plugin::version::compare_dotted;

/// Returns the names of all products in the documents in `../shared/data/msrc/cvrf`.
///
/// # Panics
///
/// If there are none, or one cannot be read.
pub fn product_names() -> BTreeSet<String> {
    let documents = reader::documents();
    let products = reader::products(&documents);
    products.into_values().flatten().map(|name| name.trim().replace("&amp;", "&")).collect()
}

/// Returns the names of products in `../shared/data/catalog` that begin with one of `starts`.
///
/// # Panics
///
/// If there is no catalog, or it cannot be read.
pub fn catalog_products(starts: &[&str]) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/catalog");
    let files = std::fs::read_dir(folder).expect(folder).map(|entry| entry.expect(folder).path());
    let file =
        files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "xml")).expect("a catalog");
    let text = String::from_utf8_lossy(&std::fs::read(file).expect("the catalog")).into_owned();
    let names = text.split("<Product ").skip(1).filter_map(|product| {
        let (_, rest) = product.split_once("Name=\"")?;
        Some(rest.split_once('"')?.0.trim().to_owned())
    });
    names.filter(|name| starts.iter().any(|start| name.starts_with(start))).collect()
}

/// An update `KB<number>` of one product, which has the fix from this build on.
pub fn update(number: u32, posted: &str, product: &str, fixed_build: Option<&str>) -> Update {
    let article = format!("KB{number}");
    Update {
        bulletin: article.clone(),
        article,
        url: Some(format!("https://example.com/{number}")),
        posted: Some(posted.to_owned()),
        severity: Severity::Important,
        cves: vec![format!("CVE-2026-{number}")],
        applies_to: vec![Applicability {
            product: Product { id: product.to_owned(), name: product.to_owned() },
            service_packs: Vec::new(),
            included_in: None,
            severity: None,
            fixed_build: fixed_build.map(str::to_owned),
        }],
        ..wardline_plugin::testing::update(number)
    }
}

/// One update for each of these names.
pub fn one_update_each(names: impl IntoIterator<Item = String>) -> Vec<Update> {
    (1..).zip(names).map(|(number, name)| update(number, "2026-05-12", &name, None)).collect()
}

/// Returns the wrong verdicts on a product of a known build: updates that are missing at or below it, and the update with the highest
/// build above it if that is not missing.
pub fn contradictions(build: &str, findings: &[UpdateFinding], updates: &[Update]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut newest: Option<(&str, &UpdateFinding)> = None;
    for finding in findings {
        let rows =
            updates.iter().filter(|update| update.number == finding.update).flat_map(|update| &update.applies_to);
        let Some(fixed) =
            rows.filter(|row| row.product.name == finding.product).find_map(|row| row.fixed_build.as_deref())
        else {
            continue;
        };
        let is_above = |other: &str| compare_dotted(fixed, other) == Some(Ordering::Greater);
        if finding.status == UpdateStatus::Missing && !is_above(build) {
            wrong.push(format!("{build}: {} is missing, fixed by {fixed}", finding.product));
        }
        // Documents have builds of other releases.
        let is_decided = matches!(finding.status, UpdateStatus::Missing | UpdateStatus::Superseded)
            && release(fixed).is_some_and(|other| Some(other) == release(build));
        if is_decided && is_above(build) && newest.is_none_or(|(newest, _)| is_above(newest)) {
            newest = Some((fixed, finding));
        }
    }
    if let Some((fixed, finding)) = newest.filter(|(_, finding)| finding.status != UpdateStatus::Missing)
        && !findings.iter().any(|other| other.status == UpdateStatus::Missing)
    {
        wrong.push(format!("{build}: {} is not missing, fixed by {fixed}: {}", finding.product, finding.reason));
    }
    wrong
}

/// Returns the first two numbers of a build.
fn release(build: &str) -> Option<(u32, u32)> {
    let mut numbers = build.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
