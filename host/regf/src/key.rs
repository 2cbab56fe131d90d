//! Keys: their names, what lies below them, their values.

use crate::bytes::{text, u16_at, u32_at, u64_at, units};
use crate::cells::{Cell, NOWHERE};
use crate::list::{Leaf, Leaves};
use crate::wanted::{Fit, Hint, Wanted};
use crate::{Error, Hive, Value};

/// The key is a link to another key.
const FLAG_LINK: u16 = 0x0010;
/// The name has one byte a character.
const FLAG_COMPRESSED_NAME: u16 = 0x0020;

/// The size of a key's cell without its name.
const KEY_SIZE: usize = 76;
/// What is read at once of a key: all of it where the name is of usual length.
const USUAL_SIZE: usize = KEY_SIZE + 48;

/// Larger descriptors are not handed out. Each of their two access control lists has 64 KiB at most.
const MAX_DESCRIPTOR_SIZE: usize = 256 << 10;

/// So many subkeys or values of a key are looked through for a name. Windows has some ten thousand in its largest keys.
const MAX_SEARCHED: usize = 1 << 18;

/// Offsets of values that are read at once, in bytes.
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
            return Err(hive.damage(offset, "a key is cut short"));
        }
        Ok(Key { hive, cell })
    }

    fn damage(&self, damage: impl Into<String>) -> Error {
        self.hive.damage(self.cell.offset, damage)
    }

    fn too_many(&self, what: &'static str) -> Error {
        self.hive.too_many(self.cell.offset, what, MAX_SEARCHED)
    }

    // `at` made sure that the fixed part is there.
    fn number(&self, at: usize) -> u32 {
        u32_at(self.cell.start(), at).unwrap_or_default()
    }

    fn short_number(&self, at: usize) -> u16 {
        u16_at(self.cell.start(), at).unwrap_or_default()
    }

    fn flags(&self) -> u16 {
        self.short_number(2)
    }

    /// Whether the key is a link. Its value `SymbolicLinkValue` says where to.
    pub fn is_link(&self) -> bool {
        self.flags() & FLAG_LINK != 0
    }

    /// As a Windows file time: units of 100 ns since 1601.
    pub fn last_written(&self) -> u64 {
        u64_at(self.cell.start(), 4).unwrap_or_default()
    }

    /// The name in UTF-16, as stored. It need not be valid.
    ///
    /// # Errors
    ///
    /// Where it is longer than its cell.
    pub fn name_units(&self) -> Result<Vec<u16>, Error> {
        let length = usize::from(self.short_number(72));
        let name = self.cell.read(self.hive, KEY_SIZE as u64, length)?;
        let name = name.ok_or_else(|| self.damage("a key's name is cut short"))?;
        Ok(stored_name(&name, self.flags() & FLAG_COMPRESSED_NAME != 0))
    }

    /// The name; what is no valid UTF-16 in it is shown as U+FFFD.
    ///
    /// # Errors
    ///
    /// As [`Key::name_units`].
    pub fn name(&self) -> Result<String, Error> {
        self.name_units().map(text)
    }

    /// A second name that hardly any key has; empty where there is none.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn class_name(&self) -> Result<String, Error> {
        let length = usize::from(self.short_number(74));
        let offset = self.number(48);
        if length == 0 || offset == NOWHERE {
            return Ok(String::new());
        }
        let name = self.hive.cell(offset, length)?;
        let name = name.start().get(..length).ok_or_else(|| self.hive.damage(offset, "a class name is cut short"))?;
        Ok(text(units(name)))
    }

    /// The self-relative security descriptor; none where the key has none.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or has more than 256 KiB.
    pub fn security(&self) -> Result<Option<Vec<u8>>, Error> {
        let offset = self.number(44);
        if offset == NOWHERE {
            return Ok(None);
        }
        let cell = self.hive.signed_cell(offset, *b"sk", USUAL_SIZE)?;
        let cut_short = || self.hive.damage(offset, "a security descriptor is cut short");
        let length = u32_at(cell.start(), 16).ok_or_else(cut_short)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_DESCRIPTOR_SIZE {
            return Err(self.hive.too_large(offset, "security descriptor", length, MAX_DESCRIPTOR_SIZE));
        }
        cell.read(self.hive, 20, length)?.map(Some).ok_or_else(cut_short)
    }

    /// The key of this name right below; none where there is no such key.
    ///
    /// Names are compared as Windows compares them. The hashes in the list are only where the search begins. A name with U+FFFD in
    /// it, as [`Key::name`] gives it, finds the one key that is shown so.
    ///
    /// A damaged neighbour does not matter to a key that is found.
    ///
    /// # Errors
    ///
    /// Where it is not found and a neighbour cannot be read, which might have been it, or the lists hold another number of keys than
    /// the key counts; where several keys read as this name; where it is not among the first 262,144.
    pub fn subkey(&self, name: &str) -> Result<Option<Key<'hive>>, Error> {
        let wanted = Wanted::new(name);
        let mut search = Search::default();
        let look = |search: &mut Search<_>, offset| {
            let found = Key::at(self.hive, offset).and_then(|key| Ok((key.name_units()?, key)));
            search.look(&wanted, found)
        };
        // Looked at when nothing likely is the one: a hint may be wrong.
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
        search.end(|| self.damage(format!("several subkeys read as {name}")))
    }

    /// The keys right below, in the hive's order. One that cannot be read is an error in its place, and so is a list of them. Where
    /// the lists hold another number than the key counts, an error is the last.
    ///
    /// A damaged hive may hold circles: who follows subkeys of subkeys has to count.
    ///
    /// # Errors
    ///
    /// Where the list of all of them cannot be read.
    pub fn subkeys(&self) -> Result<impl Iterator<Item = Result<Key<'hive>, Error>> + use<'hive>, Error> {
        let hive = self.hive;
        Ok(self.leaves()?.flat_map(move |leaf| Keys { hive, leaf: Some(leaf), next: 0 }))
    }

    /// The lists of subkeys, which together hold as many as the key counts, and no more than there is room for.
    fn leaves(&self) -> Result<Leaves<'hive>, Error> {
        // Windows goes by the count: at 0 it looks at no list.
        match (self.number(20), self.number(28)) {
            (0, _) => Ok(Leaves::none(self.hive)),
            (count, NOWHERE) => Err(self.damage(format!("a key counts {count} subkeys and has no list of them"))),
            (count, list) => Leaves::at(self.hive, list, count, KEY_SIZE),
        }
    }

    /// The value of this name, the empty name being the default value's; none where there is no such value.
    ///
    /// Names and damaged neighbours are taken as in [`Key::subkey`].
    ///
    /// # Errors
    ///
    /// As [`Key::subkey`].
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
        search.end(|| self.damage(format!("several values read as {name}")))
    }

    /// The values, in the key's order. One that cannot be read is an error in its place; where the list of them ends too early, an
    /// error is the last.
    ///
    /// # Errors
    ///
    /// Where the list cannot be read.
    pub fn values(&self) -> Result<impl Iterator<Item = Result<Value<'hive>, Error>> + use<'hive>, Error> {
        let hive = self.hive;
        let count = self.number(36);
        let list = self.number(40);
        let cell = match count {
            0 => None,
            _ if list == NOWHERE => {
                return Err(self.damage(format!("a key counts {count} values and has no list of them")));
            }
            _ => Some(hive.cell(list, usize::try_from(count).unwrap_or(usize::MAX).min(32) * 4)?),
        };
        Ok(Values { hive, cell, at: 0, end: u64::from(count) * 4, offsets: Vec::new().into_iter() })
    }
}

/// The keys of one list, or the error in its place.
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
    /// The list of their offsets; none when it is at its end.
    cell: Option<Cell>,
    /// In the list, in bytes.
    at: u64,
    end: u64,
    /// Read and not yet used.
    offsets: std::vec::IntoIter<u32>,
}

impl Values<'_> {
    /// The next offsets; none where there are no more.
    fn read_offsets(&mut self) -> Result<Option<u32>, Error> {
        let Some(cell) = self.cell.take() else { return Ok(None) };
        if self.at >= self.end {
            return Ok(None);
        }
        // Whole offsets only.
        let there = cell.len().saturating_sub(self.at) / 4 * 4;
        let length = (self.end - self.at).min(OFFSETS_CHUNK).min(there);
        let bytes = match usize::try_from(length).ok().filter(|length| *length > 0) {
            Some(length) => cell.read(self.hive, self.at, length)?,
            None => None,
        };
        let bytes = bytes.ok_or_else(|| self.hive.damage(cell.offset, "a list of values is cut short"))?;
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

/// What a search came upon besides what it looks for.
struct Search<T> {
    /// Members that were there to be looked at.
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

    /// Counts members that are looked at next. The error where they are too many.
    fn count(&mut self, count: usize, too_many: impl FnOnce() -> Error) -> Result<(), Error> {
        self.counted = self.counted.saturating_add(count);
        if self.counted > MAX_SEARCHED { Err(too_many()) } else { Ok(()) }
    }

    /// Takes a look at a thing with its name. Returns it where it is the one.
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

    /// Nothing had exactly the name.
    fn end(self, ambiguous: impl FnOnce() -> Error) -> Result<Option<T>, Error> {
        match self {
            Search { ambiguous: true, .. } => Err(ambiguous()),
            Search { damage: Some(error), .. } => Err(error),
            Search { shown, .. } => Ok(shown),
        }
    }
}

/// A name as stored: one byte a character, each the Unicode character of the same number, or UTF-16.
pub(crate) fn stored_name(name: &[u8], compressed: bool) -> Vec<u16> {
    if compressed { name.iter().map(|byte| u16::from(*byte)).collect() } else { units(name).collect() }
}
