//! The Marvin32 hash with the seed that all logs use.

use crate::bytes::u32_at;

/// The specification lists its bytes in big-endian order.
const SEED: u64 = 0x82EF_4D88_7A4E_55C5;

/// Hashes bytes in pieces. The size of every piece but the last must be a multiple of four.
pub(crate) struct Marvin {
    low: u32,
    high: u32,
}

impl Marvin {
    pub(crate) fn new() -> Marvin {
        Marvin { low: SEED as u32, high: (SEED >> 32) as u32 }
    }

    fn mix(&mut self, value: u32) {
        self.low = self.low.wrapping_add(value);
        self.high ^= self.low;
        self.low = self.low.rotate_left(20).wrapping_add(self.high);
        self.high = self.high.rotate_left(9) ^ self.low;
        self.low = self.low.rotate_left(27).wrapping_add(self.high);
        self.high = self.high.rotate_left(19);
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        bytes.chunks_exact(4).filter_map(|chunk| u32_at(chunk, 0)).for_each(|value| self.mix(value));
    }

    /// Hashes the last piece.
    pub(crate) fn finish(mut self, bytes: &[u8]) -> u64 {
        let chunks = bytes.chunks_exact(4);
        let mut last = [0; 4];
        for (slot, byte) in last.iter_mut().zip(chunks.remainder().iter().chain(&[0x80])) {
            *slot = *byte;
        }
        self.take(bytes);
        self.mix(u32::from_le_bytes(last));
        self.mix(0);
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

pub(crate) fn marvin32(bytes: &[u8]) -> u64 {
    Marvin::new().finish(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by code that passes the test vectors of SymCrypt and .NET with their seed (empty input: 0x30ED35C100CD3C7D).
    #[test]
    fn logs_are_hashed_as_windows_does() {
        for (bytes, expected) in [
            (b"".as_slice(), 0xb39e_fca4_0396_6e08),
            (b"HvLE", 0x9145_2793_2cf3_36dd),
            (b"regf1", 0xf9dd_fb84_bb39_7f4f),
        ] {
            assert_eq!(marvin32(bytes), expected);
        }
    }

    #[test]
    fn pieces_hash_as_the_whole() {
        let bytes = (0..99u8).collect::<Vec<_>>();
        let mut marvin = Marvin::new();
        marvin.take(&bytes[..40]);
        assert_eq!(marvin.finish(&bytes[40..]), marvin32(&bytes));
    }
}
