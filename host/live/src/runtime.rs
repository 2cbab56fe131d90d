//! The runtime that serves all connections.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

use crate::ConnectError;

/// Connections wait far more than they compute.
const THREADS: usize = 2;

/// Returns the runtime, started on first use.
pub(crate) fn runtime() -> Result<&'static Runtime, ConnectError> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let build = || {
        Builder::new_multi_thread()
            .worker_threads(THREADS)
            // Names are resolved by blocking calls, and a dead name server must not delay the other machines.
            .max_blocking_threads(128)
            .thread_name("wardline-smb")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())
    };
    RUNTIME.get_or_init(build).as_ref().map_err(|reason| ConnectError::Runtime(reason.clone()))
}
