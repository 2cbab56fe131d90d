use std::time::Duration;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{url}: not a URL that can be fetched: expected http://, https:// or file://")]
    Url { url: String },
    #[error("{variable}: not a proxy: expected http://host:port")]
    Proxy { variable: &'static str },
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("{url}: the server answers {status}")]
    Status { url: String, status: u16 },
    #[error("{url}: larger than {most} bytes")]
    TooLarge { url: String, most: u64 },
    #[error("{url}: {reason}; tried {attempts} times")]
    Unreachable { url: String, reason: String, attempts: u32 },
    #[error("{url}: not fetched within {limit:?}")]
    TooSlow { url: String, limit: Duration },
}

impl FetchError {
    /// Whether the next file from the same server will most likely fail in the same way.
    pub fn is_of_the_server(&self) -> bool {
        matches!(self, FetchError::Proxy { .. } | FetchError::Unreachable { .. } | FetchError::TooSlow { .. })
    }
}
