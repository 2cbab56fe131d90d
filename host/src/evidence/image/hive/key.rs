//! Keys: their names, what lies below them, their values.

use super::cells::NOWHERE;
use super::value::Value;
use super::{Hive, HiveError};
use crate::evidence::image::bytes::{latin1, slice_at, u16_at, u32_at, u64_at, utf16};
use crate::evidence::image::names;

/// The key is a link to another key.
const FLAG_LINK: u16 = 0x0010;
/// The name has one byte a character.
const FLAG_COMPRESSED_NAME: u16 = 0x0020;

/// The size of a key's cell without its name.
const KEY_SIZE: usize = 76;

#[derive(Clone, Copy)]
pub(in crate::evidence::image) struct Key<'hive> {
    hive: &'hive Hive,
    cell: &'hive [u8],
    offset: u32,
}

/// What the list of subkeys tells about a key without looking at it.
#[derive(Clone, Copy)]
enum Hint {
    None,
    /// The name's first four characters, 0 where they are no single bytes.
    Start([u8; 4]),
    /// The hash of the name in capitals.
    Hash(u32),
}

impl Hint {
    fn rules_out(self, wanted: &Wanted) -> bool {
        match self {
            Hint::None => false,
            Hint::Hash(hash) => hash != wanted.hash,
            Hint::Start(start) => wanted.start.is_some_and(|wanted| {
                start.iter().all(|byte| byte.is_ascii() && *byte != 0) && !start.eq_ignore_ascii_case(&wanted)
            }),
        }
    }
}

/// A name that is looked for.
struct Wanted<'name> {
    name: &'name str,
    hash: u32,
    /// Where the name begins with four ASCII characters.
    start: Option<[u8; 4]>,
}

impl<'name> Wanted<'name> {
    fn new(name: &'name str) -> Self {
        let hash = names::fold(name)
            .encode_utf16()
            .fold(0u32, |hash, unit| hash.wrapping_mul(37).wrapping_add(u32::from(unit)));
        let start = name.as_bytes().get(..4).filter(|start| start.is_ascii()).and_then(|start| start.try_into().ok());
        Wanted { name, hash, start }
    }
}

impl<'hive> Key<'hive> {
    pub(super) fn at(hive: &'hive Hive, offset: u32) -> Result<Self, HiveError> {
        let cell = hive.signed_cell(offset, *b"nk")?;
        if cell.len() < KEY_SIZE {
            return Err(hive.damage(offset, "a key is cut short"));
        }
        Ok(Key { hive, cell, offset })
    }

    fn damage(&self, damage: impl Into<String>) -> HiveError {
        self.hive.damage(self.offset, damage)
    }

    // `at` made sure that the fixed part is there.
    fn number(&self, at: usize) -> u32 {
        u32_at(self.cell, at).unwrap_or_default()
    }

    fn flags(&self) -> u16 {
        u16_at(self.cell, 2).unwrap_or_default()
    }

    pub(in crate::evidence::image) fn is_link(&self) -> bool {
        self.flags() & FLAG_LINK != 0
    }

    /// As a Windows file time.
    pub(in crate::evidence::image) fn last_written(&self) -> u64 {
        u64_at(self.cell, 4).unwrap_or_default()
    }

    pub(in crate::evidence::image) fn name(&self) -> Result<String, HiveError> {
        let length = usize::from(u16_at(self.cell, 72).unwrap_or_default());
        let name = slice_at(self.cell, KEY_SIZE, length).ok_or_else(|| self.damage("a key's name is cut short"))?;
        Ok(if self.flags() & FLAG_COMPRESSED_NAME != 0 { latin1(name) } else { utf16(name) })
    }

    /// A second name that hardly any key has; empty where there is none.
    pub(in crate::evidence::image) fn class_name(&self) -> Result<String, HiveError> {
        let length = usize::from(u16_at(self.cell, 74).unwrap_or_default());
        let offset = self.number(48);
        if length == 0 || offset == NOWHERE {
            return Ok(String::new());
        }
        let name = self.hive.cell(offset)?;
        name.get(..length).map(utf16).ok_or_else(|| self.hive.damage(offset, "a class name is cut short"))
    }

    /// The self-relative security descriptor.
    pub(in crate::evidence::image) fn security(&self) -> Result<Option<&'hive [u8]>, HiveError> {
        let offset = self.number(44);
        if offset == NOWHERE {
            return Ok(None);
        }
        let cell = self.hive.signed_cell(offset, *b"sk")?;
        let length = u32_at(cell, 16).and_then(|length| usize::try_from(length).ok());
        length
            .and_then(|length| slice_at(cell, 20, length))
            .map(Some)
            .ok_or_else(|| self.hive.damage(offset, "a security descriptor is cut short"))
    }

    /// The key of this name right below; none where there is no such key.
    ///
    /// A damaged neighbour does not matter to a key that is found. Where it is not found the neighbour might have been it: that
    /// is an error, not "there is no such key".
    pub(in crate::evidence::image) fn subkey(&self, name: &str) -> Result<Option<Key<'hive>>, HiveError> {
        let wanted = Wanted::new(name);
        let mut damage = None;
        for leaf in self.leaves()? {
            for (offset, hint) in leaf.elements() {
                if hint.rules_out(&wanted) {
                    continue;
                }
                match Key::at(self.hive, offset).and_then(|key| Ok((key.name()?, key))) {
                    Ok((name, key)) if names::same(&name, wanted.name) => return Ok(Some(key)),
                    Ok(_) => {}
                    Err(error) => damage = damage.or(Some(error)),
                }
            }
        }
        damage.map_or(Ok(None), Err)
    }

    /// The keys right below, in the hive's order.
    pub(in crate::evidence::image) fn subkeys(
        &self,
    ) -> Result<impl Iterator<Item = Result<Key<'hive>, HiveError>> + use<'hive>, HiveError> {
        let hive = self.hive;
        Ok(self.leaves()?.into_iter().flat_map(Leaf::elements).map(move |(offset, _)| Key::at(hive, offset)))
    }

    /// The lists of subkeys, which together hold no more keys than there is room for.
    fn leaves(&self) -> Result<Vec<Leaf<'hive>>, HiveError> {
        let list = self.number(28);
        if self.number(20) == 0 || list == NOWHERE {
            return Ok(Vec::new());
        }
        let cell = self.hive.cell(list)?;
        let mut leaves = Vec::new();
        if cell.starts_with(b"ri") {
            let offsets = counted(cell, 4).ok_or_else(|| self.hive.damage(list, "a list of lists is cut short"))?;
            let mut room = self.hive.room_for(KEY_SIZE);
            for offset in offsets.chunks_exact(4).filter_map(|offset| u32_at(offset, 0)) {
                let leaf = Leaf::at(self.hive, offset)?;
                room = room
                    .checked_sub(leaf.count())
                    .ok_or_else(|| self.hive.damage(list, "a key has more subkeys than the hive has room for"))?;
                leaves.push(leaf);
            }
        } else {
            leaves.push(Leaf::at(self.hive, list)?);
        }
        Ok(leaves)
    }

    /// The value of this name, the empty name being the default value's; none where there is no such value.
    ///
    /// Damaged neighbours are taken as in [`Key::subkey`].
    pub(in crate::evidence::image) fn value(&self, name: &str) -> Result<Option<Value<'hive>>, HiveError> {
        let mut damage = None;
        for value in self.values()? {
            match value.and_then(|value| Ok((value.name()?, value))) {
                Ok((found, value)) if names::same(&found, name) => return Ok(Some(value)),
                Ok(_) => {}
                Err(error) => damage = damage.or(Some(error)),
            }
        }
        damage.map_or(Ok(None), Err)
    }

    /// The values, in the key's order.
    pub(in crate::evidence::image) fn values(
        &self,
    ) -> Result<impl Iterator<Item = Result<Value<'hive>, HiveError>> + use<'hive>, HiveError> {
        let hive = self.hive;
        let count = usize::try_from(self.number(36)).unwrap_or(usize::MAX);
        let list = self.number(40);
        let offsets: &[u8] = if count == 0 || list == NOWHERE {
            &[]
        } else {
            count
                .checked_mul(4)
                .zip(Some(hive.cell(list)?))
                .and_then(|(length, cell)| cell.get(..length))
                .ok_or_else(|| hive.damage(list, "a list of values is cut short"))?
        };
        Ok(offsets.chunks_exact(4).filter_map(|offset| u32_at(offset, 0)).map(move |offset| Value::at(hive, offset)))
    }
}

/// A list of subkeys.
struct Leaf<'hive> {
    elements: &'hive [u8],
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

impl<'hive> Leaf<'hive> {
    fn at(hive: &'hive Hive, offset: u32) -> Result<Self, HiveError> {
        let cell = hive.cell(offset)?;
        let kind = match cell.get(..2) {
            Some(b"li") => LeafKind::Plain,
            Some(b"lf") => LeafKind::Starts,
            Some(b"lh") => LeafKind::Hashes,
            _ => return Err(hive.damage(offset, "a cell is no list of subkeys")),
        };
        let elements =
            counted(cell, kind.element_size()).ok_or_else(|| hive.damage(offset, "a list of subkeys is cut short"))?;
        Ok(Leaf { elements, kind })
    }

    fn count(&self) -> usize {
        self.elements.len() / self.kind.element_size()
    }

    fn elements(self) -> impl Iterator<Item = (u32, Hint)> + use<'hive> {
        let kind = self.kind;
        self.elements.chunks_exact(kind.element_size()).filter_map(move |element| {
            let hint = match kind {
                LeafKind::Plain => Hint::None,
                LeafKind::Starts => Hint::Start(element.get(4..8)?.try_into().ok()?),
                LeafKind::Hashes => Hint::Hash(u32_at(element, 4)?),
            };
            Some((u32_at(element, 0)?, hint))
        })
    }
}

/// What follows a list's signature and count.
fn counted(cell: &[u8], element_size: usize) -> Option<&[u8]> {
    slice_at(cell, 4, usize::from(u16_at(cell, 2)?).checked_mul(element_size)?)
}
