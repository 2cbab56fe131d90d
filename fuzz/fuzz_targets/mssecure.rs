//! Any bytes as Microsoft's `mssecure.xml`: read, its references followed, shown and merged.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wardline_catalog::{Limits, merge, parse, show};

fuzz_target!(|input: &[u8]| {
    // Small enough that references to one long text cannot take the fuzzer's memory.
    let limits = Limits { resolved_bytes: 16 << 20, ..Limits::default() };
    if let Ok(catalog) = parse(input, Path::new("fuzz"), &limits) {
        let mut page = Vec::new();
        let _ = show::text(&catalog, &mut page);
        let _ = show::json(&catalog, &mut page);
        for (number, update) in (0..).zip(catalog.updates.iter().chain(&catalog.unsupported)) {
            assert_eq!(update.number, number);
        }
        let _ = merge(vec![catalog]);
    }
});
