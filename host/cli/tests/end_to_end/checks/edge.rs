//! Volumes for the checks of Microsoft Edge.

use wardline_fixtures::{Pe, WindowsVolume};

use super::Case;

const CHECK: &str = "edge.current-version";
const PROGRAM: &str = r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe";

fn with_edge(content: Pe) -> WindowsVolume {
    WindowsVolume::windows_11().file(PROGRAM, content)
}

pub(super) fn cases() -> Vec<Case> {
    let edge = || with_edge(Pe::version(148, 0, 3967, 55));
    let client = r"HKLM\SOFTWARE\Microsoft\EdgeUpdate\Clients\{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}";
    vec![
        Case::new(CHECK, "informational", "Edge 148", edge()),
        Case::new(CHECK, "non-critical", "a newer Edge waits", edge().registry(client, "pv", "149.0.4000.1")),
        Case::new(CHECK, "not-performed", "no Edge", WindowsVolume::windows_2000_server()),
        Case::new(
            CHECK,
            "unable-to-scan",
            "its program is no program",
            WindowsVolume::windows_11().file(PROGRAM, "text"),
        ),
    ]
}
