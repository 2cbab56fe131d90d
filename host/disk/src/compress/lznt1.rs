//! LZNT1: [MS-XCA] 2.5.

use super::{Corrupt, repeat};

/// The size of a chunk when decompressed.
const CHUNK: usize = 4096;
const IS_COMPRESSED: u16 = 1 << 15;
const SIZE: u16 = 0xfff;

/// Decompresses a unit of `size` bytes. If the data ends early, the rest is zeros, as in NTFS.
///
/// # Errors
///
/// If the data is damaged.
pub fn decompress(data: &[u8], size: usize) -> Result<Vec<u8>, Corrupt> {
    let mut output = Vec::with_capacity(size.min(1 << 20));
    let mut rest = data;
    while output.len() < size {
        let Some((header, after)) = rest.split_first_chunk::<2>() else { break };
        let header = u16::from_le_bytes(*header);
        if header == 0 {
            break;
        }
        let length = usize::from(header & SIZE) + 1;
        let (chunk, after) = after.split_at_checked(length).ok_or(Corrupt("a chunk ends after the data"))?;
        rest = after;
        let start = output.len();
        if header & IS_COMPRESSED == 0 {
            output.extend_from_slice(chunk);
        } else {
            decompress_chunk(chunk, start, &mut output)?;
        }
        let length = output.len() - start;
        if length > CHUNK {
            return Err(Corrupt("a chunk has more than 4096 bytes"));
        }
        // Only the last chunk may be short.
        output.resize(start + CHUNK, 0);
    }
    output.resize(size, 0);
    Ok(output)
}

fn decompress_chunk(chunk: &[u8], start: usize, output: &mut Vec<u8>) -> Result<(), Corrupt> {
    let mut bytes = chunk.iter().copied();
    while let Some(flags) = bytes.next() {
        for bit in 0..8 {
            let Some(byte) = bytes.next() else { return Ok(()) };
            if flags >> bit & 1 == 0 {
                output.push(byte);
            } else {
                let high = bytes.next().ok_or(Corrupt("a chunk ends inside a match"))?;
                let (distance, length) = split(u16::from_le_bytes([byte, high]), output.len() - start);
                if distance > output.len() - start {
                    return Err(Corrupt("a match begins before its chunk"));
                }
                repeat(output, distance, length)?;
            }
            if output.len() - start > CHUNK {
                return Err(Corrupt("a chunk has more than 4096 bytes"));
            }
        }
    }
    Ok(())
}

/// Splits a match into distance and length. The further into the chunk, the more bits the distance has.
fn split(token: u16, position: usize) -> (usize, usize) {
    let distance_bits = (position.saturating_sub(1)).checked_ilog2().map_or(4, |log| (log + 1).clamp(4, 12));
    let length_bits = 16 - distance_bits;
    let distance = usize::from(token >> length_bits) + 1;
    let length = usize::from(token & ((1 << length_bits) - 1)) + 3;
    (distance, length)
}
