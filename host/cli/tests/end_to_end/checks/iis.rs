//! Volumes for the checks of Internet Information Services.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, Iis, Role, WindowsVolume};

use super::Case;

const METABASE: &str = r"%windir%\system32\inetsrv\MetaBase.xml";

fn iis_5() -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4).iis(Iis::v5())
}

fn iis_6(iis: Iis) -> WindowsVolume {
    WindowsVolume::windows_server_2003().iis(iis)
}

fn cut_off() -> WindowsVolume {
    iis_6(Iis::v6()).truncated_file(METABASE, 200)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("iis.domain-controller", "passed", "IIS 5 on a member server", iis_5()),
        Case::new(
            "iis.domain-controller",
            "critical",
            "IIS 5 on a domain controller",
            iis_5().role(Role::DomainController),
        ),
        Case::new(
            "iis.domain-controller",
            "not-performed",
            "no IIS",
            WindowsVolume::windows_2000_server().service_pack(4),
        ),
        Case::new(
            "iis.domain-controller",
            "unable-to-scan",
            "SYSTEM is damaged",
            iis_5().damaged_hive(Hive::System, Damage::GarbledBins),
        ),
        Case::new("iis.sample-applications", "passed", "IIS 5 without samples", iis_5()),
        Case::new(
            "iis.sample-applications",
            "non-critical",
            "IIS 5 with its samples",
            WindowsVolume::windows_2000_server().service_pack(4).iis(Iis::v5().samples()),
        ),
        Case::new(
            "iis.sample-applications",
            "unable-to-scan",
            "SOFTWARE is damaged",
            iis_5().damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
        Case::new("iis.logging", "passed", "IIS 6 as it is installed", iis_6(Iis::v6())),
        Case::new("iis.logging", "best-practice", "IIS 6 whose site keeps no log", iis_6(Iis::v6().without_logging())),
        Case::new("iis.logging", "not-performed", "IIS 5, whose metabase is binary", iis_5()),
        Case::new("iis.logging", "unable-to-scan", "IIS 6 whose MetaBase.xml ends early", cut_off()),
        Case::new("iis.iisadmpwd", "passed", "IIS 6 as it is installed", iis_6(Iis::v6())),
        Case::new(
            "iis.iisadmpwd",
            "non-critical",
            "IIS 6 with the folder",
            iis_6(Iis::v6().virtual_folder("IISADMPWD", r"C:\WINDOWS\system32\inetsrv\iisadmpwd")),
        ),
        Case::new("iis.iisadmpwd", "not-performed", "IIS 5, whose metabase is binary", iis_5()),
        Case::new("iis.iisadmpwd", "unable-to-scan", "IIS 6 whose MetaBase.xml ends early", cut_off()),
        Case::new("iis.msadc-and-scripts", "passed", "IIS 6 as it is installed", iis_6(Iis::v6())),
        Case::new(
            "iis.msadc-and-scripts",
            "non-critical",
            "IIS 6 with the folder Scripts",
            iis_6(Iis::v6().virtual_folder("Scripts", r"C:\Inetpub\Scripts")),
        ),
        Case::new("iis.msadc-and-scripts", "not-performed", "IIS 5, whose metabase is binary", iis_5()),
        Case::new("iis.msadc-and-scripts", "unable-to-scan", "IIS 6 whose MetaBase.xml ends early", cut_off()),
        Case::new(
            "iis.lockdown-tool",
            "passed",
            "IIS 5 after the tool was run",
            WindowsVolume::windows_2000_server().service_pack(4).iis(Iis::v5().locked_down()),
        ),
        Case::new("iis.lockdown-tool", "critical", "IIS 5 as it is installed", iis_5()),
        Case::new("iis.lockdown-tool", "not-performed", "IIS 6", iis_6(Iis::v6())),
        Case::new(
            "iis.lockdown-tool",
            "unable-to-scan",
            "SOFTWARE is damaged",
            iis_5().damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
        Case::new("iis.status", "informational", "IIS 5 as it is installed", iis_5()),
        Case::new(
            "iis.status",
            "informational",
            "the setup's key of an IIS that was removed",
            WindowsVolume::windows_2000_server()
                .registry(r"HKLM\SOFTWARE\Microsoft\InetStp", "MajorVersion", 5)
                .registry(r"HKLM\SOFTWARE\Microsoft\InetStp", "MinorVersion", 0),
        ),
        Case::new(
            "iis.status",
            "unable-to-scan",
            "SYSTEM is damaged",
            iis_5().damaged_hive(Hive::System, Damage::GarbledBins),
        ),
        Case::new("iis.parent-paths", "passed", "IIS 6 as it is installed", iis_6(Iis::v6())),
        Case::new("iis.parent-paths", "non-critical", "IIS 6 with parent paths", iis_6(Iis::v6().parent_paths())),
        Case::new("iis.parent-paths", "not-performed", "IIS 5, whose metabase is binary", iis_5()),
        Case::new("iis.parent-paths", "unable-to-scan", "IIS 6 whose MetaBase.xml ends early", cut_off()),
    ]
}
