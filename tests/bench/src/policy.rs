//! What it costs to hold plugins to a policy: the same scan with and without one, in turns.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wardline::stock::stock_plugins;

use crate::fleet::Fleet;
use crate::scans::{FEW, report, scan};
use crate::table::{Table, time};

/// Scans of each kind. They take turns, so that what else the machine does falls on both.
const TURNS: usize = 9;

/// Uses the recordings and the cache that the measurements of scans have left.
pub(crate) fn measure(fleet: &Fleet, folder: &Path, binary: &Path, table: &mut Table) -> Result<()> {
    let policy = least_policy(fleet, folder, binary)?;
    let more = [OsStr::new("--policy"), policy.as_os_str()];
    let (mut free, mut bound) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        free.push(scan(fleet, folder, binary, FEW, &[])?.time);
        let findings = targets(folder)?;
        bound.push(scan(fleet, folder, binary, FEW, &more)?.time);
        ensure!(findings == targets(folder)?, "under their least policy the plugins find something else");
    }
    let (free, bound) = (median(free), median(bound));
    let cost = (bound.as_secs_f64() / free.as_secs_f64() - 1.0) * 100.0;
    table.row(
        &format!("{FEW} recordings under a policy"),
        format!("{} to {} without, {cost:+.1} % (goal: at most 5 %)", time(bound), time(free)),
    );
    Ok(())
}

/// An entry for each of the stock plugins, with what they need for the fleet's machines.
fn least_policy(fleet: &Fleet, folder: &Path, binary: &Path) -> Result<PathBuf> {
    let machines = folder.join("policy-fleet");
    if machines.exists() {
        fs::remove_dir_all(&machines)?;
    }
    fs::create_dir_all(&machines)?;
    for (number, json) in fleet.recordings.iter().enumerate() {
        fs::write(machines.join(format!("{number}.json")), json)?;
    }
    let policy = folder.join("policy.toml");
    let mut command = Command::new(binary);
    command.args(["plugin", "policy"]).args(stock_plugins().iter().map(|(name, _)| name)).arg("-o").arg(&policy);
    command.arg("--fleet").arg(&machines).arg("--catalog").arg(&fleet.catalog);
    command.arg("--cache-dir").arg(folder.join("cache")).current_dir(folder).stdin(Stdio::null());
    let status = command.status().with_context(|| format!("cannot run {}", binary.display()))?;
    ensure!(status.success(), "{} plugin policy ended with {status}", binary.display());
    Ok(policy)
}

/// The part of the report that a policy which denies nothing leaves as it is.
fn targets(folder: &Path) -> Result<String> {
    let text = fs::read_to_string(report(folder))?;
    let begins = text.find("\"targets\":").context("the report has no targets")?;
    Ok(text[begins..].to_owned())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
