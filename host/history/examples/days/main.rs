//! Adds the scans of an invented fleet day after day to a history, and tells how large it becomes and how long writing, comparing, reading and
//! pruning take. Each day one machine in a hundred changes, or, with `spread`, one finding in a hundred on every machine.
//!
//! `cargo run --release -p wardline-history --example days -- 10000 30 FOLDER|URL [spread]`

#[path = "../../../report/examples/fleet/generator.rs"]
mod generator;

use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use wardline_contract::products::NotCovered;
use wardline_contract::{Grade, UpdateStatus};
use wardline_history::{History, HistoryError, Keep, Prepared, ScanChoice, Store};
use wardline_report::{Format, FormatOptions, ReportPart, TargetReport};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: days MACHINES DAYS FOLDER|URL [spread]";
    let machines: u64 = arguments.next().ok_or(usage)?.parse()?;
    let days: u64 = arguments.next().ok_or(usage)?.parse()?;
    let place = arguments.next().ok_or(usage)?;
    let store = match Store::parse(place.as_ref())? {
        Store::File(folder) => Store::File(folder.join("days.sqlite")),
        server => server,
    };
    // Removes nothing.
    let size =
        || Ok::<_, HistoryError>(History::create(&store)?.prune(Keep::Last(usize::MAX), SystemTime::now())?.size);
    let spread = arguments.next().as_deref() == Some("spread");
    let json = Format::Json.renderer(&FormatOptions::default());
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let (mut reported, mut first) = (0, 0);
    for day in 0..days {
        let date = start + Duration::from_secs(day * 86_400);
        let (mut prepared, mut written) = (Duration::ZERO, Duration::ZERO);
        let mut writer = History::create(&store)?.begin(&generator::head(), date);
        let mut findings = 0;
        for place in 0..machines {
            let mut report = generator::machine(place);
            age(&mut report, place, day, spread);
            if day == 0 {
                reported += json.target(&report).len();
            }
            findings += report.checks.len() + report.updates.len();
            let begun = Instant::now();
            let machine = Prepared::new(&report);
            prepared += begun.elapsed();
            let begun = Instant::now();
            writer.append(machine)?;
            written += begun.elapsed();
        }
        let begun = Instant::now();
        writer.finish(&NotCovered::default(), 0, date)?;
        written += begun.elapsed();
        if day == 0 {
            first = size()?;
            let size = first;
            println!("{machines} machines, {findings} findings: {reported} bytes of JSON, {size} bytes in the history");
        }
        if day == 0 || day + 1 == days {
            println!("day {day}: prepared {prepared:.2?}, written {written:.2?}");
        }
    }
    let size = size()?;
    println!(
        "{days} days: {size} bytes, {:.2} times the first day's, {:.3} times its JSON",
        size as f64 / first as f64,
        size as f64 / reported as f64
    );
    let mut history = History::open(&store)?;
    let (from, to) = (history.scan(ScanChoice::PREVIOUS)?, history.scan(ScanChoice::LATEST)?);
    let begun = Instant::now();
    let diff = history.diff(&from, &to)?;
    println!("diff of the last two: {:.2?}, {:?}", begun.elapsed(), diff.counts);
    let first = history.scan(ScanChoice::Number(1))?;
    let begun = Instant::now();
    let diff = history.diff(&first, &to)?;
    println!("diff of the first and the last: {:.2?}, {:?}", begun.elapsed(), diff.counts);
    let begun = Instant::now();
    let lines = history.trend(usize::MAX)?.len();
    println!("trend of {lines}: {:.2?}", begun.elapsed());
    let begun = Instant::now();
    let mut read = 0;
    history.read(&to, &mut |part| {
        read += u64::from(matches!(part, ReportPart::Target(_)));
        ControlFlow::Continue(())
    })?;
    println!("{read} reports read: {:.2?}", begun.elapsed());
    let begun = Instant::now();
    let pruned = history.prune(Keep::Last(1), SystemTime::now())?;
    println!("pruned in {:.2?}: {pruned:?}", begun.elapsed());
    Ok(())
}

/// Changes what a day changes, and all days before it did.
fn age(report: &mut TargetReport, place: u64, day: u64, spread: bool) {
    for day in 1..=day {
        let chance = (place ^ day.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let changes = match spread {
            true => (report.checks.len() + report.updates.len()).div_ceil(100),
            false if chance.is_multiple_of(100) => 3,
            false => continue,
        };
        for change in 0..changes {
            let chance = usize::try_from(chance.rotate_left(7 * change as u32 + 1)).unwrap_or(0);
            if chance % 3 == 0 && !report.updates.is_empty() {
                let place = chance / 3 % report.updates.len();
                let update = &mut report.updates[place];
                update.status = match update.status {
                    UpdateStatus::Missing => UpdateStatus::Installed,
                    _ => UpdateStatus::Missing,
                };
            } else if !report.checks.is_empty() {
                let place = chance / 3 % report.checks.len();
                let check = &mut report.checks[place];
                check.grade = if check.grade == Grade::Passed { Grade::NonCritical } else { Grade::Passed };
                check.summary = format!("{} accounts have a password that never expires.", chance % 7);
            }
        }
        report.coverage.known += 1;
        report.plugins.iter_mut().for_each(|plugin| plugin.fuel += chance % 10_000);
    }
}
