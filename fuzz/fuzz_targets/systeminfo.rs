//! The output of `systeminfo`, `ver`, and lists that people write, in any encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_systeminfo::{Hotfixes, read};

fuzz_target!(|data: &[u8]| {
    let Ok(mut told) = read(data) else { return };
    if let Hotfixes::Listed { articles, .. } = &told.hotfixes {
        // Each takes five digits at least.
        assert!(!articles.is_empty() && articles.len() * 5 <= data.len());
    }
    // A text contradicts itself in nothing that is not already refused.
    let again = told.clone();
    assert!(told.add(again).is_ok());
});
