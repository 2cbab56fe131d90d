//! The element that refers to something or has a value, as the list of unresolved references names it.

use std::fmt::{Display, Formatter, Result};

use super::raw::*;
use crate::error::printable;

/// `Bulletin MS01-022`, `File 12 lsasrv.dll`, or for a patch `MS01-022 Rbupdate.exe`. It is only formatted if it is needed.
#[derive(Clone, Copy)]
pub(super) struct Referrer<'a> {
    words: [&'a str; 3],
    pub(super) place: Place,
}

impl<'a> Referrer<'a> {
    pub(super) fn row<T: Row>(row: &'a T) -> Self {
        Self { words: [T::ELEMENT, row.id(), ""], place: row.place() }
    }

    pub(super) fn named<T: Row>(row: &'a T, name: &'a str) -> Self {
        Self { words: [T::ELEMENT, row.id(), name], place: row.place() }
    }

    pub(super) fn patch(tables: &'a Tables<'_>, patch: &'a Patch<'_>) -> Self {
        let bulletin = tables.bulletins.get(patch.bulletin).map_or("", |bulletin| bulletin.id);
        Self { words: [bulletin, patch.name, ""], place: patch.place }
    }

    pub(super) fn datastore(row: &Datastore<'_>) -> Self {
        Self { words: [Datastore::ELEMENT, "", ""], place: row.place }
    }

    /// Returns the same referrer with the position of an element in it.
    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }
}

impl Display for Referrer<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (number, word) in self.words.iter().filter(|word| !word.is_empty()).enumerate() {
            write!(f, "{}{}", if number == 0 { "" } else { " " }, printable(word))?;
        }
        Ok(())
    }
}
