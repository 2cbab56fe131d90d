//! Runs of the program itself, and of another build of it in turn.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The number of clock ticks in a second, in which Linux reports processor time to programs.
const TICKS: f64 = 100.0;

/// A build of the program, with its own cache.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    binary: PathBuf,
    /// The name of its cache, report and policy below the bench's folder.
    pub(crate) name: &'static str,
}

/// The build that is measured, and the one that it is compared with.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) current: Program,
    pub(crate) baseline: Option<Program>,
}

/// The cost of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// Processor time of all threads, in the program and in the kernel. Zero where the system does not report it.
    pub(crate) processor: Duration,
    /// The peak of its resident memory, in bytes.
    pub(crate) peak: u64,
}

impl Programs {
    pub(crate) fn from_environment() -> Result<Programs> {
        let binary = std::env::var_os("WARDLINE_BINARY").context("WARDLINE_BINARY is not set")?;
        let current = Program { binary: binary.into(), name: "current" };
        let baseline = std::env::var_os("WARDLINE_BASELINE")
            .map(|binary| Program { binary: PathBuf::from(binary), name: "baseline" });
        Ok(Programs { current, baseline })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Program> {
        std::iter::once(&self.current).chain(&self.baseline)
    }

    /// Runs each build `turns` times in turn, so that whatever else the machine does falls on all of them. Returns the runs of each
    /// build, in the order of [`Programs::all`].
    pub(crate) fn in_turn(
        &self,
        turns: usize,
        mut run: impl FnMut(&Program) -> Result<Cost>,
    ) -> Result<Vec<Vec<Cost>>> {
        let mut costs = vec![Vec::with_capacity(turns); self.all().count()];
        for _ in 0..turns {
            for (costs, program) in costs.iter_mut().zip(self.all()) {
                costs.push(run(program)?);
            }
        }
        Ok(costs)
    }
}

impl Program {
    /// A command of this build that keeps its cache and its history below `folder`.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.stdin(Stdio::null()).stdout(Stdio::null()).current_dir(folder);
        // Scans are kept as usual, but not among the user's own.
        command.env("WARDLINE_HISTORY", folder.join(format!("history-{}.sqlite", self.name)));
        command
    }

    pub(crate) fn cache(&self, folder: &Path) -> PathBuf {
        folder.join(format!("cache-{}", self.name))
    }

    pub(crate) fn report(&self, folder: &Path) -> PathBuf {
        folder.join(format!("report-{}.json", self.name))
    }

    /// A scan of `targets` with a JSON report.
    pub(crate) fn scan(
        &self,
        folder: &Path,
        catalog: &Path,
        targets: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Command {
        let mut command = self.command(folder);
        let mut output = std::ffi::OsString::from("json=");
        output.push(self.report(folder));
        command.arg("scan").arg("--catalog").arg(catalog).arg("--cache-dir").arg(self.cache(folder));
        command.arg("-o").arg(output).args(targets);
        command
    }
}

/// Runs a command to its end. A scan's exit code says what it found, so only failures of the program itself are errors.
pub(crate) fn run(command: &mut Command) -> Result<Cost> {
    let program = command.get_program().to_owned();
    let before = children_processor_time();
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
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
    ensure!(status.success(), "{} ended with {status}", program.display());
    Ok(Cost { time, processor: children_processor_time().saturating_sub(before), peak })
}

/// `VmHWM` of a process, in bytes. `None` where the system does not report it.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The processor time of all child processes that have ended. Zero where the system does not report it.
///
/// It counts in ticks of ten milliseconds, but the kernel adds up nanoseconds: over many runs the error disappears.
fn children_processor_time() -> Duration {
    /// The places of `cutime` and `cstime` after the command's name, see proc(5).
    const PLACES: [usize; 2] = [13, 14];
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else { return Duration::ZERO };
    let Some((_, fields)) = stat.rsplit_once(')') else { return Duration::ZERO };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = PLACES.iter().filter_map(|place| fields.get(*place)?.parse::<f64>().ok()).sum::<f64>();
    Duration::from_secs_f64(ticks / TICKS)
}

pub(crate) fn middle<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// The mean processor time of several runs.
pub(crate) fn mean_processor_time(costs: &[Cost]) -> Duration {
    let runs = u32::try_from(costs.len()).unwrap_or(u32::MAX).max(1);
    costs.iter().map(|cost| cost.processor).sum::<Duration>() / runs
}
