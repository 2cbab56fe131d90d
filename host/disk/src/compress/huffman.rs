//! Canonical prefix codes of up to 16 bits.

use super::Corrupt;
use super::bits::Bits;

const MAX_BITS: usize = 16;

/// A code, from the number of bits of each symbol.
pub(super) struct Code {
    /// The number of codewords of each length.
    counts: [u32; MAX_BITS + 1],
    /// The symbols by the length of their codewords, then by number.
    symbols: Vec<u16>,
}

impl Code {
    /// Makes the code in which symbol `i` has `lengths[i]` bits; 0 if it is not used.
    pub(super) fn new(lengths: &[u8]) -> Result<Code, Corrupt> {
        let mut counts = [0u32; MAX_BITS + 1];
        for length in lengths {
            *counts.get_mut(usize::from(*length)).ok_or(Corrupt("a codeword has more than 16 bits"))? += 1;
        }
        if let Some(unused) = counts.first_mut() {
            *unused = 0;
        }
        let used: u64 = counts.iter().zip(0..).map(|(count, bits)| u64::from(*count) << (MAX_BITS - bits)).sum();
        if used > 1 << MAX_BITS {
            return Err(Corrupt("a code has too many codewords"));
        }
        let mut symbols = (0..).zip(lengths).filter(|(_, length)| **length > 0).collect::<Vec<(u16, &u8)>>();
        symbols.sort_by_key(|(_, length)| **length);
        Ok(Code { counts, symbols: symbols.into_iter().map(|(symbol, _)| symbol).collect() })
    }

    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u16, Corrupt> {
        let next = bits.peek();
        // The first codeword of each length, and the number of shorter ones.
        let (mut first, mut shorter) = (0, 0);
        for (count, length) in self.counts.iter().zip(0u32..).skip(1) {
            let word = next >> (MAX_BITS as u32 - length);
            if let Some(index) = word.checked_sub(first).filter(|index| index < count) {
                bits.skip(length);
                let symbol = self.symbols.get((shorter + index) as usize);
                return symbol.copied().ok_or(Corrupt("a codeword is not in the code"));
            }
            shorter += count;
            first = (first + count) << 1;
        }
        Err(Corrupt("a codeword is not in the code"))
    }
}
