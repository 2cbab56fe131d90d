//! Whole scans by the program, as an administrator runs them: thousands of recordings, four plugins, a report.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::fleet::Fleet;
use crate::table::Table;

pub(crate) const FEW: usize = 1_000;
const MANY: usize = 10_000;

pub(crate) fn measure(fleet: &Fleet, folder: &Path, binary: &Path, table: &mut Table) -> Result<()> {
    let recordings = folder.join("recordings");
    write_recordings(fleet, &recordings)?;
    // Fills the program's cache, so that what is measured is scanning.
    scan(fleet, folder, binary, 1, &[])?;
    let few = scan(fleet, folder, binary, FEW, &[])?;
    let many = scan(fleet, folder, binary, MANY, &[])?;
    for (number, run) in [(FEW, &few), (MANY, &many)] {
        table.row(
            &format!("{number} recordings, 4 plugins, JSON report"),
            format!(
                "{:.0} targets a second (goal: 3000), peak memory {:.0} MB, report {:.0} MB",
                number as f64 / run.time.as_secs_f64(),
                run.peak as f64 / 1e6,
                run.report as f64 / 1e6,
            ),
        );
    }
    table.row(
        &format!("memory of {MANY} to that of {FEW} recordings"),
        format!("{:.2} (goal: at most 1.2)", many.peak as f64 / few.peak as f64),
    );
    Ok(())
}

/// `MANY` recordings, of the fleet's machines in turn under names of their own.
fn write_recordings(fleet: &Fleet, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for number in 0..MANY {
        let json = &fleet.recordings[number % fleet.recordings.len()];
        fs::write(folder.join(format!("{number:05}.json")), json)?;
    }
    Ok(())
}

pub(crate) struct Run {
    pub(crate) time: Duration,
    /// In bytes.
    peak: u64,
    report: u64,
}

/// Scans the first `number` recordings. The report is left at [`report`].
pub(crate) fn scan(fleet: &Fleet, folder: &Path, binary: &Path, number: usize, more: &[&OsStr]) -> Result<Run> {
    let report = report(folder);
    let mut command = Command::new(binary);
    command.arg("scan").arg("--catalog").arg(&fleet.catalog).arg("--cache-dir").arg(folder.join("cache"));
    command.args(more);
    let mut output = OsString::from("json=");
    output.push(&report);
    command.arg("-o").arg(output).current_dir(folder.join("recordings"));
    command.args((0..number).map(|number| format!("{number:05}.json")));
    command.stdin(Stdio::null()).stdout(Stdio::null());

    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {}", binary.display()))?;
    let mut peak = 0;
    let status = loop {
        // The kernel's own high-water mark; the last look before the end is at most this long before it.
        peak = peak_memory(child.id()).unwrap_or(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let time = began.elapsed();
    ensure!(status.success(), "{} ended with {status}", binary.display());
    Ok(Run { time, peak, report: fs::metadata(&report)?.len() })
}

pub(crate) fn report(folder: &Path) -> PathBuf {
    folder.join("report.json")
}

/// `VmHWM` of a process, in bytes; none where the system does not tell it so.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}
