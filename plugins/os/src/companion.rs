//! Products that ship with Windows or are installed on top of it, and that catalogs list separately.

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::prelude::*;

use crate::product::Windows;

/// How a companion's service pack is determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// Windows' service packs contain its fixes; its rows in the catalog name them.
    OfWindows,
    /// It has no service packs: always as first shipped.
    Gold,
}

/// A companion, identified by the version of one of its files.
struct Companion {
    file: &'static str,
    /// The major version of that file, and its lowest and highest minor version.
    major: u16,
    minor: std::ops::RangeInclusive<u16>,
    /// Only on this version of Windows.
    windows: Option<&'static str>,
    product: &'static str,
    level: Level,
}

const SCRIPT: &str = r"%windir%\system32\vbscript.dll";
const VIRTUAL_MACHINE: &str = r"%windir%\system32\msjava.dll";
const INDEXING: &str = r"%windir%\system32\cisvc.exe";
const PLAYER_6: &str = r"%programfiles%\Windows Media Player\mplayer2.exe";
const PLAYER_7: &str = r"%programfiles%\Windows Media Player\wmplayer.exe";

/// The files whose versions identify the companions.
pub(crate) const FILES: &[&str] = &[SCRIPT, VIRTUAL_MACHINE, INDEXING, PLAYER_6, PLAYER_7];

const fn companion(
    file: &'static str,
    major: u16,
    minor: std::ops::RangeInclusive<u16>,
    windows: Option<&'static str>,
    product: &'static str,
    level: Level,
) -> Companion {
    Companion { file, major, minor, windows, product, level }
}

const COMPANIONS: &[Companion] = &[
    companion(SCRIPT, 5, 1..=1, None, "Windows Script 5.1", Level::OfWindows),
    companion(SCRIPT, 5, 5..=5, None, "Windows Script 5.5", Level::OfWindows),
    companion(VIRTUAL_MACHINE, 5, 0..=u16::MAX, None, "Microsoft Virtual Machine (VM)", Level::OfWindows),
    companion(INDEXING, 5, 0..=0, Some("5.0."), "Indexing Services for Windows 2000", Level::OfWindows),
    companion(PLAYER_6, 6, 4..=4, None, "Windows Media Player 6.4", Level::Gold),
    companion(PLAYER_7, 7, 0..=0, None, "Windows Media Player 7.0", Level::Gold),
    companion(PLAYER_7, 7, 1..=u16::MAX, None, "Windows Media Player 7.1", Level::Gold),
];

/// Returns the catalog's names of all companions.
pub(crate) fn products() -> impl Iterator<Item = &'static str> {
    COMPANIONS.iter().map(|companion| companion.product)
}

/// A companion that is present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) product: &'static str,
    pub(crate) level: Option<u32>,
    pub(crate) version: String,
}

/// Returns the companions that these versions of [`FILES`], in the same order, identify. An absent file identifies none;
/// [`unread`] reports files that could not be read.
pub(crate) fn found(windows: &Windows, files: &[Answer]) -> Vec<Found> {
    let versions = FILES.iter().zip(files).filter_map(|(&file, answer)| match answer {
        Answer::Known(Fact::File(info)) => Some((file, info.version?)),
        _ => None,
    });
    let found = versions.filter_map(|(file, version)| {
        let companion = COMPANIONS.iter().find(|companion| {
            companion.file == file
                && companion.major == version.major
                && companion.minor.contains(&version.minor)
                && companion.windows.is_none_or(|release| windows.build.starts_with(release))
        })?;
        Some(Found {
            product: companion.product,
            level: match companion.level {
                Level::OfWindows => windows.level,
                Level::Gold => Some(0),
            },
            version: format!("{}.{}.{}.{}", version.major, version.minor, version.build, version.revision),
        })
    });
    found.collect()
}

/// A file that could not be read: the presence of its companions is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) file: &'static str,
    /// The products that it could have identified on this Windows.
    pub(crate) products: Vec<&'static str>,
    pub(crate) reason: String,
}

/// Returns the files among [`FILES`] that could not be read, with their indices.
pub(crate) fn unread(windows: &Windows, files: &[Answer]) -> Vec<(usize, Unread)> {
    let files = FILES.iter().zip(files).enumerate().filter_map(|(place, (&file, answer))| {
        let reason = why_unknown(answer)?.to_owned();
        let of_file = COMPANIONS.iter().filter(|companion| {
            companion.file == file && companion.windows.is_none_or(|release| windows.build.starts_with(release))
        });
        let products: Vec<_> = of_file.map(|companion| companion.product).collect();
        (!products.is_empty()).then_some((place, Unread { file, products, reason }))
    });
    files.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{self, Marks, tests::machine};

    #[test]
    fn files_tell_of_companions() {
        let windows = |version| {
            product::identify(&machine(version, 2195, 2, Role::Server, &[]), Marks::default()).expect("a known Windows")
        };
        for (version, file, major, minor, expected) in [
            ("5.0", SCRIPT, 5, 1, Some(("Windows Script 5.1", 20))),
            ("5.0", SCRIPT, 5, 5, Some(("Windows Script 5.5", 20))),
            ("5.0", SCRIPT, 5, 6, None),
            ("4.0", VIRTUAL_MACHINE, 5, 0, Some(("Microsoft Virtual Machine (VM)", 20))),
            ("5.0", INDEXING, 5, 0, Some(("Indexing Services for Windows 2000", 20))),
            ("5.1", INDEXING, 5, 1, None),
            ("4.0", INDEXING, 5, 0, None),
            ("5.0", PLAYER_6, 6, 4, Some(("Windows Media Player 6.4", 0))),
            ("5.0", PLAYER_7, 7, 0, Some(("Windows Media Player 7.0", 0))),
            ("5.0", PLAYER_7, 7, 10, Some(("Windows Media Player 7.1", 0))),
            ("5.0", PLAYER_7, 8, 0, None),
        ] {
            let answers: Vec<_> = FILES
                .iter()
                .map(|&asked| {
                    if asked != file {
                        return Answer::Absent;
                    }
                    let version = Some(FileVersion { major, minor, build: 1, revision: 2 });
                    Answer::Known(Fact::File(FileInfo {
                        version,
                        checksum: None,
                        size: 1,
                        modified: None,
                        language: None,
                    }))
                })
                .collect();
            let found: Vec<_> = found(&windows(version), &answers)
                .into_iter()
                .filter_map(|found| Some((found.product, found.level?)))
                .collect();
            assert_eq!(found, Vec::from_iter(expected), "{file} {major}.{minor} on {version}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let windows = product::identify(&machine("5.0", 2195, 2, Role::Server, &[]), Marks::default()).unwrap();
        assert_eq!(found(&windows, &vec![Answer::Unreadable("damaged".to_owned()); FILES.len()]), []);
        assert_eq!(found(&windows, &[]), []);
        let answers = [Answer::Unsupported, Answer::Absent, Answer::Denied("policy".to_owned())];
        let unread: Vec<_> =
            unread(&windows, &answers).into_iter().map(|(place, unread)| (place, unread.products)).collect();
        let script = vec!["Windows Script 5.1", "Windows Script 5.5"];
        assert_eq!(unread, [(0, script), (2, vec!["Indexing Services for Windows 2000"])]);
    }
}
