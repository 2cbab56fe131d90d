//! Volumes for the checks of Internet Explorer and the desktop applications.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, InternetExplorer, Pe, Profile, WindowsVolume};

use super::Case;

fn with(profile: Profile) -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4).internet_explorer(InternetExplorer::v55(2)).profile(profile)
}

fn user() -> Profile {
    Profile::new("scott", 1001)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_ie_zones();
    cases.extend(of_outlook_zones());
    cases.extend(of_macro_security());
    cases.extend(of_enhanced_security());
    cases
}

fn of_ie_zones() -> Vec<Case> {
    vec![
        Case::new("ie.ie-zones", "passed", "every zone at its recommended level", with(user())),
        Case::new("ie.ie-zones", "critical", "the Internet zone of one user at low", with(user().zone(3, 0x10000))),
        Case::new(
            "ie.ie-zones",
            "informational",
            "the version of a browser that is not there",
            WindowsVolume::windows_2000_server().registry(
                r"HKLM\SOFTWARE\Microsoft\Internet Explorer",
                "Version",
                "5.50.4807.2300",
            ),
        ),
        Case::new(
            "ie.ie-zones",
            "unable-to-scan",
            "SOFTWARE is damaged",
            with(user()).damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
    ]
}

fn of_outlook_zones() -> Vec<Case> {
    const CHECK: &str = "ie.outlook-zones";
    const EXPRESS: &str = r"%ProgramFiles%\Outlook Express\msoe.dll";
    let express = |profile: Profile| with(profile).file(EXPRESS, Pe::version(5, 50, 4807, 1700));
    let reading_in = |zone: u32| {
        let key = r"Identities\{5C1D1E4A-0B1C-4F57-9D3C-2C1B7A5E8F60}\Software\Microsoft\Outlook Express\5.0";
        express(user().registry(key, "Security Zone", zone))
    };
    let outlook = |zone: u32| {
        let key = r"Software\Microsoft\Office\10.0\Outlook\Options\General";
        office_xp("Outlook", "outlook.exe", user().registry(key, "Security Zone", zone))
    };
    vec![
        Case::new(CHECK, "passed", "Outlook Express in the zone of restricted sites", reading_in(4)),
        Case::new(CHECK, "passed", "Outlook 2002 in the zone of restricted sites", outlook(4)),
        Case::new(CHECK, "critical", "Outlook Express in the Internet zone", reading_in(3)),
        Case::new(CHECK, "critical", "Outlook 2002 in the Internet zone", outlook(3)),
        Case::new(CHECK, "not-performed", "no mail program", with(user())),
        Case::new(CHECK, "unable-to-scan", "the user's hive has gone", express(user().without_hive())),
    ]
}

fn of_macro_security() -> Vec<Case> {
    const CHECK: &str = "ie.macro-security";
    let word = |profile: Profile| office_xp("Word", "winword.exe", profile);
    let at_level = |level: u32| word(user().registry(r"Software\Microsoft\Office\10.0\Word\Security", "Level", level));
    vec![
        Case::new(CHECK, "passed", "Word 2002 at its default level", word(user())),
        Case::new(CHECK, "passed", "Word 2002 at medium", at_level(2)),
        Case::new(CHECK, "critical", "Word 2002 at low", at_level(1)),
        Case::new(CHECK, "not-performed", "no Office", with(user())),
        Case::new(CHECK, "unable-to-scan", "the user's hive has gone", word(user().without_hive())),
    ]
}

/// One program of Office XP.
fn office_xp(name: &str, file: &str, profile: Profile) -> WindowsVolume {
    let folder = r"C:\Program Files\Microsoft Office\Office10";
    with(profile)
        .registry(&format!(r"HKLM\SOFTWARE\Microsoft\Office\10.0\{name}\InstallRoot"), "Path", format!(r"{folder}\"))
        .file(&format!(r"{folder}\{file}"), Pe::version(10, 0, 4219, 0))
}

fn of_enhanced_security() -> Vec<Case> {
    let checks = [
        ("ie.ie-enhanced-security-administrators", "{A509B1A7-37EF-4b3f-8CFC-4F3A74704073}"),
        ("ie.ie-enhanced-security-users", "{A509B1A8-37EF-4b3f-8CFC-4F3A74704073}"),
    ];
    let of_group = |(check, component): (&'static str, &str)| {
        let server = || WindowsVolume::windows_server_2003().internet_explorer(InternetExplorer::v6(1));
        let key = format!(r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{component}");
        let installed = |number: u32| server().registry(&key, "IsInstalled", number);
        [
            Case::new(check, "passed", "the component is installed", installed(1)),
            Case::new(check, "non-critical", "the component was removed", installed(0)),
            Case::new(check, "non-critical", "nothing is said of the component", server()),
            Case::new(check, "not-performed", "Windows 2000, which has none", with(user())),
            Case::new(
                check,
                "unable-to-scan",
                "SOFTWARE is damaged",
                installed(1).damaged_hive(Hive::Software, Damage::GarbledBins),
            ),
        ]
    };
    checks.into_iter().flat_map(of_group).collect()
}
