//! What a domain controller sends: messages of LDAP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_ldap::fuzzing::{Reply, parse};

fuzz_target!(|data: &[u8]| {
    if let Ok((_, Reply::Entry(entry))) = parse(data) {
        let held: usize = entry.attributes.iter().flat_map(|(_, values)| values).map(String::len).sum();
        // What is no UTF-8 becomes three bytes.
        assert!(held <= 3 * data.len());
    }
});
