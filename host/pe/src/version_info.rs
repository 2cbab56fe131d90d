//! The block of a version resource: `VS_VERSIONINFO`.
//!
//! Its fields are the length, the length of the value, in 32-bit files the value's type, the key `VS_VERSION_INFO`, then the value
//! `VS_FIXEDFILEINFO`, aligned to four bytes. The key is UTF-16 in the 32-bit form and bytes in the 16-bit form; a block's form
//! does not depend on the kind of file that contains it. Like `VerQueryValue`, the parser ignores the key's text, the block's own
//! length and the version of the structure.

use crate::Version;
use crate::bytes::{u16_at, u32_at};

/// A block stores its length in 16 bits.
pub(crate) const MAX_SIZE: u32 = 0xffff;
const FIXED_SIGNATURE: u32 = 0xfeef_04bd;
/// The size of `VS_FIXEDFILEINFO`.
const FIXED_SIZE: usize = 52;
const TRUNCATED: &str = "its version resource is truncated";

#[derive(Debug)]
pub(crate) struct VersionInfo<'b> {
    block: &'b [u8],
    form: Form,
    /// The fixed part.
    fixed: &'b [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Bits16,
    Bits32,
}

impl<'b> VersionInfo<'b> {
    /// Parses a block. Returns `None` for one without a fixed part. The error describes the problem.
    pub(crate) fn parse(block: &'b [u8]) -> Result<Option<Self>, &'static str> {
        // A letter of the key in the 16-bit form, 0 or 1 for the value's type in the 32-bit form.
        let form = match block.get(4).ok_or(TRUNCATED)? {
            b' '.. => Form::Bits16,
            _ => Form::Bits32,
        };
        let value_length = usize::from(u16_at(block, 2).ok_or(TRUNCATED)?);
        // The length of text is counted in characters.
        let is_text = form == Form::Bits32 && u16_at(block, 4) == Some(1);
        let value_length = if is_text { value_length * 2 } else { value_length };
        let key_at = if form == Form::Bits16 { 4 } else { 6 };
        let key = block.get(key_at..).unwrap_or_default();
        let key_size = match form {
            Form::Bits16 => key.iter().position(|byte| *byte == 0).map(|end| end + 1),
            Form::Bits32 => key.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0]).map(|end| (end + 1) * 2),
        };
        let key_size = key_size.ok_or(TRUNCATED)?;
        // A block of zeros has no key either. It is a lost version, not one without a fixed part.
        if value_length == 0 && key_size > 2 {
            return Ok(None);
        }
        if value_length < FIXED_SIZE {
            return Err("its VS_FIXEDFILEINFO is too small");
        }
        let value = (key_at + key_size).next_multiple_of(4);
        let fixed = block.get(value..).and_then(|value| value.get(..FIXED_SIZE)).ok_or(TRUNCATED)?;
        if u32_at(fixed, 0) != Some(FIXED_SIGNATURE) {
            return Err("its VS_FIXEDFILEINFO has no signature");
        }
        Ok(Some(VersionInfo { block, form, fixed }))
    }

    pub(crate) fn file_version(&self) -> Version {
        let number = |at| u16_at(self.fixed, at).unwrap_or_default();
        Version { major: number(10), minor: number(8), build: number(14), revision: number(12) }
    }

    /// Returns the language of `VarFileInfo\Translation`, wherever in the block it is: the key, padding, then language and code
    /// page.
    pub(crate) fn translation(&self) -> Option<u16> {
        const KEY: &str = "Translation\0";
        let (key, step) = match self.form {
            Form::Bits16 => (KEY.as_bytes().to_vec(), 1),
            Form::Bits32 => (KEY.encode_utf16().flat_map(u16::to_le_bytes).collect(), 2),
        };
        let found = |at: &usize| self.block.get(*at..).is_some_and(|rest| rest.starts_with(&key));
        let at = (0..self.block.len()).step_by(step).find(found)?;
        let language = u16_at(self.block, (at + key.len()).next_multiple_of(4))?;
        (language != 0).then_some(language)
    }
}
