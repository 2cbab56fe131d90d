//! Bits in little-endian 16-bit units, the most significant first.

use super::Corrupt;

pub(super) struct Bits<'d> {
    data: &'d [u8],
    /// The offset of the next unit.
    at: usize,
    /// The bits that were taken from units and not used, from the top.
    buffer: u32,
    left: u32,
}

impl<'d> Bits<'d> {
    pub(super) fn new(data: &'d [u8]) -> Bits<'d> {
        Bits { data, at: 0, buffer: 0, left: 0 }
    }

    /// Takes units until there are at least `count` bits, at most 16. After the end there are zeros.
    fn ensure(&mut self, count: u32) {
        if self.left < count {
            let byte = |at: usize| self.data.get(at).copied().unwrap_or(0);
            let unit = u16::from_le_bytes([byte(self.at), byte(self.at + 1)]);
            self.at += 2;
            self.buffer |= u32::from(unit) << (16 - self.left);
            self.left += 16;
        }
    }

    /// The next 16 bits.
    pub(super) fn peek(&mut self) -> u32 {
        self.ensure(16);
        self.buffer >> 16
    }

    /// Uses up to 16 bits, which have been peeked at.
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer = self.buffer.checked_shl(count).unwrap_or(0);
        self.left = self.left.saturating_sub(count);
    }

    /// Reads a number of up to 16 bits.
    pub(super) fn number(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        self.ensure(count);
        let number = self.buffer >> (32 - count);
        self.skip(count);
        number
    }

    /// Whether more was read than there is.
    pub(super) fn is_exhausted(&self) -> bool {
        self.at > self.data.len() + 4
    }

    /// Reads a byte that is stored between the units.
    pub(super) fn byte(&mut self) -> Result<u8, Corrupt> {
        let byte = self.data.get(self.at).copied().ok_or(Corrupt("it ends too early"))?;
        self.at += 1;
        Ok(byte)
    }

    /// Skips to the end of a unit, or a whole unit if none was begun.
    pub(super) fn align(&mut self) {
        if self.left.is_multiple_of(16) {
            self.number(16);
        }
        self.at -= (self.left / 16 * 2) as usize;
        (self.buffer, self.left) = (0, 0);
    }

    /// Reads bytes after [`Bits::align`].
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'d [u8], Corrupt> {
        let end = self.at.checked_add(count).ok_or(Corrupt("it ends too early"))?;
        let bytes = self.data.get(self.at..end).ok_or(Corrupt("it ends too early"))?;
        self.at = end;
        Ok(bytes)
    }
}
