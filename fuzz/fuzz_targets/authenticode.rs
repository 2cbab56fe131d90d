//! The signature of a cabinet: the input replaces that of a cabinet which is signed correctly.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use wardline_supply::authenticode::{Certificate, OldAlgorithms, Trust, verify};
use wardline_supply::cabinet::{Cabinet, Limits};

const SIGNED: &[u8] = include_bytes!("../../host/supply/testdata/sha256-stamped.cab");
const ROOT: &[u8] = include_bytes!("../../host/supply/testdata/root.der");

fuzz_target!(|data: &[u8]| {
    let _ = Certificate::from_der(data);
    let offset = u32::from_le_bytes([SIGNED[44], SIGNED[45], SIGNED[46], SIGNED[47]]) as usize;
    let mut cabinet = [&SIGNED[..offset], data].concat();
    cabinet[48..52].copy_from_slice(&(data.len() as u32).to_le_bytes());
    let roots = Certificate::from_der(ROOT).into_iter().collect();
    let trust = Trust { roots, signer: None, old_algorithms: OldAlgorithms::Allowed };
    let Ok(cabinet) = Cabinet::open(&cabinet, &Limits::default()) else { return };
    let Ok(signature) = verify(&cabinet, &trust, SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_804_800)) else {
        return;
    };
    // Nobody has the keys of the certificates any more.
    assert!(signature.signer == "CN=Test cs,O=wardline tests" && signature.root.contains("Test Root"));
});
