//! Volumes for the checks of Windows itself.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Account, Hive, Role, WindowsVolume};

use super::Case;

fn windows_2000() -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4)
}

fn without(hive: Hive) -> WindowsVolume {
    windows_2000().damaged_hive(hive, Damage::GarbledBins)
}

pub(super) fn cases() -> Vec<Case> {
    let guest = |enabled: bool| {
        let guest = Account::new("Guest", 501);
        windows_2000().account(if enabled { guest.enabled() } else { guest.disabled() })
    };
    vec![
        Case::new("os.windows-version", "passed", "Windows Server 2022", WindowsVolume::windows_server_2022()),
        Case::new("os.windows-version", "best-practice", "Windows 2000", windows_2000()),
        Case::new("os.windows-version", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new("os.guest-account", "passed", "Guest is disabled", guest(false)),
        Case::new("os.guest-account", "critical", "Guest is enabled", guest(true)),
        Case::new(
            "os.guest-account",
            "not-performed",
            "a domain controller",
            windows_2000().role(Role::DomainController),
        ),
        Case::new("os.guest-account", "unable-to-scan", "SAM is damaged", without(Hive::Sam)),
        Case::new("os.autologon", "passed", "nobody is logged on by itself", windows_2000()),
        Case::new(
            "os.autologon",
            "critical",
            "autologon with the password in clear text",
            windows_2000().autologon_in_clear_text("Administrator", "secret"),
        ),
        Case::new(
            "os.autologon",
            "non-critical",
            "autologon with the password as an LSA secret",
            windows_2000().autologon_with_secret("Administrator"),
        ),
        Case::new("os.autologon", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new("os.restrict-anonymous", "passed", "RestrictAnonymous is 2", windows_2000().restrict_anonymous(2)),
        Case::new(
            "os.restrict-anonymous",
            "non-critical",
            "RestrictAnonymous is 1",
            windows_2000().restrict_anonymous(1),
        ),
        Case::new("os.restrict-anonymous", "critical", "RestrictAnonymous is 0", windows_2000().restrict_anonymous(0)),
        Case::new("os.restrict-anonymous", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}
