//! Getting plugins ready, and holding conversations.

use std::time::{Duration, Instant};

use anyhow::Result;
use wardline::contract::{Answer, Target};
use wardline::sandbox::{Cache, Examiner as _, Limits, Prepared, Sandbox};

use crate::fleet::{Fleet, options, prepare};
use crate::table::{Table, time};

/// How long instances are counted.
const COUNTED: Duration = Duration::from_secs(2);

pub(crate) fn measure(fleet: &Fleet, table: &mut Table) -> Result<()> {
    let cache = tempfile::tempdir()?;
    let sandbox = Sandbox::new(Limits::default(), Cache::at(cache.path()), 2)?;
    let began = Instant::now();
    prepare(&sandbox, &fleet.updates)?;
    table.row("four plugins: prepare, snapshot, compile, cold", time(began.elapsed()));
    let began = Instant::now();
    let plugins = prepare(&sandbox, &fleet.updates)?;
    table.row("four plugins from the cache", time(began.elapsed()));

    let alone = instances(&plugins, 1);
    table.row("instances a second, 1 thread", format!("{alone:.0} ({})", time(Duration::from_secs_f64(1.0 / alone))));
    table.row("instances a second, 2 threads", format!("{:.0}", instances(&plugins, 2)));
    Ok(())
}

/// Conversations a second about a target that holds nothing: little more than an instance's life.
fn instances(plugins: &[Prepared], threads: usize) -> f64 {
    let target = Target { name: "EMPTY".to_owned() };
    let count = || {
        let (began, mut conversations) = (Instant::now(), 0);
        while began.elapsed() < COUNTED {
            for plugin in plugins {
                plugin.examine(&target, &options(), &|_| Answer::Absent);
                conversations += 1;
            }
        }
        f64::from(conversations) / began.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let counters: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
        counters.into_iter().filter_map(|counter| counter.join().ok()).sum()
    })
}
