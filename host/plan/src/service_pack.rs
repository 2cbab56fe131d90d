//! Service packs that a plan installs, and their effect on updates.

use std::collections::HashMap;

use wardline_contract::{Operation, ServicePack};
use wardline_package_name::{Kind, PackageName};
use wardline_report::{InstallationReport, ProductReport, UpdateReport};

/// A service pack that will be installed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Planned {
    /// The product that it is a service pack of, without spaces and in lowercase: `windows2000`.
    line: String,
    number: u32,
}

/// Returns the service pack that an operation installs, if any: recognised by its package's name, or by the text of a manual step
/// (`Install Windows 2000 Service Pack 4.`).
pub(super) fn planned(operation: &Operation) -> Option<Planned> {
    match operation {
        Operation::InstallUpdate(install) => {
            let name = PackageName::parse(&install.package).filter(|name| name.kind == Kind::ServicePack)?;
            Some(Planned { line: folded(&name.product?), number: name.service_pack? })
        }
        Operation::ManualStep(text) => {
            let (line, number) = split(text)?;
            Some(Planned { line, number })
        }
        _ => None,
    }
}

/// Returns the text before `Service Pack n`, folded, and n.
fn split(text: &str) -> Option<(String, u32)> {
    const WORDS: &str = "service pack ";
    let lower = text.to_ascii_lowercase();
    let at = lower.find(WORDS)?;
    let rest = &lower[at + WORDS.len()..];
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..end].parse().ok().filter(|_| end <= 2)?;
    Some((folded(&lower[..at]), number))
}

fn folded(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The effect of a service pack on a missing update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// It includes the fix.
    Includes,
    /// The catalog says that the update is needed at this service pack.
    Wanted,
    /// The catalog does not say whether the update is needed at this service pack.
    NotSaid,
}

impl Planned {
    /// Returns the effect of this service pack on an update. It has none on updates of other products.
    pub(super) fn effect(&self, installation: &InstallationReport) -> Effect {
        let packs = || installation.service_packs.iter().chain(&installation.included_in);
        if !packs().any(|pack| self.is_of_line(pack)) {
            return Effect::Nothing;
        }
        // `docs/catalog.md`: ten per service pack, plus a value for the suffix after the number (`6a`).
        let level = |pack: &ServicePack| pack.level / 10;
        if installation.included_in.as_ref().is_some_and(|pack| level(pack) <= self.number) {
            Effect::Includes
        } else if installation.service_packs.iter().any(|pack| level(pack) == self.number) {
            Effect::Wanted
        } else {
            Effect::NotSaid
        }
    }

    fn is_of_line(&self, pack: &ServicePack) -> bool {
        split(&pack.name).is_some_and(|(line, _)| !line.is_empty() && self.line.ends_with(&line))
    }
}

/// The service packs of installed products, by product in lowercase and instance.
pub(super) struct InstalledPacks<'a>(HashMap<(String, Option<&'a str>), &'a str>);

impl<'a> InstalledPacks<'a> {
    pub(super) fn of(products: &'a [ProductReport]) -> Self {
        let known = products.iter().filter_map(|product| {
            let key = (product.name.to_lowercase(), product.subject.as_deref());
            Some((key, product.service_pack.as_deref()?))
        });
        InstalledPacks(known.collect())
    }

    /// Returns a remark about an update whose product is at none of the service packs at which the update is needed, or `None` if
    /// it is at one of them or that cannot be determined.
    pub(super) fn lacking(&self, update: &UpdateReport) -> Option<String> {
        let wanted = &update.installation.as_ref()?.service_packs;
        let installed = self.0.get(&(update.product.to_lowercase(), update.subject.as_deref()))?;
        let names: Vec<&str> = wanted.iter().map(|pack| pack.name.as_str()).collect();
        let fits = |name: &&str| name.eq_ignore_ascii_case(installed) || ends_alike(name, installed);
        (!names.is_empty() && !names.iter().any(fits)).then(|| {
            format!("It is for {}, but {installed} is installed: install the service pack first.", names.join(", "))
        })
    }
}

/// Compares service pack numbers only: plugins may name a service pack without its product, as in `Service Pack 2`.
fn ends_alike(name: &str, installed: &str) -> bool {
    match (split(name), split(installed)) {
        (Some((_, one)), Some((_, other))) => one == other,
        // Names without a number, such as `Windows 2000 Gold`, have too many spellings to be sure that they differ.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::InstallUpdate;

    fn pack(name: &str, level: u32) -> ServicePack {
        ServicePack { id: "1".into(), name: name.into(), level }
    }

    fn install(package: &str) -> Operation {
        let install = InstallUpdate { update: 1, package: package.into(), url: None, switches: Vec::new() };
        Operation::InstallUpdate(install)
    }

    #[test]
    fn service_packs_are_known_by_package_or_by_words() {
        let manual =
            |text: &str| planned(&Operation::ManualStep(text.into())).map(|planned| (planned.line, planned.number));
        assert_eq!(manual("Install Windows 2000 Service Pack 4."), Some(("installwindows2000".into(), 4)));
        assert_eq!(manual("Install the latest service pack."), None);
        assert_eq!(manual("Move the web sites to another server."), None);
        let package = planned(&install("WindowsXP-KB835935-SP2-ENU.exe")).unwrap();
        assert_eq!((package.line.as_str(), package.number), ("windowsxp", 2));
        assert_eq!(planned(&install("Q292435_W2K_SP3_x86_en.EXE")), None);
    }

    #[test]
    fn an_update_for_another_service_pack_is_told() {
        for (wanted, installed, told) in [
            (&["Windows 2000 Service Pack 3"][..], Some("Windows 2000 Service Pack 2"), true),
            (&["Windows 2000 Service Pack 3"], Some("Service Pack 3"), false),
            (&["Windows 2000 Gold", "Windows 2000 Service Pack 2"], Some("Windows 2000 Service Pack 2"), false),
            (&["Windows 2000 Gold"], Some("Windows 2000 Service Pack 2"), false),
            (&["Windows 2000 Service Pack 3"], None, false),
            (&[], Some("Windows 2000 Service Pack 2"), false),
        ] {
            let packs: Vec<serde_json::Value> =
                wanted.iter().map(|name| serde_json::json!({"id": "1", "name": name, "level": 0})).collect();
            let update: UpdateReport = serde_json::from_value(serde_json::json!({
                "number": 1, "bulletin": "", "title": "", "family": "os", "product": "Windows 2000 Server",
                "severity": "critical", "status": "missing", "reason": "", "cves": [], "tests": [],
                "installation": {"service_packs": packs, "included_in": null, "superseding": []},
            }))
            .unwrap();
            let products: Vec<ProductReport> = serde_json::from_value(serde_json::json!([
                {"plugin": "os", "name": "windows 2000 Server", "service_pack": installed},
            ]))
            .unwrap();
            let lacking = InstalledPacks::of(&products).lacking(&update);
            assert_eq!(lacking.is_some(), told, "{wanted:?} {installed:?}: {lacking:?}");
        }
    }

    #[test]
    fn what_a_service_pack_means_for_an_update_follows_from_the_catalog() {
        let (two, three, four) = (
            pack("Windows 2000 Service Pack 2", 20),
            pack("Windows 2000 Service Pack 3", 30),
            pack("Windows 2000 Service Pack 4", 40),
        );
        let sql = pack("SQL Server 2000 Service Pack 3", 30);
        let planned = planned(&Operation::ManualStep("Install Windows 2000 Service Pack 3.".into())).unwrap();
        for (service_packs, included_in, expected) in [
            (vec![two.clone()], Some(three.clone()), Effect::Includes),
            (vec![two.clone(), three.clone()], Some(four), Effect::Wanted),
            (vec![two.clone(), three], None, Effect::Wanted),
            (vec![two], None, Effect::NotSaid),
            (vec![sql.clone()], Some(sql), Effect::Nothing),
            (vec![], None, Effect::Nothing),
        ] {
            let installation = InstallationReport { service_packs, included_in, superseding: Vec::new() };
            assert_eq!(planned.effect(&installation), expected, "{installation:?}");
        }
    }
}
