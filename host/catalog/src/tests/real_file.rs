//! Known facts about Microsoft's catalog of 4 October 2001. It is not part of the project: `cargo xtask test` runs these tests
//! where the file exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wardline_contract::{Change, Comparison, Severity, Update};

use super::figures;
use crate::mssecure::Counts;
use crate::{Catalog, Limits, UnresolvedKind};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/catalog/mssecure-1.0.1.148-20011004.xml")
}

fn catalog() -> Catalog {
    crate::read(&path(), &Limits::default()).unwrap()
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn counts_are_those_of_the_file() {
    let catalog = catalog();
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
    assert_eq!(figures(&catalog).0, expected);
    assert_eq!((catalog.updates.len(), catalog.unsupported.len()), (391, 2));
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn it_is_the_catalog_of_4_october_2001() {
    let catalog = catalog();
    let info = &catalog.info;
    assert_eq!((info.schema_version.as_str(), info.data_version.as_str()), ("1.0.0.11", "1.0.1.148"));
    assert_eq!((info.date.as_deref(), info.bytes), (Some("2001-10-04"), 858_713));
    assert!(catalog.updates.iter().all(|update| update.posted.is_some() && update.severity == Severity::Unrated));
    assert!(catalog.unsupported.iter().all(|update| update.bulletin == "MS99-008"));
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn what_cannot_be_resolved() {
    let catalog = catalog();
    let ids = |kind| catalog.unresolved.iter().filter(move |item| item.kind == kind).map(|item| item.id.as_str());
    let kinds: BTreeSet<UnresolvedKind> = catalog.unresolved.iter().map(|item| item.kind).collect();
    use UnresolvedKind::{Path, RegistryKey, Size, SupersedingPatch};
    assert_eq!(kinds, BTreeSet::from([Path, RegistryKey, Size, SupersedingPatch]));
    assert_eq!(ids(RegistryKey).count(), 52);
    assert_eq!(ids(RegistryKey).collect::<BTreeSet<_>>().len(), 21);
    assert_eq!(ids(Size).collect::<Vec<_>>(), ["v"]);
    assert_eq!(ids(SupersedingPatch).collect::<Vec<_>>(), ["q294391_W2K_SP3_x86_en.EXE"]);
    let variables: BTreeSet<String> =
        ids(Path).map(|path| path.split('\\').next().unwrap_or_default().to_lowercase()).collect();
    assert_eq!(variables, ["%exchsrvr%", "%mssql7%", "%userprofile%", "%variable"].map(str::to_owned).into());
}

/// 24 files, one file change and two product families have the same identifier as an earlier one.
#[test]
#[ignore = "reads data that is not part of the project"]
fn repeated_identifiers() {
    let catalog = catalog();
    assert_eq!(figures(&catalog).1.repeated_ids, 24 + 1 + 2);
    assert_eq!((figures(&catalog).1.guessed_bytes, figures(&catalog).1.comma_versions), (0, 2));
}

fn judged_and_shown(catalog: &Catalog) -> impl Iterator<Item = &Update> {
    catalog.updates.iter().chain(&catalog.unsupported)
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn file_and_registry_tests_of_patches() {
    let catalog = catalog();
    let files = |change| {
        judged_and_shown(&catalog).flat_map(|update| &update.files).filter(|test| test.change == change).count()
    };
    let changes = [Change::ReplaceIfPresent, Change::Replace, Change::Add, Change::Unsupported, Change::Delete];
    assert_eq!(changes.map(files), [518, 212, 21, 6, 0]);

    let mut values: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for test in judged_and_shown(&catalog).flat_map(|update| &update.registry) {
        assert_eq!(test.change, Change::Replace);
        assert!(test.key.to_uppercase().starts_with("HKLM\\SOFTWARE\\"), "{}", test.key);
        assert_eq!(test.comparison == Comparison::AtLeast, test.name == "Version");
        *values.entry((&test.name, test.expected.as_deref().unwrap_or_default())).or_default() += 1;
    }
    assert_eq!(values[&("Installed", "1")], 94);
    assert_eq!(values[&("Type", "Update")], 62);
    assert_eq!(values[&("IsInstalled", "1")], 23);
    assert_eq!(values[&("Version", "7,0,0,1956")], 1);
    assert_eq!(values.iter().filter(|((name, _), _)| *name == "ComponentID").map(|(_, count)| count).sum::<usize>(), 7);
    assert_eq!(values.values().sum::<usize>(), 187);
}

/// The (product, service pack) rows that a patch applies to.
fn rows(update: &Update) -> impl Iterator<Item = (&str, &str)> {
    update
        .applies_to
        .iter()
        .flat_map(|row| row.service_packs.iter().map(|sp| (row.product.id.as_str(), sp.id.as_str())))
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn supersedence() {
    let catalog = catalog();
    let by_number: BTreeMap<u32, &Update> = judged_and_shown(&catalog).map(|update| (update.number, update)).collect();
    let (mut all, mut not_applicable, mut without_name) = (0, 0, 0);
    for update in judged_and_shown(&catalog).filter(|update| !update.superseded_by.is_empty()) {
        for row in rows(update) {
            all += 1;
            if update.superseded_by.iter().all(|by| !by.names_update) {
                without_name += 1;
                continue;
            }
            let applies = |number: &u32| rows(by_number[number]).any(|other| other == row);
            if !update.superseded_by.iter().flat_map(|by| &by.updates).any(applies) {
                not_applicable += 1;
            }
        }
    }
    assert_eq!((all, not_applicable, without_name), (460, 131, 41));
    // There are no cycles of superseding updates.
    for update in judged_and_shown(&catalog) {
        let mut reached = BTreeSet::new();
        let mut open: Vec<u32> = update.superseded_by.iter().flat_map(|by| by.updates.clone()).collect();
        while let Some(number) = open.pop() {
            assert_ne!(number, update.number, "{} {}", update.bulletin, update.package);
            if reached.insert(number) {
                open.extend(by_number[&number].superseded_by.iter().flat_map(|by| by.updates.clone()));
            }
        }
    }
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn an_entry_without_names_is_read_from_its_description() {
    let catalog = catalog();
    let update = catalog.updates.iter().find(|update| update.superseded_by.iter().any(|by| !by.names_update)).unwrap();
    assert_eq!(update.superseded_by[0].bulletin, "MS00-081");
}

/// The levels of a product's service packs are distinct. They ascend in the catalog's order except for Windows 98, which lists its
/// service pack before the first release, and Windows Script, which lists those of several systems.
#[test]
#[ignore = "reads data that is not part of the project"]
fn levels_of_service_packs() {
    let path = path();
    let text = std::fs::read_to_string(path).unwrap();
    let catalog = crate::parse(text.as_bytes(), Path::new("real.xml"), &Limits::default()).unwrap();
    let mut levels: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for row in judged_and_shown(&catalog).flat_map(|update| &update.applies_to) {
        for sp in row.service_packs.iter().chain(&row.included_in) {
            assert_ne!(sp.level, u32::MAX);
            levels.insert((&row.product.name, &sp.name), sp.level);
        }
    }
    for ((product, service_pack), level) in [
        (("Windows 2000 Server", "Windows 2000 Gold"), 0),
        (("Windows 2000 Server", "Windows 2000 Service Pack 2"), 20),
        (("Windows 2000 Server", "Windows 2000 Service Pack 3 (when available)"), 30),
        (("Windows NT Server 4.0", "Windows NT4 Service Pack 6a"), 61),
        (("Internet Information Server 4.0", "Windows NT4 Service Pack 6"), 60),
        (("SQL Server 7.0", "SQL Server 7.0 SP2"), 20),
        (("Windows 95", "Windows 95 SR 2.5"), 25),
        (("Word 97", "Office 97 SR-2/SR-2b"), 20),
    ] {
        assert_eq!(levels.get(&(product, service_pack)), Some(&level), "{product}, {service_pack}");
    }

    let mut exceptions = BTreeSet::new();
    let products = crate::mssecure::levels_by_product(text.as_bytes());
    assert_eq!(products.len(), 104);
    for (product, levels) in products {
        let distinct: BTreeSet<u32> = levels.iter().copied().collect();
        assert_eq!(distinct.len(), levels.len(), "{product}: {levels:?}");
        if !levels.is_sorted() {
            exceptions.insert(product);
        }
    }
    let expected = ["Windows 98", "Windows Script 5.1", "Windows Script 5.5"].map(str::to_owned);
    assert_eq!(exceptions, expected.into());
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn a_patch_in_full() {
    let catalog = catalog();
    // The same package is also listed under an earlier bulletin.
    let package = "q299687_w2k_sp3_x86_en.exe";
    let mut of_package = catalog.updates.iter().filter(|update| update.package.eq_ignore_ascii_case(package));
    let update = of_package.find(|update| update.bulletin == "MS01-036").unwrap();
    assert_eq!(update.article, "Q299687");
    assert!(update.url.as_deref().is_some_and(|url| url.starts_with("http://")));
    assert!(!update.files.is_empty() && !update.registry.is_empty());
    assert!(update.files.iter().all(|test| test.path.starts_with("%windir%\\") && test.checksum.is_some()));
    let without_article = catalog.updates.iter().filter(|update| update.article.is_empty()).count();
    println!("{without_article} updates without an article");
    assert!(without_article < 45, "{without_article}");
}

/// Reads the file often enough for some hundred megabytes and prints the speed; useful only in an optimized build.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let path = path();
    let begun = std::time::Instant::now();
    let mut bytes = 0;
    for _ in 0..100 {
        bytes += crate::read(&path, &Limits::default()).unwrap().info.bytes;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{:.0} MB/s, {:.1} ms for the file", bytes as f64 / seconds / 1e6, seconds * 10.0);
}
