//! JSON reports of scans. A target may have a megabyte.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use wardline_report::read_from;

fuzz_target!(|data: &[u8]| {
    let mut names = 0;
    let read = read_from(data, 1 << 20, "fuzz", &mut |target| {
        names += target.name.len();
        ControlFlow::Continue(())
    });
    assert!(read.is_err() || names <= data.len());
});
