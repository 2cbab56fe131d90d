//! Service packs that a plan installs, and what becomes of updates with them.

use wardline_package_name::{Kind, PackageName};

use super::machine::{Installation, Machine, Missing};
use crate::contract::{Operation, ServicePack};

/// A service pack that is to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    /// What it is a service pack of, without spaces and in lower case: `windows2000`.
    line: String,
    number: u32,
}

/// What an operation installs, if that is a service pack: by its package's name, or by the words of a manual step
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

/// What stands before `Service Pack n`, folded, and n.
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

/// What a service pack means for a missing update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// It holds the fix.
    Includes,
    /// The catalog says that the update is wanted at it.
    Wanted,
    /// The catalog does not say whether the update is wanted at it.
    NotSaid,
}

impl Planned {
    /// What this service pack means for an update. It means nothing to updates of other products.
    pub(super) fn effect(&self, installation: &Installation) -> Effect {
        let packs = || installation.service_packs.iter().chain(&installation.included_in);
        if !packs().any(|pack| self.is_of_line(pack)) {
            return Effect::Nothing;
        }
        // `docs/catalog.md`: ten for each service pack, and what stands behind the number (`6a`) adds to it.
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

/// What to say of an update whose product is at none of the service packs that it is wanted at; none where it is at one of them,
/// or that cannot be told.
pub(super) fn lacking(update: &Missing, machine: &Machine) -> Option<String> {
    let wanted = &update.installation.as_ref()?.service_packs;
    let product = machine
        .products
        .iter()
        .find(|product| product.name.eq_ignore_ascii_case(&update.product) && product.subject == update.subject)?;
    let installed = product.service_pack.as_deref()?;
    let named = wanted.iter().map(|pack| pack.name.as_str()).collect::<Vec<_>>();
    let fits = |name: &&str| name.eq_ignore_ascii_case(installed) || ends_alike(name, installed);
    (!named.is_empty() && !named.iter().any(fits)).then(|| {
        format!("It is for {}, and {installed} is installed: install the service pack first.", named.join(", "))
    })
}

/// Plugins may name a service pack without its product: `Service Pack 2`.
fn ends_alike(name: &str, installed: &str) -> bool {
    match (split(name), split(installed)) {
        (Some((_, one)), Some((_, other))) => one == other,
        // What has no number, `Windows 2000 Gold` say, is written in too many ways to be sure that it is another one.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::InstallUpdate;

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
            let installation = Installation { service_packs, included_in, superseding: Vec::new() };
            assert_eq!(planned.effect(&installation), expected, "{installation:?}");
        }
    }
}
