//! The memory that hostile targets make wardline hold, measured: at most what `--target-memory` allows, plus an allowance.
#![cfg(target_os = "linux")]
// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::env;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use wardline_contract::{Answer, Fact, Question, RegistryData, RegistryValueName};
use wardline_evidence::Source;
use wardline_evidence::budget::Budget;
use wardline_evidence::image::Volume;
use wardline_fixtures::hive::{HiveBuilder, HiveVersion, base_block_checksum, old_log};
use wardline_fixtures::{Profile, Value, WindowsVolume};

/// The process's own memory, its stacks, and memory held while an answer is computed.
const ALLOWANCE: u64 = 64 << 20;

const FOLDER: &str = "WARDLINE_TEST_FOLDER";
const BUDGET: &str = "WARDLINE_TEST_BUDGET";

struct Case {
    name: &'static str,
    /// In bytes.
    budget: u64,
    build: fn(&Path),
    /// At least this many of the questions are answered with a fact: a source that refuses everything takes no memory either.
    known: usize,
    /// A text that one of the answers contains, if the target has more than fits.
    says: Option<&'static str>,
}

const CASES: [Case; 5] = [
    Case { name: "a sparse hive with sparse logs", budget: 256 << 20, build: sparse_hive, known: 4, says: None },
    Case { name: "profiles with lying logs", budget: 256 << 20, build: lying_logs, known: 4, says: None },
    Case {
        name: "more profiles than are kept open",
        budget: 4 << 20,
        build: unflushed_profiles,
        known: 4 + PROFILES as usize,
        says: None,
    },
    Case {
        name: "a hive larger than the budget",
        budget: 8 << 20,
        build: large_hive,
        known: 6,
        says: Some("Dword(7)"),
    },
    Case {
        name: "a folder with a crowd in it",
        budget: 8 << 20,
        build: crowd,
        known: 4,
        says: Some("--target-memory"),
    },
];

#[test]
fn hostile_targets_take_no_more_memory_than_they_are_given() {
    for case in CASES {
        let directory = tempfile::tempdir().unwrap();
        (case.build)(directory.path());
        // In its own process, so that the peak is that of this case.
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "ask_everything", "--ignored", "--nocapture"])
            .env(FOLDER, directory.path())
            .env(BUDGET, case.budget.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {said} {}", case.name, String::from_utf8_lossy(&output.stderr));
        let peak = said.lines().find_map(|line| line.strip_prefix("peak: ")).expect(&said).parse::<u64>().unwrap();
        assert!(peak <= case.budget + ALLOWANCE, "{}: {peak} bytes", case.name);
        let known = said.lines().find_map(|line| line.strip_prefix("known: ")).expect(&said).parse::<usize>().unwrap();
        assert!(known >= case.known, "{}: {known} facts: {said}", case.name);
        if let Some(says) = case.says {
            assert!(said.contains(says), "{}: {said}", case.name);
        }
    }
}

#[test]
#[ignore = "the test above runs it, on a folder that it has built"]
fn ask_everything() {
    let (Some(folder), Ok(budget)) = (env::var_os(FOLDER), env::var(BUDGET)) else { return };
    let budget = Budget::new(budget.parse().unwrap());
    let volume = Volume::open_within(Path::new(&folder), None, &budget).unwrap();
    let mut questions = vec![
        Question::System,
        Question::Services,
        Question::Accounts,
        Question::Profiles,
        Question::RegistryKey(r"HKLM\SOFTWARE\Large".to_owned()),
        Question::RegistryValue(RegistryValueName { key: r"HKLM\SOFTWARE\Large".to_owned(), name: "last".to_owned() }),
        Question::File(r"C:\crowd\nothing".to_owned()),
    ];
    for number in 0..PROFILES {
        questions.push(Question::RegistryKey(format!(r"HKU\{}\Software", sid(number))));
    }
    let mut known = 0;
    for question in questions {
        let answer = volume.answer(&question);
        known += usize::from(matches!(answer, Answer::Known(_)));
        match answer {
            Answer::Known(Fact::RegistryValue(data @ RegistryData::Dword(_))) => println!("answer: {data:?}"),
            Answer::Unreadable(reason) => println!("answer: {reason}"),
            _ => {}
        }
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kibibytes = peak.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap();
    println!("\nknown: {known}\npeak: {}", kibibytes << 10);
}

const PROFILES: u32 = 40;

fn sid(number: u32) -> String {
    format!("S-1-5-21-1-2-3-{}", 1000 + number)
}

/// A file below a folder, found case-insensitively.
fn find(folder: &Path, path: &[&str]) -> PathBuf {
    path.iter().fold(folder.to_owned(), |folder, name| {
        let mut entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        entries.find(|entry| entry.file_name().unwrap().eq_ignore_ascii_case(name)).unwrap()
    })
}

fn software(folder: &Path) -> PathBuf {
    find(folder, &["Windows", "system32", "config", "SOFTWARE"])
}

fn beside(hive: &Path, suffix: &str) -> PathBuf {
    let mut path = hive.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Sets a number in a base block and corrects its checksum.
fn put(block: &mut [u8], at: usize, number: u32) {
    block[at..at + 4].copy_from_slice(&number.to_le_bytes());
    let sum = base_block_checksum(block);
    block[508..512].copy_from_slice(&sum.to_le_bytes());
}

fn lengthen(path: &Path, length: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

const CLAIMED: u64 = 1 << 30;

fn sparse_hive(folder: &Path) {
    WindowsVolume::windows_10().write_to(folder).unwrap();
    let software = software(folder);
    let mut hive = fs::read(&software).unwrap();
    let sequence = u32::from_le_bytes(hive[4..8].try_into().unwrap());
    put(&mut hive, 4, sequence + 1);
    put(&mut hive, 40, (CLAIMED - 4096) as u32);
    fs::write(&software, &hive).unwrap();
    lengthen(&software, CLAIMED);
    for (suffix, kind) in [(".LOG", 1), (".LOG1", 6), (".LOG2", 6)] {
        let mut log = hive[..512].to_vec();
        put(&mut log, 4, sequence);
        put(&mut log, 8, sequence);
        put(&mut log, 28, kind);
        log.extend(b"DIRT");
        let path = beside(&software, suffix);
        fs::write(&path, log).unwrap();
        // Within the part of a log that is read.
        lengthen(&path, 100 << 20);
    }
}

/// Logs that claim such a large hive that their list of changed sectors extends into the sectors themselves.
fn lying_logs(folder: &Path) {
    profiles(folder, |log| put(log, 40, (CLAIMED - 4096) as u32));
}

fn unflushed_profiles(folder: &Path) {
    profiles(folder, |_| {});
}

fn profiles(folder: &Path, change: fn(&mut Vec<u8>)) {
    let volume = (0..PROFILES).fold(WindowsVolume::windows_10(), |volume, number| {
        volume.profile(Profile::of_sid(&format!("user{number}"), &sid(number)).without_hive())
    });
    volume.write_to(folder).unwrap();
    let users = folder.join("Users");
    let build = |state: u32| {
        let mut hive = HiveBuilder::new("NTUSER.DAT", HiveVersion::V1_5);
        hive.set(r"Software\Microsoft\Windows\CurrentVersion", "state", state);
        hive.key(r"Control Panel\Desktop");
        hive.build()
    };
    let mut unflushed = old_log(&build(1), &build(2));
    let (_, log) = &mut unflushed.logs[0];
    change(log);
    for number in 0..PROFILES {
        let profile = users.join(format!("user{number}"));
        fs::create_dir_all(&profile).unwrap();
        let hive = profile.join("NTUSER.DAT");
        fs::write(&hive, &unflushed.primary).unwrap();
        for suffix in [".LOG1", ".LOG2"] {
            fs::write(beside(&hive, suffix), &*log).unwrap();
            lengthen(&beside(&hive, suffix), 10 << 20);
        }
    }
}

fn large_hive(folder: &Path) {
    let mut volume = WindowsVolume::windows_10();
    for number in 0..100 {
        volume = volume.registry(r"HKLM\SOFTWARE\Large", &number.to_string(), Value::Raw(3, vec![7; 1 << 20]));
    }
    volume.registry(r"HKLM\SOFTWARE\Large", "last", 7).write_to(folder).unwrap();
}

fn crowd(folder: &Path) {
    WindowsVolume::windows_10().write_to(folder).unwrap();
    let crowd = folder.join("crowd");
    fs::create_dir(&crowd).unwrap();
    for number in 0..20_000 {
        File::create(crowd.join(format!("{number:0200}"))).unwrap();
    }
}
