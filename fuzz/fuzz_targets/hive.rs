//! A hive with its transaction logs: reads everything in it, and looks up every name that it lists.
//!
//! The input is two lengths (of `.LOG1` and `.LOG2`, 32 bits each), the two logs, and the hive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_regf::{Hive, Key, Log, LogName};

fuzz_target!(|input: &[u8]| {
    let Some((log1, log2, hive)) = split(input) else { return };
    let opened = Hive::open("hive", sealed(hive), |name| match name {
        LogName::Log1 => Log::from(sealed_log(log1)),
        LogName::Log2 => Log::from(sealed_log(log2)),
        LogName::Log => Log::Missing,
    });
    if let Ok(hive) = opened {
        let _ = (hive.recovery(), hive.truncated());
        if let Ok(root) = hive.root() {
            visit(&root, &mut 500);
        }
    }
});

fn split(input: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (lengths, rest) = input.split_first_chunk::<8>()?;
    let [a, b, c, d, e, f, g, h] = *lengths;
    let length = |bytes: [u8; 4], most: usize| (u32::from_le_bytes(bytes) as usize).min(most);
    let (log1, rest) = rest.split_at(length([a, b, c, d], rest.len()));
    let (log2, hive) = rest.split_at(length([e, f, g, h], rest.len()));
    Some((log1, log2, hive))
}

/// Reads everything below a key. A damaged hive may contain cycles, so the number of keys is limited.
fn visit(key: &Key<'_>, left: &mut u32) {
    let Some(less) = left.checked_sub(1) else { return };
    *left = less;
    let _ = (key.class_name(), key.security(), key.last_written(), key.is_link());
    if let Ok(values) = key.values() {
        for value in values.take(100).flatten() {
            let _ = value.data();
            if let Ok(name) = value.name() {
                assert!(!matches!(key.value(&name), Ok(None)), "a value is listed and absent");
            }
        }
    }
    let Ok(subkeys) = key.subkeys() else { return };
    for subkey in subkeys.take(100).flatten() {
        if let Ok(name) = subkey.name() {
            assert!(!matches!(key.subkey(&name), Ok(None)), "a key is listed and absent");
        }
        visit(&subkey, left);
    }
}

/// Returns a base block with a correct checksum, so that most inputs get past it. One in four keeps its own checksum.
fn sealed(block: &[u8]) -> Vec<u8> {
    let mut block = block.to_vec();
    if block.len() >= 512 && block[510] & 3 != 3 {
        let words = block[..508].chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let sum = match words.fold(0, |sum, word| sum ^ word) {
            0 => 1,
            u32::MAX => u32::MAX - 1,
            sum => sum,
        };
        block[508..512].copy_from_slice(&sum.to_le_bytes());
    }
    block
}

/// Like [`sealed`], with correct hashes in the entries of the new format.
fn sealed_log(log: &[u8]) -> Vec<u8> {
    let mut log = sealed(log);
    let mut at = 512;
    while log.get(at..at + 40).is_some_and(|head| head.starts_with(b"HvLE")) {
        let size = u32::from_le_bytes([log[at + 4], log[at + 5], log[at + 6], log[at + 7]]) as usize;
        let Some(entry) = log.get_mut(at..at.saturating_add(size)).filter(|entry| entry.len() >= 40) else { break };
        let body = marvin32(&entry[40..]);
        entry[24..32].copy_from_slice(&body.to_le_bytes());
        let head = marvin32(&entry[..32]);
        entry[32..40].copy_from_slice(&head.to_le_bytes());
        at += size;
    }
    log
}

fn marvin32(bytes: &[u8]) -> u64 {
    let (mut low, mut high) = (0x7A4E_55C5u32, 0x82EF_4D88u32);
    let mut mix = |value: u32| {
        low = low.wrapping_add(value);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
        u64::from(high) << 32 | u64::from(low)
    };
    let chunks = bytes.chunks_exact(4);
    let mut last = [0; 4];
    last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    last[chunks.remainder().len()] = 0x80;
    for word in chunks {
        mix(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    }
    mix(u32::from_le_bytes(last));
    mix(0)
}
