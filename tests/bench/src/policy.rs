//! The cost of holding plugins to a policy: the same scan with and without one, in turns.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use wardline::stock::stock_plugins;

use crate::Bench;
use crate::program::{Program, run};
use crate::scans::{FEW, recordings};
use crate::table::Table;

/// Pairs of scans, one of each kind. The order within a pair alternates, so that whatever else the machine does falls on both.
const PAIRS: usize = 40;

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let program = &bench.programs.current;
    let policy = least_policy(bench, program)?;
    let recordings = recordings(bench, FEW)?;
    let free = || run(&mut program.scan(&bench.folder, &bench.fleet.catalog, &recordings));
    let bound = || run(program.scan(&bench.folder, &bench.fleet.catalog, &recordings).arg("--policy").arg(&policy));
    free()?;
    let found = targets(&program.report(&bench.folder))?;
    bound()?;
    ensure!(
        found == targets(&program.report(&bench.folder))?,
        "under their least policy the plugins find something else"
    );
    let mut shares = Vec::new();
    for pair in 0..bench.times(PAIRS, 4) {
        let (free, bound) = if pair % 2 == 0 {
            let free = free()?;
            (free, bound()?)
        } else {
            let bound = bound()?;
            (free()?, bound)
        };
        shares.push((bound.processor.as_secs_f64() / free.processor.as_secs_f64() - 1.0) * 100.0);
    }
    let count = shares.len() as f64;
    let mean = shares.iter().sum::<f64>() / count;
    let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / (count - 1.0);
    table.row(
        "a policy's share of a scan, processor time",
        format!("{mean:+.1} % ± {:.1} (bar: 2 %)", (variance / count).sqrt()),
    );
    Ok(())
}

/// An entry for each of the stock plugins, with what they need for the fleet's machines.
fn least_policy(bench: &Bench, program: &Program) -> Result<PathBuf> {
    let machines = bench.folder.join("policy-fleet");
    fs::create_dir_all(&machines)?;
    for (number, json) in bench.fleet.recordings.iter().enumerate() {
        fs::write(machines.join(format!("{number}.json")), json)?;
    }
    let policy = bench.folder.join("policy.toml");
    let mut command = program.command(&bench.folder);
    command.args(["plugin", "policy"]).args(stock_plugins().iter().map(|(name, _)| name)).arg("-o").arg(&policy);
    command.arg("--fleet").arg(&machines).arg("--catalog").arg(&bench.fleet.catalog);
    command.arg("--cache-dir").arg(program.cache(&bench.folder));
    run(&mut command)?;
    Ok(policy)
}

/// The part of a report that a policy which denies nothing leaves as it is.
fn targets(report: &Path) -> Result<String> {
    let text = fs::read_to_string(report)?;
    let begins = text.find("\"targets\":").context("the report has no targets")?;
    Ok(text[begins..].to_owned())
}
