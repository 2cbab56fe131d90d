//! The operator's rules for findings: waivers, ratings and ignore lists.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_triage::{Date, Rules};

fuzz_target!(|data: &[u8]| {
    let Some(today) = Date::new(2026, 11, 27) else { return };
    let mut rules = Rules::default();
    let _ = rules.parse_ignored("list", data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = rules.parse_waivers("waivers", text, today);
        let _ = rules.parse_ratings("ratings", text);
    }
    // Nothing was judged: whatever is waived, waives nothing.
    assert!(rules.to_review().iter().all(|waiver| !waiver.detail.contains("counts again")));
});
