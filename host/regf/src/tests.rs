//! Hives built by code, intact and damaged.

use proptest::prelude::*;
use wardline_fixtures::hive::{SubkeyList, Unflushed, base_block_checksum, new_log, old_log};
use wardline_fixtures::{HiveBuilder, HiveVersion, Value as Built};

use super::*;

mod claims;

/// Opens a hive with the given logs, in the order of [`LogName::ALL`].
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

/// Reads everything in a hive, including errors.
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
            // A damaged hive may contain cycles; recursive callers must limit the depth.
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

fn logs_of(unflushed: &Unflushed) -> Vec<Vec<u8>> {
    unflushed.logs.iter().map(|(_, log)| log.clone()).collect()
}

/// Returns the hive's state and how it was recovered.
fn outcome(primary: &[u8], logs: &[Vec<u8>]) -> (Data, Recovery) {
    let hive = open(primary.to_vec(), logs).unwrap();
    (state(&hive), hive.recovery().clone())
}

#[test]
fn a_log_of_the_old_format_counts_whole_or_not_at_all() {
    let [before, after] = [1, 3].map(|state| sample(HiveVersion::V1_5, SubkeyList::Lh, state));
    let unflushed = old_log(&before, &after);
    let logs = logs_of(&unflushed);
    assert_eq!(outcome(&unflushed.primary, &logs), (Data::Dword(3), Recovery::Done { entries: 1 }));
    let (data, recovery) = outcome(&unflushed.primary, &[]);
    assert_eq!((data, recovery), (Data::Dword(1), Recovery::Incomplete { entries: 0, reason: Obstacle::NoLog }));
    // A hive that was fully written ignores its logs.
    assert_eq!(outcome(&before, &logs), (Data::Dword(1), Recovery::NotNeeded));
    // If one log is unusable, the other is used.
    let mut torn = logs[0].clone();
    torn.truncate(torn.len() - 1);
    let both = [torn, logs[0].clone()];
    assert_eq!(outcome(&unflushed.primary, &both), (Data::Dword(3), Recovery::Done { entries: 1 }));
}

/// Based on section "New format" of the specification, notes 4 to 8. `a` and `b` are the contents of the two logs.
#[test]
fn entries_of_the_new_format_are_applied_up_to_the_first_that_is_broken() {
    let states = [1, 2, 3, 4].map(|state| sample(HiveVersion::V1_5, SubkeyList::Lh, state));
    let [before, rest @ ..] = &states;
    let unflushed = new_log(before, &rest.each_ref().map(Vec::as_slice));
    let [a, b] = <[Vec<u8>; 2]>::try_from(logs_of(&unflushed)).unwrap();
    // The offset of the second entry in the first log.
    let second = 512 + u32::from_le_bytes(a[516..520].try_into().unwrap()) as usize;
    let with = |log: &[u8], change: &dyn Fn(&mut Vec<u8>)| {
        let mut log = log.to_vec();
        change(&mut log);
        log
    };
    let flipped = |log: &[u8], at: usize| with(log, &|log| log[at] ^= 1);
    let broken = |applied, of| Recovery::Incomplete { entries: applied, reason: Obstacle::Broken { applied, of } };
    let missing = |entries, log| Recovery::Incomplete { entries, reason: Obstacle::Missing(log) };
    let first_sector = |log: &[u8]| log[..512].to_vec();
    let zeroed = |log: &[u8], part: std::ops::Range<usize>| with(log, &|log| log[part.clone()].fill(0));
    let expected = u32::from_le_bytes(unflushed.primary[8..12].try_into().unwrap());
    let gap = Obstacle::Gap { log: LogName::Log1, first: expected + 2, expected };
    let gap = Recovery::Incomplete { entries: 1, reason: gap };
    let headless = |entries, log| {
        let damage = "its base block is empty, but entries follow it";
        Recovery::Incomplete { entries, reason: Obstacle::Damaged { log, damage } }
    };
    let whole = Recovery::Done { entries: 3 };
    for (what, logs, data, recovery) in [
        ("both", vec![a.clone(), b.clone()], 4, whole.clone()),
        ("both, the other way round", vec![b.clone(), a.clone()], 4, whole.clone()),
        (
            "remnants of earlier entries behind the last",
            vec![a.clone(), with(&b, &|log| log.extend(&a[512..]))],
            4,
            whole,
        ),
        ("the first alone", vec![a.clone()], 3, missing(2, LogName::Log2)),
        ("the second unused", vec![a.clone(), Vec::new()], 3, Recovery::Done { entries: 2 }),
        ("the second unused, of zeros", vec![a.clone(), vec![0; 8192]], 3, Recovery::Done { entries: 2 }),
        ("nothing behind the first base block", vec![first_sector(&a), b.clone()], 1, broken(0, 3)),
        ("nothing behind the second base block", vec![a.clone(), first_sector(&b)], 3, broken(2, 3)),
        ("zeros behind the second base block", vec![a.clone(), zeroed(&b, 512..b.len())], 3, broken(2, 3)),
        ("the first empty", vec![Vec::new(), b.clone()], 4, gap.clone()),
        ("the first of zeros", vec![zeroed(&a, 0..a.len()), b.clone()], 4, gap),
        ("the first base block of zeros", vec![zeroed(&a, 0..512), b.clone()], 4, headless(1, LogName::Log1)),
        ("the second base block of zeros", vec![a.clone(), zeroed(&b, 0..512)], 3, headless(2, LogName::Log2)),
        ("the last byte of the first log", vec![flipped(&a, a.len() - 1), b.clone()], 2, broken(1, 3)),
        ("the head of an entry", vec![flipped(&a, second + 16), b.clone()], 2, broken(1, 3)),
        ("the signature of an entry", vec![flipped(&a, second), b.clone()], 2, broken(1, 3)),
        ("a truncated entry", vec![with(&a, &|log| log.truncate(second + 600)), b.clone()], 2, broken(1, 3)),
        ("the first entry", vec![flipped(&a, 600), b.clone()], 1, broken(0, 3)),
        ("the last entry", vec![a.clone(), flipped(&b, 600)], 3, broken(2, 3)),
        (
            "the base block of the second",
            vec![a.clone(), flipped(&b, 100)],
            3,
            Recovery::Incomplete {
                entries: 2,
                reason: Obstacle::Damaged { log: LogName::Log2, damage: "its base block has a wrong checksum" },
            },
        ),
    ] {
        assert_eq!(outcome(&unflushed.primary, &logs), (Data::Dword(data), recovery), "{what}");
    }
}

/// The hive has the first entry; the second, which it needs, and the rest of its log are lost, and the other log continues after
/// it.
#[test]
fn what_is_lost_between_two_logs_is_missed() {
    let states = [1, 2, 3, 4].map(|state| sample(HiveVersion::V1_5, SubkeyList::Lh, state));
    let [before, rest @ ..] = &states;
    let mut unflushed = new_log(before, &rest.each_ref().map(Vec::as_slice));
    let [mut a, b] = <[Vec<u8>; 2]>::try_from(logs_of(&unflushed)).unwrap();
    let number = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let first = number(&unflushed.primary, 8);
    let second = 512 + number(&a, 516) as usize;
    unflushed.primary[4..8].copy_from_slice(&(first + 2).to_le_bytes());
    unflushed.primary[8..12].copy_from_slice(&(first + 1).to_le_bytes());
    let sum = base_block_checksum(&unflushed.primary);
    unflushed.primary[508..512].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(outcome(&unflushed.primary, &[a.clone(), b.clone()]).1, Recovery::Done { entries: 2 });
    a[second..].fill(0);
    let broken = Recovery::Incomplete { entries: 0, reason: Obstacle::Broken { applied: 0, of: 2 } };
    assert_eq!(outcome(&unflushed.primary, &[a, b]), (Data::Dword(1), broken));
}

#[test]
fn entries_that_the_hive_has_got_are_passed_over() {
    let states = [1, 2, 3].map(|state| sample(HiveVersion::V1_5, SubkeyList::Lh, state));
    let [before, between, after] = &states;
    let mut unflushed = new_log(before, &[between, after]);
    let logs = logs_of(&unflushed);
    let number = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let first = number(&unflushed.primary, 8);
    for (has, entries) in [(0, 2), (1, 1), (2, 0)] {
        unflushed.primary[4..8].copy_from_slice(&(first + has + 1).to_le_bytes());
        unflushed.primary[8..12].copy_from_slice(&(first + has).to_le_bytes());
        let sum = base_block_checksum(&unflushed.primary);
        unflushed.primary[508..512].copy_from_slice(&sum.to_le_bytes());
        let (_, recovery) = outcome(&unflushed.primary, &logs);
        let expected = match entries {
            0 => Recovery::Incomplete { entries, reason: Obstacle::OtherState },
            _ => Recovery::Done { entries },
        };
        assert_eq!(recovery, expected, "{has}");
    }
}

#[test]
fn a_hive_that_is_too_short_is_so_unless_a_log_holds_the_rest() {
    let before = sample(HiveVersion::V1_5, SubkeyList::Lh, 1);
    let mut cut = before.clone();
    cut.truncate(before.len() - 4096);
    let hive = open(cut.clone(), &[]).unwrap();
    assert_eq!(hive.truncated(), Some((cut.len() as u64, before.len() as u64)));
    assert_eq!(open(before.clone(), &[]).unwrap().truncated(), None);

    let mut bigger = HiveBuilder::new("SOFTWARE", HiveVersion::V1_5);
    bigger.set("Vendor", "state", 2).set("Vendor", "large", Built::Raw(3, vec![9; 200_000]));
    let unflushed = new_log(&before, &[&bigger.build()]);
    let hive = open(unflushed.primary.clone(), &logs_of(&unflushed)).unwrap();
    assert_eq!((hive.truncated(), state(&hive)), (None, Data::Dword(2)));
    let large = hive.key("Vendor").unwrap().unwrap().value("large").unwrap().unwrap();
    assert_eq!(large.bytes().unwrap(), vec![9; 200_000]);
}

/// Corrupts every hash and every hint in a hive's lists.
fn without_hints(mut hive: Vec<u8>) -> Vec<u8> {
    for at in (4096..hive.len()).step_by(8).map(|at| at + 4) {
        if hive[at..].starts_with(b"lh") || hive[at..].starts_with(b"lf") {
            let count = usize::from(u16::from_le_bytes([hive[at + 2], hive[at + 3]]));
            for element in 0..count {
                hive[at + 8 + element * 8..][..4].copy_from_slice(b"\xde\xad\xbe\xef");
            }
        }
    }
    hive
}

#[test]
fn a_hint_proves_nothing() {
    const NAMES: [&str; 6] = ["Plain", "Größe", "Πωλητής", "ⴀⴁ", "აბ", "𐐨"];
    for (version, list) in
        [(HiveVersion::V1_3, SubkeyList::Lf), (HiveVersion::V1_5, SubkeyList::Lh), (HiveVersion::V1_5, SubkeyList::Li)]
    {
        let mut built = HiveBuilder::new("SOFTWARE", version);
        built.subkey_list(list);
        for name in NAMES {
            built.set(name, name, name);
        }
        for bytes in [built.build(), without_hints(built.build())] {
            let hive = open(bytes, &[]).unwrap();
            for name in NAMES {
                for asked in [name.to_owned(), wardline_upcase::fold(name), wardline_upcase::fold_to_lower(name)] {
                    let key = hive.key(&asked).unwrap().unwrap_or_else(|| panic!("{list:?}: no {asked}"));
                    assert_eq!(key.value(&asked).unwrap().unwrap().data().unwrap(), Data::Text(name.to_owned()));
                }
            }
            for absent in ["Plai", "Plain ", "Größ", "ΠΩΛΗΤΉΣ", "ᲐᲑ", "𐐀"] {
                assert!(hive.key(absent).unwrap().is_none(), "{list:?}: {absent}");
            }
        }
    }
}

/// Replaces all occurrences of a name of two-byte characters.
fn rename(hive: &mut [u8], from: &str, to: &[u16]) {
    let from = from.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let to = to.iter().copied().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    assert_eq!(from.len(), to.len());
    for at in 4096..hive.len() - from.len() {
        if hive[at..].starts_with(&from) {
            hive[at..at + to.len()].copy_from_slice(&to);
        }
    }
}

#[test]
fn names_that_are_no_text_are_found_by_what_they_are_shown_as() {
    let mut built = HiveBuilder::new("SOFTWARE", HiveVersion::V1_5);
    built.set("один", "is", 1).set("двое", "is", 2).set("three", "is", 3);
    let mut bytes = built.build();
    rename(&mut bytes, "один", &[0x41, 0xd800, 0x42, 0x43]);
    let shown = "a\u{fffd}bc";
    let is = |hive: &Hive, name: &str| hive.key(name).unwrap().unwrap().value("is").unwrap().unwrap().data().unwrap();
    let hive = open(bytes.clone(), &[]).unwrap();
    let names = hive.root().unwrap().subkeys().unwrap().map(|key| key.unwrap().name().unwrap()).collect::<Vec<_>>();
    assert!(names.contains(&"A\u{fffd}BC".to_owned()), "{names:?}");
    assert_eq!(is(&hive, shown), Data::Dword(1));

    // Two keys that are displayed alike are not the same.
    let mut two = bytes.clone();
    rename(&mut two, "двое", &[0x41, 0xdfff, 0x42, 0x43]);
    let error = open(two, &[]).unwrap().key(shown).unwrap_err();
    assert!(error.to_string().ends_with("several subkeys are displayed as a\u{fffd}bc"), "{error}");

    // A key whose name contains the character itself takes precedence.
    rename(&mut bytes, "двое", &[0x41, 0xfffd, 0x42, 0x43]);
    assert_eq!(is(&open(bytes, &[]).unwrap(), shown), Data::Dword(2));
}

/// From Suhanov's yarp: dirty hives, and what Windows recovered from them.
#[test]
#[ignore = "reads data that is not part of the project"]
fn real_hives_are_recovered_as_windows_recovers_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hives/yarp");
    let read = |name: String| std::fs::read(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let dump = |hive: &Hive| {
        fn visit(key: &Key<'_>, path: &str, lines: &mut Vec<String>) {
            for value in key.values().unwrap() {
                let value = value.unwrap();
                lines.push(format!("{path} {:?} {} {:?}", value.name(), value.kind(), value.bytes()));
            }
            for subkey in key.subkeys().unwrap() {
                let subkey = subkey.unwrap();
                visit(&subkey, &format!("{path}\\{}", subkey.name().unwrap()), lines);
            }
        }
        let mut lines = Vec::new();
        visit(&hive.root().unwrap(), "", &mut lines);
        lines
    };
    let damaged = |log, damage| Recovery::Incomplete { entries: 0, reason: Obstacle::Damaged { log, damage } };
    let wrong_checksum = "its base block has a wrong checksum";
    for (name, windows, expected) in [
        ("NewDirtyHive1/NewDirtyHive", Some("RecoveredHive_Windows10"), Recovery::Done { entries: 4 }),
        ("NewDirtyHive2/NewDirtyHive", None, Recovery::Done { entries: 3 }),
        ("OldDirtyHive/OldDirtyHive", Some("RecoveredHive_Windows7"), Recovery::Done { entries: 1 }),
        ("BadLogHive1/BadLogHive", None, damaged(LogName::Log1, wrong_checksum)),
        ("BadLogHive2/BadLogHive", None, damaged(LogName::Log1, "bad signature: expected `DIRT`")),
        ("BadLogHive3/BadLogHive", None, damaged(LogName::Log1, wrong_checksum)),
    ] {
        let logs = [".LOG1", ".LOG2"].map(|suffix| read(format!("{name}{suffix}")));
        let hive = open(read(name.to_owned()), &logs).unwrap();
        assert_eq!(*hive.recovery(), expected, "{name}");
        if let Some(windows) = windows {
            let folder = name.split('/').next().unwrap();
            let recovered = open(read(format!("{folder}/{windows}")), &[]).unwrap();
            assert_eq!(dump(&hive), dump(&recovered), "{name}");
        }
    }
}

#[test]
fn a_lost_base_block_comes_back_from_a_log() {
    let [before, after] = [1, 3].map(|state| sample(HiveVersion::V1_5, SubkeyList::Lh, state));
    for unflushed in [old_log(&before, &after), new_log(&before, &[&after])] {
        let mut primary = unflushed.primary;
        // A byte covered by the checksum.
        primary[200] ^= 0xff;
        let logs = unflushed.logs.iter().map(|(_, log)| log.clone()).collect::<Vec<_>>();
        // The first bin's copy of the timestamp, which ties a log to the hive.
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
    // The root's list of subkeys refers to the root.
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
            // After the base block, which its checksum protects.
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
