//! Numbers and text from untrusted bytes: every read is bounds-checked.

use crate::error::{Error, Result};

/// The bytes of a structure, with its name for errors.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'b> {
    place: &'b str,
    bytes: &'b [u8],
}

impl<'b> Fields<'b> {
    pub(crate) fn new(place: &'b str, bytes: &'b [u8]) -> Fields<'b> {
        Fields { place, bytes }
    }

    pub(crate) fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::damaged(self.place, reason)
    }

    pub(crate) fn slice(&self, at: usize, length: usize) -> Result<&'b [u8]> {
        at.checked_add(length).and_then(|end| self.bytes.get(at..end)).ok_or_else(|| {
            self.damaged(format!("it ends at byte {}, expected {length} bytes at {at}", self.bytes.len()))
        })
    }

    pub(crate) fn array<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(at, N)?);
        Ok(array)
    }

    pub(crate) fn u8(&self, at: usize) -> Result<u8> {
        self.array::<1>(at).map(|[byte]| byte)
    }

    pub(crate) fn u16(&self, at: usize) -> Result<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&self, at: usize) -> Result<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&self, at: usize) -> Result<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    pub(crate) fn be_u32(&self, at: usize) -> Result<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(crate) fn be_u64(&self, at: usize) -> Result<u64> {
        self.array(at).map(u64::from_be_bytes)
    }

    /// Checks a signature.
    pub(crate) fn signature(&self, at: usize, expected: &[u8]) -> Result<()> {
        match self.slice(at, expected.len())? == expected {
            true => Ok(()),
            false => Err(self.damaged(format!("bad signature: expected `{}`", expected.escape_ascii()))),
        }
    }
}

/// Converts a number that counts bytes in memory.
pub(crate) fn length(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Returns the code units of little-endian UTF-16; an odd last byte is ignored.
pub(crate) fn units(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair))
}

/// Decodes UTF-16. Invalid code units become U+FFFD.
pub(crate) fn text(units: impl IntoIterator<Item = u16>) -> String {
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Copies as much as fits and returns the number of bytes copied.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> usize {
    let count = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..count), from.get(..count)) {
        to.copy_from_slice(from);
    }
    count
}

/// Shortens a buffer to at most `most` bytes.
pub(crate) fn shorten(buffer: &mut [u8], most: u64) -> &mut [u8] {
    let count = buffer.len().min(length(most));
    buffer.split_at_mut(count).0
}

/// Formats a GUID from its bytes, in lower case without braces.
pub(crate) fn guid(bytes: [u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (two, six) = rest.split_at(2);
    format!("{}-{}-{}-{}-{}", hex(&[d, c, b, a]), hex(&[f, e]), hex(&[h, g]), hex(two), hex(six))
}
