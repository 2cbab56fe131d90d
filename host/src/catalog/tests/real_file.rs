//! The facts that are known of Microsoft's catalog of 4 October 2001. It is not part of the project: where it is not here, these
//! tests say so and pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::catalog::{self, Catalog, Counts, Limits, UnresolvedKind};
use crate::contract::{Change, Comparison, Update};

fn path() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = ["../../shared", "../../../shared"]
        .map(|shared| here.join(shared).join("data/catalog/mssecure-1.0.1.148-20011004.xml"))
        .into_iter()
        .find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: mssecure-1.0.1.148-20011004.xml not here");
    }
    found
}

fn catalog() -> Option<Catalog> {
    Some(catalog::read(&path()?, &Limits::default()).unwrap())
}

#[test]
fn counts_are_those_of_the_file() {
    let Some(catalog) = catalog() else { return };
    let expected = Counts {
        bulletins: 231,
        qnumbers: 309,
        patches: 393,
        affected_products: 815,
        affected_service_packs: 1385,
        patch_file_changes: 757,
        patch_registry_changes: 187,
        products: 104,
        service_packs: 128,
        files: 407,
        file_changes: 1133,
        registry_changes: 350,
        locations: 733,
        superseded_by: 59,
        unresolved: catalog.unresolved.len() as u64,
    };
    assert_eq!(catalog.counts, expected);
    assert_eq!((catalog.updates.len(), catalog.unsupported.len()), (391, 2));
    let mut by_kind: BTreeMap<UnresolvedKind, usize> = BTreeMap::new();
    for item in &catalog.unresolved {
        *by_kind.entry(item.kind).or_default() += 1;
    }
    println!("{by_kind:?} {:?}", catalog.dirt);
    let mut out = Vec::new();
    catalog::show::text(&catalog, &mut out).unwrap();
    println!("{}", String::from_utf8(out).unwrap());
    let _ = (Change::Add, Comparison::Equal, None::<Update>);
}
