//! Growth: more recordings, more workers.

use anyhow::Result;

use crate::Bench;
use crate::program::run;
use crate::scans::recordings;
use crate::table::Table;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const WORKERS: [usize; 4] = [1, 2, 4, 8];

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let program = &bench.programs.current;
    let mut first = None;
    for number in SIZES.into_iter().take(if bench.quick { 2 } else { 3 }) {
        let targets = recordings(bench, number)?;
        let scan = run(&mut program.scan(&bench.folder, &bench.fleet.catalog, &targets))?;
        let rate = number as f64 / scan.time.as_secs_f64();
        let first = *first.get_or_insert(rate);
        table.row(
            &format!("{number} recordings"),
            format!(
                "{rate:.0} targets a second ({:.2} of the first), peak memory {:.0} MB",
                rate / first,
                scan.peak as f64 / 1e6
            ),
        );
    }
    let targets = recordings(bench, SIZES[0])?;
    let mut alone = None;
    for workers in WORKERS {
        let workers = workers.to_string();
        let scan = run(program.scan(&bench.folder, &bench.fleet.catalog, &targets).args(["--jobs", &workers]))?;
        let rate = SIZES[0] as f64 / scan.time.as_secs_f64();
        let alone = *alone.get_or_insert(rate);
        table.row(
            &format!("{} recordings, workers: {workers}", SIZES[0]),
            format!("{rate:.0} targets a second ({:.2})", rate / alone),
        );
    }
    Ok(())
}
