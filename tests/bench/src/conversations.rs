//! Getting plugins ready, and holding conversations.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use wardline::contract::{Answer, Ask, Examiner as _, Grants, Question, Target};
use wardline::evidence::image::Volume;
use wardline::evidence::recording::Recording;
use wardline::evidence::{Source as _, SourceAnswers};
use wardline::sandbox::{Cache, Limits, Prepared, Sandbox};

use crate::Bench;
use crate::fleet::{Fleet, options, prepare, prepare_all};
use crate::table::{Table, time};

/// Conversations between two looks at the clock.
const BATCH: u32 = 8;

/// How long conversations are counted at a time.
const COUNTED: Duration = Duration::from_millis(500);

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let fleet = &bench.fleet;
    let cache = tempfile::tempdir()?;
    let sandbox = Sandbox::new(Limits::default(), Cache::at(cache.path()), 2)?;
    let began = Instant::now();
    prepare(&sandbox, &fleet.updates)?;
    table.row("the stock plugins: prepare, snapshot, compile, cold", time(began.elapsed()));
    let began = Instant::now();
    let plugins = prepare(&sandbox, &fleet.updates)?;
    table.row("the stock plugins from the cache", time(began.elapsed()));

    // Half of the updates: another catalog for plugins that are known.
    let began = Instant::now();
    prepare(&sandbox, &fleet.updates[..fleet.updates.len() / 2])?;
    table.row("a new catalog for plugins seen before", format!("{} (bar: 1 s)", time(began.elapsed())));

    let each: Vec<Duration> = plugins.iter().map(|plugin| about_nothing(plugin, bench.times(9, 3))).collect();
    if let Some(shortest) = each.iter().min() {
        table.row("the shortest conversation, in a fresh instance", format!("{} (bar: 12 µs)", time(*shortest)));
    }
    table.row("a conversation about an empty target, mean of the plugins", time(mean(&each)));
    // In turn, so that other load on the machine affects both.
    let parsed = fleet.recordings.iter().map(|json| Recording::parse(json, Path::new("bench")));
    let recordings: Vec<Recording> = parsed.collect::<Result<_, _>>()?;
    let mut ratios: Vec<f64> = (0..bench.times(9, 3))
        .map(|_| {
            let alone = conversations(&plugins, &recordings, 1);
            conversations(&plugins, &recordings, 2) / alone
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    table
        .row("conversations about recordings on 2 threads to 1", format!("{:.2} (bar: 1.9)", ratios[ratios.len() / 2]));
    if let Some(folder) = std::env::var_os(BASELINE) {
        compare(fleet, &sandbox, &plugins, Path::new(&folder), table)?;
    }
    Ok(())
}

/// Names a folder of other builds of the stock plugins, with which today's are compared.
const BASELINE: &str = "WARDLINE_BASELINE_PLUGINS";

/// Times that all machines are gone through, with these plugins and with the others in turn.
const TURNS: usize = 21;

/// Judges the same machines by two sets of plugins, from their volumes: a recording would lack what only one of them asks.
fn compare(fleet: &Fleet, sandbox: &Sandbox, plugins: &[Prepared], baseline: &Path, table: &mut Table) -> Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(baseline)? {
        let path = entry?.path();
        files.push((path.display().to_string(), std::fs::read(&path)?));
    }
    files.sort();
    let others = prepare_all(sandbox, &fleet.updates, &files)?;
    let grants = Grants::new(|_| Ok(()));
    let judge = |plugins: &[Prepared]| -> Result<Duration> {
        let began = Instant::now();
        for folder in &fleet.machines {
            let volume = Volume::open(folder, None)?;
            let target = Target { name: volume.name().to_owned() };
            for plugin in plugins {
                let answer = |question: &Question, _| volume.answer(question);
                let ask = Ask::new(&grants, &answer);
                plugin.examine(&target, &options(), &ask);
            }
        }
        Ok(began.elapsed() / u32::try_from(fleet.machines.len())?)
    };
    let mut pairs = Vec::new();
    for _ in 0..TURNS {
        pairs.push((judge(plugins)?, judge(&others)?));
    }
    let mut ratios: Vec<f64> = pairs.iter().map(|(ours, other)| ours.as_secs_f64() / other.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    pairs.sort();
    let (ours, other) = pairs[TURNS / 2];
    table.row("a volume judged by these plugins, 1 thread", time(ours));
    table.row("the same by the baseline's plugins", time(other));
    table.row("these to the baseline's", format!("{:.2}", ratios[TURNS / 2]));
    Ok(())
}

fn mean(times: &[Duration]) -> Duration {
    times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(1).max(1)
}

/// The time of a conversation about an empty target, the shortest of several means: little more than creating and dropping an instance.
fn about_nothing(plugin: &Prepared, times: usize) -> Duration {
    let target = Target { name: "EMPTY".to_owned() };
    let grants = Grants::new(|_| Ok(()));
    let mean = |_| {
        let (began, mut held) = (Instant::now(), 0);
        while began.elapsed() < COUNTED / 10 {
            for _ in 0..BATCH {
                plugin.examine(&target, &options(), &Ask::new(&grants, &|_: &Question, _| Answer::Absent));
            }
            held += BATCH;
        }
        began.elapsed() / held
    };
    (0..times).map(mean).min().unwrap_or_default()
}

/// Conversations per second about recordings, in the order of a scan.
fn conversations(plugins: &[Prepared], recordings: &[Recording], threads: usize) -> f64 {
    let grants = Grants::new(|_| Ok(()));
    let count = || {
        let (began, mut held) = (Instant::now(), 0);
        while began.elapsed() < COUNTED {
            for plugin in plugins {
                for recording in recordings {
                    let target = Target { name: recording.name().to_owned() };
                    plugin.examine(&target, &options(), &Ask::new(&grants, &SourceAnswers(recording)));
                    held += 1;
                }
            }
        }
        f64::from(held) / began.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let counters: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
        counters.into_iter().filter_map(|counter| counter.join().ok()).sum()
    })
}
