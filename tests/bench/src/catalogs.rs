//! Reading the catalog.

use anyhow::Result;
use wardline::catalog::{self, Limits};

use crate::table::{Table, time};
use crate::{Bench, median};

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let catalog = &bench.fleet.catalog;
    let size = std::fs::metadata(catalog)?.len();
    let parse = median(bench.times(21, 5), || catalog::read(catalog, &Limits::default()).map(drop))?;
    let rate = size as f64 / 1e6 / parse.as_secs_f64();
    table.row("catalog parse", format!("{}, {rate:.0} MB/s (bar: 250)", time(parse)));
    Ok(())
}
