//! Generated updates for products that no available catalog covers.

use wardline_contract::{
    Applicability, Change, Comparison, Description, FileTest, FileVersion, Product, RegistryTest, Scope, ServicePack,
    Severity, Superseding, Update,
};

use super::chance::Chance;

/// The maximum number of products for which updates are generated. A plugin may declare a thousand.
const MAX_PRODUCTS: usize = 8;

/// Generates updates of every shape for each product that `description` declares, numbered from `first_number`: tested by
/// files, by the registry, by both or by nothing, one superseding another, one included in a service pack, one tested by its
/// build.
pub fn generated(description: &Description, seed: u64, first_number: u32) -> Vec<Update> {
    let chance = Chance::new(seed);
    let folders: Vec<String> = places(description, |scope| match scope {
        Scope::File(pattern) => Some(pattern),
        _ => None,
    });
    let keys: Vec<String> = places(description, |scope| match scope {
        Scope::Registry(pattern) => Some(pattern),
        _ => None,
    });
    let folder = |name: &str| folders.get(chance.below("folder", name, folders.len() as u64) as usize);
    let key = |name: &str| keys.get(chance.below("key", name, keys.len() as u64) as usize);
    let mut updates: Vec<Update> = Vec::new();
    for (place, declared) in description.products.iter().take(MAX_PRODUCTS).enumerate() {
        let product = Product {
            id: (9_000 + place).to_string(),
            name: match declared.trim().strip_suffix('*') {
                Some(beginning) => format!("{}2.0", beginning),
                None => declared.trim().to_owned(),
            },
        };
        let pack = |level: u32| ServicePack {
            id: (90_000 + 100 * place as u32 + level).to_string(),
            name: if level == 0 {
                format!("{} Gold", product.name)
            } else {
                format!("{} Service Pack {}", product.name, level / 10)
            },
            level,
        };
        let file = |name: &str, revision: u16, change: Change| {
            let unnamed = r"%windir%\system32".to_owned();
            let path = format!("{}\\{name}", folder(&product.name).unwrap_or(&unnamed));
            let sum = chance.draw("checksum", &format!("{path}{revision}")) as u32;
            FileTest {
                path,
                change,
                version: Some(FileVersion { major: 2, minor: 0, build: 1_000, revision }),
                alternates: vec![FileVersion { major: 2, minor: 0, build: 1_001, revision }],
                checksum: Some(sum),
                size: Some(u64::from(sum) % 1_000_000),
            }
        };
        let value = |name: &str, expected: Option<&str>, comparison| {
            let unnamed = r"HKLM\SOFTWARE\Updates".to_owned();
            RegistryTest {
                key: format!("{}\\{name}", key(&product.name).unwrap_or(&unnamed)),
                name: "Installed".to_owned(),
                change: Change::Add,
                expected: expected.map(str::to_owned),
                comparison,
            }
        };
        let begin = first_number + updates.len() as u32;
        let update = |offset: u32| Update {
            number: begin + offset,
            bulletin: format!("GEN{place:02}-{offset:03}"),
            article: format!("KB9{place:02}{offset:03}"),
            title: format!("Generated update {offset} for {}", product.name),
            package: format!("KB9{place:02}{offset:03}.exe"),
            url: None,
            posted: Some(format!("2002-0{}-01", 1 + offset)),
            severity: [Severity::Critical, Severity::Important, Severity::Moderate, Severity::Low, Severity::Unrated]
                [offset as usize % 5],
            cves: vec![format!("CVE-2002-9{offset:03}")],
            restart: offset.is_multiple_of(2),
            applies_to: vec![Applicability {
                product: product.clone(),
                service_packs: Vec::new(),
                included_in: None,
                severity: None,
                fixed_build: None,
            }],
            files: Vec::new(),
            registry: Vec::new(),
            superseded_by: Vec::new(),
            notes: Vec::new(),
            language: Some(0x0409),
        };
        let superseding = |offset: u32| {
            let other = update(offset);
            vec![Superseding { bulletin: other.bulletin, updates: vec![other.number], names_update: true }]
        };
        let at = |packs: Vec<ServicePack>, included_in, fixed_build| {
            let mut applies = update(0).applies_to;
            for entry in &mut applies {
                (entry.service_packs, entry.included_in, entry.fixed_build) =
                    (packs.clone(), Option::clone(&included_in), Option::clone(&fixed_build));
            }
            applies
        };
        updates.extend([
            Update { files: vec![file("core.dll", 10, Change::Replace)], superseded_by: superseding(1), ..update(0) },
            Update {
                files: vec![file("core.dll", 20, Change::Replace), file("help.dll", 5, Change::ReplaceIfPresent)],
                registry: vec![value("Fix1", Some("1"), Comparison::Equal)],
                ..update(1)
            },
            Update { registry: vec![value("Fix2", None, Comparison::Equal)], ..update(2) },
            Update {
                files: vec![file("old.dll", 1, Change::Delete), file("new.dll", 1, Change::Add)],
                applies_to: at(vec![pack(0), pack(10)], Some(pack(20)), None),
                ..update(3)
            },
            Update { notes: vec!["There is nothing to test.".to_owned()], ..update(4) },
            Update { registry: vec![value("Version", Some("2.1.0"), Comparison::AtLeast)], ..update(5) },
            Update { applies_to: at(Vec::new(), None, Some("10.0.19045.4170".to_owned())), ..update(6) },
            Update { files: vec![file("odd.bin", 1, Change::Unsupported)], ..update(7) },
        ]);
    }
    updates
}

/// The path before the first wildcard of each pattern, except paths that are not a folder or key themselves.
fn places(description: &Description, of: impl Fn(&Scope) -> Option<&String>) -> Vec<String> {
    let patterns = description.scopes.iter().filter_map(of);
    let literal = patterns.map(|pattern| {
        let parts: Vec<&str> = pattern.split('\\').take_while(|part| !part.contains('*')).collect();
        parts.join("\\")
    });
    literal.filter(|place| place.contains('\\')).collect()
}
