//! Documents that would take far more memory or time than they have bytes.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardline_fixtures::advisory::{DEFINITIONS_HEADING, Fix};

use super::formats::archive;
use super::{CLIENT, SERVER, month, update};
use crate::advisory::csaf;
use crate::{Catalog, CatalogError, CatalogInfo, Limits};

/// Many times what each of these documents takes, on a busy machine too. Where lists were compared with each other, they took minutes.
const SOON: Duration = Duration::from_secs(60);

fn parse(document: &[u8], limits: &Limits) -> Result<Catalog, CatalogError> {
    crate::parse(document, Path::new("test"), limits)
}

fn reason(document: &[u8], limits: &Limits) -> String {
    parse(document, limits).unwrap_err().to_string()
}

fn advisory(branches: &[Value], remediations: &Value) -> Vec<u8> {
    let document = json!({
        "document": { "csaf_version": "2.0", "tracking": {
            "id": "a", "current_release_date": "2024-03-12T08:00:00Z", "initial_release_date": "2024-03-12T08:00:00Z",
        }},
        "product_tree": { "branches": branches },
        "vulnerabilities": [{ "cve": "CVE-2024-21407", "remediations": remediations }],
    });
    document.to_string().into_bytes()
}

/// Products of one name, each affected before a build of its own.
fn affected(name: &str, count: u32) -> Vec<Value> {
    let product = |number: u32| {
        json!({ "category": "product_name", "name": name, "branches": [{
            "category": "product_version_range", "name": format!("<10.0.17763.{number}"),
            "product": { "name": "", "product_id": number.to_string() },
        }]})
    };
    (0..count).map(product).collect()
}

#[test]
fn the_texts_of_a_fix_for_many_builds_are_bounded() {
    let ids: Vec<String> = (0..300).map(|number: u32| number.to_string()).collect();
    let fix = json!([{ "category": "vendor_fix", "details": "x", "url": "u".repeat(60_000), "product_ids": ids }]);
    let document = advisory(&affected("Windows", 300), &fix);
    let limits = Limits { resolved_bytes: 4 << 20, ..Limits::default() };
    assert!(document.len() < 200_000);
    assert!(reason(&document, &limits).contains("more bytes of text than allowed"));
}

#[test]
fn the_objects_and_values_of_a_document_are_bounded() {
    let nothing = advisory(&[], &json!(vec![json!({}); 200]));
    let ids = advisory(&[], &json!([{ "category": "other", "product_ids": vec![""; 1_000] }]));
    for (document, limits, expected) in [
        (&nothing, Limits { elements: 100, ..Limits::default() }, "more objects than allowed"),
        (&ids, Limits { elements: 100, ..Limits::default() }, "more values than allowed"),
    ] {
        let text = std::str::from_utf8(document).unwrap();
        let error = csaf::parse(text, CatalogInfo::default(), Path::new("test"), &limits).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(csaf::parse(text, CatalogInfo::default(), Path::new("test"), &Limits::default()).is_ok());
    }
}

#[test]
fn a_long_name_is_compared_once_however_many_fixes_are_for_it() {
    let ids = vec!["0"; 60_000];
    let fix = json!([{ "category": "vendor_fix", "details": "10.0.17763.5576", "product_ids": ids }]);
    let document = advisory(&affected(&"x".repeat(4 << 20), 1), &fix);
    let begun = Instant::now();
    assert_eq!(parse(&document, &Limits::default()).unwrap().updates.len(), 1);
    assert!(begun.elapsed() < SOON);
}

/// One article with a build for each of its remedies.
#[test]
fn the_builds_of_one_article_are_not_compared_with_each_other() {
    let mut month = month("2024-Mar", "2024-03-12").cve("CVE-2024-21407");
    for number in 0..60_000 {
        month = month.fix(Fix::new("5035849", &[SERVER]).build(&format!("10.0.{number}.1")));
    }
    let document = month.cvrf().into_bytes();
    let begun = Instant::now();
    assert_eq!(parse(&document, &Limits::default()).unwrap().updates.len(), 1);
    assert!(begun.elapsed() < SOON);
}

/// One article for many products, and as many that supersede it, each for one product.
#[test]
fn a_superseding_article_is_compared_for_its_own_products() {
    const COUNT: u32 = 20_000;
    let mut month = month("2024-Mar", "2024-03-12");
    let ids: Vec<String> = (0..COUNT).map(|number| format!("p{number}")).collect();
    for id in &ids {
        month = month.product(id, id);
    }
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    month = month.cve("CVE-2024-21407").fix(Fix::new("5035849", &all).build("10.0.17763.5"));
    for (number, id) in (5_100_000..).zip(&all) {
        let build = if number == 5_100_000 { "10.0.17763.4" } else { "10.0.17763.6" };
        month = month.fix(Fix::new(&number.to_string(), &[id]).build(build).supersedes("5035849"));
    }
    let document = month.cvrf().into_bytes();
    let begun = Instant::now();
    let catalog = parse(&document, &Limits::default()).unwrap();
    // All but the first, whose build is lower.
    assert_eq!(update(&catalog, "KB5035849").superseded_by.len(), COUNT as usize - 1);
    assert!(begun.elapsed() < SOON);
}

#[test]
fn what_is_unresolved_is_bounded() {
    let articles = (6_000_000..6_005_000).map(|number: u32| number.to_string()).collect::<Vec<_>>().join(",");
    let month = month("2024-Mar", "2024-03-12").cve("CVE-2024-21407");
    let document = month.fix(Fix::new("5035849", &[SERVER, CLIENT]).supersedes(&articles)).cvrf().into_bytes();
    let limits = Limits { resolved_bytes: 100_000, ..Limits::default() };
    assert!(reason(&document, &limits).contains("grows beyond"));
    assert_eq!(parse(&document, &Limits::default()).unwrap().unresolved.len(), 5_000);
}

/// An archive of a few kilobytes holds megabytes of definitions that differ.
#[test]
fn the_texts_of_definitions_are_bounded() {
    let mut rows = DEFINITIONS_HEADING.to_owned();
    for number in 0..100 {
        let (superseded, article) = ("9".repeat(60_000), 5_000_000 + number);
        let _ = writeln!(rows, "20240312,CVE-2024-21407,{article},T,Windows,C,Low,I,{superseded},");
    }
    let archive = archive(&[("CVEs_20240328.csv", rows)]);
    let limits = Limits { resolved_bytes: 1 << 20, ..Limits::default() };
    assert!(archive.len() < 100_000);
    assert!(reason(&archive, &limits).contains("more bytes of text than allowed"));
}
