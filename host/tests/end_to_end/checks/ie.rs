//! Volumes for the checks of Internet Explorer and the desktop applications.

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
    vec![
        Case::new("ie.ie-zones", "passed", "every zone at its recommended level", with(user())),
        Case::new("ie.ie-zones", "critical", "the Internet zone of one user at low", with(user().zone(3, 0x10000))),
        Case::new(
            "ie.ie-zones",
            "unable-to-scan",
            "SOFTWARE is damaged",
            with(user()).damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
    ]
}
