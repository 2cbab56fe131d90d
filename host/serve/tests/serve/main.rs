//! The pages of histories of invented fleets, asked for as a browser does.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

mod access;
#[path = "../../../report/examples/fleet/generator.rs"]
mod generator;
mod hostile;
mod pages;
mod server;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt as _;
use wardline_contract::products::NotCovered;
use wardline_history::{History, Prepared};
use wardline_report::TargetReport;
use wardline_serve::{Access, Library, Token, router};

/// A history in a folder of its own, and its pages.
struct Served {
    folder: tempfile::TempDir,
    pages: Router,
}

/// A response.
#[derive(Clone)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The addresses of its links.
    fn links(&self) -> Vec<String> {
        let after = self.text.split(" href=\"").skip(1);
        after.map(|text| text.split('"').next().unwrap().replace("&amp;", "&")).collect()
    }
}

impl Served {
    /// A history with one scan for each list of machines, read on this machine without a token.
    fn new(scans: &[Vec<TargetReport>]) -> Served {
        Served::with(scans, "127.0.0.1:8080", None)
    }

    fn with(scans: &[Vec<TargetReport>], address: &str, token: Option<Token>) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.sqlite");
        for (machines, day) in scans.iter().zip(0..) {
            add(&file, day, machines);
        }
        let access = Access::new(address.parse::<SocketAddr>().unwrap(), token).unwrap();
        let pages = router(Arc::new(Library::new(Box::new(move || History::open(&file)))), access);
        Served { folder, pages }
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("history.sqlite")
    }

    /// Asks for a page.
    fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[("host", "localhost:8080")])
    }

    /// Asks for a page that is there.
    fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::empty()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(1).build().unwrap();
        runtime.block_on(async {
            let response = self.pages.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
        })
    }
}

fn add(file: &Path, day: u64, machines: &[TargetReport]) {
    let when = SystemTime::UNIX_EPOCH + Duration::from_secs((20_000 + day) * 86_400);
    let mut writer = History::create(file).unwrap().begin(&generator::head(), when);
    for machine in machines {
        writer.append(Prepared::new(machine)).unwrap();
    }
    writer.finish(&NotCovered::default(), 0, when).unwrap();
}

fn fleet(machines: std::ops::Range<u64>) -> Vec<TargetReport> {
    machines.map(generator::machine).collect()
}

/// A machine that could be opened, with another name.
fn named(name: &str) -> TargetReport {
    let opened =
        (0..).map(generator::machine).find(|machine| machine.source.kind.is_some() && !machine.updates.is_empty());
    let mut machine = opened.unwrap();
    machine.name = name.to_owned();
    machine.source.location = format!("/evidence/{name}");
    machine
}
