//! Whether IIS is installed, and which version of it at which service pack.

use futures_util::future::{join, join3};
use wardline_plugin::evidence::Evident;
use wardline_plugin::judge::Installed;
use wardline_plugin::prelude::*;

/// Where the setup of IIS writes its version and the folder of the default site.
pub(crate) const INETSTP: &str = r"HKLM\SOFTWARE\Microsoft\InetStp";
/// Where the web service keeps the same version for itself.
pub(crate) const PARAMETERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC\Parameters";
/// What Service Pack 6a for Windows NT 4.0 leaves behind; `CSDVersion` says `Service Pack 6` for both.
pub(crate) const SERVICE_PACK_6A: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q246009";

const INDEX_SERVER: &str = "Index Server 2.0";

/// The products whose updates are judged, by the catalog's names.
pub(crate) const CATALOG_NAMES: [&str; 3] =
    ["Internet Information Server*", "Internet Information Services*", INDEX_SERVER];

/// What was found out about IIS on a target.
#[derive(Debug)]
pub(crate) enum Presence {
    Installed(Box<Installation>),
    /// The questions that prove it.
    NotInstalled([u32; 2]),
}

/// An IIS that is installed.
#[derive(Debug)]
pub(crate) struct Installation {
    /// None where neither setup nor the web service says.
    pub(crate) version: Option<IisVersion>,
    /// The question that proves that it is installed, or tells the version.
    pub(crate) evidence: u32,
    /// `PathWWWRoot`, the folder of the default site.
    pub(crate) web_root: Option<String>,
    pub(crate) system: Reply<SystemInfo>,
    /// None where it cannot be told.
    service_pack_6a: Option<bool>,
    index_server: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IisVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl IisVersion {
    /// The catalog's name. Up to version 4 it was a server, from 5 on it is services.
    fn name(self) -> String {
        let kind = if self.major < 5 { "Server" } else { "Services" };
        format!("Internet Information {kind} {self}")
    }
}

impl std::fmt::Display for IisVersion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// Finds out whether IIS is installed.
///
/// # Errors
///
/// When neither the setup's key nor the web service can be read well enough to tell.
pub(crate) async fn detect(evidence: &Evidence) -> Result<Presence, Unable> {
    let ((setup, web_service, parameters), (system, service_pack_6a, indexing)) = join(
        join3(evidence.registry_key(INETSTP), evidence.service("W3SVC"), evidence.registry_key(PARAMETERS)),
        join3(evidence.system(), evidence.registry_key(SERVICE_PACK_6A), evidence.service("cisvc")),
    )
    .await;
    let version_in = |key: &Reply<RegistryKey>| key.known().and_then(version);
    let (version, told_by) = match version_in(&setup) {
        Some(version) => (Some(version), setup.question_number()),
        None => (version_in(&parameters), parameters.question_number()),
    };
    let installed = version.map(|_| told_by).or_else(|| web_service.known().map(|_| web_service.question_number()));
    if let Some(evidence) = installed {
        // Windows 2000 and later have an indexing service of their own; on Windows NT 4.0 it came with the Option Pack only.
        let nt4 = system.known().is_some_and(|system| system.version == "4.0");
        return Ok(Presence::Installed(Box::new(Installation {
            version,
            evidence,
            web_root: setup.known().and_then(|key| text(key, "PathWWWRoot")),
            service_pack_6a: service_pack_6a.optional().ok().map(|key| nt4 && key.is_some()),
            index_server: nt4 && indexing.known().is_some(),
            system,
        })));
    }
    // A key without a version is what an uninstalled IIS may leave behind.
    let setup = setup.optional()?;
    let web_service = web_service.optional()?;
    Ok(Presence::NotInstalled([setup.question_number(), web_service.question_number()]))
}

impl Installation {
    /// As it is listed in the report.
    pub(crate) fn products(&self) -> Vec<InstalledProduct> {
        let service_pack = self.service_pack_name();
        let listed = |name: String, version: Option<String>| InstalledProduct {
            name,
            version,
            service_pack: service_pack.clone(),
            subject: None,
        };
        let name = self.version.map_or_else(|| "Internet Information Services".to_owned(), IisVersion::name);
        let iis = listed(name, self.version.map(|version| version.to_string()));
        let index_server = self.index_server.then(|| listed(INDEX_SERVER.to_owned(), None));
        std::iter::once(iis).chain(index_server).collect()
    }

    /// What the patch judge is told. Nothing of an IIS whose version is not known, since no catalog has a name for it.
    pub(crate) fn judged(&self) -> Vec<Installed> {
        let index_server = self.index_server.then(|| INDEX_SERVER.to_owned());
        let names = self.version.map(IisVersion::name).into_iter().chain(index_server);
        names.map(|name| Installed::new(name, self.service_pack())).collect()
    }

    /// The service pack that counts for updates of IIS is the one of Windows: both come in the same packages. On the scale of
    /// `service-pack.level`; None where it is not known, or 6 and 6a cannot be told apart.
    fn service_pack(&self) -> Option<u32> {
        let system = self.system.known()?;
        let level = system.service_pack.saturating_mul(10);
        if system.version == "4.0" && level == 60 { Some(60 + u32::from(self.service_pack_6a?)) } else { Some(level) }
    }

    fn service_pack_name(&self) -> Option<String> {
        let name = self.system.known()?.service_pack_name.clone()?;
        Some(if self.service_pack() == Some(61) { format!("{name}a") } else { name })
    }
}

fn version(key: &RegistryKey) -> Option<IisVersion> {
    let number = |name: &str| value(key, name).and_then(RegistryDataExt::as_dword);
    Some(IisVersion { major: number("MajorVersion")?, minor: number("MinorVersion").unwrap_or(0) })
}

fn text(key: &RegistryKey, name: &str) -> Option<String> {
    value(key, name)?.as_text().map(str::to_owned).filter(|text| !text.is_empty())
}

fn value<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}
