//! Measures wardline, all in one run, and prints a table: what `cargo xtask bench` calls.
//!
//! `WARDLINE_BINARY` names the program whose whole scans are measured, `WARDLINE_BENCH_DIR` the folder for what is built on the
//! way, and `WARDLINE_BASELINE` another build of the program that takes turns with it. The catalog is the real one where
//! `../shared/data` holds it, else our own.
//!
//! Arguments: names of sections, to measure only these; `--quick` for fewer repetitions and smaller fleets.

mod catalogs;
mod conversations;
mod fleet;
mod maps;
mod native;
mod policy;
mod program;
mod scale;
mod scans;
mod start;
mod table;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::fleet::Fleet;
use crate::program::Programs;
use crate::table::Table;

/// The parts that all measurements use.
struct Bench {
    fleet: Fleet,
    folder: PathBuf,
    programs: Programs,
    quick: bool,
}

impl Bench {
    /// Returns how often to repeat: `whole` times, or `quick` times in a quick run.
    fn times(&self, whole: usize, quick: usize) -> usize {
        if self.quick { quick } else { whole }
    }
}

type Measure = fn(&Bench, &mut Table) -> Result<()>;

/// The sections of the table, by the names that select them. Those in the second half are measured only when named: they take
/// many minutes.
const SECTIONS: [(&str, Measure, bool); 8] = [
    ("catalog", catalogs::measure, true),
    ("conversations", conversations::measure, true),
    ("native", native::measure, true),
    ("start", start::measure, true),
    ("scans", scans::measure, true),
    ("policy", policy::measure, true),
    ("maps", maps::measure, true),
    ("scale", scale::measure, false),
];

fn main() -> Result<()> {
    let (options, named): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let mut quick = false;
    for option in options {
        match option.as_str() {
            "--quick" => quick = true,
            other => bail!("{other}: unknown option: expected --quick"),
        }
    }
    if let Some(unknown) = named.iter().find(|name| !SECTIONS.iter().any(|(known, ..)| known == *name)) {
        bail!("{unknown}: unknown section: expected one of {}", SECTIONS.map(|(name, ..)| name).join(", "));
    }
    let folder = PathBuf::from(std::env::var_os("WARDLINE_BENCH_DIR").context("WARDLINE_BENCH_DIR is not set")?);
    let programs = Programs::from_environment()?;
    let bench = Bench { fleet: fleet::build(&folder)?, folder, programs, quick };
    let mut table = Table::default();
    table.row("catalog", bench.fleet.catalog_words.clone());
    for (name, measure, by_default) in SECTIONS {
        if if named.is_empty() { by_default } else { named.iter().any(|wanted| wanted == name) } {
            measure(&bench, &mut table)?;
        }
    }
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
