//! The sandbox's guarantees, tested with a Rust plugin that violates them, and with files that are not plugins. Components that
//! no compiler would produce are in `tests/hostile`.
//!
//! The guest is built by `cargo xtask guests`, which `cargo xtask test` runs first.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wardline::contract::{
    Answer, Ask, ChecksumMode, Examination, Examiner, Fact, Grade, Grants, Operation, Options, Outcome, Question,
    RegistryData, Target, Update,
};
use wardline::sandbox::{Cache, Failure, Limits, Prepared, Sandbox};

fn misbehaving() -> Vec<u8> {
    let folder = std::env::var_os("WARDLINE_GUESTS_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests")), PathBuf::from);
    let path = folder.join("wardline-misbehaving.wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask guests`", path.display()))
}

/// Small enough that even a debug build reaches every limit within a moment.
fn limits() -> Limits {
    Limits { memory: 32 << 20, fuel: 200_000_000, output: 4 << 20, questions: 1000, rounds: 16, ..Limits::default() }
}

fn sandbox(limits: Limits) -> Sandbox {
    Sandbox::new(limits, Cache::off(), 4).unwrap()
}

fn prepared(limits: Limits, updates: &[Update]) -> Result<Prepared, Failure> {
    let sandbox = sandbox(limits);
    sandbox.prepare(sandbox.load(misbehaving())?, updates)
}

fn update(title: &str) -> Update {
    Update { bulletin: "EX-001".into(), title: title.into(), ..Update::numbered(3) }
}

fn options() -> Options {
    Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: vec![] }
}

fn examine(plugin: &Prepared, target: &str) -> Examination {
    let answer = |question: &Question, _| match question {
        Question::RegistryValue(_) => Answer::Known(Fact::RegistryValue(RegistryData::Dword(5))),
        _ => Answer::Absent,
    };
    plugin.examine(&Target { name: target.into() }, &options(), &Ask::new(&Grants::new(|_| Ok(())), &answer))
}

#[test]
fn each_misbehaviour_ends_in_its_one_outcome_and_costs_nobody_else_anything() {
    let plugin = prepared(limits(), &[]).unwrap();
    for (behaviour, outcome, words) in [
        ("loop", Outcome::OutOfFuel, "detect"),
        ("trap", Outcome::Trapped, "unreachable"),
        ("trap-later", Outcome::Trapped, "resume"),
        ("recursion", Outcome::Trapped, "stack"),
        ("memory", Outcome::OutOfMemory, "memory"),
        ("rounds", Outcome::TooManyRounds, "16 rounds"),
        ("questions", Outcome::OutOfMemory, "memory"),
        ("long-questions", Outcome::OutOfMemory, "memory"),
        ("long-summary", Outcome::OutputTooLarge, "text"),
        ("long-findings", Outcome::OutOfMemory, "memory"),
        ("undeclared-check", Outcome::InvalidOutput, "somebody-elses"),
        ("wrong-columns", Outcome::InvalidOutput, "2 cells"),
        ("invented-evidence", Outcome::InvalidOutput, "question 7"),
        ("invented-update", Outcome::InvalidOutput, "4711"),
    ] {
        let examination = examine(&plugin, behaviour);
        assert_eq!(examination.outcome, outcome, "{behaviour}: {:?}", examination.detail);
        let detail = examination.detail.unwrap();
        assert!(detail.contains(words), "{behaviour}: {detail}");
        assert!(examination.assessment.checks.is_empty() && examination.actions.is_empty(), "{behaviour}");
        assert!(examination.memory <= limits().memory, "{behaviour} held {} bytes", examination.memory);
        assert!(examination.fuel <= limits().fuel, "{behaviour}");
        let next = examine(&plugin, "well-behaved");
        assert_eq!(next.outcome, Outcome::Ok, "after {behaviour}: {:?}", next.detail);
    }
}

#[test]
fn what_the_guest_hands_out_is_bounded_before_the_host_copies_it() {
    let roomy = Limits { memory: 256 << 20, fuel: 10_000_000_000, questions: 2_000_000, ..limits() };
    let plugin = prepared(roomy.clone(), &[]).unwrap();
    for behaviour in ["questions", "long-questions", "long-findings"] {
        let examination = examine(&plugin, behaviour);
        assert_eq!(examination.outcome, Outcome::OutputTooLarge, "{behaviour}: {:?}", examination.detail);
    }
    let plugin = prepared(Limits { questions: 1000, output: 1 << 30, ..roomy }, &[]).unwrap();
    let examination = examine(&plugin, "questions");
    assert_eq!(examination.outcome, Outcome::TooManyRounds, "{:?}", examination.detail);
}

#[test]
fn the_clock_ends_what_fuel_would_let_run() {
    let time = Duration::from_millis(200);
    let plugin = prepared(Limits { fuel: u64::MAX, time, ..limits() }, &[]).unwrap();
    let began = std::time::Instant::now();
    let examination = examine(&plugin, "loop");
    assert_eq!(examination.outcome, Outcome::OutOfTime, "{:?}", examination.detail);
    // Not a measurement of speed: without the clock it would never return.
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_conversation_finds_prepared_memory_and_nothing_of_earlier_ones() {
    let plugin = prepared(limits(), &[update("one")]).unwrap();
    assert!(plugin.is_snapshot());
    for _ in 0..3 {
        let examination = examine(&plugin, "well-behaved");
        assert_eq!(examination.outcome, Outcome::Ok, "{:?}", examination.detail);
        let [finding] = examination.assessment.checks.as_slice() else { panic!() };
        assert_eq!(finding.summary, "value Some(5), 1 updates, 0 left behind");
        assert_eq!(finding.grade, Grade::Passed);
        assert_eq!(finding.evidence, [0]);
        assert_eq!((examination.rounds, examination.exchanges.len()), (1, 1));
        let [action] = examination.actions.as_slice() else { panic!() };
        assert!(matches!(action.operation, Operation::ManualStep(_)));
    }
}

#[test]
fn the_same_conversation_costs_the_same_fuel() {
    let plugin = prepared(limits(), &[]).unwrap();
    let fuel: Vec<u64> = (0..3).map(|_| examine(&plugin, "well-behaved").fuel).collect();
    assert!(fuel[0] > 0 && fuel.iter().all(|each| *each == fuel[0]), "{fuel:?}");
}

#[test]
fn what_goes_wrong_in_prepare_is_told_of_the_plugin_not_of_each_target() {
    for (title, outcome, words) in [
        ("refuse", Outcome::Incompatible, "not to my taste"),
        ("trap", Outcome::Trapped, "prepare"),
        ("loop", Outcome::OutOfFuel, "prepare"),
    ] {
        let failure = prepared(Limits { prepare_fuel: 100_000_000, ..limits() }, &[update(title)]).unwrap_err();
        assert_eq!(failure.outcome, outcome, "{failure}");
        assert!(failure.detail.contains(words), "{failure}");
    }
}

#[test]
fn what_is_no_plugin_is_refused_with_what_it_is_and_what_is_needed() {
    let component = |text: &str| wat::parse_str(text).unwrap();
    for (bytes, words) in [
        (b"".to_vec(), "is not WebAssembly"),
        (b"MZ\x90\0".to_vec(), "is not WebAssembly"),
        (b"\0asm\x01\0\0\0".to_vec(), "core WebAssembly module"),
        (b"\0asm\x01\0\0\0\xff\xff".to_vec(), "damaged"),
        (component("(component)"), "exports nothing"),
    ] {
        let failure = sandbox(limits()).load(bytes).unwrap_err();
        assert_eq!(failure.outcome, Outcome::Incompatible, "{failure}");
        assert!(failure.detail.contains(words), "{failure}");
    }
}

#[test]
fn what_takes_too_long_to_compile_is_given_up() {
    let failure = prepared(Limits { compile_time: Duration::ZERO, ..limits() }, &[]).unwrap_err();
    assert_eq!(failure.outcome, Outcome::OutOfTime, "{failure}");
    let failure = prepared(Limits { component_size: 1000, ..limits() }, &[]).unwrap_err();
    assert_eq!(failure.outcome, Outcome::Incompatible, "{failure}");
}

#[test]
fn the_cache_is_used_and_a_damaged_entry_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let run = |updates: &[Update], compile_time| {
        let limits = Limits { compile_time, ..limits() };
        let sandbox = Sandbox::new(limits, Cache::at(folder.path()), 1).unwrap();
        let plugin = sandbox.prepare(sandbox.load(misbehaving())?, updates)?;
        Ok::<_, Failure>(examine(&plugin, "well-behaved").assessment)
    };
    let usual = Limits::default().compile_time;
    let first = run(&[], usual).unwrap();
    let entries = || {
        let entries = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut entries: Vec<PathBuf> = entries.collect();
        entries.sort();
        entries
    };
    assert_eq!(entries().len(), 3, "described, code, and state");

    // With no time to compile, only the cache can provide it.
    assert_eq!(run(&[], Duration::ZERO).unwrap(), first);
    // Other updates are a separate entry: another state of the same code.
    assert!(run(&[update("other")], Duration::ZERO).is_err());
    let written =
        || -> Vec<_> { entries().iter().map(|entry| entry.metadata().unwrap().modified().unwrap()).collect() };
    let before = written();
    run(&[update("other")], usual).unwrap();
    assert_eq!(entries().len(), 4);
    assert!(before.iter().all(|time| written().contains(time)), "no entry was written again");

    for damage in [&b""[..], b"wardline cache 1\n", b"rubbish"] {
        for entry in entries() {
            let mut bytes = std::fs::read(&entry).unwrap();
            bytes.truncate(bytes.len() / 2);
            if !damage.is_empty() {
                bytes = damage.to_vec();
            }
            std::fs::write(&entry, bytes).unwrap();
        }
        assert!(run(&[], Duration::ZERO).is_err(), "a damaged entry must not be used");
        assert_eq!(run(&[], usual).unwrap(), first);
    }
}

/// A component that cannot be split into code and state. A snapshot can be taken of it.
fn of_two_modules(component: Vec<u8>) -> Vec<u8> {
    // A section for a core module (1) of 8 bytes, and an empty core module.
    [&component[..], b"\x01\x08\0asm\x01\0\0\0"].concat()
}

/// The digests of functions in an entry of the cache: each before the length of its code, and the code.
fn digests(entry: &[u8]) -> HashSet<[u8; 32]> {
    const TRAILER: usize = 32 + b"wardline cache 4\n".len();
    let (mut digests, mut rest) = (HashSet::new(), &entry[..entry.len() - TRAILER]);
    while let Some((digest, length_and_code)) = rest.split_first_chunk() {
        let (length, code) = length_and_code.split_first_chunk().unwrap();
        digests.insert(*digest);
        rest = &code[u32::from_le_bytes(*length) as usize..];
    }
    digests
}

#[test]
fn what_is_compiled_from_the_functions_of_another_catalog_is_the_same() {
    let prepare = |folder: &Path, updates: &[Update]| {
        let sandbox = Sandbox::new(limits(), Cache::at(folder), 1).unwrap();
        sandbox.prepare(sandbox.load(of_two_modules(misbehaving())).unwrap(), updates).unwrap();
    };
    let entries = |folder: &Path, purpose: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(purpose)).collect()
    };
    let (kept, anew) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    prepare(anew.path(), &[update("one")]);
    for purpose in ["functions", "prepared"] {
        entries(anew.path(), purpose).into_iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }
    prepare(anew.path(), &[update("other")]);

    prepare(kept.path(), &[update("one")]);
    let functions = entries(kept.path(), "functions").pop().unwrap();
    let before = digests(&std::fs::read(&functions).unwrap());
    prepare(kept.path(), &[update("other")]);
    let after = digests(&std::fs::read(&functions).unwrap());
    let again = after.difference(&before).count();
    // Cranelift's digests of a few functions change from one run to the next.
    assert!(again * 4 < after.len(), "{again} of {} functions were compiled again", after.len());

    let compiled = entries(anew.path(), "prepared").pop().unwrap();
    let same = kept.path().join(compiled.file_name().unwrap());
    assert!(std::fs::read(compiled).unwrap() == std::fs::read(same).unwrap());
}

#[test]
fn a_plugin_does_the_same_however_it_is_compiled() {
    let examined = |component: Vec<u8>| {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::new(limits(), Cache::at(folder.path()), 1).unwrap();
        let plugin = sandbox.prepare(sandbox.load(component).unwrap(), &[update("one")]).unwrap();
        let examined = ["well-behaved", "loop", "trap"].map(|name| {
            let examination = examine(&plugin, name);
            (examination.assessment, examination.exchanges, examination.outcome, examination.fuel)
        });
        let is_split = std::fs::read_dir(folder.path()).unwrap().any(|entry| {
            let name = entry.unwrap().file_name();
            name.to_str().unwrap().starts_with("state-")
        });
        (examined, is_split)
    };
    let (split, is_split) = examined(misbehaving());
    let (whole, is_whole_split) = examined(of_two_modules(misbehaving()));
    assert!(is_split && !is_whole_split);
    assert_eq!(split, whole);
}

/// A component nested in a component, as produced by tools that provide another's imports: no snapshot can be taken of it.
fn nested(inner: &[u8]) -> Vec<u8> {
    fn number(mut value: usize, to: &mut Vec<u8>) {
        while value >= 0x80 {
            to.push(value as u8 | 0x80);
            value >>= 7;
        }
        to.push(value as u8);
    }
    fn section(id: u8, content: &[u8], to: &mut Vec<u8>) {
        to.push(id);
        number(content.len(), to);
        to.extend(content);
    }
    let names = ["types", "detection", "remediation"].map(|name| format!("wardline:check/{name}@0.1.0"));
    let count = names.len() as u8;
    let (mut aliases, mut exports) = (vec![count], vec![count]);
    for (place, name) in (1..).zip(&names) {
        // An instance (5), exported by the instance 0; and its export.
        aliases.extend([0x05, 0x00, 0x00, name.len() as u8]);
        aliases.extend(name.as_bytes());
        exports.extend([0x00, name.len() as u8]);
        exports.extend(name.as_bytes());
        exports.extend([0x05, place, 0x00]);
    }
    let mut outer = b"\0asm\x0d\0\x01\0".to_vec();
    section(4, inner, &mut outer);
    section(5, &[1, 0x00, 0x00, 0x00], &mut outer);
    section(6, &aliases, &mut outer);
    section(11, &exports, &mut outer);
    outer
}

#[test]
fn what_prepares_in_each_instance_is_compiled_once_too() {
    let folder = tempfile::tempdir().unwrap();
    let run = |updates: &[Update], compile_time| {
        let limits = Limits { compile_time, ..limits() };
        let sandbox = Sandbox::new(limits, Cache::at(folder.path()), 1).unwrap();
        let plugin = sandbox.prepare(sandbox.load(nested(&misbehaving()))?, updates)?;
        assert!(!plugin.is_snapshot());
        Ok::<_, Failure>(examine(&plugin, "well-behaved").assessment)
    };
    let first = run(&[], Limits::default().compile_time).unwrap();
    assert_eq!(run(&[], Duration::ZERO).unwrap(), first);
    assert!(run(&[update("other")], Duration::ZERO).is_ok(), "the updates are not in what was compiled");
}

#[test]
fn a_plugin_without_a_snapshot_has_no_more_for_a_conversation_than_others() {
    let plenty = Limits { prepare_fuel: 4_000_000_000, prepare_time: Duration::from_secs(3600), ..limits() };
    let prepared = |limits: Limits| {
        let sandbox = sandbox(limits);
        sandbox.prepare(sandbox.load(nested(&misbehaving())).unwrap(), &[update("one")]).unwrap()
    };
    let narrow = Limits { fuel: 20_000_000, ..plenty.clone() };
    let plugin = prepared(plenty.clone()).narrowed(&narrow);
    assert!(!plugin.is_snapshot());
    let examination = examine(&plugin, "loop");
    assert_eq!((examination.outcome, examination.fuel), (Outcome::OutOfFuel, 20_000_000));
    assert_eq!(plugin.fuel_limit(), Some(20_000_000));
    assert_eq!(examine(&plugin, "well-behaved").outcome, Outcome::Ok);

    // Without the limit it would not return for an hour.
    let endless = Limits { fuel: u64::MAX, prepare_fuel: u64::MAX, ..plenty };
    let soon = Limits { time: Duration::from_millis(200), ..endless.clone() };
    let plugin = prepared(endless);
    let examination = examine(&plugin.narrowed(&soon), "loop");
    assert_eq!(examination.outcome, Outcome::OutOfTime, "{:?}", examination.detail);
}

#[test]
fn preparing_is_no_part_of_a_conversations_fuel() {
    let sandbox = sandbox(Limits { fuel: 20_000_000, ..limits() });
    let each = |updates: &[Update]| {
        let plugin = sandbox.load(misbehaving()).unwrap();
        examine(&sandbox.prepare_in_each_instance(plugin, updates).unwrap(), "well-behaved").fuel
    };
    let (few, many) = (each(&[update("one")]), each(&vec![update(&"x".repeat(10_000)); 1000]));
    // The summary contains their number, whose digits cost some fuel.
    assert!(few > 0 && many < few + few / 10, "{few} {many}");
}
