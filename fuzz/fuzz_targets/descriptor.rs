//! Security descriptors, and the SIDs in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_sam::Sid;
use wardline_sam::descriptor::Descriptor;

fuzz_target!(|data: &[u8]| {
    if let Ok((sid, length)) = Sid::read(data) {
        assert!(length <= data.len());
        assert!(sid.to_string().starts_with("S-1-"));
    }
    if let Ok(descriptor) = Descriptor::read(data) {
        let entries = descriptor.access.iter().flatten().chain(&descriptor.audit);
        // Both lists may be the same bytes.
        assert!(entries.count() <= data.len() / 4);
    }
});
