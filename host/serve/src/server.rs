//! Listens, and serves each connection within limits.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::error::ServeError;
use crate::http::converse;

/// The number of connections at the same time. More wait until one ends.
const CONNECTIONS: usize = 128;
/// How long connections may go on with the page that they are sending, once the server is to end.
const GRACE: Duration = Duration::from_secs(5);
/// How often the server asks whether it is to end.
const TICK: Duration = Duration::from_millis(50);
/// The pause after a connection could not be accepted: the system is short of something.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens on an address. Port 0 is any that is free.
///
/// # Errors
/// If another program listens there, or the system does not permit it.
pub fn listen(address: SocketAddr) -> Result<std::net::TcpListener, ServeError> {
    let listener = std::net::TcpListener::bind(address).map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ServeError::InUse { address },
        _ => ServeError::Listen { address, source },
    })?;
    listener.set_nonblocking(true).map_err(|source| ServeError::Listen { address, source })?;
    Ok(listener)
}

/// Serves pages until `is_over` says so; those that are being sent then are finished.
///
/// # Errors
/// If the system does not give the server its threads.
pub fn serve(
    listener: std::net::TcpListener,
    pages: Router,
    is_over: impl Fn() -> bool + Send + 'static,
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("wardline-serve")
        .enable_io()
        .enable_time()
        .build()
        .map_err(ServeError::Start)?;
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(listener).map_err(ServeError::Start)?;
        let (end, ending) = watch::channel(false);
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let accepting = tokio::spawn(accept(listener, pages, Arc::clone(&permits), ending));
        until(is_over).await;
        accepting.abort();
        let _ = end.send(true);
        // All permits are back once all connections have ended.
        let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        let _ = timeout(GRACE, permits.acquire_many(all)).await;
        Ok(())
    });
    // A page that is still being made is not waited for.
    runtime.shutdown_background();
    served
}

async fn until(is_over: impl Fn() -> bool) {
    while !is_over() {
        sleep(TICK).await;
    }
}

async fn accept(listener: TcpListener, pages: Router, permits: Arc<Semaphore>, ending: watch::Receiver<bool>) {
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let conversation = converse(stream, pages.clone(), ending.clone());
                tokio::spawn(async move {
                    // An error is the client's: there is nobody here to tell.
                    let _ = conversation.await;
                    drop(permit);
                });
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}
