//! What the target is: product, version, role.

use super::failure::{Failure, Found};
use super::names;
use super::registry::Registry;
use crate::contract::{Role, SystemInfo};

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const CONTROL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control";

/// NT 4 does not store its name.
const UNNAMED_PRODUCT: &str = "Microsoft Windows NT";

pub(super) fn system(registry: &Registry, windows_folder: &str) -> Found<SystemInfo> {
    let text = |name: &str| registry.text(CURRENT_VERSION, name);
    let control = |key: &str| format!("{CONTROL}\\{key}");

    let version = version(registry)?;
    let build = match text("CurrentBuildNumber")? {
        Some(build) => Some(build),
        None => text("CurrentBuild")?,
    };
    let build = build.as_deref().and_then(leading_number).ok_or_else(|| missing("CurrentBuildNumber"))?;
    let service_pack_name = text("CSDVersion")?.filter(|name| !name.trim().is_empty());
    let service_pack = service_pack_name.as_deref().and_then(service_pack_number).unwrap_or_default();
    let options = control("ProductOptions");
    let suites = registry.multi_text(&options, "ProductSuite")?;
    let language = match registry.text(&control(r"Nls\Language"), "InstallLanguage")? {
        Some(language) => Some(language),
        None => registry.text(&control(r"Nls\Language"), "Default")?,
    };
    Ok(SystemInfo {
        computer_name: computer_name(registry)?,
        product_name: text("ProductName")?.unwrap_or_else(|| UNNAMED_PRODUCT.to_owned()),
        version,
        build,
        revision: registry.number(CURRENT_VERSION, "UBR")?,
        service_pack_name,
        service_pack,
        role: role(registry)?,
        suites: suites.into_iter().filter(|suite| !suite.trim().is_empty()).collect(),
        architecture: registry.text(&control(r"Session Manager\Environment"), "PROCESSOR_ARCHITECTURE")?,
        language: language.and_then(|language| u16::from_str_radix(language.trim(), 16).ok()),
        windows_folder: windows_folder.to_owned(),
    })
}

/// The languages in which Windows looks for resources, in its order: of the account that services run as, who installs updates
/// and asks for versions; of the system's texts; of the system's programs.
pub(super) fn languages(registry: &Registry) -> Found<Vec<u16>> {
    let own = registry.text(r"HKU\.DEFAULT\Control Panel\International", "Locale").ok().flatten();
    let nls = format!(r"{CONTROL}\Nls\Language");
    let system = [registry.text(&nls, "InstallLanguage")?, registry.text(&nls, "Default")?];
    Ok(own.into_iter().chain(system.into_iter().flatten()).filter_map(|language| language_id(&language)).collect())
}

/// `0409`, or `00000409`, whose upper half says how text is sorted.
fn language_id(text: &str) -> Option<u16> {
    u32::from_str_radix(text.trim(), 16).ok().map(|identifier| (identifier & 0xffff) as u16)
}

pub(super) fn computer_name(registry: &Registry) -> Found<Option<String>> {
    registry.text(&format!(r"{CONTROL}\ComputerName\ComputerName"), "ComputerName")
}

/// `5.0`. Windows 10 and later leave an old number in `CurrentVersion` and put theirs into two others.
fn version(registry: &Registry) -> Found<String> {
    let major = registry.number(CURRENT_VERSION, "CurrentMajorVersionNumber")?;
    let minor = registry.number(CURRENT_VERSION, "CurrentMinorVersionNumber")?;
    match (major, minor) {
        (Some(major), minor) => Ok(format!("{major}.{}", minor.unwrap_or_default())),
        (None, _) => registry.text(CURRENT_VERSION, "CurrentVersion")?.ok_or_else(|| missing("CurrentVersion")),
    }
}

pub(super) fn role(registry: &Registry) -> Found<Role> {
    let product_type = registry.text(&format!(r"{CONTROL}\ProductOptions"), "ProductType")?;
    let role_of = [("WinNT", Role::Workstation), ("ServerNT", Role::Server), ("LanmanNT", Role::DomainController)];
    let known = product_type.and_then(|found| role_of.into_iter().find(|(name, _)| names::same(name, &found)));
    Ok(known.map_or(Role::Unknown, |(_, role)| role))
}

/// Whether this is a domain controller of Windows 2000 or later, which does not keep its accounts in the SAM.
pub(super) fn is_active_directory(registry: &Registry) -> bool {
    let before_2000 =
        || registry.text(CURRENT_VERSION, "CurrentVersion").is_ok_and(|version| version.as_deref() == Some("4.0"));
    role(registry).is_ok_and(|role| role == Role::DomainController) && !before_2000()
}

fn missing(value: &str) -> Failure {
    Failure::Unreadable(format!(r"{CURRENT_VERSION}\{value} is missing"))
}

/// `1381` out of `1381 (Uniprocessor Free)`.
fn leading_number(text: &str) -> Option<u32> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// 3 out of `Service Pack 3, v.2150`.
fn service_pack_number(name: &str) -> Option<u32> {
    leading_number(name.get(name.find(|character: char| character.is_ascii_digit())?..)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_packs_are_numbered() {
        for (name, number) in [
            ("Service Pack 3", Some(3)),
            ("Service Pack 6a", Some(6)),
            ("Service Pack 2, v.2149", Some(2)),
            ("Dodatek Service Pack 4", Some(4)),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(service_pack_number(name), number, "{name}");
        }
    }
}
