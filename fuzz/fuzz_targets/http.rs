//! What a browser sends: the requests on one connection.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_serve::fuzzing::{Parsed, parse};

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Parsed::Request { length, goes_on } = parse(rest) {
        // A request does not depend on what follows it.
        assert_eq!(parse(&rest[..length]), Parsed::Request { length, goes_on });
        rest = &rest[length..];
        if !goes_on {
            break;
        }
    }
});
