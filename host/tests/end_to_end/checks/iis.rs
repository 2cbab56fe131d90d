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

/// IIS 6 with something put in place of what stands in its MetaBase.xml.
fn metabase(before: &str, after: &str) -> WindowsVolume {
    let volume = iis_6(Iis::v6());
    let text = String::from_utf8(volume.file_content(METABASE).unwrap().to_vec()).unwrap();
    assert!(text.contains(before));
    volume.file(METABASE, text.replacen(before, after, 1))
}

/// With another setting of the default site.
fn site(settings: &str) -> WindowsVolume {
    let bindings = "ServerBindings=\":80:\"";
    metabase(bindings, &format!("{bindings}\n\t\t{settings}"))
}

/// With another virtual folder in the default site.
fn virtual_folder(name: &str, directory: &str) -> WindowsVolume {
    const END: &str = "</MBProperty>";
    let folder = format!(
        "<IIsWebVirtualDir\tLocation =\"/LM/W3SVC/1/ROOT/{name}\"\n\t\tPath=\"{directory}\"\n\t>\n</IIsWebVirtualDir>\n"
    );
    metabase(END, &(folder + END))
}

fn cut_metabase() -> WindowsVolume {
    iis_6(Iis::v6()).truncated_file(METABASE, 200)
}

fn without(hive: Hive) -> WindowsVolume {
    iis_5().damaged_hive(hive, Damage::GarbledBins)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_installation();
    cases.extend(of_configuration());
    cases.extend(of_lockdown_tool());
    cases
}

/// The checks of what is installed.
fn of_installation() -> Vec<Case> {
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
        Case::new("iis.domain-controller", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
        Case::new("iis.sample-applications", "passed", "IIS 5 without samples", iis_5()),
        Case::new(
            "iis.sample-applications",
            "non-critical",
            "IIS 5 with its samples",
            WindowsVolume::windows_2000_server().service_pack(4).iis(Iis::v5().samples()),
        ),
        Case::new("iis.sample-applications", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new(
            "iis.status",
            "informational",
            "IIS 5 with its FTP service",
            WindowsVolume::windows_2000_server().service_pack(4).iis(Iis::v5().ftp()),
        ),
        Case::new("iis.status", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}

/// The checks of what MetaBase.xml says.
fn of_configuration() -> Vec<Case> {
    const W3C_EXTENDED: &str = "{FF160663-DE82-11CF-BC0A-00AA006111E0}";
    const NCSA_COMMON: &str = "{FF16065F-DE82-11CF-BC0A-00AA006111E0}";
    let logged = |format: &str| site(&format!("LogType=\"1\"\n\t\tLogPluginClsid=\"{format}\""));
    vec![
        Case::new("iis.parent-paths", "passed", "IIS 6 as it is installed", iis_6(Iis::v6())),
        Case::new("iis.parent-paths", "non-critical", "IIS 6 with parent paths", iis_6(Iis::v6().parent_paths())),
        Case::new("iis.parent-paths", "not-performed", "IIS 5, whose metabase is binary", iis_5()),
        Case::new("iis.parent-paths", "unable-to-scan", "IIS 6 whose MetaBase.xml ends early", cut_metabase()),
        Case::new("iis.logging", "passed", "a site with a log in the extended format", logged(W3C_EXTENDED)),
        Case::new("iis.logging", "best-practice", "a site with a log in another format", logged(NCSA_COMMON)),
        Case::new("iis.logging", "best-practice", "a site without a log", site("LogType=\"0\"")),
        Case::new("iis.logging", "unable-to-scan", "nothing says whether the site has a log", iis_6(Iis::v6())),
        Case::new("iis.iisadmpwd", "passed", "IIS 6 as it is installed", iis_6(Iis::v6())),
        Case::new(
            "iis.iisadmpwd",
            "non-critical",
            "a virtual folder IISADMPWD",
            virtual_folder("IISADMPWD", r"C:\WINDOWS\system32\inetsrv\iisadmpwd"),
        ),
        Case::new("iis.iisadmpwd", "unable-to-scan", "IIS 6 whose MetaBase.xml ends early", cut_metabase()),
        Case::new("iis.msadc-and-scripts", "passed", "IIS 6 as it is installed", iis_6(Iis::v6())),
        Case::new(
            "iis.msadc-and-scripts",
            "non-critical",
            "a virtual folder MSADC",
            virtual_folder("MSADC", r"C:\Program Files\Common Files\System\msadc"),
        ),
        Case::new(
            "iis.msadc-and-scripts",
            "non-critical",
            "a virtual folder Scripts",
            virtual_folder("Scripts", r"C:\Inetpub\scripts"),
        ),
        Case::new("iis.msadc-and-scripts", "unable-to-scan", "IIS 6 whose MetaBase.xml ends early", cut_metabase()),
    ]
}

fn of_lockdown_tool() -> Vec<Case> {
    const CHECK: &str = "iis.lockdown-tool";
    const LOG: &str = r"%windir%\system32\inetsrv\oblt-log.log";
    const UNDONE_LOG: &str = r"%windir%\system32\inetsrv\oblt-undone.log";
    vec![
        Case::new(CHECK, "passed", "IIS 5 with the tool's log", iis_5().file(LOG, "what was changed\r\n")),
        Case::new(
            CHECK,
            "passed",
            "IIS 5 with the tool's key only",
            iis_5().registry_key(r"HKLM\SOFTWARE\Microsoft\IIS Lockdown Wizard"),
        ),
        Case::new(CHECK, "critical", "IIS 5 without a trace of the tool", iis_5()),
        Case::new(
            CHECK,
            "critical",
            "IIS 5 where the tool was run and undone",
            iis_5().file(LOG, "what was changed\r\n").file(UNDONE_LOG, "what was undone\r\n"),
        ),
        Case::new(CHECK, "not-performed", "IIS 6, which needs no such tool", iis_6(Iis::v6())),
        Case::new(CHECK, "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
    ]
}
