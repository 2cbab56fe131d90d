//! How an update is treated, for one product at one service pack.

use super::products::ProductId;

/// The treatment of an update, for one product at one service pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Judge,
    /// By the row at this index in `update.applies-to`.
    Included(u32),
    /// By the entry at this index in `update.superseded-by`, and the update that it names, if any.
    Superseded(u32, Option<u32>),
    /// Whether it applies depends on the service pack, which is not known.
    ServicePackUnknown,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its index among all updates.
    pub(super) update: u32,
    /// The matching row in `update.applies-to`, which contains the product's name as the update spells it.
    pub(super) row: u32,
    pub(super) course: Course,
}

/// The updates that concern one product at one service pack, in the catalog's order, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// `None` for a product that the catalog does not contain.
    pub(super) product: Option<ProductId>,
    pub(super) entries: Vec<Entry>,
}

impl Plan {
    pub(super) fn course(&self, update: u32) -> Option<Course> {
        let found = self.entries.binary_search_by_key(&update, |entry| entry.update).ok()?;
        Some(self.entries[found].course)
    }

    /// Whether the update applies here, or is included in the service pack: only such an update supersedes another.
    pub(super) fn is_in_force(&self, update: u32) -> bool {
        matches!(self.course(update), Some(Course::Judge | Course::Superseded(..) | Course::Included(_)))
    }
}
