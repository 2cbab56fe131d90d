//! LZX as in WIM files and WOF: [MS-PATCH] 2 with a window of 32 KiB that begins anew in each chunk.

use super::bits::Bits;
use super::huffman::Code;
use super::{Corrupt, repeat};

/// The largest chunk.
const WINDOW: usize = 32 << 10;

const LITERALS: usize = 256;
/// The slots of distances for this window, with 8 symbols each.
const SLOTS: usize = 30;
const MAIN_SYMBOLS: usize = LITERALS + 8 * SLOTS;
const LENGTH_SYMBOLS: usize = 249;
const PRETREE_SYMBOLS: usize = 20;

/// The size of the file that addresses are relative to: WIM files have the same number for all.
const TRANSLATION_SIZE: i32 = 12_000_000;
/// The last bytes of a chunk in which no instruction is translated.
const UNTRANSLATED: usize = 10;
/// The opcode of a relative call.
const CALL: u8 = 0xe8;

/// Decompresses a chunk of `size` bytes, at most 32 KiB.
///
/// # Errors
///
/// If the data is damaged.
pub fn decompress(data: &[u8], size: usize) -> Result<Vec<u8>, Corrupt> {
    if size > WINDOW {
        return Err(Corrupt("a chunk has more than 32 KiB"));
    }
    let mut decoder = Decoder {
        bits: Bits::new(data),
        output: Vec::with_capacity(size),
        size,
        main: [0; MAIN_SYMBOLS],
        lengths: [0; LENGTH_SYMBOLS],
        recent: [1; 3],
    };
    while decoder.output.len() < size {
        decoder.block()?;
    }
    translate(&mut decoder.output);
    Ok(decoder.output)
}

struct Decoder<'d> {
    bits: Bits<'d>,
    output: Vec<u8>,
    size: usize,
    /// The numbers of bits in the codes of the previous block: the next block's are relative to them.
    main: [u8; MAIN_SYMBOLS],
    lengths: [u8; LENGTH_SYMBOLS],
    /// The most recent distances.
    recent: [usize; 3],
}

impl Decoder<'_> {
    fn block(&mut self) -> Result<(), Corrupt> {
        let kind = self.bits.number(3);
        let size = if self.bits.number(1) == 1 { WINDOW } else { self.bits.number(16) as usize };
        if size == 0 || size > self.size - self.output.len() {
            return Err(Corrupt("a block has a wrong size"));
        }
        let end = self.output.len() + size;
        let aligned = match kind {
            1 => None,
            2 => {
                let lengths: [u8; 8] = std::array::from_fn(|_| self.bits.number(3).to_le_bytes()[0]);
                Some(Code::new(&lengths)?)
            }
            3 => return self.stored(size),
            _ => return Err(Corrupt("a block has an unknown type")),
        };
        let (literals, matches) = self.main.split_at_mut(LITERALS);
        read_lengths(&mut self.bits, literals)?;
        read_lengths(&mut self.bits, matches)?;
        read_lengths(&mut self.bits, &mut self.lengths)?;
        let (main, lengths) = (Code::new(&self.main)?, Code::new(&self.lengths)?);
        while self.output.len() < end {
            if self.bits.is_exhausted() {
                return Err(Corrupt("it ends too early"));
            }
            let symbol = main.symbol(&mut self.bits)?;
            let Some(pair) = symbol.checked_sub(LITERALS as u16) else {
                self.output.push(symbol.to_le_bytes()[0]);
                continue;
            };
            let mut length = usize::from(pair & 7) + 2;
            if pair & 7 == 7 {
                length += usize::from(lengths.symbol(&mut self.bits)?);
            }
            let distance = self.distance(u32::from(pair >> 3), aligned.as_ref())?;
            if length > end - self.output.len() {
                return Err(Corrupt("a match ends after its block"));
            }
            repeat(&mut self.output, distance, length)?;
        }
        Ok(())
    }

    fn distance(&mut self, slot: u32, aligned: Option<&Code>) -> Result<usize, Corrupt> {
        let [first, second, third] = self.recent;
        match slot {
            0 => {}
            1 => self.recent = [second, first, third],
            2 => self.recent = [third, second, first],
            _ => {
                // Slots 2 and 3 have a width of 1; every second one is twice as wide.
                let extra = slot / 2 - 1;
                let base = (2 + slot % 2) << extra;
                let low = match aligned {
                    Some(aligned) if extra >= 3 => {
                        (self.bits.number(extra - 3) << 3) + u32::from(aligned.symbol(&mut self.bits)?)
                    }
                    _ => self.bits.number(extra),
                };
                self.recent = [(base + low - 2) as usize, first, second];
            }
        }
        Ok(self.recent[0])
    }

    fn stored(&mut self, size: usize) -> Result<(), Corrupt> {
        self.bits.align();
        for recent in &mut self.recent {
            let bytes = self.bits.bytes(4)?.first_chunk::<4>().copied().unwrap_or_default();
            *recent = u32::from_le_bytes(bytes) as usize;
        }
        self.output.extend_from_slice(self.bits.bytes(size)?);
        if !size.is_multiple_of(2) && self.output.len() < self.size {
            self.bits.bytes(1)?;
        }
        Ok(())
    }
}

/// Reads the numbers of bits of a code, which are coded themselves and relative to the previous ones.
fn read_lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Result<(), Corrupt> {
    let pretree: [u8; PRETREE_SYMBOLS] = std::array::from_fn(|_| bits.number(4).to_le_bytes()[0]);
    let pretree = Code::new(&pretree)?;
    let relative = |length: u8, symbol: u16| ((17 + u16::from(length) - symbol) % 17).to_le_bytes()[0];
    let mut at = 0;
    while at < lengths.len() {
        let rest = lengths.get_mut(at..).unwrap_or_default();
        let first = rest.first().copied().unwrap_or(0);
        let (count, length) = match pretree.symbol(bits)? {
            symbol @ 0..=16 => (1, relative(first, symbol)),
            17 => (4 + bits.number(4), 0),
            18 => (20 + bits.number(5), 0),
            _ => {
                let count = 4 + bits.number(1);
                match pretree.symbol(bits)? {
                    symbol @ 0..=16 => (count, relative(first, symbol)),
                    _ => return Err(Corrupt("the lengths of a code are wrong")),
                }
            }
        };
        // A run may end after the last symbol.
        let count = rest.len().min(count as usize);
        rest.iter_mut().take(count).for_each(|slot| *slot = length);
        at += count;
    }
    Ok(())
}

/// Makes the targets of calls relative again. The compressor makes them absolute: they repeat more often then.
fn translate(output: &mut [u8]) {
    let Some(end) = output.len().checked_sub(UNTRANSLATED) else { return };
    let mut at = 0;
    while at < end {
        if output.get(at) != Some(&CALL) {
            at += 1;
            continue;
        }
        // A chunk has at most 32 KiB.
        let position = at as i32;
        if let Some(target) = output.get_mut(at + 1..).and_then(|rest| rest.first_chunk_mut::<4>()) {
            let absolute = i32::from_le_bytes(*target);
            if (0..TRANSLATION_SIZE).contains(&absolute) {
                *target = (absolute - position).to_le_bytes();
            } else if (-position..0).contains(&absolute) {
                *target = (absolute + TRANSLATION_SIZE).to_le_bytes();
            }
        }
        at += 5;
    }
}
