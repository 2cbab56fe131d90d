//! The machines that a piece of work is about.

use smol_str::SmolStr;

/// The number of machines whose names are kept for each piece of work.
const NAMED: usize = 12;

/// The machines that something was found on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machines {
    names: Vec<SmolStr>,
    places: Vec<u32>,
}

impl Machines {
    pub(super) fn add(&mut self, name: &SmolStr, place: u32) {
        if self.names.len() < NAMED {
            self.names.push(name.clone());
        }
        self.places.push(place);
    }

    /// Adds the machines at these positions. Their names follow with [`Machines::name`].
    pub(super) fn extend(&mut self, places: &[u32]) {
        self.places.extend(places);
    }

    /// Puts the machines in their order, each once, and names the first ones.
    pub(super) fn name(&mut self, name: &dyn Fn(u32) -> Option<SmolStr>) {
        self.places.sort_unstable();
        self.places.dedup();
        self.names = self.places.iter().take(NAMED).filter_map(|place| name(*place)).collect();
    }

    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The names of the first machines, at most twelve.
    pub fn names(&self) -> &[SmolStr] {
        &self.names
    }

    /// The positions of all machines in the report, counted from 0.
    pub fn places(&self) -> &[u32] {
        &self.places
    }
}
