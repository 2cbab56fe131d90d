//! System calls that change the process's memory map: each of them stops all threads.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::Bench;
use crate::program::Program;
use crate::scans::recordings;
use crate::table::Table;

const CALLS: &str = "mmap,munmap,mprotect,mremap,madvise,brk";

/// The numbers of targets whose difference is counted.
const TARGETS: [usize; 2] = [10, 310];

pub(crate) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        table.row("calls that change memory maps", "not measured: there is no strace".to_owned());
        return Ok(());
    }
    for program in bench.programs.all() {
        // The first scan compiles the plugins.
        count(bench, program, 1)?;
        let counts = TARGETS.map(|number| count(bench, program, number));
        let [few, many] = counts;
        let (few, many) = (few?, many?);
        let each = (many as f64 - few as f64) / (TARGETS[1] - TARGETS[0]) as f64;
        table.row(
            &format!("calls that change memory maps, each target, {}", program.name),
            format!("{each:.2} (bar: 0.5); {few} with {} targets", TARGETS[0]),
        );
    }
    Ok(())
}

fn count(bench: &Bench, program: &Program, number: usize) -> Result<u64> {
    let targets = recordings(bench, number)?;
    let traced = program.scan(&bench.folder, &bench.fleet.catalog, &targets);
    let log = bench.folder.join("strace.txt");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-o"]).arg(&log).arg("-e").arg(format!("trace={CALLS}"));
    strace.arg(traced.get_program()).args(traced.get_args());
    strace.current_dir(&bench.folder).stdin(Stdio::null()).stdout(Stdio::null());
    crate::program::run(&mut strace)?;
    let summary = std::fs::read_to_string(log)?;
    let total = summary.lines().find(|line| line.ends_with(" total")).context("strace wrote no total")?;
    // % time, seconds, usecs/call, calls, errors, the name.
    total.split_whitespace().nth(3).and_then(|calls| calls.parse().ok()).context("strace's total has another form")
}
