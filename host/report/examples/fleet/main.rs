//! Writes the report of an invented fleet in every format, and tells how long each took, how large it is, and how much memory the
//! process has used at most.
//!
//! `cargo run --release -p wardline-report --example fleet -- 500 FOLDER [FORMAT]`

mod generator;

use std::path::PathBuf;
use std::time::Instant;

use wardline_contract::products::NotCovered;
use wardline_report::{Destination, Format, FormatOptions, Outputs, Rendered, Summary, Tally};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: fleet MACHINES FOLDER [FORMAT]";
    let machines: u64 = arguments.next().ok_or(usage)?.parse()?;
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let wanted = arguments.next();
    for format in Format::ALL.into_iter().filter(|format| wanted.as_deref().is_none_or(|name| name == format.word())) {
        let file = folder.join(format!("fleet-{machines}.{}", format.word()));
        let options = FormatOptions { date: Some("2024-03-20T06:00:00Z".to_owned()), ..FormatOptions::default() };
        let formats = [format.renderer(&options)];
        let begun = Instant::now();
        let mut outputs = Outputs::begin(&formats, vec![Destination::File(file.clone())], &generator::head())?;
        let mut summary = Summary::new(NotCovered::default());
        for place in 0..machines {
            let report = generator::machine(place);
            let rendered: Rendered = formats.iter().map(|format| format.target(&report)).collect();
            outputs.append(&rendered)?;
            summary.add(Tally::new(&report));
        }
        summary.finish_without_catalog();
        outputs.finish(&formats, &summary)?;
        let (time, size) = (begun.elapsed(), file.metadata()?.len());
        println!("{:12} {:8.3} s {:12} bytes  peak {}", format.word(), time.as_secs_f64(), size, peak());
    }
    Ok(())
}

/// The largest amount of memory that the process has used, as Linux tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}
