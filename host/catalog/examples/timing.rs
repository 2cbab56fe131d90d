//! Times reading catalogs, and loading their prepared form: `cargo run --release -p wardline-catalog --example timing -- PATH…`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use wardline_catalog::prepared::load_or_read;
use wardline_catalog::{Limits, merge, read_all, show};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let limits = Limits::default();
    for _ in 0..3 {
        let begun = Instant::now();
        let sources = read_all(&paths, &limits)?;
        let read = begun.elapsed();
        let merged = merge(sources.catalogs);
        println!("read {read:?}, with merging {:?}: {} updates", begun.elapsed(), merged.updates.len());
    }
    for catalog in read_all(&paths, &limits)?.catalogs {
        show::text(&catalog, &mut std::io::stdout())?;
    }
    let folder = std::env::temp_dir().join("wardline-timing");
    for _ in 0..3 {
        let begun = Instant::now();
        let prepared = load_or_read(&paths, &limits, &folder)?;
        let taken = begun.elapsed();
        match prepared.unwritten {
            None => println!("loaded in {taken:?}"),
            Some(unwritten) => {
                let begun = Instant::now();
                unwritten.write()?;
                println!("read in {taken:?}, written in {:?}", begun.elapsed());
            }
        }
    }
    // Returns the peak memory of the process, on Linux.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    Ok(())
}
