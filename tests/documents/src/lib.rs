//! The names of products in Microsoft's security update documents, for the tests that compare a plugin's names with them, and
//! updates by build as such documents contain them.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use wardline_plugin::prelude::*;

/// Returns the names of all products in the documents in `../shared/data/msrc/cvrf`.
///
/// # Panics
///
/// If there are none, or one cannot be read.
pub fn product_names() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/msrc/cvrf");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names = BTreeSet::new();
    for file in files {
        let path = file.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path();
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut text = String::new();
        let mut decoder = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        decoder.read_to_string(&mut text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let elements = text.split("<prod:FullProductName ").skip(1);
        names.extend(elements.filter_map(|element| {
            let (_, content) = element.split_once('>')?;
            let (name, _) = content.split_once("</")?;
            Some(name.trim().replace("&amp;", "&"))
        }));
    }
    assert!(!names.is_empty(), "no product names in {}", folder.display());
    names
}

/// An update `KB<number>` of one product, which has the fix from a build on.
pub fn update(number: u32, posted: &str, product: &str, fixed_build: Option<&str>) -> Update {
    let article = format!("KB{number}");
    Update {
        number,
        bulletin: article.clone(),
        article,
        title: String::new(),
        package: String::new(),
        url: Some(format!("https://example.com/{number}")),
        posted: Some(posted.to_owned()),
        severity: Severity::Important,
        cves: vec![format!("CVE-2026-{number}")],
        restart: false,
        applies_to: vec![Applicability {
            product: Product { id: product.to_owned(), name: product.to_owned() },
            service_packs: Vec::new(),
            included_in: None,
            severity: None,
            fixed_build: fixed_build.map(str::to_owned),
        }],
        files: Vec::new(),
        registry: Vec::new(),
        superseded_by: Vec::new(),
        notes: Vec::new(),
        language: None,
    }
}

/// One update for each of these names.
pub fn one_update_each(names: impl IntoIterator<Item = String>) -> Vec<Update> {
    (1..).zip(names).map(|(number, name)| update(number, "2026-05-12", &name, None)).collect()
}
