//! `wardline patrol`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum as _};

use super::args::one_of;
use super::exit::ExitStatus;
use super::machines::evidence_folder;
use super::output::ReportFormat;
use super::scan_args::ScanArgs;
use super::{Fatal, Parts, scan, warn};
use crate::contract::Escaped;
use crate::patrol::{Entry, Filing, Interval, Scheduler, TimeOfDay, lines};
use crate::report::Format;
use crate::scan::one_line;

#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  wardline patrol web.txt servers.txt --evidence /evidence\n  wardline patrol web.txt \
                        servers.txt --evidence /evidence --interval web.txt=6h --interval servers.txt=weekly \
                        --print-schedule=cron\n  wardline patrol servers.txt --evidence /evidence -- --fail-on critical"
)]
pub struct PatrolArgs {
    /// Server lists, with the name of a machine on each line
    #[arg(required = true, value_name = "LIST")]
    pub lists: Vec<PathBuf>,
    /// Directory in which the evidence of each machine lies, as for `wardline scan` [default: WARDLINE_EVIDENCE]
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// Catalog of updates, as for `wardline scan`; may be repeated
    #[arg(long = "catalog", value_name = "PATH")]
    pub catalogs: Vec<PathBuf>,
    /// Directory of the logs: each day has its own directory in it
    #[arg(long, value_name = "DIR", default_value = "logs")]
    pub logs: PathBuf,
    /// Replace the files of an earlier run of the day
    #[arg(long)]
    pub overwrite: bool,
    /// Format of a report beside the log, which is text; may be repeated [default: html and json]
    #[arg(short, long = "output", value_name = "FORMAT")]
    pub outputs: Vec<ReportFormat>,
    /// Print what schedules this command (task-scheduler, cron or systemd; all of them if none is named) instead of scanning
    #[arg(long, value_name = "SCHEDULER", num_args = 0..=1, require_equals = true, value_parser = one_of(&Scheduler::ALL, Scheduler::word))]
    pub print_schedule: Option<Option<Scheduler>>,
    /// How often a list is scanned: daily, weekly, monthly, or hours that divide a day, such as 6h; may be repeated
    /// [default: daily]
    #[arg(long = "interval", value_name = "LIST=INTERVAL", requires = "print_schedule", value_parser = interval)]
    pub intervals: Vec<(PathBuf, Interval)>,
    /// The time of the day at which scans begin
    #[arg(long, value_name = "HH:MM", default_value = "02:00", requires = "print_schedule")]
    pub at: TimeOfDay,
    /// Other options of `wardline scan`
    #[arg(last = true, value_name = "OPTION")]
    pub scan: Vec<OsString>,
}

fn interval(text: &str) -> Result<(PathBuf, Interval), String> {
    let (list, interval) = text.rsplit_once('=').ok_or("expected a list and its interval, such as web.txt=6h")?;
    let interval = interval.parse::<Interval>().map_err(|error| error.to_string())?;
    Ok((PathBuf::from(list), interval))
}

pub(super) fn run(arguments: &PatrolArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut names = HashSet::new();
    for list in &arguments.lists {
        // Two lists with one stem would have the same files.
        if !names.insert(list.file_stem().map(|stem| stem.to_string_lossy().to_lowercase())) {
            return Err(format!("{}: another list has this name; rename one of them", list.display()).into());
        }
    }
    if let Some((list, _)) = arguments.intervals.iter().find(|(list, _)| !arguments.lists.contains(list)) {
        return Err(format!("--interval {}: not one of the lists", list.display()).into());
    }
    match arguments.print_schedule {
        Some(scheduler) => print_schedule(arguments, scheduler),
        None => Ok(scan_lists(arguments, parts)),
    }
}

fn scan_lists(arguments: &PatrolArgs, parts: &dyn Parts) -> ExitStatus {
    let time = humantime::format_rfc3339_seconds(parts.now()).to_string();
    let date = time.get(..10).unwrap_or(&time);
    let (mut failed, mut statuses) = (0, Vec::new());
    for list in &arguments.lists {
        match scan_list(arguments, list, date, parts) {
            Ok(ExitStatus::Fatal) => failed += 1,
            Ok(status) => statuses.push(status),
            Err(error) => {
                warn(&format!("{}: not scanned: {}", list.display(), one_line(error.as_ref())));
                failed += 1;
            }
        }
    }
    match (failed, statuses.as_slice()) {
        (_, []) => ExitStatus::Fatal,
        (1.., _) => ExitStatus::Incomplete,
        (_, statuses) => {
            let any = |status| statuses.contains(&status);
            let grave = [ExitStatus::Incomplete, ExitStatus::Findings].into_iter().find(|status| any(*status));
            grave.unwrap_or(ExitStatus::Success)
        }
    }
}

/// Scans the machines of a list, and files the log and the reports.
fn scan_list(arguments: &PatrolArgs, list: &Path, date: &str, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let filing = Filing::begin(&arguments.logs, date, list)?;
    let formats = formats(&arguments.outputs);
    let mut command = vec![option("--list", list)];
    if let Some(folder) = evidence_folder(arguments.evidence.as_deref()) {
        command.push(option("--evidence", &folder));
    }
    command.extend(arguments.catalogs.iter().map(|catalog| option("--catalog", catalog)));
    for format in &formats {
        let place = filing.aside(ending(*format));
        command.push(option(&format!("--output={}", format.word()), &place));
    }
    command.extend(arguments.scan.iter().cloned());
    let scan = ScanArgs::of_words(command)?;
    if scan.outputs.len() > formats.len() {
        return Err("the formats of a patrol are its own option: put -o before the --".into());
    }
    let status = scan::run(&scan, parts)?;
    let endings: Vec<&str> = formats.iter().map(|format| ending(*format)).collect();
    let filed = filing.finish(&endings, arguments.overwrite)?;
    let names: Vec<String> = filed.iter().map(|path| path.display().to_string()).collect();
    let (list, names) = (list.display().to_string(), names.join(", "));
    // The files are there, whether or not anyone reads this.
    let _ = writeln!(stdout(), "{}: {}", Escaped(&list), Escaped(&names));
    Ok(status)
}

/// Returns an option with its value, which may be any path.
fn option(name: &str, value: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push("=");
    option.push(value);
    option
}

/// Returns the formats of a list, each once: the log first.
fn formats(wanted: &[ReportFormat]) -> Vec<Format> {
    let default = [ReportFormat(Format::Html), ReportFormat(Format::Json)];
    let mut formats = vec![Format::Text];
    for ReportFormat(format) in if wanted.is_empty() { &default } else { wanted } {
        if !formats.contains(format) {
            formats.push(*format);
        }
    }
    formats
}

/// The ending of a file in a format. No two formats have the same.
fn ending(format: Format) -> &'static str {
    match format {
        Format::Text => "txt",
        Format::Json => "json",
        Format::Html => "html",
        Format::Csv => "csv",
        Format::Tab => "tab",
        Format::MbsaXml => "xml",
        Format::Sarif => "sarif",
        Format::Junit => "junit.xml",
        Format::OpenMetrics => "prom",
        Format::Markdown => "md",
        Format::CycloneDx => "cdx.json",
    }
}

/// Prints, for each list, what makes a scheduler scan it: this command with that list alone.
fn print_schedule(arguments: &PatrolArgs, scheduler: Option<Scheduler>) -> Result<ExitStatus, Fatal> {
    let program = std::env::current_exe()?.display().to_string();
    let folder = std::env::current_dir()?;
    let schedulers = scheduler.map_or(Scheduler::ALL.to_vec(), |scheduler| vec![scheduler]);
    let mut out = String::new();
    for scheduler in &schedulers {
        for list in &arguments.lists {
            let interval = arguments.intervals.iter().rev().find(|(of, _)| of == list);
            let interval = interval.map_or(Interval::Daily, |(_, interval)| *interval);
            let name = list.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let mut command = vec![program.clone()];
            command.extend(words(arguments, list)?);
            let entry = Entry { name: &name, interval, at: arguments.at, folder: &folder, command: &command };
            let lines = lines(*scheduler, &entry)?;
            let remark = if *scheduler == Scheduler::TaskScheduler { "rem" } else { "#" };
            out.push_str(&format!("{remark} {}, {interval}\n{lines}\n", list.display()));
        }
    }
    stdout().write_all(out.as_bytes())?;
    Ok(ExitStatus::Success)
}

/// Returns the words of the command that scans one list.
fn words(arguments: &PatrolArgs, list: &Path) -> Result<Vec<String>, Fatal> {
    let mut words: Vec<OsString> = vec!["patrol".into(), list.into()];
    if let Some(folder) = evidence_folder(arguments.evidence.as_deref()) {
        words.push(option("--evidence", &folder));
    }
    words.extend(arguments.catalogs.iter().map(|catalog| option("--catalog", catalog)));
    words.push(option("--logs", &arguments.logs));
    if arguments.overwrite {
        words.push("--overwrite".into());
    }
    let format =
        |format: &ReportFormat| format.to_possible_value().map(|value| format!("--output={}", value.get_name()).into());
    words.extend(arguments.outputs.iter().filter_map(format));
    if !arguments.scan.is_empty() {
        words.push("--".into());
        words.extend(arguments.scan.iter().cloned());
    }
    let word = |word: OsString| {
        word.into_string()
            .map_err(|word| format!("{}: not valid Unicode: schedules cannot hold it", word.to_string_lossy()).into())
    };
    words.into_iter().map(word).collect()
}
