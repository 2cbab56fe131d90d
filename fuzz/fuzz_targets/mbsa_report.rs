//! Reports in MBSA's XML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_mbsacli::is_report;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        is_report(text);
    }
});
