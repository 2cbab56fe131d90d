//! The name searched for, and its comparison with stored names.

use wardline_upcase::{fold, upper_unit};

use crate::bytes::text;

/// A hint about a key's name in the list of subkeys, which avoids reading the key.
#[derive(Clone, Copy)]
pub(crate) enum Hint {
    None,
    /// The name's first four characters; 0 for those that do not fit in a byte.
    Start([u8; 4]),
    /// The hash of the upper-case name.
    Hash(u32),
}

/// A name that is searched for.
pub(crate) struct Wanted<'name> {
    name: &'name str,
    /// The upper-case name.
    units: Vec<u16>,
    hash: u32,
}

/// The result of comparing a stored name with the wanted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Windows treats the names as equal.
    Same,
    /// The stored name is not valid UTF-16, and the wanted name is what it is displayed as.
    Shown,
    Different,
}

impl<'name> Wanted<'name> {
    pub(crate) fn new(name: &'name str) -> Self {
        let units = fold(name).encode_utf16().collect::<Vec<_>>();
        let hash = units.iter().fold(0u32, |hash, unit| hash.wrapping_mul(37).wrapping_add(u32::from(*unit)));
        Wanted { name, units, hash }
    }

    /// Returns whether a key is a likely match to be read first. A hint may be wrong, so the other keys are not ruled out.
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
