//! A reader for MSRC's monthly documents (CVRF), made for these tests alone: a second opinion beside the host's.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use wardline_plugin::prelude::*;

/// The part of a text between two marks, and what follows.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<(&'t str, &'t str)> {
    text.split_once(start)?.1.split_once(end)
}

/// All parts of a text between two marks.
fn all<'t>(mut text: &'t str, start: &'t str, end: &'t str) -> impl Iterator<Item = &'t str> {
    std::iter::from_fn(move || {
        let (part, rest) = between(text, start, end)?;
        text = rest;
        Some(part)
    })
}

/// Returns the documents in `../shared/data/msrc/cvrf` as text, in the order of their names.
///
/// # Panics
///
/// If there are none, or one cannot be read.
pub fn documents() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/msrc/cvrf");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no documents in {}", folder.display());
    let unpacked = files.iter().map(|file| {
        let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut text = String::new();
        let mut decoder = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        decoder.read_to_string(&mut text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        text
    });
    unpacked.collect()
}

/// Returns the names of all products, by their identifiers.
///
/// # Panics
///
/// If a document is not in the form of the others.
pub fn products(documents: &[String]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut products: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for document in documents {
        for product in all(document, "<prod:FullProductName ", "</prod:FullProductName>") {
            let (id, rest) = between(product, "ProductID=\"", "\"").expect("an identifier");
            products.entry(id).or_default().insert(rest.split_once('>').expect("a name").1);
        }
    }
    products
}

#[derive(Default)]
struct Row {
    /// By the day of publication and the kind of the update: how many statements give them.
    published: BTreeMap<(String, String), u32>,
    cves: BTreeSet<String>,
    builds: BTreeMap<String, u32>,
    supersedes: BTreeSet<u32>,
}

/// Returns one update for each article and group of products for which it closes the same CVEs; `is_wanted` selects the products.
///
/// # Panics
///
/// If a document is not in the form of the others.
pub fn updates(documents: &[String], is_wanted: impl Fn(&str) -> bool) -> Vec<Update> {
    let products = products(documents);
    let mut articles: BTreeMap<u32, BTreeMap<&str, Row>> = BTreeMap::new();
    let vulnerabilities = documents.iter().flat_map(|document| {
        let day = between(document, "<cvrf:InitialReleaseDate>", "T").map_or("", |found| found.0);
        all(document, "<vuln:Vulnerability ", "</vuln:Vulnerability>").map(move |vulnerability| (day, vulnerability))
    });
    for (day, vulnerability) in vulnerabilities {
        let Some((cve, _)) = between(vulnerability, "<vuln:CVE>", "<") else { continue };
        for fix in all(vulnerability, "<vuln:Remediation Type=\"Vendor Fix\">", "</vuln:Remediation>") {
            let field = |start: &str| between(fix, start, "<").map_or("", |found| found.0);
            let Ok(article) = field("<vuln:Description>").parse::<u32>() else { continue };
            for id in all(fix, "<vuln:ProductID>", "<") {
                let Some(name) = products.get(id).and_then(|names| names.first()).filter(|name| is_wanted(name)) else {
                    continue;
                };
                let row = articles.entry(article).or_default().entry(name).or_default();
                row.cves.insert(cve.to_owned());
                *row.published.entry((day.to_owned(), field("<vuln:SubType>").to_owned())).or_default() += 1;
                let build = field("<vuln:FixedBuild>");
                if !build.is_empty() {
                    *row.builds.entry(build.to_owned()).or_default() += 1;
                }
                let older = field("<vuln:Supercedence>").split(|letter: char| !letter.is_ascii_digit());
                let older = older.filter(|digits| digits.len() > 5).filter_map(|digits| digits.parse().ok());
                row.supersedes.extend(older.filter(|&older: &u32| older != article));
            }
        }
    }
    folded(articles)
}

fn folded(articles: BTreeMap<u32, BTreeMap<&str, Row>>) -> Vec<Update> {
    let mut updates: Vec<Update> = Vec::new();
    let mut numbers: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut newer: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (article, rows) in articles {
        let mut groups: BTreeMap<Vec<String>, Vec<(&str, Row)>> = BTreeMap::new();
        for (product, row) in rows {
            for &older in &row.supersedes {
                newer.entry(older).or_default().insert(article);
            }
            groups.entry(row.cves.iter().cloned().collect()).or_default().push((product, row));
        }
        for (cves, rows) in groups {
            let number = u32::try_from(updates.len()).expect("few updates");
            numbers.entry(article).or_default().push(number);
            updates.push(update(number, article, cves, rows));
        }
    }
    for update in &mut updates {
        let article = update.article.trim_start_matches("KB").parse().expect("a number");
        for newer in newer.get(&article).into_iter().flatten() {
            let updates = numbers[newer].clone();
            update.superseded_by.push(Superseding { bulletin: format!("KB{newer}"), updates, names_update: true });
        }
    }
    updates
}

fn update(number: u32, article: u32, cves: Vec<String>, rows: Vec<(&str, Row)>) -> Update {
    let mut published: BTreeMap<&(String, String), u32> = BTreeMap::new();
    for (entry, count) in rows.iter().flat_map(|(_, row)| &row.published) {
        *published.entry(entry).or_default() += count;
    }
    // That of most statements; of equals the earliest.
    let published = published.into_iter().max_by_key(|(entry, count)| (*count, Reverse(*entry)));
    let (posted, kind) = published.map(|(entry, _)| entry.clone()).unwrap_or_default();
    let row = |(product, row): (&str, Row)| Applicability {
        product: Product { id: product.to_owned(), name: product.to_owned() },
        service_packs: Vec::new(),
        included_in: None,
        severity: None,
        // The one that most CVEs give.
        fixed_build: row.builds.into_iter().max_by_key(|build| build.1).map(|build| build.0),
    };
    Update {
        bulletin: format!("KB{article}"),
        article: format!("KB{article}"),
        title: format!("{} {kind}", posted.get(..7).unwrap_or_default()),
        posted: Some(posted).filter(|posted| !posted.is_empty()),
        cves,
        restart: true,
        applies_to: rows.into_iter().map(row).collect(),
        ..wardline_plugin::testing::update(number)
    }
}

/// Returns an update of one product, for tests in which nothing else about it matters.
pub fn named(number: u32, product: &str) -> Update {
    update(number, 5_000_000 + number, Vec::new(), vec![(product, Row::default())])
}
