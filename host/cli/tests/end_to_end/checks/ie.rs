//! Volumes for the checks of Internet Explorer.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, InternetExplorer, Profile, WindowsVolume};

use super::Case;

fn with(profile: Profile) -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4).internet_explorer(InternetExplorer::v55(2)).profile(profile)
}

fn user() -> Profile {
    Profile::new("scott", 1001)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_ie_zones();
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
