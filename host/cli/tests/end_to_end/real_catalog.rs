//! A Windows 2000 volume against the real catalog, if it is available.

use std::collections::BTreeMap;

use wardline::catalog::{self, Limits};
use wardline_fixtures::WindowsVolume;

use crate::support::program::{scan, shared_data, wardline};

const CATALOG: &str = "catalog/mssecure-1.0.1.148-20011004.xml";

#[test]
#[ignore = "reads data that is not part of the project"]
fn each_update_that_names_product_and_service_pack_is_judged_once() {
    let path = shared_data(CATALOG);
    let catalog = catalog::read(&path, &Limits::default()).unwrap();
    for service_pack in [0, 1, 2] {
        let folder = tempfile::tempdir().unwrap();
        WindowsVolume::windows_2000_server().service_pack(service_pack).write_to(folder.path()).unwrap();
        let report = scan(&[folder.path()], &path, &[]);

        let mut judged: BTreeMap<u64, usize> = BTreeMap::new();
        for finding in report["targets"][0]["updates"].as_array().unwrap() {
            // An update that a later service pack included is reported in addition, even if the catalog no longer asks for it.
            if finding["product"] == "Windows 2000 Server" && finding["status"] != "included" {
                *judged.entry(finding["number"].as_u64().unwrap()).or_default() += 1;
            }
        }
        let named = catalog.updates.iter().filter(|update| {
            update.applies_to.iter().any(|row| {
                row.product.name == "Windows 2000 Server"
                    && row.included_in.as_ref().is_none_or(|pack| pack.level > service_pack * 10)
                    && row.service_packs.iter().any(|pack| pack.level == service_pack * 10)
            })
        });
        let expected: BTreeMap<u64, usize> = named.map(|update| (u64::from(update.number), 1)).collect();
        assert!(expected.len() > 10, "service pack {service_pack}: {expected:?}");
        assert_eq!(judged, expected, "service pack {service_pack}");
    }
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn the_counts_are_those_of_the_reference() {
    let path = shared_data(CATALOG);
    let ran = wardline(["catalog".as_ref(), "show".as_ref(), path.as_os_str(), "-o".as_ref(), "json".as_ref()]);
    let shown = ran.json();
    for (key, count) in [
        ("bulletins", 231),
        ("qnumbers", 309),
        ("patches", 393),
        ("affected_products", 815),
        ("affected_service_packs", 1385),
        ("patch_file_changes", 757),
        ("patch_registry_changes", 187),
        ("products", 104),
        ("service_packs", 128),
        ("files", 407),
        ("file_changes", 1133),
        ("registry_changes", 350),
        ("locations", 733),
        ("superseded_by", 59),
    ] {
        assert_eq!(shown[key], count, "{key}");
    }
    assert!(shown["unresolved"].as_u64() > Some(0));
}
