//! Lists of subkeys.

use crate::bytes::{u16_at, u32_at};
use crate::cells::NO_OFFSET;
use crate::wanted::Hint;
use crate::{Error, Hive};

/// A list of subkeys: `li`, `lf` or `lh`.
pub(crate) struct Leaf {
    elements: Vec<u8>,
    kind: LeafKind,
}

#[derive(Clone, Copy)]
enum LeafKind {
    /// `li`
    Plain,
    /// `lf`
    Starts,
    /// `lh`
    Hashes,
}

impl LeafKind {
    fn element_size(self) -> usize {
        match self {
            LeafKind::Plain => 4,
            LeafKind::Starts | LeafKind::Hashes => 8,
        }
    }
}

/// The number of bytes of a list read together with its head: all of most lists.
const USUAL_SIZE: usize = 252;

impl Leaf {
    pub(crate) fn at(hive: &Hive, offset: u32) -> Result<Self, Error> {
        let cell = hive.cell(offset, USUAL_SIZE)?;
        let kind = match cell.start().get(..2) {
            Some(b"li") => LeafKind::Plain,
            Some(b"lf") => LeafKind::Starts,
            Some(b"lh") => LeafKind::Hashes,
            _ => return Err(hive.damage(offset, "bad signature: expected `li`, `lf` or `lh`")),
        };
        let elements = counted(hive, &cell, kind.element_size())?
            .ok_or_else(|| hive.damage(offset, "a list of subkeys is truncated"))?;
        Ok(Leaf { elements, kind })
    }

    pub(crate) fn count(&self) -> usize {
        self.elements.len() / self.kind.element_size()
    }

    /// Returns the offset and the hint of an element.
    pub(crate) fn element(&self, index: usize) -> Option<(u32, Hint)> {
        let size = self.kind.element_size();
        let element = self.elements.get(index.checked_mul(size)?..)?.get(..size)?;
        let hint = match self.kind {
            LeafKind::Plain => Hint::None,
            LeafKind::Starts => Hint::Start(element.get(4..8)?.try_into().ok()?),
            LeafKind::Hashes => Hint::Hash(u32_at(element, 4)?),
        };
        Some((u32_at(element, 0)?, hint))
    }
}

/// Returns the elements after a list's signature and count, half a megabyte at most, or `None` if the cell is too short for them.
fn counted(hive: &Hive, cell: &crate::cells::Cell, element_size: usize) -> Result<Option<Vec<u8>>, Error> {
    let Some(count) = u16_at(cell.start(), 2) else { return Ok(None) };
    cell.read(hive, 4, usize::from(count) * element_size)
}

/// The lists that hold a key's subkeys, read one after another.
///
/// A list that cannot be read is an error in place of its keys, and the following lists are still read. If all lists can be read
/// but hold a different number of keys than the key's count, an error follows the last list.
pub(crate) struct Leaves<'hive> {
    hive: &'hive Hive,
    /// The offset of the list, or list of lists, that the key refers to.
    offset: u32,
    /// The offsets of the remaining lists, the next one last.
    left: Vec<u32>,
    /// The number of further keys that the hive has room for. Several entries may refer to the same list.
    room: u64,
    /// The number of subkeys according to the key's count.
    expected: u64,
    /// The number of keys in the lists so far; `None` once the numbers have been compared, or cannot be.
    found: Option<u64>,
}

impl<'hive> Leaves<'hive> {
    pub(crate) fn none(hive: &'hive Hive) -> Self {
        Leaves { hive, offset: NO_OFFSET, left: Vec::new(), room: 0, expected: 0, found: None }
    }

    /// Opens the list, or list of lists, at an offset, for a key that counts `expected` subkeys. `key_size` is the minimum size of
    /// a key.
    pub(crate) fn at(hive: &'hive Hive, offset: u32, expected: u32, key_size: usize) -> Result<Self, Error> {
        let cell = hive.cell(offset, USUAL_SIZE)?;
        let mut left = vec![offset];
        if cell.start().starts_with(b"ri") {
            let offsets =
                counted(hive, &cell, 4)?.ok_or_else(|| hive.damage(offset, "a list of subkey lists is truncated"))?;
            left = offsets.chunks_exact(4).filter_map(|offset| u32_at(offset, 0)).collect();
            left.reverse();
        }
        let room = hive.bytes_held() / key_size.max(1) as u64;
        Ok(Leaves { hive, offset, left, room, expected: u64::from(expected), found: Some(0) })
    }

    /// After the last list: returns an error if the key's count differs from the number found.
    fn compare(&mut self) -> Option<Error> {
        let (found, expected) = (self.found.take()?, self.expected);
        let damage = || format!("a list of subkeys has {found} entries: expected {expected}");
        (found != expected).then(|| self.hive.damage(self.offset, damage()))
    }
}

impl Iterator for Leaves<'_> {
    type Item = Result<Leaf, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(offset) = self.left.pop() else { return self.compare().map(Err) };
        let leaf = match Leaf::at(self.hive, offset) {
            Ok(leaf) => leaf,
            Err(error) => {
                self.found = None;
                return Some(Err(error));
            }
        };
        let count = leaf.count() as u64;
        self.found = self.found.map(|found| found.saturating_add(count));
        match self.room.checked_sub(count) {
            Some(room) => {
                self.room = room;
                Some(Ok(leaf))
            }
            None => {
                self.left.clear();
                self.found = None;
                Some(Err(self.hive.damage(offset, "a key has more subkeys than the hive has room for")))
            }
        }
    }
}
