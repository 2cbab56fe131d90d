//! Detects whether IIS is installed, which version, and at which service pack.

use wardline_plugin::evidence::Evident;
use wardline_plugin::judge::Installed;
use wardline_plugin::prelude::*;

/// The key in which IIS setup records its version and the folder of the default site.
pub(crate) const INETSTP: &str = r"HKLM\SOFTWARE\Microsoft\InetStp";
/// The key in which the web service keeps its own copy of the version.
pub(crate) const PARAMETERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC\Parameters";
/// The key that Service Pack 6a for Windows NT 4.0 creates; `CSDVersion` is `Service Pack 6` for both.
pub(crate) const SERVICE_PACK_6A: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q246009";

const INDEX_SERVER: &str = "Index Server 2.0";

/// The products whose updates are judged, by the catalog's names.
pub(crate) const CATALOG_NAMES: [&str; 3] =
    ["Internet Information Server*", "Internet Information Services*", INDEX_SERVER];

/// The state of IIS on a target.
#[derive(Debug)]
pub(crate) enum Presence {
    Installed(Box<Installation>),
    Leftover(Leftover),
    /// The questions that prove it.
    NotInstalled([u32; 2]),
}

/// Traces of an IIS that is not installed.
#[derive(Debug)]
pub(crate) struct Leftover {
    /// The traces found and the parts that are missing, as one sentence.
    pub(crate) summary: String,
    /// The questions about them.
    pub(crate) evidence: Vec<u32>,
}

/// The web service.
const WEB: &str = "W3SVC";

/// The other services. At least one is registered on every IIS without the web service: the FTP server, up to IIS 6 and from
/// 7 on, and the service that administers IIS up to 6.
const OTHER_SERVICES: [&str; 3] = ["MSFTPSVC", "FTPSVC", "IISADMIN"];

/// The program of the services up to IIS 5.
pub(crate) const INETINFO: &str = r"%windir%\system32\inetsrv\inetinfo.exe";

/// An installed IIS.
#[derive(Debug)]
pub(crate) struct Installation {
    /// `None` if neither setup nor the web service gives it, or they contradict each other.
    pub(crate) version: Option<IisVersion>,
    /// Why the version is not known, if it is not.
    pub(crate) version_unknown: Option<Unable>,
    /// The questions about the two keys with the version.
    pub(crate) told_by: [u32; 2],
    /// The question that proves the installation, or returned the version.
    pub(crate) evidence: u32,
    /// Whether the web service names a program that is missing.
    pub(crate) lost_program: bool,
    /// `PathWWWRoot`, the folder of the default site.
    pub(crate) web_root: Option<String>,
    pub(crate) system: Reply<SystemInfo>,
    /// `None` if not known.
    service_pack_6a: Option<bool>,
    index_server: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IisVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl IisVersion {
    /// Returns the catalog's name: "Server" up to version 4, "Services" from 5 on.
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

/// Detects whether IIS is installed.
///
/// A registered service proves the installation; the key of its setup contains the version. That key remains after IIS is
/// removed, and is present on a partial copy of a disk with IIS. A web service without the key is an IIS of unknown version.
///
/// # Errors
///
/// If neither the setup's key nor the web service can be read well enough to decide.
pub(crate) async fn detect(evidence: &Evidence) -> Result<Presence, Unable> {
    let ((setup, parameters, web_service), (system, service_pack_6a, indexing), others) = join3(
        join3(evidence.registry_key(INETSTP), evidence.registry_key(PARAMETERS), evidence.service(WEB)),
        join3(evidence.system(), evidence.registry_key(SERVICE_PACK_6A), evidence.service("cisvc")),
        join_all(OTHER_SERVICES.map(|name| evidence.service(name))),
    )
    .await;
    let (of_setup, of_service) = (setup.known().and_then(Told::in_key), parameters.known().and_then(Told::in_key));
    let told_by = if of_setup.is_some() { setup.question_number() } else { parameters.question_number() };
    let told = of_setup.is_some() || of_service.is_some();
    let contradicts = of_setup.as_ref().zip(of_service.as_ref()).filter(|(setup, service)| setup.contradicts(service));
    let version = match contradicts {
        Some(_) => None,
        None => [&of_setup, &of_service].into_iter().flatten().find_map(Told::version),
    };
    let version_unknown = match (version, contradicts) {
        (Some(_), _) => None,
        (None, Some((of_setup, of_service))) => {
            Some(Unable::new(format!(r"InetStp says {of_setup}, W3SVC\Parameters says {of_service}")))
        }
        (None, None) => {
            let unread = setup.clone().optional().err().or_else(|| parameters.clone().optional().err());
            Some(unread.unwrap_or_else(|| Unable::new(r"neither InetStp nor W3SVC\Parameters records it")))
        }
    };
    let version_unknown = version_unknown.map(|unable| unable.because(&setup).because(&parameters));
    let program = Program::of(&web_service, evidence).await;
    let registered = web_service.known().is_some() || others.iter().any(|service| service.known().is_some());
    let installed = match told {
        true => registered.then_some(told_by),
        false => web_service.known().map(|_| web_service.question_number()),
    };
    match (installed, told, &program) {
        (Some(evidence), true, _) | (Some(evidence), false, Program::NotNamed | Program::There) => {
            // Windows 2000 and later have their own indexing service; on Windows NT 4.0 it was part of the Option Pack only.
            let nt4 = system.known().is_some_and(|system| system.version == "4.0");
            Ok(Presence::Installed(Box::new(Installation {
                version,
                version_unknown,
                told_by: [setup.question_number(), parameters.question_number()],
                evidence,
                lost_program: matches!(program, Program::Gone(_)),
                web_root: setup.known().and_then(|key| text(key, "PathWWWRoot")),
                service_pack_6a: has_service_pack_6a(service_pack_6a).map(|has| nt4 && has),
                index_server: nt4 && indexing.known().is_some(),
                system,
            })))
        }
        (Some(_), false, Program::Unread(unable)) => Err(unable.clone()),
        (Some(web_service), false, Program::Gone(program)) => {
            let keys = [setup.optional()?.question_number(), parameters.optional()?.question_number()];
            let summary = format!(
                "A leftover of IIS, not an installation: the service {WEB} is registered, but neither its program, \
                 {INETINFO}, nor a version exists."
            );
            Ok(Presence::Leftover(Leftover { summary, evidence: [&[web_service, *program], &keys[..]].concat() }))
        }
        (None, true, _) => {
            // A service that could not be read might have been the proof.
            let mut evidence = vec![told_by, web_service.optional()?.question_number()];
            for service in others {
                evidence.push(service.optional()?.question_number());
            }
            let services = OTHER_SERVICES.join(", ");
            let iis = version.map_or_else(|| "IIS".to_owned(), |version| format!("IIS {version}"));
            let summary = format!(
                "A leftover of {iis}, not an installation: the registry records the version, but none of the services \
                 {WEB}, {services} is registered."
            );
            Ok(Presence::Leftover(Leftover { summary, evidence }))
        }
        (None, false, _) => {
            // Uninstalling IIS may leave a key without a version.
            let setup = setup.optional()?;
            let web_service = web_service.optional()?;
            Ok(Presence::NotInstalled([setup.question_number(), web_service.question_number()]))
        }
    }
}

/// The program that the web service names.
enum Program {
    /// The service is hosted by a program of Windows, as in IIS 6 and later, or is not registered.
    NotNamed,
    There,
    /// The question that showed it.
    Gone(u32),
    Unread(Unable),
}

impl Program {
    async fn of(web_service: &Reply<ServiceInfo>, evidence: &Evidence) -> Program {
        let image = web_service.known().and_then(|service| service.image_path.as_deref()).unwrap_or_default();
        if !image.to_ascii_lowercase().contains(r"\inetsrv\inetinfo.exe") {
            return Program::NotNamed;
        }
        match evidence.file_version(INETINFO).await.optional() {
            Ok(file) if file.is_some() => Program::There,
            Ok(file) => Program::Gone(file.question_number()),
            Err(unable) => Program::Unread(unable),
        }
    }
}

impl Installation {
    /// Returns the products to list in the report.
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

    /// Returns the products for the patch judge. Empty for an IIS of unknown version, because no catalog has a name for it.
    pub(crate) fn judged(&self) -> Vec<Installed> {
        let index_server = self.index_server.then(|| INDEX_SERVER.to_owned());
        let names = self.version.map(IisVersion::name).into_iter().chain(index_server);
        names.map(|name| Installed::new(name, self.service_pack())).collect()
    }

    /// Returns the service pack that counts for updates of IIS, which is that of Windows: both are in the same packages. On
    /// the scale of `service-pack.level`. `None` if it is not known, or could be 6 or 6a.
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

/// Whether the key of Service Pack 6a says that it is installed: its `Installed` is a `REG_DWORD` of 1, as for every hotfix.
/// `None` if not known.
fn has_service_pack_6a(hotfix: Reply<RegistryKey>) -> Option<bool> {
    let hotfix = hotfix.optional().ok()?;
    let Some(key) = hotfix.as_ref() else { return Some(false) };
    match value(key, "Installed") {
        None if key.truncated => None,
        None => Some(false),
        Some(data) => data.as_dword().map(|installed| installed == 1),
    }
}

/// The version in a key. A part is `None` if its value is not a `REG_DWORD`, the type that IIS writes.
#[derive(Debug)]
struct Told {
    major: Option<u32>,
    minor: Option<u32>,
}

impl Told {
    /// Returns `None` if the key has no `MajorVersion`. A missing `MinorVersion` means 0.
    fn in_key(key: &RegistryKey) -> Option<Told> {
        let major = value(key, "MajorVersion")?.as_dword();
        let minor = match value(key, "MinorVersion") {
            None if key.truncated => None,
            None => Some(0),
            Some(data) => data.as_dword(),
        };
        Some(Told { major, minor })
    }

    fn version(&self) -> Option<IisVersion> {
        Some(IisVersion { major: self.major?, minor: self.minor? })
    }

    fn contradicts(&self, other: &Told) -> bool {
        let differ = |own: Option<u32>, other: Option<u32>| own.zip(other).is_some_and(|(own, other)| own != other);
        differ(self.major, other.major) || differ(self.minor, other.minor)
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |number: Option<u32>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        write!(formatter, "{}.{}", part(self.major), part(self.minor))
    }
}

fn text(key: &RegistryKey, name: &str) -> Option<String> {
    value(key, name)?.as_text().map(str::to_owned).filter(|text| !text.is_empty())
}

fn value<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}
