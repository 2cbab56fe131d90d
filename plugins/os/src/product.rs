//! Maps the installed Windows to the catalogs' products.
//!
//! Catalogs up to 2006 (mssecure) name an edition, `Windows 2000 Advanced Server`; today's (MSRC) name a release, its
//! processor and its service pack, `Windows 7 for x64-based Systems Service Pack 1`. If both kinds of catalog cover its
//! release, an installation has both names, so that either can be judged.

use wardline_plugin::judge::{Branch, Installed, UpdateRecord};
use wardline_plugin::prelude::*;

use crate::release::{self, parse_version};

/// The registry key with the other facts needed to name Windows.
pub(crate) const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// The registry key whose `CSDBuildNumber` repeats the revision of Windows 10 and later, in another hive than `UBR`.
pub(crate) const CONTROL_WINDOWS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Windows";

/// In the names that today's documents have for releases before Windows Vista.
const OF_DOCUMENTS: &str = "Microsoft Windows ";

/// The registry key with Internet Explorer's version.
pub(crate) const INTERNET_EXPLORER: &str = r"HKLM\SOFTWARE\Microsoft\Internet Explorer";

/// `CSDVersion` contains `Service Pack 6` for Service Pack 6a as well; this key, which its hotfix creates, distinguishes them
/// (Q246009).
pub(crate) const SERVICE_PACK_6A: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q246009";

/// An installed Windows, in the catalogs' terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    /// All names in the catalogs, the oldest kind of catalog first. Never empty.
    pub(crate) catalog_names: Vec<String>,
    /// Ten per service pack, 61 for Service Pack 6a. `None` if it could be 6 or 6a.
    pub(crate) level: Option<u32>,
    /// `5.0.2195`, with the fourth number if there is one.
    pub(crate) build: String,
    /// `Service Pack 6a`; `None` without a service pack.
    pub(crate) service_pack: Option<String>,
    /// The builds that today's catalogs can be compared with. `None` where builds do not identify updates.
    pub(crate) branch: Option<Branch>,
    version: (u32, u32),
}

impl Windows {
    /// Returns the name for reports.
    pub(crate) fn name(&self) -> &str {
        self.catalog_names.first().map_or("Windows", String::as_str)
    }

    /// Returns the name that today's documents have for Windows itself.
    pub(crate) fn name_in_documents(&self) -> &str {
        of_documents(&self.catalog_names).map_or(self.name(), String::as_str)
    }

    /// Returns what is installed, under each of its names. `evidence` is the question for its build.
    pub(crate) fn installed(&self, evidence: u32) -> impl Iterator<Item = Installed> {
        self.catalog_names.iter().map(move |name| {
            let installed = Installed::new(name, self.level).with_build(&self.build, Some(evidence));
            match &self.branch {
                Some(branch) => installed.with_branch(branch.clone()).with_record(UpdateRecord::Packages),
                // Only MSRC names releases so, and says nothing about files.
                None if self.version > (5, 0) && name.contains(OF_DOCUMENTS) => {
                    installed.with_record(UpdateRecord::Hotfixes)
                }
                None => installed,
            }
        })
    }
}

/// Facts that identify Windows beyond `SystemInfo`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    /// Whether the key [`SERVICE_PACK_6A`] says that it is installed. `None` if it could not be read, or is not a number.
    pub(crate) service_pack_6a: Option<bool>,
    /// `InstallationType` is `Server Core`.
    pub(crate) server_core: bool,
    /// The revision, as `CSDBuildNumber` has it, for a system whose `UBR` is not known.
    pub(crate) revision: Option<u32>,
    /// The first two numbers of Internet Explorer's version on Windows 2000 to Server 2012, where it may be another than Windows came
    /// with. `None` if it is not known, or not installed.
    pub(crate) internet_explorer: Option<(u16, u16)>,
}

/// Names the installed Windows.
///
/// # Errors
///
/// A sentence if the product is not known: an unknown release, or an unknown role if workstation and server differ.
pub(crate) fn identify(system: &SystemInfo, marks: Marks) -> Result<Windows, String> {
    let version = parse_version(&system.version)
        .ok_or_else(|| format!("\"{}\" is not a version of Windows known to this plugin", system.version))?;
    let six_a = if version == (4, 0) && system.service_pack == 6 { marks.service_pack_6a } else { Some(false) };
    let server = release::is_server(system);
    let server_or_not = || {
        server.ok_or_else(|| {
            format!("The edition of Windows {} could not be determined without the machine's role", system.version)
        })
    };
    let catalog_names = match version {
        (4, 0) => vec![windows_nt_4(system, server_or_not()?)],
        (5, 0) => {
            let edition = windows_2000(system, server_or_not()?);
            named_with_service_pack(edition, "Microsoft Windows 2000", system.service_pack, marks)
        }
        (5, 1) => {
            named_with_service_pack(windows_xp(system).to_owned(), "Microsoft Windows XP", system.service_pack, marks)
        }
        (5, 2) => windows_2003(system, server_or_not()?, marks),
        (6, _) => windows_6(system, version.1, server_or_not()?, marks)?,
        (10, 0) => windows_10(system, marks)?,
        _ => return Err(format!("Windows {} is not known to this plugin", system.version)),
    };
    let service_pack = match (system.service_pack, six_a) {
        (0, _) => None,
        (_, Some(true)) => Some("Service Pack 6a".to_owned()),
        (number, Some(false)) => Some(format!("Service Pack {number}")),
        (number, None) => Some(format!("Service Pack {number} or {number}a")),
    };
    Ok(Windows {
        catalog_names,
        level: six_a.map(|six_a| system.service_pack.saturating_mul(10).saturating_add(u32::from(six_a))),
        build: match system.revision.or(marks.revision) {
            Some(revision) => format!("{}.{}.{revision}", system.version.trim(), system.build),
            None => format!("{}.{}", system.version.trim(), system.build),
        },
        service_pack,
        branch: release::support(system).and_then(|release| release.branch(system.build)),
        version,
    })
}

fn has_suite(system: &SystemInfo, suite: &str) -> bool {
    system.suites.iter().any(|found| found.trim().eq_ignore_ascii_case(suite))
}

fn windows_nt_4(system: &SystemInfo, server: bool) -> String {
    let name = if !server {
        "Windows NT Workstation 4.0"
    } else if has_suite(system, "Terminal Server") {
        "Windows NT Server 4.0, Terminal Server Edition"
    } else if has_suite(system, "Enterprise") {
        "Windows NT Server 4.0, Enterprise Edition"
    } else {
        "Windows NT Server 4.0"
    };
    name.to_owned()
}

fn windows_2000(system: &SystemInfo, server: bool) -> String {
    // Datacenter Server also lists the suite Enterprise; Terminal Server is a service of every edition, not an edition.
    let name = if !server {
        "Windows 2000 Professional"
    } else if has_suite(system, "DataCenter") {
        "Windows 2000 Datacenter Server"
    } else if has_suite(system, "Enterprise") {
        "Windows 2000 Advanced Server"
    } else {
        "Windows 2000 Server"
    };
    name.to_owned()
}

fn windows_xp(system: &SystemInfo) -> &'static str {
    if has_suite(system, "Personal") { "Windows XP Home Edition" } else { "Windows XP Professional" }
}

fn windows_2003(system: &SystemInfo, server: bool, marks: Marks) -> Vec<String> {
    if !server {
        return named_with_service_pack(
            "Windows XP Professional x64 Edition".to_owned(),
            "Microsoft Windows XP Professional x64 Edition",
            system.service_pack,
            marks,
        );
    }
    let edition = if has_suite(system, "DataCenter") {
        "Datacenter Edition"
    } else if has_suite(system, "Enterprise") {
        "Enterprise Edition"
    } else if has_suite(system, "Blade") {
        "Web Edition"
    } else {
        "Standard Edition"
    };
    let release = match Processor::of(system) {
        Some(Processor::X64) => "Microsoft Windows Server 2003 x64 Edition",
        Some(Processor::Itanium) => "Microsoft Windows Server 2003 for Itanium-based Systems",
        _ => "Microsoft Windows Server 2003",
    };
    named_with_service_pack(format!("Windows Server 2003, {edition}"), release, system.service_pack, marks)
}

/// Returns the edition's name, the release's name with its service pack, and that of Internet Explorer on it.
fn named_with_service_pack(edition: String, release: &str, service_pack: u32, marks: Marks) -> Vec<String> {
    let names = vec![edition, format!("{release}{}", service_pack_suffix(service_pack))];
    with_internet_explorer(names, marks)
}

fn service_pack_suffix(service_pack: u32) -> String {
    if service_pack == 0 { String::new() } else { format!(" Service Pack {service_pack}") }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Processor {
    X86,
    X64,
    Itanium,
    Arm,
    Arm64,
}

impl Processor {
    /// Reads `PROCESSOR_ARCHITECTURE`. `None` if it is not known: a text need not have it.
    fn of(system: &SystemInfo) -> Option<Processor> {
        Some(match system.architecture.as_deref()?.trim().to_ascii_lowercase().as_str() {
            "x86" => Processor::X86,
            "amd64" | "x64" | "x86_64" => Processor::X64,
            "ia64" => Processor::Itanium,
            "arm64" => Processor::Arm64,
            "arm" => Processor::Arm,
            _ => return None,
        })
    }

    /// Returns the processor of a release that catalogs name by it.
    fn needed(system: &SystemInfo) -> Result<Processor, String> {
        Processor::of(system).ok_or_else(|| {
            format!("The product of Windows {} could not be determined without the machine's processor", system.version)
        })
    }

    fn systems(self) -> &'static str {
        match self {
            Processor::X86 => "32-bit",
            Processor::X64 => "x64-based",
            Processor::Itanium => "Itanium-Based",
            Processor::Arm => "ARM-based",
            Processor::Arm64 => "ARM64-based",
        }
    }
}

fn windows_6(system: &SystemInfo, minor: u32, server: bool, marks: Marks) -> Result<Vec<String>, String> {
    let core = core_suffix(marks);
    if let (2.., true) = (minor, server) {
        return match minor {
            2 => Ok(with_internet_explorer(vec![format!("Windows Server 2012{core}")], marks)),
            3 => Ok(with_internet_explorer(vec![format!("Windows Server 2012 R2{core}")], marks)),
            _ => Err(format!("Windows {} is not known to this plugin", system.version)),
        };
    }
    let processor = Processor::needed(system)?;
    let systems = processor.systems();
    let service_pack = service_pack_suffix(system.service_pack);
    let name = match (minor, server) {
        (0, false) if processor == Processor::X64 => format!("Windows Vista x64 Edition{service_pack}"),
        (0, false) => format!("Windows Vista{service_pack}"),
        (0, true) => format!("Windows Server 2008 for {systems} Systems{service_pack}{core}"),
        (1, false) => format!("Windows 7 for {systems} Systems{service_pack}"),
        (1, true) => format!("Windows Server 2008 R2 for {systems} Systems{service_pack}{core}"),
        (2, false) => format!("Windows 8 for {systems} Systems"),
        (3, false) if processor == Processor::Arm => "Windows RT 8.1".to_owned(),
        (3, false) => format!("Windows 8.1 for {systems} systems"),
        _ => return Err(format!("Windows {} is not known to this plugin", system.version)),
    };
    let mut names = vec![name];
    if (minor, server, marks.server_core) == (0, true, true) && system.service_pack == 2 {
        // Some documents leave out the service pack, when no other was supported any more.
        names.push(format!("Windows Server 2008 for {systems} Systems{core}"));
    }
    Ok(with_internet_explorer(names, marks))
}

fn core_suffix(marks: Marks) -> &'static str {
    if marks.server_core { " (Server Core installation)" } else { "" }
}

/// From 10.0 on the build identifies the release: `ProductName` is Windows 10 on Windows 11 as well.
fn windows_10(system: &SystemInfo, marks: Marks) -> Result<Vec<String>, String> {
    const CORE: &str = " (Server Core installation)";
    let support = release::support(system)
        .ok_or_else(|| format!("Build {} of Windows 10.0, or its role, is not known to this plugin", system.build))?;
    let names = match support.name {
        "Windows Server, version 23H2" => vec![format!("Windows Server 2022, 23H2 Edition{CORE}")],
        // These releases exist only as Server Core.
        name if name.starts_with("Windows Server, version ") => vec![format!("{name}{CORE}")],
        name if name.starts_with("Windows Server") => {
            let mut names = vec![format!("{name}{}", core_suffix(marks))];
            if name == "Windows Server 2022" && marks.server_core && system.product_name.contains("Azure Edition") {
                names.push("Windows Server 2022 Azure Edition Core Hotpatch".to_owned());
            }
            names
        }
        // Until Version 22H2 was released, documents named it without its version.
        name @ "Windows 11 Version 21H2" => {
            let systems = Processor::needed(system)?.systems();
            vec![format!("{name} for {systems} Systems"), format!("Windows 11 for {systems} Systems")]
        }
        name => vec![format!("{name} for {} Systems", Processor::needed(system)?.systems())],
    };
    Ok(with_internet_explorer(names, marks))
}

/// Adds the name of Internet Explorer on this Windows. The cumulative updates and monthly rollups of Windows contain its fixes, and
/// documents give their articles and builds for it too. Before Windows 10, it also has cumulative updates of its own.
fn with_internet_explorer(mut names: Vec<String>, marks: Marks) -> Vec<String> {
    let explorer = of_documents(&names).filter(|_| !marks.server_core).and_then(|windows| {
        let shipped = ONLY_EXPLORER.iter().find(|(release, _)| windows.starts_with(release));
        let version = shipped.map(|(_, major)| (*major, 0)).or(marks.internet_explorer)?;
        let explorer = match (version, windows.starts_with(WINDOWS_2000)) {
            ((5, 0), true) => "5.01 Service Pack 4".to_owned(),
            ((6, 0), true) => "6 Service Pack 1".to_owned(),
            ((6.., _), false) => version.0.to_string(),
            _ => return None,
        };
        Some(format!("Internet Explorer {explorer} on {windows}"))
    });
    names.extend(explorer);
    names
}

/// Returns the name that today's documents have.
fn of_documents(names: &[String]) -> Option<&String> {
    names.iter().find(|name| name.starts_with(OF_DOCUMENTS)).or_else(|| names.first())
}

/// Its last service pack contains service pack 4 of Internet Explorer 5.01; that of 6 was service pack 1.
const WINDOWS_2000: &str = "Microsoft Windows 2000";

/// The releases that have one version of Internet Explorer and no other, with this version.
const ONLY_EXPLORER: [(&str, u16); 8] = [
    ("Windows 8 ", 10),
    ("Windows 8.1 ", 11),
    ("Windows RT 8.1", 11),
    ("Windows Server 2012 R2", 11),
    ("Windows 10 ", 11),
    ("Windows Server 2016", 11),
    ("Windows Server 2019", 11),
    ("Windows Server 2022", 11),
];

/// The products that [`identify`] can name, as the description declares them.
pub(crate) const PRODUCTS: &[&str] = &[
    "Windows NT Workstation 4.0",
    "Windows NT Server 4.0",
    "Windows NT Server 4.0, Enterprise Edition",
    "Windows NT Server 4.0, Terminal Server Edition",
    "Windows 2000 Professional",
    "Windows 2000 Server",
    "Windows 2000 Advanced Server",
    "Windows 2000 Datacenter Server",
    "Microsoft Windows 2000*",
    "Windows XP Professional",
    "Windows XP Professional x64 Edition",
    "Windows XP Home Edition",
    "Microsoft Windows XP*",
    "Windows Server 2003, *",
    "Microsoft Windows Server 2003*",
    "Windows Vista*",
    "Windows Server 2008*",
    "Windows 7 for *",
    "Windows 8 for *",
    "Windows 8.1 for *",
    "Windows RT 8.1",
    "Windows Server 2012*",
    "Windows 10 for *",
    "Windows 10 Version *",
    "Windows 11 for *",
    "Windows 11 Version *",
    "Windows Server 2016*",
    "Windows Server 2019*",
    "Windows Server 2022*",
    "Windows Server 2025*",
    "Windows Server, version *",
    "Internet Explorer 5.01 Service Pack 4 on *",
    "Internet Explorer 6 Service Pack 1 on *",
    "Internet Explorer 6 on *",
    "Internet Explorer 7 on *",
    "Internet Explorer 8 on *",
    "Internet Explorer 9 on *",
    "Internet Explorer 10 on *",
    "Internet Explorer 11 on *",
];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An x86 machine with this version, build, service pack, role and suites.
    pub(crate) fn machine(version: &str, build: u32, service_pack: u32, role: Role, suites: &[&str]) -> SystemInfo {
        SystemInfo {
            computer_name: Some("TESTBENCH".to_owned()),
            product_name: format!("Windows {version}"),
            service_pack_name: (service_pack > 0).then(|| format!("Service Pack {service_pack}")),
            service_pack,
            suites: suites.iter().map(|&suite| suite.to_owned()).collect(),
            architecture: Some("x86".to_owned()),
            language: Some(0x409),
            windows_folder: r"C:\WINNT".to_owned(),
            ..wardline_plugin::testing::system(version, build, role)
        }
    }

    #[test]
    fn editions_are_named_as_the_catalogs_name_them() {
        use Role::{DomainController, Server, Workstation};
        for (version, build, service_pack, role, suites, expected) in [
            ("4.0", 1381, 6, Workstation, &[][..], "Windows NT Workstation 4.0"),
            ("4.0", 1381, 6, Server, &[], "Windows NT Server 4.0"),
            ("4.0", 1381, 6, DomainController, &["Enterprise"], "Windows NT Server 4.0, Enterprise Edition"),
            ("4.0", 1381, 6, Server, &["Terminal Server"], "Windows NT Server 4.0, Terminal Server Edition"),
            ("5.0", 2195, 2, Workstation, &[], "Windows 2000 Professional"),
            ("5.0", 2195, 2, Server, &["Terminal Server"], "Windows 2000 Server"),
            ("5.0", 2195, 2, Server, &["Enterprise", "Terminal Server"], "Windows 2000 Advanced Server"),
            ("5.0", 2195, 2, Server, &["Enterprise", "DataCenter"], "Windows 2000 Datacenter Server"),
            ("5.1", 2600, 2, Workstation, &["Personal"], "Windows XP Home Edition"),
            ("5.1", 2600, 2, Workstation, &[], "Windows XP Professional"),
            ("5.2", 3790, 1, Workstation, &[], "Windows XP Professional x64 Edition"),
            ("5.2", 3790, 1, Server, &["Blade"], "Windows Server 2003, Web Edition"),
            ("5.2", 3790, 1, Server, &["enterprise "], "Windows Server 2003, Enterprise Edition"),
            ("6.0", 6002, 2, Workstation, &[], "Windows Vista Service Pack 2"),
            ("6.1", 7601, 1, Workstation, &[], "Windows 7 for 32-bit Systems Service Pack 1"),
            ("6.3", 9600, 0, Server, &[], "Windows Server 2012 R2"),
            ("10.0", 10240, 0, Workstation, &[], "Windows 10 for 32-bit Systems"),
            ("10.0", 19045, 0, Workstation, &[], "Windows 10 Version 22H2 for 32-bit Systems"),
            ("10.0", 22631, 0, Workstation, &[], "Windows 11 Version 23H2 for 32-bit Systems"),
            ("10.0", 20348, 0, DomainController, &[], "Windows Server 2022"),
        ] {
            let windows = identify(&machine(version, build, service_pack, role, suites), Marks::default());
            let windows = windows.unwrap_or_else(|reason| panic!("{expected}: {reason}"));
            assert_eq!(windows.name(), expected);
            let declared = |name: &String| {
                PRODUCTS.iter().any(|product| match product.strip_suffix('*') {
                    Some(start) => name.starts_with(start),
                    None => name == product,
                })
            };
            assert!(windows.catalog_names.iter().all(declared), "not declared: {:?}", windows.catalog_names);
        }
    }

    #[test]
    fn todays_catalogs_name_processor_and_installation() {
        let mut server = machine("6.1", 7601, 1, Role::Server, &[]);
        server.architecture = Some("AMD64".to_owned());
        let core = Marks { server_core: true, ..Marks::default() };
        assert_eq!(
            identify(&server, core).unwrap().name(),
            "Windows Server 2008 R2 for x64-based Systems Service Pack 1 (Server Core installation)"
        );
        let mut pc = machine("10.0", 22000, 0, Role::Workstation, &[]);
        pc.product_name = "Windows 10 Pro".to_owned();
        pc.architecture = Some("ARM64".to_owned());
        pc.revision = Some(2960);
        let windows = identify(&pc, Marks::default()).unwrap();
        assert_eq!(
            windows.catalog_names,
            ["Windows 11 Version 21H2 for ARM64-based Systems", "Windows 11 for ARM64-based Systems"]
        );
        assert_eq!(windows.build, "10.0.22000.2960");
    }

    #[test]
    fn internet_explorer_is_named_with_its_windows() {
        let explorer = |major| Marks { internet_explorer: Some((major, 0)), ..Marks::default() };
        for (version, build, service_pack, role, marks, expected) in [
            ("6.0", 6002, 2, Role::Workstation, explorer(9), "Internet Explorer 9 on Windows Vista Service Pack 2"),
            (
                "6.1",
                7601,
                1,
                Role::Workstation,
                explorer(11),
                "Internet Explorer 11 on Windows 7 for 32-bit Systems Service Pack 1",
            ),
            ("6.2", 9200, 0, Role::Server, explorer(10), "Internet Explorer 10 on Windows Server 2012"),
            (
                "6.2",
                9200,
                0,
                Role::Workstation,
                Marks::default(),
                "Internet Explorer 10 on Windows 8 for 32-bit Systems",
            ),
            (
                "6.3",
                9600,
                0,
                Role::Workstation,
                Marks::default(),
                "Internet Explorer 11 on Windows 8.1 for 32-bit systems",
            ),
            ("6.3", 9600, 0, Role::Server, Marks::default(), "Internet Explorer 11 on Windows Server 2012 R2"),
        ] {
            let windows = identify(&machine(version, build, service_pack, role, &[]), marks).unwrap();
            assert_eq!(windows.catalog_names.get(1).map(String::as_str), Some(expected));
        }
        let windows = identify(&machine("6.1", 7601, 1, Role::Workstation, &[]), Marks::default()).unwrap();
        assert_eq!(windows.catalog_names.len(), 1);
    }

    #[test]
    fn internet_explorer_is_named_with_the_documents_name_of_an_old_windows() {
        for (version, build, service_pack, explorer, expected) in [
            (
                "5.0",
                2195,
                4,
                (5, 0),
                Some("Internet Explorer 5.01 Service Pack 4 on Microsoft Windows 2000 Service Pack 4"),
            ),
            (
                "5.0",
                2195,
                4,
                (6, 0),
                Some("Internet Explorer 6 Service Pack 1 on Microsoft Windows 2000 Service Pack 4"),
            ),
            ("5.0", 2195, 4, (5, 50), None),
            ("5.1", 2600, 3, (6, 0), Some("Internet Explorer 6 on Microsoft Windows XP Service Pack 3")),
            ("5.1", 2600, 3, (8, 0), Some("Internet Explorer 8 on Microsoft Windows XP Service Pack 3")),
            ("5.1", 2600, 3, (5, 0), None),
        ] {
            let marks = Marks { internet_explorer: Some(explorer), ..Marks::default() };
            let windows = identify(&machine(version, build, service_pack, Role::Workstation, &[]), marks).unwrap();
            assert_eq!(windows.catalog_names.get(2).map(String::as_str), expected, "{version} {explorer:?}");
        }
    }

    #[test]
    fn internet_explorer_is_part_of_windows_10() {
        let core = Marks { server_core: true, ..Marks::default() };
        for (build, role, marks, expected) in [
            (
                19045,
                Role::Workstation,
                Marks::default(),
                Some("Internet Explorer 11 on Windows 10 Version 22H2 for 32-bit Systems"),
            ),
            (17763, Role::Server, Marks::default(), Some("Internet Explorer 11 on Windows Server 2019")),
            (17763, Role::Server, core, None),
            (26100, Role::Server, Marks::default(), None),
            (22631, Role::Workstation, Marks::default(), None),
        ] {
            let windows = identify(&machine("10.0", build, 0, role, &[]), marks).unwrap();
            assert_eq!(windows.catalog_names.get(1).map(String::as_str), expected, "{build}");
        }
    }

    #[test]
    fn a_processor_that_is_not_told_is_not_guessed() {
        for (version, build, role, expected) in [
            ("10.0", 19045, Role::Workstation, None),
            ("10.0", 20348, Role::Server, Some("Windows Server 2022")),
            ("6.1", 7601, Role::Workstation, None),
            ("6.1", 7601, Role::Server, None),
            ("6.3", 9600, Role::Server, Some("Windows Server 2012 R2")),
            // Until then, editions for other processors were rare and have names of their own.
            ("5.0", 2195, Role::Server, Some("Windows 2000 Server")),
        ] {
            for told in [None, Some("unheard-of".to_owned())] {
                let mut machine = machine(version, build, 0, role, &[]);
                machine.architecture = told;
                match (identify(&machine, Marks::default()), expected) {
                    (Ok(windows), Some(expected)) => assert_eq!(windows.name(), expected),
                    (Err(reason), None) => assert!(reason.contains("without the machine's processor"), "{reason}"),
                    (found, _) => panic!("{version}.{build}: {found:?}"),
                }
            }
        }
    }

    #[test]
    fn service_packs_have_levels() {
        for (version, service_pack, key, level, name) in [
            ("4.0", 0, Some(false), Some(0), None),
            ("4.0", 5, Some(true), Some(50), Some("Service Pack 5")),
            ("4.0", 6, Some(false), Some(60), Some("Service Pack 6")),
            ("4.0", 6, Some(true), Some(61), Some("Service Pack 6a")),
            ("4.0", 6, None, None, Some("Service Pack 6 or 6a")),
            ("5.0", 0, None, Some(0), None),
            ("5.0", 3, None, Some(30), Some("Service Pack 3")),
            ("5.0", 6, Some(true), Some(60), Some("Service Pack 6")),
        ] {
            let machine = machine(version, 2195, service_pack, Role::Server, &[]);
            let windows = identify(&machine, Marks { service_pack_6a: key, ..Marks::default() }).unwrap();
            assert_eq!((windows.level, windows.service_pack.as_deref()), (level, name), "{version} {service_pack}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for (version, build, role) in [
            ("5.0", 2195, Role::Unknown),
            ("10.0", 14393, Role::Unknown),
            ("10.0", 99999, Role::Workstation),
            ("6.9", 1, Role::Server),
            ("3.51", 1057, Role::Server),
            ("", 0, Role::Server),
        ] {
            assert!(identify(&machine(version, build, 0, role, &[]), Marks::default()).is_err(), "{version} {build}");
        }
    }

    #[test]
    fn a_servers_name_tells_that_it_is_one() {
        for (name, expected) in [
            ("Windows Server 2019 Standard", Some("Windows Server 2019")),
            ("Hyper-V Server 2019", Some("Windows Server 2019")),
            ("Windows 10 Enterprise for Virtual Desktops", None),
        ] {
            let mut machine = machine("10.0", 17763, 0, Role::Unknown, &[]);
            machine.product_name = name.to_owned();
            let windows = identify(&machine, Marks::default());
            assert_eq!(windows.as_ref().ok().map(Windows::name), expected, "{name}");
        }
    }

    #[test]
    fn numbers_out_of_all_reason_do_no_harm() {
        let windows = identify(&machine("5.0", u32::MAX, u32::MAX, Role::Server, &[]), Marks::default()).unwrap();
        assert_eq!(windows.level, Some(u32::MAX));
    }
}
