//! Makes a history of an invented fleet, tells how long each page takes the first and the second time, and serves the pages.
//!
//! `cargo run --release -p wardline-serve --example pages -- 10000 5 FOLDER [PORT]`

#[path = "../../../report/examples/fleet/generator.rs"]
mod generator;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;
use wardline_contract::products::NotCovered;
use wardline_contract::{Grade, UpdateStatus};
use wardline_history::{History, Prepared};
use wardline_serve::{Access, Library, listen, router, serve};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: pages MACHINES SCANS FOLDER [PORT]";
    let machines: u64 = arguments.next().ok_or(usage)?.parse()?;
    let scans: u64 = arguments.next().ok_or(usage)?.parse()?;
    let file = Path::new(&arguments.next().ok_or(usage)?).join("pages.sqlite");
    let port = arguments.next().unwrap_or_default();
    if !file.exists() {
        for scan in 0..scans {
            add(&file, scan, machines)?;
        }
    }
    let address: SocketAddr = format!("127.0.0.1:{}", if port.is_empty() { "0" } else { &port }).parse()?;
    let library = Arc::new(Library::new(Box::new(move || History::open(&file))));
    let pages = router(library, Access::new(address, None)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let machine = generator::machine(7).name;
    for path in [
        "/",
        "/scans",
        "/scans/latest/machines",
        "/scans/latest/machines?q=web&sort=-missing&page=3",
        &format!("/scans/latest/machines/{machine}"),
        &format!("/machines/{machine}"),
        "/scans/latest/updates",
        "/scans/latest/checks",
        "/checks/os.passwords",
        "/changes",
        "/changes?from=1",
        "/trend",
    ] {
        let (first, length) = ask(&runtime, &pages, path)?;
        let (second, _) = ask(&runtime, &pages, path)?;
        println!("{path}: {length} bytes, {first:.1?} the first time, then {second:.1?}");
    }
    if !port.is_empty() {
        println!("serving http://{address}/");
        serve(listen(address)?, pages, || false)?;
    }
    Ok(())
}

fn ask(
    runtime: &tokio::runtime::Runtime,
    pages: &Router,
    path: &str,
) -> Result<(Duration, usize), Box<dyn std::error::Error>> {
    let request = Request::get(path).header("host", "localhost").body(Body::empty())?;
    let begun = Instant::now();
    let body = runtime.block_on(async {
        let answer = pages.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        to_bytes(answer.into_body(), usize::MAX).await
    })?;
    Ok((begun.elapsed(), body.len()))
}

/// Adds a scan in which one machine in a hundred has changed since the one before.
fn add(file: &Path, scan: u64, machines: u64) -> Result<(), Box<dyn std::error::Error>> {
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000 + scan * 86_400);
    let mut writer = History::create(file)?.begin(&generator::head(), date);
    for place in 0..machines {
        let mut report = generator::machine(place);
        for day in (1..=scan).filter(|day| (place * 31 + day * 17).is_multiple_of(100)) {
            let (updates, checks) = (report.updates.len().max(1) as u64, report.checks.len().max(1) as u64);
            if let Some(update) = report.updates.get_mut((place * 7 + day) as usize % updates as usize) {
                let installed = update.status == UpdateStatus::Missing;
                update.status = if installed { UpdateStatus::Installed } else { UpdateStatus::Missing };
            }
            if let Some(check) = report.checks.get_mut((place * 3 + day) as usize % checks as usize) {
                check.grade = if check.grade == Grade::Passed { Grade::NonCritical } else { Grade::Passed };
            }
        }
        writer.append(Prepared::new(&report))?;
    }
    writer.finish(&NotCovered::default(), 0, date)?;
    Ok(())
}
