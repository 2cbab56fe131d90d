//! Little-endian fields, read in sequence.

use super::CabinetError;

/// A position in a cabinet, and the part of it that is being read.
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    offset: usize,
    part: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn at(bytes: &'a [u8], offset: usize, part: &'static str) -> Fields<'a> {
        Fields { bytes, offset, part }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], CabinetError> {
        let end = self.offset.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.offset..end));
        let taken = taken.ok_or(CabinetError::Truncated { part: self.part, offset: self.offset as u64 })?;
        self.offset += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CabinetError> {
        let offset = self.offset as u64;
        let truncated = CabinetError::Truncated { part: self.part, offset };
        self.take(N)?.try_into().map_err(|_| truncated)
    }

    pub(super) fn u8(&mut self) -> Result<u8, CabinetError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, CabinetError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, CabinetError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Takes the bytes before the next zero, of which there must be one within `most` bytes, and the zero.
    pub(super) fn terminated(&mut self, most: usize) -> Result<&'a [u8], CabinetError> {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let Some(length) = rest.iter().take(most).position(|byte| *byte == 0) else {
            return Err(CabinetError::Truncated { part: self.part, offset: self.offset as u64 });
        };
        let taken = self.take(length)?;
        self.offset += 1;
        Ok(taken)
    }
}
