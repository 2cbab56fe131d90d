//! XPRESS with Huffman codes: [MS-XCA] 2.2, in chunks of at most 64 KiB.

use super::bits::Bits;
use super::huffman::Code;
use super::{Corrupt, repeat};

/// The numbers of bits of 512 symbols, 4 bits each.
const TABLE: usize = 256;

/// Decompresses a chunk of `size` bytes.
///
/// # Errors
///
/// If the data is damaged.
pub fn decompress(data: &[u8], size: usize) -> Result<Vec<u8>, Corrupt> {
    let (table, data) = data.split_at_checked(TABLE).ok_or(Corrupt("it ends too early"))?;
    let lengths = table.iter().flat_map(|byte| [byte & 15, byte >> 4]).collect::<Vec<_>>();
    let code = Code::new(&lengths)?;
    let mut bits = Bits::new(data);
    let mut output = Vec::with_capacity(size.min(1 << 20));
    while output.len() < size {
        if bits.is_exhausted() {
            return Err(Corrupt("it ends too early"));
        }
        let symbol = code.symbol(&mut bits)?;
        let Some(pair) = symbol.checked_sub(256) else {
            output.push(symbol.to_le_bytes()[0]);
            continue;
        };
        // The bytes of the length follow the units that hold the distance.
        bits.peek();
        let distance_bits = u32::from(pair >> 4);
        let distance = (1usize << distance_bits) | bits.number(distance_bits) as usize;
        let mut length = usize::from(pair & 15);
        if length == 15 {
            let more = bits.byte()?;
            length += usize::from(more);
            if more == u8::MAX {
                length = usize::from(u16::from_le_bytes([bits.byte()?, bits.byte()?]));
            }
        }
        let length = (length + 3).min(size - output.len());
        repeat(&mut output, distance, length)?;
    }
    Ok(output)
}
