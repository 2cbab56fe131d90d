//! Measures wardline, all in one run, and prints a table: what `cargo xtask bench` calls.
//!
//! `WARDLINE_BINARY` names the program whose whole scans are measured, `WARDLINE_BENCH_DIR` the folder for what is built on the
//! way. The catalog is the real one where `../shared/data` holds it, else our own.

mod conversations;
mod fleet;
mod native;
mod policy;
mod scans;
mod table;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use wardline::catalog::{self, Limits as CatalogLimits};

use crate::table::Table;

/// How often what takes milliseconds is repeated; the median counts.
const REPEATS: usize = 9;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("WARDLINE_BENCH_DIR").context("WARDLINE_BENCH_DIR is not set")?);
    let binary = PathBuf::from(std::env::var_os("WARDLINE_BINARY").context("WARDLINE_BINARY is not set")?);
    let fleet = fleet::build(&folder)?;
    let mut table = Table::default();
    table.row("catalog", fleet.catalog_words.clone());

    let size = std::fs::metadata(&fleet.catalog)?.len();
    let parse = median(REPEATS, || catalog::read(&fleet.catalog, &CatalogLimits::default()).map(drop))?;
    table.row("catalog parse", format!("{} ({:.0} MB/s)", table::time(parse), size as f64 / 1e6 / parse.as_secs_f64()));

    conversations::measure(&fleet, &mut table)?;
    native::measure(&fleet, &mut table)?;
    scans::measure(&fleet, &folder, &binary, &mut table)?;
    policy::measure(&fleet, &folder, &binary, &mut table)?;
    print!("{table}");
    Ok(())
}

/// The median time of several runs.
fn median<E>(repeats: usize, mut work: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let mut times = Vec::with_capacity(repeats);
    for _ in 0..repeats {
        let began = Instant::now();
        work()?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
