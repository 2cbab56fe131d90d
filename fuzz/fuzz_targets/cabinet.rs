//! Cabinets: the structure is checked, and every file unpacked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_supply::cabinet::{Cabinet, Limits};

fuzz_target!(|data: &[u8]| {
    // Few megabytes, so that one input takes little time.
    let limits = Limits { unpacked_bytes: 4 << 20, ..Limits::default() };
    let Ok(cabinet) = Cabinet::open(data, &limits) else { return };
    for entry in cabinet.entries() {
        assert!(!entry.name().contains(['/', '\\', ':']) && entry.name() != "..");
        if let Ok(content) = cabinet.read(entry) {
            assert_eq!(content.len() as u64, u64::from(entry.size()));
        }
    }
});
