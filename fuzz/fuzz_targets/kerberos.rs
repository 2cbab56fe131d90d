//! The input of Kerberos: a ticket cache, `krb5.conf`, and messages of a key distribution centre and of a service.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_kerberos::fuzzing::{Settings, parse_cache, parse_error, parse_proof, parse_salt};

fuzz_target!(|data: &[u8]| {
    if let Ok(cached) = parse_cache(data) {
        assert!(cached.tickets.len() * 40 <= data.len());
    }
    let _ = (parse_error(data), parse_salt(data), parse_proof(data));
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Settings::parse(text);
    }
});
