//! Starts of the program: everything cached, one volume.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::Bench;
use crate::program::{Cost, Programs, mean_processor_time, middle, run};
use crate::table::{Table, ratio, time};

/// Registry hives of a Windows 8.1, compressed; not part of the project.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/hives/plaso");

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let small = bench.fleet.machines.first().context("the fleet has no machine")?;
    let turns = bench.times(41, 9);
    let costs = volume(bench, small, turns)?;
    table.row(
        "start, one small volume, caches warm, processor time",
        format!(
            "{}{} (bar: 40 ms)",
            time(mean_processor_time(&costs[0])),
            of_baseline(&bench.programs, &costs, |costs| { mean_processor_time(costs).as_secs_f64() })
        ),
    );
    if let Some(real) = windows_8(&bench.folder)? {
        let costs = volume(bench, &real, turns)?;
        let median = |costs: &[Cost]| middle(costs.iter().map(|cost| cost.time)).unwrap_or_default();
        let peak = costs[0].iter().map(|cost| cost.peak).max().unwrap_or_default();
        table.row(
            "a Windows 8.1 volume, file cache warm",
            format!(
                "{}{}, peak memory {:.0} MB (bar: 60 ms, 50 MB)",
                time(median(&costs[0])),
                of_baseline(&bench.programs, &costs, |costs| median(costs).as_secs_f64()),
                peak as f64 / 1e6
            ),
        );
    }
    Ok(())
}

fn volume(bench: &Bench, volume: &Path, turns: usize) -> Result<Vec<Vec<Cost>>> {
    let scan =
        |program: &crate::program::Program| run(&mut program.scan(&bench.folder, &bench.fleet.catalog, [volume]));
    // Fills the caches.
    for program in bench.programs.all() {
        scan(program)?;
    }
    bench.programs.in_turn(turns, scan)
}

/// `, 0.43 of the baseline's` if there is a baseline.
pub(crate) fn of_baseline(programs: &Programs, costs: &[Vec<Cost>], figure: impl Fn(&[Cost]) -> f64) -> String {
    match (&programs.baseline, costs) {
        (Some(_), [current, baseline]) => ratio(figure(current), figure(baseline)),
        _ => String::new(),
    }
}

/// Lays out the real hives as a volume. `None` where they, or the tool that unpacks them, are missing.
fn windows_8(folder: &Path) -> Result<Option<PathBuf>> {
    let root = folder.join("windows-8.1");
    let config = root.join("Windows/System32/config");
    fs::create_dir_all(&config)?;
    for hive in ["SOFTWARE", "SYSTEM"] {
        let packed = Path::new(REAL).join(format!("dfwinreg-{hive}-win81.xz"));
        let unpacked = config.join(hive);
        if unpacked.is_file() {
            continue;
        }
        match Command::new("xz").args(["--decompress", "--stdout"]).arg(&packed).output() {
            Ok(output) if output.status.success() => fs::write(unpacked, output.stdout)?,
            _ => return Ok(None),
        }
    }
    Ok(Some(root))
}
