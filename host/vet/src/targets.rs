//! The fleet of one vetting run: which targets there are, and which of them the laws are tried on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use wardline_evidence::image::Volume;
use wardline_evidence::recording::Recording;

use super::fleet::chance::Chance;
use super::fleet::{Explorer, corpus, generated, recorded};
use super::report::Unopened;

/// Recordings and volumes in a folder, or what the path itself is, in the order of their names.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn find(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() || Volume::open(path, None).is_ok() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let recording = path
            .extension()
            .is_some_and(|extension| ["json", "recording"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
        if path.is_dir() || recording {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Where a run's targets come from.
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
    /// Collects the targets; within a pool of threads, as many at a time as it has.
    pub(super) fn collect(
        fleet: &Fleet,
        number: usize,
        seed: u64,
        explorer: Explorer<'_>,
    ) -> Result<Targets, wardline_evidence::recording::RecordingError> {
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
                        Err(reason) => unopened.push(Unopened { location: path.display().to_string(), reason }),
                    }
                }
            }
        }
        let given = targets.len() - built_in;
        targets.par_extend((0..number).into_par_iter().map(|number| generated(explorer, seed, number)));
        Ok(Targets { built_in, given, generated: number, targets, unopened })
    }

    /// The targets that the laws are tried on, in the fleet's order: `suspects` first, then those that the seed chooses, `most`
    /// in all.
    pub(super) fn chosen(&self, most: usize, seed: u64, suspects: &HashSet<usize>) -> Vec<Recording> {
        let chance = Chance::new(seed);
        let mut order: Vec<usize> = (0..self.targets.len()).collect();
        order.sort_by_key(|place| (!suspects.contains(place), chance.draw("chosen", &place.to_string())));
        order.truncate(most);
        order.sort_unstable();
        order.into_iter().map(|place| self.targets[place].clone()).collect()
    }
}

/// A recording as it is; a volume as what the plugin may come to ask of it.
fn open(path: &Path, seed: u64, explorer: Explorer<'_>) -> Result<Recording, String> {
    let words = |error: &dyn std::error::Error| error.to_string();
    if path.is_dir() {
        let volume = Volume::open(path, None).map_err(|error| words(&error))?;
        Ok(recorded(explorer, &volume, seed))
    } else {
        Recording::read(path).map_err(|error| words(&error))
    }
}
