//! Hives built by code, whole and damaged.

use proptest::prelude::*;
use wardline_fixtures::hive::{SubkeyList, new_log, old_log};
use wardline_fixtures::{HiveBuilder, HiveVersion, Value as Built};

use super::*;

/// A hive with the logs that there are, in the order of [`LogName::ALL`].
fn open(primary: Vec<u8>, logs: &[Vec<u8>]) -> Result<Hive, Error> {
    let mut logs = logs.iter().cloned();
    Hive::open("SOFTWARE", primary, |_| logs.next().map_or(Log::Missing, Log::from))
}

fn sample(version: HiveVersion, list: SubkeyList, state: u32) -> Vec<u8> {
    let mut hive = HiveBuilder::new("SOFTWARE", version);
    hive.subkey_list(list);
    for number in 0..40 {
        hive.set(&format!(r"Vendor\Product {number}"), "Version", number);
    }
    hive.set(r"Vendor\Ünïcode ключ", "Имя", "значение");
    hive.set("Vendor", "state", state);
    hive.set("Vendor", "large", Built::Raw(3, vec![7; 40_000]));
    hive.class_name(r"Vendor\Product 1", "0123abcd");
    hive.build()
}

/// Everything that there is to be read, errors included.
fn read_all(hive: &Hive) {
    fn visit(key: Key<'_>, budget: &mut usize) {
        let _ = (key.name(), key.class_name(), key.security().map(|bytes| bytes.map(|bytes| bytes.len())));
        if let Ok(values) = key.values() {
            for value in values.flatten().take(1000) {
                let _ = (value.name(), value.data());
            }
        }
        let Ok(subkeys) = key.subkeys() else { return };
        for subkey in subkeys.flatten() {
            // A damaged hive may hold circles; who walks a hive by itself has to count.
            let Some(left) = budget.checked_sub(1) else { return };
            *budget = left;
            visit(subkey, budget);
        }
    }
    if let Ok(root) = hive.root() {
        visit(root, &mut 200);
    }
    for path in [r"Vendor\Product 7", r"Vendor\Nothing", r"vendor\ÜNÏCODE КЛЮЧ"] {
        let _ = hive.key(path);
    }
}

fn state(hive: &Hive) -> Data {
    hive.key("Vendor").unwrap().unwrap().value("state").unwrap().unwrap().data().unwrap()
}

#[test]
fn all_kinds_of_lists_are_read() {
    for (version, list) in [
        (HiveVersion::V1_3, SubkeyList::Lf),
        (HiveVersion::V1_3, SubkeyList::Li),
        (HiveVersion::V1_5, SubkeyList::Lh),
        (HiveVersion::V1_5, SubkeyList::Li),
    ] {
        let hive = open(sample(version, list, 5), &[]).unwrap();
        let vendor = hive.key("VENDOR").unwrap().unwrap();
        assert_eq!(vendor.subkeys().unwrap().count(), 41, "{version:?} {list:?}");
        for number in 0..40 {
            let key = hive.key(&format!(r"vendor\PRODUCT {number}")).unwrap().unwrap();
            let value = key.value("version").unwrap().unwrap();
            assert_eq!(value.data().unwrap(), Data::Dword(number), "{version:?} {list:?}");
        }
        let russian = hive.key(r"vendor\ÜNÏCODE КЛЮЧ").unwrap().unwrap();
        let value = russian.value("ИМЯ").unwrap().unwrap();
        assert_eq!(value.data().unwrap(), Data::Text("значение".to_owned()));
        assert!(hive.key(r"Vendor\Product 40").unwrap().is_none());
        assert_eq!(hive.key(r"Vendor\Product 1").unwrap().unwrap().class_name().unwrap(), "0123abcd");
        assert_eq!(vendor.value("large").unwrap().unwrap().bytes().unwrap(), vec![7; 40_000]);
        assert_eq!(state(&hive), Data::Dword(5));
    }
}

#[test]
fn logs_are_applied_where_the_hive_was_not_written_to_the_end() {
    let version = HiveVersion::V1_5;
    let [before, between, after] = [1, 2, 3].map(|state| sample(version, SubkeyList::Lh, state));

    let old = old_log(&before, &after);
    let logs = old.logs.iter().map(|(_, log)| log.clone()).collect::<Vec<_>>();
    assert_eq!(state(&open(old.primary.clone(), &[]).unwrap()), Data::Dword(1));
    assert_eq!(state(&open(old.primary, &logs).unwrap()), Data::Dword(3));
    // One that was written to the end takes nothing from a log.
    assert_eq!(state(&open(before.clone(), &logs).unwrap()), Data::Dword(1));

    let new = new_log(&before, &[&between, &after]);
    let logs = new.logs.iter().map(|(_, log)| log.clone()).collect::<Vec<_>>();
    assert_eq!(logs.len(), 2);
    assert_eq!(state(&open(new.primary.clone(), &logs).unwrap()), Data::Dword(3));
    let reversed = logs.iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(state(&open(new.primary.clone(), &reversed).unwrap()), Data::Dword(3));
    assert_eq!(state(&open(new.primary.clone(), &logs[..1]).unwrap()), Data::Dword(2));

    // An entry that is not whole ends what is applied.
    let mut torn = logs[0].clone();
    *torn.last_mut().unwrap() ^= 1;
    assert_eq!(state(&open(new.primary, &[torn, logs[1].clone()]).unwrap()), Data::Dword(1));
}

#[test]
fn a_lost_base_block_comes_back_from_a_log() {
    let [before, after] = [1, 3].map(|state| sample(HiveVersion::V1_5, SubkeyList::Lh, state));
    for unflushed in [old_log(&before, &after), new_log(&before, &[&after])] {
        let mut primary = unflushed.primary;
        // Part of what the checksum covers.
        primary[200] ^= 0xff;
        let logs = unflushed.logs.iter().map(|(_, log)| log.clone()).collect::<Vec<_>>();
        // The first bin's copy of the time, by which a log is known to belong to the hive.
        primary[4096 + 20..4096 + 28].copy_from_slice(&logs[0][12..20]);
        let error = open(primary.clone(), &[]).unwrap_err();
        assert!(error.to_string().starts_with("the hive SOFTWARE is damaged at offset 0x0: "), "{error}");
        assert_eq!(state(&open(primary, &logs).unwrap()), Data::Dword(3));
    }
}

#[test]
fn circles_and_crowds_end() {
    let mut hive = sample(HiveVersion::V1_3, SubkeyList::Lf, 1);
    let clean = open(hive.clone(), &[]).unwrap();
    let root = u32::from_le_bytes(hive[36..40].try_into().unwrap());
    // The root's list of subkeys leads back to the root.
    let list_field = 4096 + root as usize + 4 + 28;
    let list = u32::from_le_bytes(hive[list_field..list_field + 4].try_into().unwrap()) as usize;
    hive[4096 + list + 8..4096 + list + 12].copy_from_slice(&root.to_le_bytes());
    assert!(clean.key("Vendor").unwrap().is_some());
    read_all(&open(hive, &[]).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_damage_makes_reading_panic(
        changes in prop::collection::vec((0usize..80_000, any::<u8>()), 1..60),
        cut in prop::option::of(0usize..80_000),
        xp: bool,
    ) {
        let version = if xp { HiveVersion::V1_5 } else { HiveVersion::V1_3 };
        let mut bytes = sample(version, if xp { SubkeyList::Lh } else { SubkeyList::Lf }, 1);
        for (at, byte) in changes {
            // Past the base block, which its checksum protects.
            let at = 4096 + at % (bytes.len() - 4096);
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        if let Ok(hive) = open(bytes, &[]) {
            read_all(&hive);
        }
    }

    #[test]
    fn no_damaged_log_makes_reading_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        garbage in prop::collection::vec(any::<u8>(), 0..2000),
        new: bool,
        lost: bool,
    ) {
        let [before, after] = [1, 3].map(|state| sample(HiveVersion::V1_5, SubkeyList::Lh, state));
        let mut unflushed = if new { new_log(&before, &[&after]) } else { old_log(&before, &after) };
        let log = &mut unflushed.logs[0].1;
        for (at, byte) in changes {
            let at = at.index(log.len());
            log[at] = byte;
        }
        if lost {
            unflushed.primary[200] ^= 0xff;
        }
        if let Ok(hive) = open(unflushed.primary, &[log.clone(), garbage]) {
            read_all(&hive);
        }
    }
}
