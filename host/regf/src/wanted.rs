//! A name that is looked for, and when a stored one is it.

use wardline_upcase::{fold, upper_unit};

use crate::bytes::text;

/// What the list of subkeys tells about a key without looking at it.
#[derive(Clone, Copy)]
pub(crate) enum Hint {
    None,
    /// The name's first four characters, 0 where they are no single bytes.
    Start([u8; 4]),
    /// The hash of the name in capitals.
    Hash(u32),
}

/// A name that is looked for.
pub(crate) struct Wanted<'name> {
    name: &'name str,
    /// In capitals.
    units: Vec<u16>,
    hash: u32,
}

/// How a stored name fits a wanted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Windows holds them equal.
    Same,
    /// The stored name is no valid UTF-16, and what it is shown as is the wanted one.
    Shown,
    Different,
}

impl<'name> Wanted<'name> {
    pub(crate) fn new(name: &'name str) -> Self {
        let units = fold(name).encode_utf16().collect::<Vec<_>>();
        let hash = units.iter().fold(0u32, |hash, unit| hash.wrapping_mul(37).wrapping_add(u32::from(*unit)));
        Wanted { name, units, hash }
    }

    /// Whether a key is worth being looked at first. A hint may be wrong, so this says nothing about the others.
    pub(crate) fn is_likely(&self, hint: Hint) -> bool {
        match hint {
            Hint::None => true,
            Hint::Hash(hash) => hash == self.hash,
            Hint::Start(start) => {
                start.iter().zip(self.name.as_bytes()).all(|(one, other)| one.eq_ignore_ascii_case(other))
            }
        }
    }

    pub(crate) fn fit(&self, stored: &[u16]) -> Fit {
        if stored.iter().map(|unit| upper_unit(*unit)).eq(self.units.iter().copied()) {
            return Fit::Same;
        }
        let may_be_shown_so = self.name.contains(char::REPLACEMENT_CHARACTER)
            && char::decode_utf16(stored.iter().copied()).any(|unit| unit.is_err());
        if may_be_shown_so && wardline_upcase::same(&text(stored.iter().copied()), self.name) {
            return Fit::Shown;
        }
        Fit::Different
    }
}
