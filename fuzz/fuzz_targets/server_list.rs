//! Lists of machines' names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_evidence::named;

fuzz_target!(|data: &[u8]| {
    let Ok(names) = named::parse(data) else { return };
    let written: String = names.iter().map(|name| format!("{name}\n")).collect();
    assert!(named::parse(written.as_bytes()).is_ok_and(|read| read == names));
});
