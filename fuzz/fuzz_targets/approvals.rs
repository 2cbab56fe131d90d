//! Lists of approved updates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_supply::approvals::Approvals;

fuzz_target!(|data: &[u8]| {
    let Ok(list) = Approvals::parse(data) else { return };
    let unknown = list.unknown([]);
    assert_eq!(unknown.len(), list.len());
    // What a list names, it approves.
    assert!(unknown.iter().all(|name| list.approves(name, name)));
});
