//! Keys and hives that claim more, or fewer, members than they have.

use super::*;

/// Returns the offset of a field of a key in the file: `at` counts from the key's signature.
fn field_of(hive: &[u8], name: &str, at: usize) -> usize {
    let named = |key: &&[u8]| key.starts_with(b"nk") && key[76..].starts_with(name.as_bytes());
    let keys = (4096..hive.len() - 80).step_by(4);
    keys.filter_map(|key| hive.get(key..).filter(named).map(|_| key)).next().unwrap() + at
}

fn set_field(hive: &mut [u8], name: &str, at: usize, change: impl FnOnce(u32) -> u32) {
    let at = field_of(hive, name, at);
    let number = u32::from_le_bytes(hive[at..at + 4].try_into().unwrap());
    hive[at..at + 4].copy_from_slice(&change(number).to_le_bytes());
}

/// Fields of "Key node" in the specification: 20 counts the subkeys that 28 lists, 36 the values that 40 lists.
#[test]
fn a_key_that_counts_other_members_than_it_lists_is_damaged() {
    type Change = fn(u32) -> u32;
    let (more, fewer, nowhere): (Change, Change, Change) = (|count| count + 1, |count| count - 1, |_| u32::MAX);
    for (what, field, change, found, says) in [
        ("one subkey more", 20, more, true, "a list of subkeys has 41 entries: expected 42"),
        ("one subkey fewer", 20, fewer, true, "a list of subkeys has 41 entries: expected 40"),
        ("no list of subkeys", 28, nowhere, false, "a key has 41 subkeys but no list of them"),
        ("no list of values", 40, nowhere, false, "a key has 2 values but no list of them"),
        ("a million values", 36, |_| 1_000_000, true, "a list of values is truncated"),
    ] {
        for list in [SubkeyList::Lh, SubkeyList::Li] {
            let mut bytes = sample(HiveVersion::V1_5, list, 5);
            set_field(&mut bytes, "Vendor", field, change);
            let hive = open(bytes, &[]).unwrap();
            let vendor = hive.key("Vendor").unwrap().unwrap();
            let ends = |error: Option<Error>| error.is_some_and(|error| error.to_string().ends_with(says));
            let of_subkeys = field < 36;
            let (there, absent) = match of_subkeys {
                true => (vendor.subkey("Product 7").is_ok_and(|key| key.is_some()), vendor.subkey("none").err()),
                false => (vendor.value("state").is_ok_and(|value| value.is_some()), vendor.value("none").err()),
            };
            assert_eq!(there, found, "{what}");
            assert!(absent.is_some(), "{what}");
            let listed = match of_subkeys {
                true => vendor.subkeys().and_then(|mut keys| keys.try_for_each(|key| key.map(drop))).err(),
                false => vendor.values().and_then(|mut values| values.try_for_each(|value| value.map(drop))).err(),
            };
            assert!(listed.is_some(), "{what}");
            assert!(ends(absent.clone()) || field == 36, "{what}: {absent:?}");
            // The other members are not affected.
            match of_subkeys {
                true => assert!(vendor.value("none").unwrap().is_none(), "{what}"),
                false => assert!(vendor.subkey("none").unwrap().is_none(), "{what}"),
            }
        }
    }
}

/// A hive with a key whose list of lists refers to the same list repeatedly.
fn crowded(times: u16) -> Vec<u8> {
    let mut built = HiveBuilder::new("SOFTWARE", HiveVersion::V1_3);
    built.subkey_list(SubkeyList::Lf);
    for number in 0..500 {
        built.key(&format!(r"Crowd\{number}"));
    }
    let mut bytes = built.build();
    let at = field_of(&bytes, "Crowd", 28);
    let list = bytes[at..at + 4].to_vec();
    let bin = bytes.len() - 4096;
    let mut content = b"ri".to_vec();
    content.extend(times.to_le_bytes());
    content.extend(list.repeat(usize::from(times)));
    append_bin(&mut bytes, &content, content.len() as u64 + 8);
    set_field(&mut bytes, "Crowd", 28, |_| bin as u32 + 32);
    set_field(&mut bytes, "Crowd", 20, |_| u32::from(times) * 500);
    bytes
}

/// Appends a bin with one cell that claims `size` bytes and begins with `content`, and makes the base block claim as much.
fn append_bin(bytes: &mut Vec<u8>, content: &[u8], size: u64) {
    let bin = bytes.len() - 4096;
    let claimed = (size + 32).next_multiple_of(4096) as u32;
    bytes.extend(b"hbin");
    bytes.extend((bin as u32).to_le_bytes());
    bytes.extend(claimed.to_le_bytes());
    bytes.extend([0; 20]);
    bytes.extend((-(size.next_multiple_of(8) as i32)).to_le_bytes());
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(4096), 0);
    claim(bytes, bin as u32 + claimed);
}

fn claim(bytes: &mut [u8], bins_size: u32) {
    bytes[40..44].copy_from_slice(&bins_size.to_le_bytes());
    let sum = base_block_checksum(bytes);
    bytes[508..512].copy_from_slice(&sum.to_le_bytes());
}

/// Bytes followed by zeros, like a sparse file.
struct Sparse(Vec<u8>, u64);

impl ReadAt for Sparse {
    fn size(&self) -> std::io::Result<u64> {
        Ok(self.1)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let left = usize::try_from(self.1.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..left].fill(0);
        self.0.read_at(&mut buffer[..left], offset).map(|_| left)
    }
}

#[test]
fn a_search_ends_however_many_members_a_hive_claims() {
    // Limited by the file, not by the size in its base block.
    let mut bytes = crowded(2000);
    claim(&mut bytes, 0xf000_0000);
    let hive = open(bytes, &[]).unwrap();
    let error = hive.key(r"Crowd\none").unwrap_err().to_string();
    assert!(error.ends_with("a key has more subkeys than the hive has room for"), "{error}");
    assert!(hive.key(r"Crowd\7").unwrap().is_some());

    // In a file that is as large as it claims.
    let mut claiming = crowded(2000);
    claim(&mut claiming, 0xf000_0000);
    let hive = Hive::open("SOFTWARE", Sparse(claiming, 0xf000_0000 + 4096), |_| Log::Missing).unwrap();
    let crowd = hive.key("Crowd").unwrap().unwrap();
    assert!(matches!(crowd.subkey("none"), Err(Error::TooMany { what: "subkeys", limit: 262_144, .. })));
    assert!(crowd.subkey("7").unwrap().is_some());

    // Values, in a list of 1 GiB.
    let mut bytes = sample(HiveVersion::V1_5, SubkeyList::Lh, 1);
    let bin = bytes.len() as u32 - 4096;
    append_bin(&mut bytes, &[], 1 << 30);
    set_field(&mut bytes, "Vendor", 36, |_| 1 << 27);
    set_field(&mut bytes, "Vendor", 40, |_| bin + 32);
    let hive = Hive::open("SOFTWARE", Sparse(bytes, 2 << 30), |_| Log::Missing).unwrap();
    let vendor = hive.key("Vendor").unwrap().unwrap();
    assert!(matches!(vendor.value("none"), Err(Error::TooMany { what: "values", .. })));
}
