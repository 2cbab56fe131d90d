//! The machine's Windows, as the names of .NET Framework in documents mention it.

use wardline_plugin::builds::BuildTable;
use wardline_plugin::judge::UpdateRecord;
use wardline_plugin::prelude::*;

/// The names of the releases.
pub(crate) const RELEASES: &str = include_str!("../data/windows.tsv");
/// The columns of [`RELEASES`]: the role and the name.
pub(crate) const COLUMNS: usize = 2;

/// The key with the kind of installation, and the value that has been there since Server Core.
pub(crate) const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
pub(crate) const INSTALLATION_TYPE: &str = "InstallationType";

/// The first version that records updates as packages.
const FIRST_WITH_PACKAGES: u32 = 6;

/// The first version that has only cumulative updates; earlier ones also have updates with the security fixes of one month.
const FIRST_CUMULATIVE: u32 = 10;

/// Windows on a target.
#[derive(Debug)]
pub(crate) struct Windows {
    /// The release's names in documents, in lower case.
    names: Vec<String>,
    /// The word for the architecture in documents, in lower case. `None` if it is not known.
    architecture: Option<&'static str>,
    service_pack: u32,
    server_core: bool,
    /// Whether each of its updates contains all earlier ones.
    pub(crate) is_cumulative: bool,
    /// Where it records its updates.
    pub(crate) record: UpdateRecord,
}

impl Windows {
    pub(crate) fn new(releases: &BuildTable, system: &SystemInfo, server_core: bool) -> Windows {
        let role = match system.role {
            Role::Workstation => Some("workstation"),
            Role::Server | Role::DomainController => Some("server"),
            Role::Unknown => None,
        };
        let build = format!("{}.{}", system.version.trim(), system.build);
        let releases = releases.of(&build).filter(|release| role.is_none_or(|role| role == release.cell(0)));
        let major = system.version.trim().split('.').next().and_then(|major| major.parse::<u32>().ok());
        Windows {
            names: releases.map(|release| release.cell(1).to_ascii_lowercase()).collect(),
            architecture: system.architecture.as_deref().and_then(word_for),
            service_pack: system.service_pack,
            server_core,
            is_cumulative: major.is_some_and(|major| major >= FIRST_CUMULATIVE),
            record: match major {
                Some(..FIRST_WITH_PACKAGES) => UpdateRecord::Hotfixes,
                _ => UpdateRecord::Packages,
            },
        }
    }

    /// Whether a document's name means this Windows: `Windows Server 2008 R2 for x64-based Systems Service Pack 1 (Server Core
    /// installation)`. Documents differ in capitals and spaces. One that names no service pack means a Windows without one.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let mut name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let mut take = |part: &str| match name.strip_suffix(part).map(|rest| rest.trim_end().to_owned()) {
            Some(rest) => {
                name = rest;
                true
            }
            None => false,
        };
        let server_core = take("(server core installation)");
        let service_pack = (1..=4).find(|number| take(&format!("service pack {number}")));
        take("systems");
        let architecture = ARCHITECTURES.iter().map(|(_, word)| *word).find(|word| take(&format!("for {word}")));
        let architecture = architecture.or_else(|| take("x64 edition").then_some(X64));
        self.names.contains(&name)
            && server_core == self.server_core
            && service_pack.unwrap_or(0) == self.service_pack
            && architecture.is_none_or(|word| self.architecture.is_none_or(|own| own == word))
    }
}

const X64: &str = "x64-based";

/// The values of `system-info.architecture`, and the words for them in documents, in lower case.
const ARCHITECTURES: [(&str, &str); 4] =
    [("AMD64", X64), ("x86", "32-bit"), ("ARM64", "arm64-based"), ("IA64", "itanium-based")];

fn word_for(architecture: &str) -> Option<&'static str> {
    ARCHITECTURES.iter().find(|(name, _)| name.eq_ignore_ascii_case(architecture)).map(|(_, word)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(version: &str, build: u32, role: Role, architecture: &str, service_pack: u32, core: bool) -> Windows {
        let system = SystemInfo {
            service_pack,
            architecture: Some(architecture.to_owned()),
            ..wardline_plugin::testing::system(version, build, role)
        };
        Windows::new(&BuildTable::parse(RELEASES, COLUMNS).unwrap(), &system, core)
    }

    #[test]
    fn names_say_release_architecture_service_pack_and_installation() {
        use Role::{Server, Workstation};
        let windows_10 = windows("10.0", 19045, Workstation, "AMD64", 0, false);
        let windows_11 = windows("10.0", 22000, Workstation, "ARM64", 0, false);
        let old_core = windows("6.1", 7601, Server, "AMD64", 1, true);
        let server = windows("10.0", 26100, Server, "AMD64", 0, false);
        let xp = windows("5.1", 2600, Workstation, "x86", 3, false);
        let xp_64 = windows("5.2", 3790, Workstation, "AMD64", 2, false);
        for (windows, name, expected) in [
            (&windows_10, "Windows 10 Version 22H2 for x64-based Systems", true),
            (&windows_10, "Windows 10  Version 22H2 for x64-based systems", true),
            (&windows_10, "Windows 10 Version 22H2 for 32-bit Systems", false),
            (&windows_10, "Windows 10 Version 21H2 for x64-based Systems", false),
            (&windows_10, "Windows 10 for x64-based Systems", false),
            (&windows_11, "Windows 11 for ARM64-based Systems", true),
            (&windows_11, "Windows 11 version 21H2 for ARM64-based Systems", true),
            (&windows_11, "Windows 11 for x64-based Systems", false),
            (&old_core, "Windows Server 2008 R2 for x64-based Systems Service Pack 1 (Server Core installation)", true),
            (&old_core, "Windows Server 2008 R2 for x64-based Systems Service Pack 1", false),
            (&old_core, "Windows Server 2008 R2 for Itanium-Based Systems Service Pack 1", false),
            (&old_core, "Windows Server 2008 R2 for x64-based Systems (Server Core installation)", false),
            (&xp, "Microsoft Windows XP Service Pack 3", true),
            (&xp, "Microsoft Windows XP Service Pack 2", false),
            (&xp, "Microsoft Windows XP Professional x64 Edition Service Pack 3", false),
            (&xp_64, "Microsoft Windows XP Professional x64 Edition Service Pack 2", true),
            (&server, "Windows Server 2025", true),
            (&server, "Windows Server 2025 (Server Core installation)", false),
            (&server, "Windows 11 Version 24H2 for x64-based Systems", false),
        ] {
            assert_eq!(windows.is_named(name), expected, "{name}");
        }
        assert!(windows_10.is_cumulative && !old_core.is_cumulative);
        assert_eq!([xp.record, old_core.record], [UpdateRecord::Hotfixes, UpdateRecord::Packages]);
    }
}
