//! The image checksum, as computed by `MapFileAndCheckSum`.
//!
//! The file is summed as 16-bit numbers with end-around carry, the checksum in its header is subtracted, and the file's length is
//! added. For a file that is not a PE image nothing is subtracted. A stored checksum at an odd offset is subtracted as if it were
//! at an even one, as Windows does.

use std::io::{self, Read};

const BUFFER_SIZE: usize = 1 << 16;

/// Computes the checksum of a file read from its start to its end; `stored` is the checksum in its header.
pub(crate) fn checksum(mut file: impl Read, stored: Option<u32>) -> io::Result<u32> {
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut sum = 0u64;
    let mut length = 0u64;
    loop {
        let filled = fill(&mut file, &mut buffer)?;
        length += filled as u64;
        sum = add_carries(sum + sum_of(buffer.get(..filled).unwrap_or_default()));
        if filled < BUFFER_SIZE {
            break;
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // Both are below 2^16 from here on.
    let stored = u64::from(stored.unwrap_or_default());
    for half in [stored & 0xffff, stored >> 16] {
        sum = if sum >= half { sum - half } else { (sum + 0xffff) - half };
    }
    // As in Windows, the sum wraps around at 32 bits.
    Ok(sum.wrapping_add(length) as u32)
}

/// Returns the sum of 32-bit numbers; folded to 16 bits it is the sum of the 16-bit numbers, carries included.
///
/// The input has at most 2^16 bytes: the sum of 2^14 numbers below 2^32 stays below 2^46. Bytes missing at the end count as zero.
fn sum_of(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut last = [0; 4];
    for (slot, byte) in last.iter_mut().zip(rest) {
        *slot = *byte;
    }
    words.iter().map(|word| u64::from(u32::from_le_bytes(*word))).sum::<u64>() + u64::from(u32::from_le_bytes(last))
}

fn add_carries(sum: u64) -> u64 {
    (sum & 0xffff_ffff) + (sum >> 32)
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A literal implementation of the definition.
    fn slow(bytes: &[u8]) -> u32 {
        let sum = bytes.chunks(2).fold(0u32, |sum, pair| {
            let sum = sum + u32::from(pair[0]) + pair.get(1).map_or(0, |high| u32::from(*high) << 8);
            (sum & 0xffff) + (sum >> 16)
        });
        sum + u32::try_from(bytes.len()).unwrap()
    }

    proptest::proptest! {
        #[test]
        fn sums_as_defined(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200_000)) {
            assert_eq!(checksum(bytes.as_slice(), None).unwrap(), slow(&bytes));
        }

        #[test]
        fn takes_the_stored_checksum_out(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 1000..2000),
            stored: u32,
        ) {
            let mut without = bytes.clone();
            without[88..92].fill(0);
            let mut with = bytes;
            with[88..92].copy_from_slice(&stored.to_le_bytes());
            assert_eq!(checksum(with.as_slice(), Some(stored)).unwrap(), slow(&without));
        }
    }
}
