//! Known facts about the documents of the Microsoft Security Response Center and WES-NG's definitions, counted by other means. The files
//! are not part of the project: `cargo xtask test` runs these tests where they exist.

use std::path::{Path, PathBuf};

use super::figures;
use crate::{Catalog, Limits, read_all};

fn read(path: &str) -> Catalog {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    read_all(&[path], &Limits::default()).unwrap().catalogs.remove(0)
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn ten_years_of_documents() {
    let catalog = read("msrc/cvrf");
    let counts = figures(&catalog).0;
    assert_eq!((counts.documents, counts.replaced_documents), (127, 0));
    assert_eq!((counts.vulnerabilities, counts.vendor_fixes, counts.fixed_products), (13_774, 119_868, 218_129));
    let with_article: Vec<_> = catalog.updates.iter().filter(|update| !update.article.is_empty()).collect();
    let rows: usize = with_article.iter().map(|update| update.applies_to.len()).sum();
    assert_eq!((counts.articles, with_article.len(), rows), (4_868, 7_276, 18_702));
    // Windows 11 Version 26H1 has two identifiers.
    let of = |update: &&wardline_contract::Update| {
        let name = "windows 11 version 26h1 for x64-based systems";
        update.applies_to.iter().any(|row| row.product.name.to_lowercase() == name)
    };
    assert_eq!(with_article.iter().copied().filter(of).filter(|update| update.article == "KB5089548").count(), 1);
}

/// MS15-080 has an update of Windows and several of .NET for the same vulnerabilities, and MS15-079 one of Internet Explorer.
#[test]
#[ignore = "reads data that is not part of the project"]
fn updates_of_components_are_not_those_of_windows() {
    let catalog = read("wesng/definitions.zip");
    let products = |article: &str| {
        let of_article = catalog.updates.iter().filter(|update| update.article == article);
        let rows = of_article.flat_map(|update| &update.applies_to).map(|row| row.product.name.as_str());
        rows.filter(|name| name.contains("Windows Server 2012 R2")).collect::<std::collections::BTreeSet<_>>()
    };
    for (article, expected) in [
        ("KB3078601", &["Windows Server 2012 R2", "Windows Server 2012 R2 (Server Core installation)"][..]),
        (
            "KB3072307",
            &[
                "Microsoft .NET Framework 3.5 on Windows Server 2012 R2",
                "Microsoft .NET Framework 3.5 on Windows Server 2012 R2 (Server Core installation)",
            ],
        ),
        ("KB3078071", &["Internet Explorer 11 on Windows Server 2012 R2"]),
    ] {
        assert!(products(article).into_iter().eq(expected.iter().copied()), "{article}: {:?}", products(article));
    }
}
