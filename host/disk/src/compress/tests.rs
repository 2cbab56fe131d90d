//! The three compressions over damaged data, and over data compressed by other tools.

use proptest::prelude::*;

use super::{Corrupt, lznt1, lzx, xpress};

/// The example of [MS-XCA] 3.2, the alphabet.
fn alphabet() -> Vec<u8> {
    let mut data = vec![0; 256];
    data[48] = 0x50;
    data[49..59].fill(0x55);
    data[59..62].copy_from_slice(&[0x45, 0x44, 0x04]);
    data[128] = 0x04;
    data.extend(b"\xd8\x52\x3e\xd7\x94\x11\x5b\xe9\x19\x5f\xf9\xd6\x7c\xdf\x8d\x04\0\0\0\0");
    data
}

#[test]
fn the_alphabet_of_the_specification_of_xpress() {
    assert_eq!(xpress::decompress(&alphabet(), 26).unwrap(), b"abcdefghijklmnopqrstuvwxyz");
}

#[test]
fn the_example_of_the_specification_of_lznt1() {
    // [MS-XCA] 3.3.
    let data = b"\x38\xb0\x88\x46\x23\x20\x00\x20\x47\x20\x41\x00\x10\xa2\x47\x01\xa0\x45\x20\x44\x00\x08\x45\x01\
        \x50\x79\x00\xc0\x45\x20\x05\x24\x13\x88\x05\xb4\x02\x4a\x44\xef\x03\x58\x02\x8c\x09\x16\x01\x48\x45\x00\xbe\
        \x00\x9e\x00\x04\x01\x18\x90\x00";
    let expected = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G \
                    F# E D E A F# F# G A A G F# E D D E F# E D D\0";
    assert_eq!(lznt1::decompress(data, expected.len()).unwrap(), expected.as_bytes());
}

#[test]
fn lznt1_chunks_of_every_kind() {
    let stored = |bytes: &[u8]| [&(0x3000 | (bytes.len() as u16 - 1)).to_le_bytes()[..], bytes].concat();
    let compressed = |bytes: &[u8]| [&(0xb000 | (bytes.len() as u16 - 1)).to_le_bytes()[..], bytes].concat();
    for (name, data, size, expected) in [
        ("nothing is zeros", vec![], 4, Ok(vec![0; 4])),
        ("an end, then junk", vec![0, 0, 9, 9], 4, Ok(vec![0; 4])),
        ("stored", stored(b"abcd"), 4, Ok(b"abcd".to_vec())),
        ("a short chunk is filled", [stored(b"ab"), stored(b"cd")].concat(), 4098, {
            let mut bytes = vec![0; 4098];
            bytes[..2].copy_from_slice(b"ab");
            bytes[4096..].copy_from_slice(b"cd");
            Ok(bytes)
        }),
        ("a run", compressed(b"\x02a\x03\0"), 7, Ok(b"aaaaaaa".to_vec())),
        ("a match before the chunk", compressed(b"\x01\0\0"), 4, Err(Corrupt("a match begins before its chunk"))),
        ("a match cut off", compressed(b"\x02a\x03"), 4, Err(Corrupt("a chunk ends inside a match"))),
        ("a chunk cut off", vec![0xff, 0xb0, 0], 4, Err(Corrupt("a chunk ends after the data"))),
        ("a chunk too long", compressed(b"\x06a\xff\x0f\xff\x0f"), 4, Err(Corrupt("a chunk has more than 4096 bytes"))),
    ] {
        assert_eq!(lznt1::decompress(&data, size), expected, "{name}");
    }
}

#[test]
fn data_that_is_cut_off_is_an_error() {
    let data = alphabet();
    for end in 0..270 {
        assert!(xpress::decompress(&data[..end], 26).is_err(), "{end}");
    }
    assert!(lzx::decompress(&[], 100).is_err());
    assert!(lzx::decompress(&[0; 8], 100).is_err());
    assert!(lzx::decompress(&[0; 8], 40_000).is_err());
}

#[test]
fn an_lzx_block_that_is_stored() {
    // Type 3, an explicit size of 4; then the recent distances and the bytes.
    let header = [0b0110_0000u8, 0b0000_0000, 0b0100_0000, 0];
    let header = [header[1], header[0], header[3], header[2]];
    let data = [&header[..], &[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], b"abcd"].concat();
    assert_eq!(lzx::decompress(&data, 4).unwrap(), b"abcd");
}

proptest! {
    #[test]
    fn any_bytes_decompress_or_are_an_error(data in proptest::collection::vec(any::<u8>(), 0..600), size in 0usize..20_000) {
        for decompress in [lznt1::decompress, xpress::decompress, lzx::decompress] {
            if let Ok(output) = decompress(&data, size) {
                prop_assert_eq!(output.len(), size);
            }
        }
    }
}
