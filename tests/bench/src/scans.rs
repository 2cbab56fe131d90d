//! Whole scans by the program, as an administrator runs them: thousands of recordings, all stock plugins, a report.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::Bench;
use crate::fleet::Fleet;
use crate::program::{Cost, Program, middle, run};
use crate::start::of_baseline;
use crate::table::Table;

pub(crate) const FEW: usize = 1_000;
const MANY: usize = 10_000;

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let numbers: &[usize] = if bench.quick { &[FEW] } else { &[FEW, MANY] };
    let mut peaks = Vec::new();
    for &number in numbers {
        let targets = recordings(bench, number)?;
        let scan = |program: &Program| run(&mut program.scan(&bench.folder, &bench.fleet.catalog, &targets));
        // Fills the program's cache, so that only scanning is measured.
        for program in bench.programs.all() {
            run(&mut program.scan(&bench.folder, &bench.fleet.catalog, &targets[..1]))?;
        }
        let costs = bench.programs.in_turn(bench.times(3, 1), scan)?;
        let median = |costs: &[Cost]| middle(costs.iter().map(|cost| cost.time)).unwrap_or_default();
        let peak = costs[0].iter().map(|cost| cost.peak).max().unwrap_or_default();
        peaks.push(peak);
        table.row(
            &format!("{number} recordings, all stock plugins, JSON report"),
            format!(
                "{:.0} targets a second{}, peak memory {:.0} MB, report {:.0} MB",
                number as f64 / median(&costs[0]).as_secs_f64(),
                of_baseline(&bench.programs, &costs, |costs| number as f64 / median(costs).as_secs_f64()),
                peak as f64 / 1e6,
                fs::metadata(bench.programs.current.report(&bench.folder))?.len() as f64 / 1e6,
            ),
        );
    }
    if let [few, many] = peaks[..] {
        table.row(
            &format!("memory of {MANY} to that of {FEW} recordings"),
            format!("{:.2} (bar: 1.2)", many as f64 / few as f64),
        );
    }
    Ok(())
}

/// Returns paths of `number` recordings below the bench's folder, of the fleet's machines in turn under names of their own.
pub(crate) fn recordings(bench: &Bench, number: usize) -> Result<Vec<PathBuf>> {
    // Short names: a hundred thousand of them have to fit on a command line.
    let folder = Path::new("r");
    let targets: Vec<PathBuf> = (0..number).map(|number| folder.join(format!("{number:x}"))).collect();
    let root = bench.folder.join(folder);
    fs::create_dir_all(&root)?;
    for (number, target) in targets.iter().enumerate() {
        write(&bench.fleet, number, &bench.folder.join(target))?;
    }
    Ok(targets)
}

fn write(fleet: &Fleet, number: usize, file: &Path) -> Result<()> {
    let json = &fleet.recordings[number % fleet.recordings.len()];
    if fs::metadata(file).is_ok_and(|metadata| metadata.len() == json.len() as u64) {
        return Ok(());
    }
    Ok(fs::write(file, json)?)
}
