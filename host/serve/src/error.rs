//! The errors of a server.

use std::io;
use std::net::SocketAddr;

/// The server cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}: another program does; choose another port, or 0 for any that is free")]
    InUse { address: SocketAddr },
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("{address} can be reached from other machines: a token is needed")]
    NeedsToken { address: SocketAddr },
    /// The system gives no threads.
    #[error("cannot start the server: {0}")]
    Start(io::Error),
}
