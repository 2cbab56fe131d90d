//! Decompression: the first byte selects LZNT1, XPRESS or LZX, the next two the size of the output.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_disk::compression::{lznt1, lzx, xpress};

fuzz_target!(|data: &[u8]| {
    let Some(([kind, low, high], data)) = data.split_first_chunk::<3>() else { return };
    let size = usize::from(u16::from_le_bytes([*low, *high]));
    let output = match kind % 3 {
        0 => lznt1(data, size),
        1 => xpress(data, size),
        _ => lzx(data, size),
    };
    if let Ok(output) = output {
        assert_eq!(output.len(), size);
    }
});
