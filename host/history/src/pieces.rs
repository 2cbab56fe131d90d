//! Pieces of reports that were read, for the next report that has them: most findings are the same on many machines.

use std::collections::HashMap;

use wardline_report::{ActionReport, CheckReport, UpdateReport};

/// The memory that the pieces may take together, in bytes.
const MOST_KEPT: u64 = 128 << 20;

/// The pieces of the lists of reports, by their rows.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    checks: HashMap<i64, Piece<CheckReport>>,
    updates: HashMap<i64, Piece<UpdateReport>>,
    actions: HashMap<i64, Piece<ActionReport>>,
    memory: u64,
}

/// A piece, the length of its JSON and the memory that it takes, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Piece<T> {
    pub(crate) value: T,
    pub(crate) length: u64,
    pub(crate) memory: u64,
}

/// A type of pieces that are kept.
pub(crate) trait Kept: Clone {
    fn of(pieces: &mut Pieces) -> &mut HashMap<i64, Piece<Self>>;
}

impl Kept for CheckReport {
    fn of(pieces: &mut Pieces) -> &mut HashMap<i64, Piece<Self>> {
        &mut pieces.checks
    }
}

impl Kept for UpdateReport {
    fn of(pieces: &mut Pieces) -> &mut HashMap<i64, Piece<Self>> {
        &mut pieces.updates
    }
}

impl Kept for ActionReport {
    fn of(pieces: &mut Pieces) -> &mut HashMap<i64, Piece<Self>> {
        &mut pieces.actions
    }
}

impl Pieces {
    pub(crate) fn get<T: Kept>(&mut self, row: i64) -> Option<&Piece<T>> {
        T::of(self).get(&row)
    }

    /// Keeps a piece. If there is no room, all others go: the next reports have most of them again.
    pub(crate) fn keep<T: Kept>(&mut self, row: i64, piece: Piece<T>) {
        let memory = piece.memory.saturating_add(size_of::<Piece<T>>() as u64);
        if self.memory.saturating_add(memory) > MOST_KEPT {
            *self = Pieces::default();
        }
        self.memory = self.memory.saturating_add(memory);
        T::of(self).insert(row, piece);
    }
}
