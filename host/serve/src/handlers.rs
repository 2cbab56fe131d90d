//! The addresses of the pages, and the work behind them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use tokio::sync::Semaphore;

use crate::access::{Access, SIGNED_IN, STYLE, guard};
use crate::links::ELSEWHERE;
use crate::listing::Asked;
use crate::pages::layout::{self, notice};
use crate::pages::{Failure, LATEST, Page, changes, checks, machine, machines, overview, scans, trend, updates};
use crate::reading::{Library, Reading};

/// The number of requests that read the history at the same time. More wait.
const READERS: usize = 8;

/// How long a request waits for its page. What it has begun to make is finished and kept: the next request finds it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The data that all requests share.
#[derive(Clone, Debug)]
struct Shared {
    library: Arc<Library>,
    readers: Arc<Semaphore>,
}

/// Returns the pages of a history.
pub fn router(library: Arc<Library>, access: Access) -> Router {
    let shared = Shared { library, readers: Arc::new(Semaphore::new(READERS)) };
    Router::new()
        .route("/", of_history(overview::newest))
        .route("/scans", of_history(scans::list))
        .route("/changes", of_history(changes::between))
        .route("/trend", of_history(trend::all))
        .route("/machines", of_history(|reading, asked| machines::list(reading, LATEST, asked)))
        .route("/updates", of_history(|reading, asked| updates::list(reading, LATEST, asked)))
        .route("/checks", of_history(|reading, asked| checks::list(reading, LATEST, asked)))
        .route("/scans/{scan}", of_scan(overview::of))
        .route("/scans/{scan}/machines", of_scan(machines::list))
        .route("/scans/{scan}/updates", of_scan(updates::list))
        .route("/scans/{scan}/checks", of_scan(checks::list))
        .route("/scans/{scan}/machines/{name}", get(machine_of_scan))
        .route("/machines/{name}", of_name(machine::past))
        .route("/updates/{name}", of_name(updates::one))
        .route("/checks/{name}", of_name(checks::one))
        .route(SIGNED_IN, get(async || layout::signed_in()))
        .route(STYLE, get(async || ([(CONTENT_TYPE, "text/css; charset=utf-8")], layout::style())))
        .fallback(async || notice(StatusCode::NOT_FOUND, "Not found", "There is no such page."))
        .layer(from_fn_with_state(Arc::new(access), guard))
        .with_state(shared)
}

fn of_history(make: fn(&Reading<'_>, &Asked) -> Result<Page, Failure>) -> MethodRouter<Shared> {
    get(async move |State(shared): State<Shared>, asked: Asked| shared.page(move |reading| make(reading, &asked)).await)
}

/// Pages about what their path names.
type Make = fn(&Reading<'_>, &str, &Asked) -> Result<Page, Failure>;

fn of_scan(make: Make) -> MethodRouter<Shared> {
    get(async move |State(shared): State<Shared>, Path(scan): Path<String>, asked: Asked| {
        shared.page(move |reading| make(reading, &scan, &asked)).await
    })
}

fn of_name(make: Make) -> MethodRouter<Shared> {
    get(async move |State(shared): State<Shared>, Path(name): Path<String>, asked: Asked| {
        shared.page(move |reading| make(reading, named(&name, &asked), &asked)).await
    })
}

async fn machine_of_scan(
    State(shared): State<Shared>,
    Path((scan, name)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    shared.page(move |reading| machine::of_scan(reading, &scan, named(&name, &asked), &asked)).await
}

/// Returns the name that a path has, or the query in its place.
fn named<'a>(segment: &'a str, asked: &'a Asked) -> &'a str {
    if segment == ELSEWHERE && asked.has("name") { asked.get("name") } else { segment }
}

impl Shared {
    /// Makes a page on a thread that may wait for the disk.
    async fn page(&self, make: impl FnOnce(&Reading<'_>) -> Result<Page, Failure> + Send + 'static) -> Response {
        let (library, readers) = (Arc::clone(&self.library), Arc::clone(&self.readers));
        let made = async {
            let permit = readers.acquire_owned().await;
            let work = move || {
                let _permit = permit;
                library.read(make)?
            };
            tokio::task::spawn_blocking(work).await
        };
        match tokio::time::timeout(PATIENCE, made).await {
            Ok(Ok(Ok(page))) => page.into_response(),
            Ok(Ok(Err(failure))) => failure.into_response(),
            // The thread has panicked, and said so on standard error.
            Ok(Err(_)) => notice(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", "Please report this."),
            Err(_) => notice(
                StatusCode::SERVICE_UNAVAILABLE,
                "This takes longer",
                "The scan is still being read. Reload the page in a while.",
            ),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    /// Takes what can be read of the query.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        Ok(query.map(|Query(pairs)| Asked::of(pairs)).unwrap_or_default())
    }
}
