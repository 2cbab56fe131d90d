//! Processes that are killed while they write.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use wardline_history::{History, Keep};
use wardline_report::TargetReport;

use crate::{Place, add, in_both, machine, machines, store};

/// The variable by which a process learns that it is to write until it is killed, and where.
const VICTIM: &str = "WARDLINE_TEST_HISTORY_TO_WRITE";

/// The line that it writes to standard output when it begins.
const WRITES: &str = "writes";

/// The sizes of the scans that it writes in turn; the larger one takes several transactions.
const SIZES: [usize; 2] = [1, 300];

in_both! {
    a_process_that_is_killed_loses_no_earlier_scan,
}

fn a_process_that_is_killed_loses_no_earlier_scan(place: &Place) {
    kill_writers(place, 6);
}

#[test]
#[ignore = "takes a minute: `cargo xtask soak`"]
fn a_hundred_processes_that_are_killed_lose_no_scan_in_a_file() {
    kill_writers(&Place::file(), 100);
}

#[test]
#[ignore = "takes a minute: `cargo xtask soak`"]
fn a_hundred_processes_that_are_killed_lose_no_scan_on_a_server() {
    if let Some(place) = Place::server() {
        kill_writers(&place, 100);
    }
}

fn fleets() -> [Vec<TargetReport>; 2] {
    SIZES.map(|size| (0..size).map(|place| machine(&place.to_string())).collect())
}

#[test]
fn a_process_writes_until_it_is_killed() {
    let Ok(victim) = std::env::var(VICTIM) else { return };
    let fleets = fleets();
    println!("\n{WRITES}");
    for when in 1.. {
        for fleet in &fleets {
            add(&store(&victim), when, fleet);
        }
    }
}

/// Starts processes that write, and kills each at a random moment.
fn kill_writers(place: &Place, rounds: u64) {
    let seed = RandomState::new();
    let begun = Instant::now();
    fleets().iter().for_each(|fleet| assert!(add(&place.store, 0, fleet) > 0));
    let duration = begun.elapsed();
    let mut known = SIZES.len();
    for round in 0..rounds {
        let delay = duration * u32::try_from(seed.hash_one(round) % 1_000).unwrap() / 500;
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["kills::a_process_writes_until_it_is_killed", "--exact", "--nocapture"])
            .env(VICTIM, place.store.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap() == WRITES));
        std::thread::sleep(delay);
        assert_eq!(writer.try_wait().unwrap(), None, "it ended by itself");
        writer.kill().unwrap();
        writer.wait().unwrap();
        let history = History::open(&place.store).unwrap();
        let scans = history.scans().unwrap();
        assert!(scans.len() >= known, "round {round}, {delay:?}: {} scans are left of {known}", scans.len());
        known = scans.len();
        for scan in &scans[scans.len().saturating_sub(2)..] {
            assert!(SIZES.contains(&machines(&history, scan).len()), "round {round}, {delay:?}");
        }
    }
    assert!(known > SIZES.len(), "no process wrote a whole scan");
    // The remains of the killed ones are removed, and all others are still whole.
    let unfinished = place.unfinished();
    let mut history = History::create(&place.store).unwrap();
    let pruned = history.prune(Keep::Last(usize::MAX), SystemTime::now() + Duration::from_secs(2 * 86_400)).unwrap();
    assert_eq!((pruned.unfinished, pruned.removed, pruned.kept), (unfinished, 0, known as u64));
    for scan in history.scans().unwrap() {
        assert_eq!(machines(&history, &scan).len() as u64, scan.totals.machines);
    }
    eprintln!("{rounds} processes killed: {known} scans whole, {unfinished} unfinished");
}
