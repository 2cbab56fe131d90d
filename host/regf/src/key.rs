//! Keys: their names, subkeys and values.

use crate::bytes::{text, u16_at, u32_at, u64_at, units};
use crate::cells::{Cell, NO_OFFSET};
use crate::list::{Leaf, Leaves};
use crate::wanted::{Fit, Hint, Wanted};
use crate::{Error, Hive, Value};

/// The key is a link to another key.
const FLAG_LINK: u16 = 0x0010;
/// The name has one byte per character.
const FLAG_COMPRESSED_NAME: u16 = 0x0020;

/// The size of a key's cell without its name.
const KEY_SIZE: usize = 76;
/// The number of bytes read at once for a key: all of it if its name has a typical length.
const USUAL_SIZE: usize = KEY_SIZE + 48;

/// The maximum size of a security descriptor that is returned. Each of its two access control lists has 64 KiB at most.
const MAX_DESCRIPTOR_SIZE: usize = 256 << 10;

/// The maximum number of a key's subkeys or values searched for a name. The largest keys of Windows have some ten thousand.
const MAX_SEARCHED: usize = 1 << 18;

/// The number of bytes of value offsets read at once.
const OFFSETS_CHUNK: u64 = 1024;

/// A key of a hive.
#[derive(Clone)]
pub struct Key<'hive> {
    hive: &'hive Hive,
    cell: Cell,
}

impl std::fmt::Debug for Key<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Key").field("hive", self.hive).field("offset", &self.cell.offset).finish()
    }
}

impl<'hive> Key<'hive> {
    pub(crate) fn at(hive: &'hive Hive, offset: u32) -> Result<Self, Error> {
        let cell = hive.signed_cell(offset, *b"nk", USUAL_SIZE)?;
        if cell.len() < KEY_SIZE as u64 || cell.start().len() < KEY_SIZE {
            return Err(hive.damage(offset, "a key is truncated"));
        }
        Ok(Key { hive, cell })
    }

    fn damage(&self, damage: impl Into<String>) -> Error {
        self.hive.damage(self.cell.offset, damage)
    }

    fn too_many(&self, what: &'static str) -> Error {
        self.hive.too_many(self.cell.offset, what, MAX_SEARCHED)
    }

    // `at` checked that the fixed part exists.
    fn number(&self, at: usize) -> u32 {
        u32_at(self.cell.start(), at).unwrap_or_default()
    }

    fn short_number(&self, at: usize) -> u16 {
        u16_at(self.cell.start(), at).unwrap_or_default()
    }

    fn flags(&self) -> u16 {
        self.short_number(2)
    }

    /// Returns whether the key is a link. Its value `SymbolicLinkValue` holds the target.
    pub fn is_link(&self) -> bool {
        self.flags() & FLAG_LINK != 0
    }

    /// The time of the last write, as a Windows file time: units of 100 ns since 1601.
    pub fn last_written(&self) -> u64 {
        u64_at(self.cell.start(), 4).unwrap_or_default()
    }

    /// Returns the name in UTF-16, as stored. It may be invalid.
    ///
    /// # Errors
    ///
    /// If it is longer than its cell.
    pub fn name_units(&self) -> Result<Vec<u16>, Error> {
        let length = usize::from(self.short_number(72));
        let name = self.cell.read(self.hive, KEY_SIZE as u64, length)?;
        let name = name.ok_or_else(|| self.damage("a key's name is truncated"))?;
        Ok(stored_name(&name, self.flags() & FLAG_COMPRESSED_NAME != 0))
    }

    /// Returns the name; invalid UTF-16 in it becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// Same as [`Key::name_units`].
    pub fn name(&self) -> Result<String, Error> {
        self.name_units().map(text)
    }

    /// Returns the class name, a second name that few keys have; empty if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn class_name(&self) -> Result<String, Error> {
        let length = usize::from(self.short_number(74));
        let offset = self.number(48);
        if length == 0 || offset == NO_OFFSET {
            return Ok(String::new());
        }
        let name = self.hive.cell(offset, length)?;
        let name = name.start().get(..length).ok_or_else(|| self.hive.damage(offset, "a class name is truncated"))?;
        Ok(text(units(name)))
    }

    /// Returns the self-relative security descriptor, or `None` if the key has none.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is larger than 256 KiB.
    pub fn security(&self) -> Result<Option<Vec<u8>>, Error> {
        let offset = self.number(44);
        if offset == NO_OFFSET {
            return Ok(None);
        }
        let cell = self.hive.signed_cell(offset, *b"sk", USUAL_SIZE)?;
        let truncated = || self.hive.damage(offset, "a security descriptor is truncated");
        let length = u32_at(cell.start(), 16).ok_or_else(truncated)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_DESCRIPTOR_SIZE {
            return Err(self.hive.too_large(offset, "security descriptor", length, MAX_DESCRIPTOR_SIZE));
        }
        cell.read(self.hive, 20, length)?.map(Some).ok_or_else(truncated)
    }

    /// Returns the subkey of this name, or `None` if there is no such key.
    ///
    /// Names are compared as Windows compares them. The hashes in the list only determine where the search begins. A name that
    /// contains U+FFFD, as returned by [`Key::name`], finds the key with that name if there is exactly one.
    ///
    /// Damaged siblings do not affect a key that is found.
    ///
    /// # Errors
    ///
    /// If it is not found and might be a sibling that cannot be read, or the lists hold a different number of keys than the key's
    /// count; if several keys have this name after decoding; if it is not among the first 262,144.
    pub fn subkey(&self, name: &str) -> Result<Option<Key<'hive>>, Error> {
        let wanted = Wanted::new(name);
        let mut search = Search::default();
        let look = |search: &mut Search<_>, offset| {
            let found = Key::at(self.hive, offset).and_then(|key| Ok((key.name_units()?, key)));
            search.look(&wanted, found)
        };
        // Searched if no likely key matches: a hint may be wrong.
        let mut unlikely = Vec::new();
        for leaf in self.leaves()? {
            let leaf = match leaf {
                Ok(leaf) => leaf,
                Err(error) => {
                    search.fail(error);
                    continue;
                }
            };
            search.count(leaf.count(), || self.too_many("subkeys"))?;
            for (offset, hint) in (0..leaf.count()).filter_map(|index| leaf.element(index)) {
                if !wanted.is_likely(hint) {
                    unlikely.push(offset);
                } else if let Some(key) = look(&mut search, offset) {
                    return Ok(Some(key));
                }
            }
        }
        for offset in unlikely {
            if let Some(key) = look(&mut search, offset) {
                return Ok(Some(key));
            }
        }
        search.end(|| self.damage(format!("several subkeys are displayed as {name}")))
    }

    /// Returns the subkeys, in the hive's order. A subkey that cannot be read is an error in its place, and so is a list of
    /// subkeys. If the lists hold a different number than the key's count, the last item is an error.
    ///
    /// A damaged hive may contain cycles: callers that descend recursively must limit the depth.
    ///
    /// # Errors
    ///
    /// If the list of all subkeys cannot be read.
    pub fn subkeys(&self) -> Result<impl Iterator<Item = Result<Key<'hive>, Error>> + use<'hive>, Error> {
        let hive = self.hive;
        Ok(self.leaves()?.flat_map(move |leaf| Keys { hive, leaf: Some(leaf), next: 0 }))
    }

    /// Returns the lists of subkeys. Together they hold as many keys as the key's count, and no more than the hive has room for.
    fn leaves(&self) -> Result<Leaves<'hive>, Error> {
        // Windows relies on the count: at 0 it reads no list.
        match (self.number(20), self.number(28)) {
            (0, _) => Ok(Leaves::none(self.hive)),
            (count, NO_OFFSET) => Err(self.damage(format!("a key has {count} subkeys but no list of them"))),
            (count, list) => Leaves::at(self.hive, list, count, KEY_SIZE),
        }
    }

    /// Returns the value of this name, or `None` if there is no such value. The empty name is that of the default value.
    ///
    /// Names and damaged siblings are treated as in [`Key::subkey`].
    ///
    /// # Errors
    ///
    /// Same as [`Key::subkey`].
    pub fn value(&self, name: &str) -> Result<Option<Value<'hive>>, Error> {
        let wanted = Wanted::new(name);
        let mut search = Search::default();
        for value in self.values()? {
            search.count(1, || self.too_many("values"))?;
            let found = value.and_then(|value| Ok((value.name_units()?, value)));
            if let Some(value) = search.look(&wanted, found) {
                return Ok(Some(value));
            }
        }
        search.end(|| self.damage(format!("several values are displayed as {name}")))
    }

    /// Returns the values, in the key's order. A value that cannot be read is an error in its place; if the list of values ends too
    /// early, the last item is an error.
    ///
    /// # Errors
    ///
    /// If the list cannot be read.
    pub fn values(&self) -> Result<impl Iterator<Item = Result<Value<'hive>, Error>> + use<'hive>, Error> {
        let hive = self.hive;
        let count = self.number(36);
        let list = self.number(40);
        let cell = match count {
            0 => None,
            _ if list == NO_OFFSET => {
                return Err(self.damage(format!("a key has {count} values but no list of them")));
            }
            _ => Some(hive.cell(list, usize::try_from(count).unwrap_or(usize::MAX).min(32) * 4)?),
        };
        Ok(Values { hive, cell, at: 0, end: u64::from(count) * 4, offsets: Vec::new().into_iter() })
    }
}

/// The keys of one list, or an error in its place.
struct Keys<'hive> {
    hive: &'hive Hive,
    leaf: Option<Result<Leaf, Error>>,
    next: usize,
}

impl<'hive> Iterator for Keys<'hive> {
    type Item = Result<Key<'hive>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.leaf.take()? {
            Ok(leaf) => {
                let (offset, _): (u32, Hint) = leaf.element(self.next)?;
                self.leaf = Some(Ok(leaf));
                self.next += 1;
                Some(Key::at(self.hive, offset))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

struct Values<'hive> {
    hive: &'hive Hive,
    /// The list of value offsets; `None` once it is exhausted.
    cell: Option<Cell>,
    /// The position in the list, in bytes.
    at: u64,
    end: u64,
    /// Offsets that were read but not used yet.
    offsets: std::vec::IntoIter<u32>,
}

impl Values<'_> {
    /// Reads the next chunk and returns its first offset, or `None` at the end.
    fn read_offsets(&mut self) -> Result<Option<u32>, Error> {
        let Some(cell) = self.cell.take() else { return Ok(None) };
        if self.at >= self.end {
            return Ok(None);
        }
        // Only whole offsets.
        let there = cell.len().saturating_sub(self.at) / 4 * 4;
        let length = (self.end - self.at).min(OFFSETS_CHUNK).min(there);
        let bytes = match usize::try_from(length).ok().filter(|length| *length > 0) {
            Some(length) => cell.read(self.hive, self.at, length)?,
            None => None,
        };
        let bytes = bytes.ok_or_else(|| self.hive.damage(cell.offset, "a list of values is truncated"))?;
        self.offsets = bytes.chunks_exact(4).filter_map(|offset| u32_at(offset, 0)).collect::<Vec<_>>().into_iter();
        self.at += length;
        self.cell = Some(cell);
        Ok(self.offsets.next())
    }
}

impl<'hive> Iterator for Values<'hive> {
    type Item = Result<Value<'hive>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = match self.offsets.next() {
            Some(offset) => offset,
            None => match self.read_offsets() {
                Ok(offset) => offset?,
                Err(error) => return Some(Err(error)),
            },
        };
        Some(Value::at(self.hive, offset))
    }
}

/// The state of a search for a name.
struct Search<T> {
    /// The number of members searched.
    counted: usize,
    damage: Option<Error>,
    shown: Option<T>,
    ambiguous: bool,
}

impl<T> Default for Search<T> {
    fn default() -> Self {
        Search { counted: 0, damage: None, shown: None, ambiguous: false }
    }
}

impl<T> Search<T> {
    fn fail(&mut self, error: Error) {
        self.damage.get_or_insert(error);
    }

    /// Counts the members searched next. Returns an error if there are too many.
    fn count(&mut self, count: usize, too_many: impl FnOnce() -> Error) -> Result<(), Error> {
        self.counted = self.counted.saturating_add(count);
        if self.counted > MAX_SEARCHED { Err(too_many()) } else { Ok(()) }
    }

    /// Compares an item's name. Returns the item if it matches exactly.
    fn look(&mut self, wanted: &Wanted<'_>, found: Result<(Vec<u16>, T), Error>) -> Option<T> {
        match found {
            Ok((name, thing)) => match wanted.fit(&name) {
                Fit::Same => return Some(thing),
                Fit::Shown => self.ambiguous |= self.shown.replace(thing).is_some(),
                Fit::Different => {}
            },
            Err(error) => self.fail(error),
        }
        None
    }

    /// Returns the result of a search without an exact match.
    fn end(self, ambiguous: impl FnOnce() -> Error) -> Result<Option<T>, Error> {
        match self {
            Search { ambiguous: true, .. } => Err(ambiguous()),
            Search { damage: Some(error), .. } => Err(error),
            Search { shown, .. } => Ok(shown),
        }
    }
}

/// Decodes a stored name: either one byte per character, each the Unicode character of the same number, or UTF-16.
pub(crate) fn stored_name(name: &[u8], compressed: bool) -> Vec<u16> {
    if compressed { name.iter().map(|byte| u16::from(*byte)).collect() } else { units(name).collect() }
}
