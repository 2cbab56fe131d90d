//! Maps a file's build to the service pack of Office.
//!
//! Only the builds shipped with a service pack are known. Any other build is that of a hotfix, which may have been applied to
//! several service packs, so it proves nothing.

use wardline_plugin::prelude::*;

/// The builds of one file across a release's service packs.
struct Build {
    /// The first number of the file's version: 9 for Office 2000.
    major: u16,
    file: &'static str,
    /// The build as first shipped, then each service pack's, with its level.
    packs: &'static [(u16, u32)],
}

/// The shared library, whatever its name in a release.
pub(crate) const LIBRARY: &str = "mso";

/// SR-1 and SR-1a of Office 2000 are indistinguishable, because they ship the same files (Q261934). Catalogs never name one
/// without the other's fixes, so both count as SR-1a.
const SR_1A: u32 = 11;

/// Microsoft's articles Q255275 (Office 2000), Q291331 (Office XP) and KB821549 (Office 2003). Their tables list for Word,
/// Excel and Access 2000 the build of the shared library.
const BUILDS: &[Build] = &[
    Build { major: 9, file: LIBRARY, packs: &[(2720, 0), (3821, SR_1A), (4402, 20), (6926, 30)] },
    Build { major: 9, file: "outlook.exe", packs: &[(2711, 0), (3821, SR_1A), (4527, 20), (6627, 30)] },
    Build { major: 9, file: "powerpnt.exe", packs: &[(2716, 0), (3821, SR_1A), (4527, 20), (6620, 30)] },
    Build { major: 10, file: LIBRARY, packs: &[(2625, 0), (3501, 10), (4219, 20), (6626, 30)] },
    Build { major: 10, file: "winword.exe", packs: &[(2627, 0), (3416, 10), (4219, 20), (6612, 30)] },
    Build { major: 10, file: "excel.exe", packs: &[(2614, 0), (3506, 10), (4302, 20), (6501, 30)] },
    Build { major: 10, file: "powerpnt.exe", packs: &[(2623, 0), (3506, 10), (4205, 20), (6501, 30)] },
    Build { major: 11, file: LIBRARY, packs: &[(5606, 0), (6360, 10), (6568, 20), (8172, 30)] },
    Build { major: 11, file: "winword.exe", packs: &[(5604, 0), (6359, 10), (6568, 20), (8169, 30)] },
    Build { major: 11, file: "excel.exe", packs: &[(5612, 0), (6355, 10), (6560, 20), (8169, 30)] },
    Build { major: 11, file: "powerpnt.exe", packs: &[(5529, 0), (6361, 10), (6564, 20), (8169, 30)] },
];

/// Returns the level that corresponds to a file's version, on the scale of `service-pack.level`.
pub(crate) fn level(file: &str, version: &FileVersion) -> Option<u32> {
    // Office 2000 counts its builds in the fourth number, its successors in the third.
    let number = if version.build == 0 { version.revision } else { version.build };
    let known = BUILDS.iter().find(|known| known.major == version.major && known.file.eq_ignore_ascii_case(file))?;
    known.packs.iter().find(|(build, _)| *build == number).map(|(_, level)| *level)
}

/// Returns Microsoft's name for it. `None` for the release as first shipped.
pub(crate) fn name(level: u32) -> Option<String> {
    match level {
        0 => None,
        SR_1A => Some("SR-1 or SR-1a".to_owned()),
        other => Some(format!("Service Pack {}", other / 10)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_plugin::version;

    #[test]
    fn only_builds_of_service_packs_tell_a_level() {
        for (file, text, expected) in [
            (LIBRARY, "9.0.0.2720", Some(0)),
            (LIBRARY, "9.0.0.3821", Some(11)),
            (LIBRARY, "9.0.0.4402", Some(20)),
            (LIBRARY, "9.0.0.6926", Some(30)),
            (LIBRARY, "9.0.0.4527", None),
            ("OUTLOOK.EXE", "9.0.0.4527", Some(20)),
            ("powerpnt.exe", "9.0.0.6620", Some(30)),
            // A hotfix.
            ("powerpnt.exe", "9.0.0.5519", None),
            ("winword.exe", "10.0.3416.0", Some(10)),
            ("winword.exe", "10.0.6612.0", Some(30)),
            ("excel.exe", "11.0.6560.0", Some(20)),
            (LIBRARY, "11.0.8172.0", Some(30)),
            ("winword.exe", "8.0.0.5622", None),
            ("msaccess.exe", "9.0.0.3821", None),
            ("winword.exe", "12.0.4518.1014", None),
        ] {
            let version = version::parse(text).unwrap_or_else(|| panic!("{text} is a version"));
            assert_eq!(level(file, &version), expected, "{file} {text}");
        }
    }

    #[test]
    fn builds_and_levels_ascend() {
        for build in BUILDS {
            assert!(
                build.packs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1),
                "{}",
                build.file
            );
        }
    }
}
