//! The target's product, version and role.

use wardline_contract::{Role, SystemInfo};

use super::failure::{Failure, Found};
use super::names;
use super::registry::Registry;
use super::release::{self, CURRENT_VERSION, Version, contradiction};
use super::typed::Typed;

const COMPUTER_NAME: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";
const NLS_LANGUAGE: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\Language";
const PRODUCT_OPTIONS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions";

/// The product name of NT 4, which does not store it.
const UNNAMED_PRODUCT: &str = "Microsoft Windows NT";

/// The product name if it is stored as something other than text.
const UNTOLD_PRODUCT: &str = "Microsoft Windows";

/// The `EditionID` of Windows 10 and 11 multi-session, which is a server in `ProductType`, for the programs that administer session
/// hosts, and a client in `InstallationType` and in all else: its name, its settings and its updates.
const MULTI_SESSION: &str = "ServerRdsh";

pub(super) fn system(registry: &Registry, windows_folder: &str) -> Found<SystemInfo> {
    let release = release::release(registry)?;
    let suites = registry.multi_text(PRODUCT_OPTIONS, "ProductSuite")?;
    // If `InstallLanguage` has another type, `Default` may be a different language, so it is not used.
    let language = match registry.typed_text(NLS_LANGUAGE, "InstallLanguage")? {
        Typed::Absent => registry.typed_text(NLS_LANGUAGE, "Default")?.known(),
        found => found.known(),
    };
    let product_name = match registry.typed_text(CURRENT_VERSION, "ProductName")? {
        Typed::Value(name) => name,
        Typed::Absent => UNNAMED_PRODUCT.to_owned(),
        Typed::OtherType => UNTOLD_PRODUCT.to_owned(),
    };
    Ok(SystemInfo {
        computer_name: computer_name(registry)?,
        product_name,
        version: release.version.to_string(),
        build: release.build,
        revision: release.revision,
        service_pack_name: release.service_pack_name,
        service_pack: release.service_pack,
        role: role(registry)?,
        suites: suites.into_iter().filter(|suite| !suite.trim().is_empty()).collect(),
        architecture: release.architecture,
        language: language.as_deref().and_then(language_identifier),
        windows_folder: windows_folder.to_owned(),
    })
}

/// Returns the languages in which Windows looks for resources, in its order: that of the account that services run as, which
/// installs updates and queries versions; that of the system's texts; that of the system's programs.
pub(super) fn languages(registry: &Registry) -> Found<Vec<u16>> {
    let places = [
        (r"HKU\.DEFAULT\Control Panel\International", "Locale"),
        (NLS_LANGUAGE, "InstallLanguage"),
        (NLS_LANGUAGE, "Default"),
    ];
    let stored = places.map(|(key, name)| registry.text(key, name)).into_iter().collect::<Found<Vec<_>>>()?;
    Ok(stored.into_iter().flatten().filter_map(|language| language_identifier(&language)).collect())
}

/// Parses `0409`, or `00000409`, whose upper half is the sort order.
fn language_identifier(text: &str) -> Option<u16> {
    let text = text.trim();
    let is_identifier = matches!(text.len(), 4 | 8) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let locale = is_identifier.then(|| u32::from_str_radix(text, 16).ok()).flatten()?;
    u16::try_from(locale & 0xffff).ok()
}

pub(super) fn computer_name(registry: &Registry) -> Found<Option<String>> {
    Ok(registry.typed_text(COMPUTER_NAME, "ComputerName")?.known())
}

/// Determines the role from `ProductType`. `InstallationType`, since Vista, must agree if it names one of the two.
fn role(registry: &Registry) -> Found<Role> {
    let Some((product_type, role)) = product_type(registry)? else { return Ok(Role::Unknown) };
    if let Some(installed) = registry.text(CURRENT_VERSION, "InstallationType")? {
        let agrees = match role {
            Role::Workstation => !is_server(&installed),
            Role::Server if names::same(&installed, "Client") => {
                let edition = registry.text(CURRENT_VERSION, "EditionID")?;
                if edition.is_some_and(|edition| names::same(&edition, MULTI_SESSION)) {
                    return Ok(Role::Workstation);
                }
                false
            }
            Role::DomainController => !names::same(&installed, "Client"),
            Role::Server | Role::Unknown => true,
        };
        if !agrees {
            return Err(contradiction(
                &format!(r"{PRODUCT_OPTIONS}\ProductType is {product_type}"),
                &format!(r"{CURRENT_VERSION}\InstallationType is {installed}"),
            ));
        }
    }
    Ok(role)
}

/// Returns the text and the role that it means, or `None` for any other text.
fn product_type(registry: &Registry) -> Found<Option<(String, Role)>> {
    let role_of = [("WinNT", Role::Workstation), ("ServerNT", Role::Server), ("LanmanNT", Role::DomainController)];
    let found = registry.text(PRODUCT_OPTIONS, "ProductType")?;
    Ok(found.and_then(|found| {
        let role = role_of.into_iter().find(|(name, _)| names::same(name, &found))?.1;
        Some((found, role))
    }))
}

/// Matches `Server` and `Server Core`.
fn is_server(installed: &str) -> bool {
    installed.split_whitespace().next().is_some_and(|word| names::same(word, "Server"))
}

/// Returns whether this is a domain controller of Windows 2000 or later, which does not keep its accounts in the SAM.
///
/// # Errors
///
/// If that cannot be determined: the accounts in the SAM may not be the ones that people log on with.
pub(super) fn is_active_directory(registry: &Registry) -> Found<bool> {
    match product_type(registry)?.map(|(_, role)| role) {
        Some(Role::DomainController) => Ok(release::version(registry)? > Version::NT_4),
        Some(Role::Workstation | Role::Server) => Ok(false),
        Some(Role::Unknown) | None => Err(Failure::Unreadable(format!(
            r"{PRODUCT_OPTIONS}\ProductType does not say whether this is a domain controller, which keeps its accounts elsewhere"
        ))),
    }
}
