//! Any bytes as a document in CVRF: read, folded, shown and merged.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wardline_catalog::{Limits, merge, parse, show};

fuzz_target!(|input: &[u8]| {
    if let Ok(catalog) = parse(input, Path::new("fuzz"), &Limits::default()) {
        let mut page = Vec::new();
        let _ = show::text(&catalog, &mut page);
        let _ = show::json(&catalog, &mut page);
        for (number, update) in (0..).zip(&catalog.updates) {
            assert_eq!(update.number, number);
        }
        let _ = merge(vec![catalog]);
    }
});
