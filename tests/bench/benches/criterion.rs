//! The smallest parts that a scan is made of, measured by Criterion: what `cargo xtask bench criterion` runs.
//!
//! `WARDLINE_BENCH_DIR` names the folder for what is built on the way. Arguments are Criterion's own.

// Other measurements use the rest of it.
#[allow(dead_code)]
#[path = "../src/fleet.rs"]
mod fleet;

use std::fs;
use std::hint::black_box;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use criterion::{Criterion, Throughput};
use wardline::catalog::{self, Limits as CatalogLimits};
use wardline::contract::products::updates_for;
use wardline::contract::{Ask, Examiner as _, Grants, Question, Target};
use wardline::evidence::Source as _;
use wardline::evidence::recording::Recording;
use wardline::sandbox::{Cache, Limits, Sandbox};
use wardline_fixtures::{HiveBuilder, HiveVersion, Pe};
use wardline_pe::Executable;
use wardline_regf::{Cached, Hive, Log};

use crate::fleet::Fleet;

/// The number of keys next to the one that is looked up: as many classes as a machine registers.
const KEYS: usize = 5_000;

/// The memory in bytes that the hive's cache may take, as in a scan.
const CACHED: usize = 512 << 10;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("WARDLINE_BENCH_DIR").context("WARDLINE_BENCH_DIR is not set")?);
    let fleet = fleet::build(&folder)?;
    let mut criterion = Criterion::default().configure_from_args();
    hive(&mut criterion)?;
    executable(&mut criterion)?;
    catalog(&mut criterion, &fleet)?;
    conversation(&mut criterion, &fleet, Cache::at(folder.join("cache")))?;
    criterion.final_summary();
    Ok(())
}

fn hive(criterion: &mut Criterion) -> Result<()> {
    let mut builder = HiveBuilder::new("SOFTWARE", HiveVersion::V1_5);
    for number in 0..KEYS {
        builder.set(&format!(r"Classes\CLSID\{number:04}\InprocServer32"), "", "server.dll");
    }
    let hive = Hive::open("SOFTWARE", Cached::new(builder.build(), CACHED)?, |_| Log::Missing)?;
    criterion.bench_function("hive: a value looked up", |bencher| {
        bencher.iter(|| {
            let key = hive.key(black_box(r"Classes\CLSID\4321\InprocServer32"));
            key.ok().flatten().and_then(|key| key.value("").ok().flatten()?.data().ok())
        });
    });
    Ok(())
}

fn executable(criterion: &mut Criterion) -> Result<()> {
    let image = Pe::version(5, 0, 2195, 6824).size(1 << 20).build();
    let version = |image: &[u8]| Executable::open(Cursor::new(image))?.version(&[]);
    anyhow::ensure!(version(&image)?.is_some(), "the executable has no version");
    criterion.bench_function("executable: its version", |bencher| bencher.iter(|| version(black_box(&image))));
    let mut sums = criterion.benchmark_group("executable: its checksum");
    sums.throughput(Throughput::Bytes(image.len() as u64));
    sums.bench_function("1 MiB", |bencher| {
        bencher.iter(|| Executable::open(Cursor::new(black_box(&image[..])))?.checksum());
    });
    sums.finish();
    Ok(())
}

fn catalog(criterion: &mut Criterion, fleet: &Fleet) -> Result<()> {
    let name = fleet.catalog.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut group = criterion.benchmark_group("catalog: read");
    group.throughput(Throughput::Bytes(fs::metadata(&fleet.catalog)?.len()));
    group.bench_function(name, |bencher| bencher.iter(|| catalog::read(&fleet.catalog, &CatalogLimits::default())));
    group.finish();
    Ok(())
}

/// One machine's recording, already parsed, judged by each plugin.
fn conversation(criterion: &mut Criterion, fleet: &Fleet, cache: Cache) -> Result<()> {
    let sandbox = Sandbox::new(Limits::default(), cache, 1)?;
    let recording =
        Recording::parse(fleet.recordings.first().context("the fleet has no machine")?, Path::new("bench"))?;
    let target = Target { name: recording.name().to_owned() };
    let answer = |question: &Question, _| recording.answer(question);
    let mut group = criterion.benchmark_group("conversation");
    for plugin in fleet::prepare(&sandbox, &fleet.updates)? {
        let description = plugin.description();
        let grants = Grants::declared(description, &updates_for(description, &fleet.updates));
        let ask = Ask::new(&grants, &answer);
        group.bench_function(&description.name, |bencher| {
            bencher.iter(|| plugin.examine(&target, &fleet::options(), &ask));
        });
    }
    group.finish();
    Ok(())
}
