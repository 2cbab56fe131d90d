//! `wardline history`.

mod entry;

use std::io::{Write as _, stdout};
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand, ValueHint};

pub use self::entry::HistoryChoice;
pub(super) use self::entry::{Entry, Known, place, store_parser};
use super::Fatal;
use super::exit::ExitStatus;
use super::output::{OutputFormat, page, print};
use super::parts::Parts;
use super::rewriting::RewritingArgs;
use crate::aliasing::Files;
use crate::history::{self, History, Keep, ScanChoice, Store};
use crate::report::{Conversion, Page};

#[derive(Clone, Debug, Args)]
pub struct HistoryArgs {
    /// The history [default: WARDLINE_HISTORY, or history.sqlite in the data directory]
    #[arg(long = "history", value_name = "FILE|URL", global = true, value_parser = store_parser(), value_hint = ValueHint::AnyPath)]
    store: Option<Store>,
    #[command(subcommand)]
    command: HistoryCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum HistoryCommand {
    /// List the scans, the last one first
    List {
        #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
        format: OutputFormat,
    },
    /// Write the report of a scan again, in any format
    Show(ShowArgs),
    /// Compare two scans: what is new, fixed or missing again, and which machines were not scanned
    Diff(DiffArgs),
    /// Show the scans in numbers, and what changed from each to the next
    Trend {
        /// Number of scans, the last ones
        #[arg(long, value_name = "N", default_value_t = 30)]
        last: usize,
        #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
        format: OutputFormat,
    },
    /// Remove old scans, and what is left of scans that were killed
    Prune(PruneArgs),
}

#[derive(Clone, Debug, Args)]
struct ShowArgs {
    /// Number of the scan, `latest`, `previous`, or a day (2026-11-27: the last scan until then, in UTC)
    #[arg(value_name = "SCAN", default_value = "latest")]
    scan: ScanChoice,
    #[command(flatten)]
    rewriting: RewritingArgs,
}

#[derive(Clone, Debug, Args)]
struct DiffArgs {
    /// The earlier scan: its number, `latest`, `previous`, or a day
    #[arg(value_name = "FROM", default_value = "previous")]
    from: ScanChoice,
    /// The later scan
    #[arg(value_name = "TO", default_value = "latest")]
    to: ScanChoice,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
    /// Show all changes and machines
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
struct PruneArgs {
    /// Keep the last N scans
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Keep the scans of the last N days, and the last scan in any case
    #[arg(long, value_name = "N")]
    keep_days: Option<u32>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn run(arguments: &HistoryArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let store = place(arguments.store.as_ref(), parts)?.ok_or("no history: name one with --history FILE")?;
    match &arguments.command {
        HistoryCommand::List { format } => {
            let scans = History::open(&store)?.scans()?;
            print(&scans, *format, |scans, colour| text(colour, |page| history::list_text(scans, page)))?;
        }
        HistoryCommand::Show(arguments) => show(arguments, &store)?,
        HistoryCommand::Diff(arguments) => {
            let history = History::open(&store)?;
            let (mut from, mut to) = (history.scan(arguments.from)?, history.scan(arguments.to)?);
            if from.number > to.number {
                std::mem::swap(&mut from, &mut to);
            }
            let diff = history.diff(&from, &to)?;
            let verbose = arguments.verbose;
            print(&diff, arguments.format, |diff, colour| {
                text(colour, |page| history::diff_text(diff, verbose, page))
            })?;
        }
        HistoryCommand::Trend { last, format } => {
            let lines = History::open(&store)?.trend(*last)?;
            print(&lines, *format, |lines, colour| text(colour, |page| history::trend_text(lines, page)))?;
        }
        HistoryCommand::Prune(arguments) => prune(arguments, &store)?,
    }
    Ok(ExitStatus::Success)
}

fn text(colour: bool, write: impl FnOnce(&mut Page)) -> Vec<u8> {
    let mut page = page(colour);
    write(&mut page);
    page.into_bytes()
}

fn show(arguments: &ShowArgs, store: &Store) -> Result<(), Fatal> {
    let mut files = Files::default();
    if let Some(file) = store.file() {
        files.reads("--history", file);
    }
    arguments.rewriting.check(files)?;
    let history = History::open(store)?;
    let scan = history.scan(arguments.scan)?;
    let (formats, destinations) = arguments.rewriting.formats(Some(&scan.date()));
    let mut conversion = Conversion::new(&formats, destinations);
    history.read(&scan, &mut |part| conversion.part(part))?;
    conversion.finish()?;
    Ok(())
}

fn prune(arguments: &PruneArgs, store: &Store) -> Result<(), Fatal> {
    let now = SystemTime::now();
    let keep = match (arguments.keep, arguments.keep_days) {
        (Some(count), _) => Keep::Last(count as usize),
        (None, days) => Keep::Since(now.checked_sub(DAY * days.unwrap_or(u32::MAX)).unwrap_or(SystemTime::UNIX_EPOCH)),
    };
    // Without this, a mistyped name would create a history.
    drop(History::open(store)?);
    let pruned = History::create(store)?.prune(keep, now)?;
    let scans = |count: u64| if count == 1 { "1 scan".to_owned() } else { format!("{count} scans") };
    let unfinished = match pruned.unfinished {
        0 => String::new(),
        count => format!(" and the rest of {} that did not finish", scans(count)),
    };
    writeln!(
        stdout(),
        "Removed {}{unfinished}; kept {}. The history has {} KiB, and had {} KiB.",
        scans(pruned.removed),
        scans(pruned.kept),
        pruned.size.div_ceil(1024),
        pruned.size_before.div_ceil(1024),
    )?;
    Ok(())
}
