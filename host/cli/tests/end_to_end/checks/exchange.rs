//! Volumes for the checks of Exchange Server.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, Pe, WindowsVolume};

use super::Case;

const SETUP: &str = r"HKLM\SOFTWARE\Microsoft\ExchangeServer\v15\Setup";

/// Exchange Server as setup records it, at a cumulative update.
fn recorded(numbers: [u32; 4]) -> WindowsVolume {
    let names = ["MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor"];
    let volume = WindowsVolume::windows_server_2022().registry(SETUP, "MsiInstallPath", r"C:\Exchange\");
    names.into_iter().zip(numbers).fold(volume, |volume, (name, number)| volume.registry(SETUP, name, number))
}

fn server(build: u16, revision: u16) -> WindowsVolume {
    let numbers = [15, 2, u32::from(build), u32::from(revision)];
    recorded(numbers).file(r"C:\Exchange\Bin\ExSetup.exe", Pe::version(15, 2, build, revision))
}

pub(super) fn cases() -> Vec<Case> {
    let none = WindowsVolume::windows_server_2022;
    let damaged = || server(2562, 17).damaged_hive(Hive::Software, Damage::GarbledBins);
    vec![
        Case::new("exchange.status", "informational", "Exchange Server Subscription Edition", server(2562, 17)),
        Case::new("exchange.status", "not-performed", "no Exchange Server", none()),
        Case::new("exchange.status", "unable-to-scan", "only the setup key", recorded([15, 2, 1544, 4])),
        Case::new("exchange.status", "unable-to-scan", "SOFTWARE is damaged", damaged()),
        Case::new("exchange.end-of-support", "passed", "Exchange Server Subscription Edition", server(2562, 17)),
        Case::new("exchange.end-of-support", "best-practice", "Exchange Server 2019 CU 13", server(1258, 12)),
        Case::new("exchange.end-of-support", "not-performed", "no Exchange Server", none()),
        Case::new("exchange.end-of-support", "unable-to-scan", "SOFTWARE is damaged", damaged()),
    ]
}
