//! Volumes for the checks of .NET.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, Pe, WindowsVolume};

use super::Case;

const FULL: &str = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full";

/// .NET Framework, by its `Release`.
fn framework(release: u32) -> WindowsVolume {
    WindowsVolume::windows_server_2022().registry(FULL, "Release", release)
}

fn with_runtime(volume: WindowsVolume, patch: &str) -> WindowsVolume {
    let library = format!(r"%ProgramFiles%\dotnet\shared\Microsoft.NETCore.App\{patch}\coreclr.dll");
    volume.file(&library, Pe::version(10, 0, 24, 1))
}

pub(super) fn cases() -> Vec<Case> {
    const SUPPORT: &str = "dotnet.end-of-support";
    const OLD: &str = "dotnet.old-runtimes";
    let one = || with_runtime(WindowsVolume::windows_server_2022(), "10.0.11");
    vec![
        Case::new(SUPPORT, "passed", ".NET Framework 4.8", framework(528_449)),
        Case::new(SUPPORT, "passed", ".NET 10", one()),
        Case::new(SUPPORT, "best-practice", ".NET Framework 4.5.2", framework(379_893)),
        Case::new(SUPPORT, "best-practice", ".NET 6", with_runtime(WindowsVolume::windows_server_2022(), "6.0.36")),
        Case::new(SUPPORT, "not-performed", "no .NET", WindowsVolume::windows_2000_server()),
        Case::new(
            SUPPORT,
            "unable-to-scan",
            "SOFTWARE is damaged",
            framework(528_449).damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
        Case::new(OLD, "passed", "one patch of .NET 10", one()),
        Case::new(OLD, "best-practice", "two patches of .NET 10", with_runtime(one(), "10.0.1")),
        Case::new(OLD, "not-performed", "no .NET", WindowsVolume::windows_2000_server()),
        Case::new(
            OLD,
            "unable-to-scan",
            "a file in place of the folder",
            WindowsVolume::windows_server_2022()
                .file_in_place_of_folder(r"%ProgramFiles%\dotnet\shared\Microsoft.NETCore.App"),
        ),
    ]
}
