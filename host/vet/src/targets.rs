//! The fleet of one vetting run: its targets, and those of them that the laws are tried on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use wardline_evidence::Source as _;
use wardline_evidence::image::{Volume, VolumeError};
use wardline_evidence::recording::{Recording, is_recording};
use wardline_sandbox::HostFailure;

use super::VetError;
use super::fleet::chance::Chance;
use super::fleet::{Explorer, corpus, generated, recorded};
use super::report::Unopened;

/// The depth below a fleet's folder to which recordings are looked for.
const DEEPEST: u32 = 2;

/// Returns the recordings and volumes in a folder, or the path itself if it is one, sorted by name.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn find(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() || is_volume(path) {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let recording = path
            .extension()
            .is_some_and(|extension| ["json", "recording"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
        if path.is_dir() && !is_volume(&path) {
            let below = found.len();
            recordings_below(&path, DEEPEST, &mut found);
            if found.len() > below {
                continue;
            }
        }
        if path.is_dir() || recording {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a folder is a volume. An unreadable volume counts as one, too: its folders are not a fleet.
fn is_volume(folder: &Path) -> bool {
    let opened = Volume::open(folder, None);
    !matches!(opened, Err(VolumeError::Empty(_) | VolumeError::NoWindows(_) | VolumeError::NoneSeen { .. }))
}

/// Adds the recordings in the folders below, laid out like a plugin's cases (`cases/bad/guest-enabled/target.json`). Recordings
/// are recognized by how the file begins: a case holds other JSON files next to its target.
fn recordings_below(folder: &Path, depth: u32, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && depth > 0 {
            recordings_below(&path, depth - 1, found);
        } else if is_recording(&path) {
            found.push(path);
        }
    }
}

/// The source of a run's targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fleet {
    /// The recordings that wardline carries.
    BuiltIn,
    /// The operator's recordings and volumes.
    Given(Vec<PathBuf>),
}

/// A run's targets.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) targets: Vec<Recording>,
    pub(super) built_in: usize,
    pub(super) given: usize,
    pub(super) generated: usize,
    pub(super) unopened: Vec<Unopened>,
}

impl Targets {
    /// Collects the targets. Within a thread pool, opens as many at once as the pool has threads.
    pub(super) fn collect(
        fleet: &Fleet,
        number: usize,
        seed: u64,
        explorer: Explorer<'_>,
    ) -> Result<Targets, VetError> {
        let (mut targets, mut unopened) = (Vec::new(), Vec::new());
        let mut built_in = 0;
        match fleet {
            Fleet::BuiltIn => {
                targets = corpus::recordings()?;
                built_in = targets.len();
            }
            Fleet::Given(paths) => {
                let opened: Vec<_> = paths.par_iter().map(|path| open(path, seed, explorer)).collect();
                for (path, opened) in paths.iter().zip(opened) {
                    match opened {
                        Ok(target) => targets.push(target),
                        Err(error) => {
                            if let Some(failure) = HostFailure::among_causes(error.as_ref()) {
                                return Err(failure.into());
                            }
                            unopened.push(Unopened { location: path.display().to_string(), reason: error.to_string() });
                        }
                    }
                }
            }
        }
        let given = targets.len() - built_in;
        targets.par_extend((0..number).into_par_iter().map(|number| generated(explorer, seed, number)));
        Ok(Targets { built_in, given, generated: number, targets, unopened })
    }

    /// The targets that the laws are tried on, in the fleet's order: `suspects` first, then those that the seed chooses, `most`
    /// in total.
    pub(super) fn chosen(&self, most: usize, seed: u64, suspects: &HashSet<usize>) -> Vec<Recording> {
        let chance = Chance::new(seed);
        let mut order: Vec<usize> = (0..self.targets.len()).collect();
        order.sort_by_key(|place| (!suspects.contains(place), chance.draw("chosen", &place.to_string())));
        order.truncate(most);
        order.sort_unstable();
        order.into_iter().map(|place| self.targets[place].clone()).collect()
    }
}

/// Opens a recording as it is, and a volume as a recording of what the plugin may ask of it.
fn open(path: &Path, seed: u64, explorer: Explorer<'_>) -> Result<Recording, Box<dyn std::error::Error + Send + Sync>> {
    if !path.is_dir() {
        return Ok(Recording::read(path)?);
    }
    let volume = Volume::open(path, None)?;
    let recording = recorded(explorer, &volume, seed);
    match volume.host_failure() {
        Some(failure) => Err(failure.into()),
        None => Ok(recording),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fleet's folder may hold links to recordings elsewhere. The folders of an unreadable volume are not a fleet.
    #[cfg(unix)]
    #[test]
    fn a_volume_is_a_target_whether_it_can_be_read_or_not() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["fleet/web01", "volume/WINNT/system32/config", "unreadable/Documents"] {
            std::fs::create_dir_all(at(path)).unwrap();
        }
        std::fs::write(at("volume/WINNT/system32/config/SYSTEM"), "").unwrap();
        for case in ["good/patched", "bad/door-open"] {
            std::fs::create_dir_all(at("cases").join(case)).unwrap();
            let recording = r#"{"format":"wardline.recording/1","name":"A","answers":[]}"#;
            std::fs::write(at("cases").join(case).join("target.json"), recording).unwrap();
            std::fs::write(at("cases").join(case).join("expected.json"), "{}").unwrap();
        }
        symlink("/nowhere/a.json", at("fleet/a.json")).unwrap();
        symlink("/nowhere", at("unreadable/WINNT")).unwrap();
        for (path, found) in [
            ("fleet", &["fleet/a.json", "fleet/web01"][..]),
            ("cases", &["cases/bad/door-open/target.json", "cases/good/patched/target.json"]),
            ("cases/bad", &["cases/bad/door-open/target.json"]),
            ("volume", &["volume"]),
            ("unreadable", &["unreadable"]),
            ("fleet/a.json", &["fleet/a.json"]),
        ] {
            let found: Vec<PathBuf> = found.iter().map(|path| at(path)).collect();
            assert_eq!(find(&at(path)).unwrap(), found, "{path}");
        }
    }
}
