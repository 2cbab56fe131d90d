//! Rows by identifier.

use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashMapExt};

use super::raw::Row;

pub(super) struct Table<'a, T> {
    rows: &'a [T],
    /// The index of the first row with each identifier.
    by_id: HashMap<&'a str, usize>,
}

impl<'a, T: Row> Table<'a, T> {
    /// Adds the number of rows with the identifier of an earlier one to `repeated`.
    pub(super) fn new(rows: &'a [T], repeated: &mut u64) -> Self {
        let mut by_id = HashMap::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            match by_id.entry(row.id()) {
                Entry::Vacant(free) => {
                    free.insert(at);
                }
                Entry::Occupied(_) => *repeated += 1,
            }
        }
        Self { rows, by_id }
    }

    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, id: &str) -> Option<&'a T> {
        self.rows.get(self.position(id)?)
    }
}
