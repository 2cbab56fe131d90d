//! Fetches a file from a server, if it has changed; or reads it, if the URL is one of a file.

mod error;
mod proxy;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig};
use wardline_files::regular_file;

pub use self::error::FetchError;

/// The longest `ETag` that is kept.
const LONGEST_VALIDATOR: usize = 1000;

/// How to fetch.
#[derive(Clone, Debug)]
pub struct Options {
    /// For a connection, and for each wait for further bytes.
    pub patience: Duration,
    /// For one file, with all retries.
    pub whole: Duration,
    /// How often a file is tried whose server cannot be reached or is overloaded.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles each time.
    pub pause: Duration,
    /// Certificates in DER that are trusted for TLS in addition to the system's: that of a proxy that inspects traffic.
    pub roots: Vec<Vec<u8>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            whole: Duration::from_secs(15 * 60),
            attempts: 4,
            pause: Duration::from_secs(1),
            roots: Vec::new(),
        }
    }
}

/// The validators of the held copy (RFC 9110, 8.8), sent back to the server as they were received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The held copy is current.
    Unchanged,
    Content {
        bytes: Vec<u8>,
        validators: Validators,
    },
}

/// How far a file is fetched, in bytes; `total` is unknown if the server compresses what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    pub url: &'a str,
    pub received: u64,
    pub total: Option<u64>,
}

/// Fetches files, and keeps connections open between them.
#[derive(Debug)]
pub struct Fetcher {
    agent: ureq::Agent,
    options: Options,
}

impl Fetcher {
    /// Creates a fetcher that trusts the system's certificates and those of the options.
    pub fn new(options: Options) -> Fetcher {
        // Certificates that cannot be loaded are not trusted; a server that needs one then fails with the reason.
        let system = rustls_native_certs::load_native_certs().certs;
        let system = system.iter().map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned());
        let own = options.roots.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
        let roots: Vec<Certificate<'static>> = system.chain(own).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_connect(Some(options.patience))
            .timeout_recv_response(Some(options.patience))
            .timeout_per_read(Some(options.patience))
            .timeout_global(Some(options.whole))
            .user_agent(concat!("wardline/", env!("CARGO_PKG_VERSION")))
            .build();
        Fetcher { agent: config.new_agent(), options }
    }

    /// Fetches a file of at most `most` bytes unless it is the copy that these validators are from. `accept` is the media type
    /// that is asked for.
    ///
    /// # Errors
    ///
    /// [`FetchError`]. A file that arrives incomplete is an error, never a shorter file.
    pub fn get(
        &self,
        url: &str,
        accept: &str,
        held: &Validators,
        most: u64,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Fetched, FetchError> {
        if let Some(path) = file_path(url) {
            let bytes = read_file(&path, most)?;
            return Ok(Fetched::Content { bytes, validators: Validators::default() });
        }
        let scheme = ["https", "http"]
            .into_iter()
            .find(|scheme| url.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("://")));
        let scheme = scheme.ok_or_else(|| FetchError::Url { url: url.to_owned() })?;
        let proxy = proxy::of_scheme(scheme, |name| std::env::var(name).ok())?;
        let deadline = std::time::Instant::now() + self.options.whole;
        let mut pause = self.options.pause;
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(url, accept, held, most, proxy.clone(), progress) {
                Ok(fetched) => return Ok(fetched),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(error)) => error,
            };
            if std::time::Instant::now() + pause > deadline {
                return Err(FetchError::TooSlow { url: url.to_owned(), limit: self.options.whole });
            }
            if attempt >= self.options.attempts {
                return Err(failure.into_error(url, attempt));
            }
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2);
            attempt += 1;
        }
    }

    /// Reads a small file that an operator names by its path or its URL, such as a list of approved updates.
    ///
    /// # Errors
    ///
    /// [`FetchError`].
    pub fn read(&self, location: &str, accept: &str, most: u64) -> Result<Vec<u8>, FetchError> {
        if !location.contains("://") {
            return read_file(Path::new(location), most);
        }
        match self.get(location, accept, &Validators::default(), most, &mut |_| ())? {
            Fetched::Content { bytes, .. } => Ok(bytes),
            Fetched::Unchanged => Ok(Vec::new()),
        }
    }

    fn attempt(
        &self,
        url: &str,
        accept: &str,
        held: &Validators,
        most: u64,
        proxy: Option<ureq::Proxy>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Fetched, Failure> {
        let is_secure = url.starts_with("https:");
        // Nothing that was asked for by TLS comes without it, whatever a server redirects to.
        let mut request = self.agent.get(url).config().https_only(is_secure).proxy(proxy).build();
        request = request.header("accept", accept);
        for (name, value) in [("if-none-match", &held.etag), ("if-modified-since", &held.last_modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let response = request.call().map_err(|error| Failure::of(url, error))?;
        let status = response.status().as_u16();
        match status {
            200 => {}
            304 if *held != Validators::default() => return Ok(Fetched::Unchanged),
            408 | 429 | 500 | 502 | 503 | 504 => return Err(Failure::Passing(Reason::Status(status))),
            status => return Err(Failure::Final(FetchError::Status { url: url.to_owned(), status })),
        }
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            (value.len() <= LONGEST_VALIDATOR).then(|| value.to_owned())
        };
        let validators = Validators { etag: header("etag"), last_modified: header("last-modified") };
        let total = response.body().content_length();
        let mut body = response.into_body().into_reader();
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            let received = body.by_ref().take(1 << 16).read_to_end(&mut bytes);
            received.map_err(|error| Failure::Passing(Reason::Text(error.to_string())))?;
            if bytes.len() as u64 > most {
                return Err(Failure::Final(FetchError::TooLarge { url: url.to_owned(), most }));
            }
            progress(Progress { url, received: bytes.len() as u64, total });
            if bytes.len() == before {
                return Ok(Fetched::Content { bytes, validators });
            }
        }
    }
}

/// How an attempt failed.
enum Failure {
    Final(FetchError),
    /// The next attempt may succeed.
    Passing(Reason),
}

enum Reason {
    Status(u16),
    Text(String),
}

impl Failure {
    fn of(url: &str, error: ureq::Error) -> Failure {
        match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Failure::Final(FetchError::Url { url: url.to_owned() }),
            // Neither a server that TLS does not trust nor a redirect loop becomes better by itself.
            ureq::Error::Rustls(_) | ureq::Error::TooManyRedirects | ureq::Error::RequireHttpsOnly(_) => {
                Failure::Final(FetchError::Unreachable { url: url.to_owned(), reason: error.to_string(), attempts: 1 })
            }
            error => Failure::Passing(Reason::Text(error.to_string())),
        }
    }
}

impl Reason {
    fn into_error(self, url: &str, attempts: u32) -> FetchError {
        let url = url.to_owned();
        match self {
            Reason::Status(status) => FetchError::Status { url, status },
            Reason::Text(reason) => FetchError::Unreachable { url, reason, attempts },
        }
    }
}

/// Reads a file of at most `most` bytes.
pub(crate) fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, FetchError> {
    let file = path.display().to_string();
    let bytes =
        regular_file::read(path, most).map_err(|source| FetchError::Unreadable { file: file.clone(), source })?;
    match bytes.len() as u64 > most {
        true => Err(FetchError::TooLarge { url: file, most }),
        false => Ok(bytes),
    }
}

/// Returns the path of a URL of a file (RFC 8089): `file:///C:/catalogs/mssecure.xml`. Files of other hosts have none.
pub(crate) fn file_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").filter(|rest| rest.starts_with('/')).unwrap_or(rest);
    let path = path.starts_with('/').then(|| percent_decoded(path)).flatten()?;
    // `/C:/catalogs` names a drive where there are drives.
    match cfg!(windows) {
        true => Some(PathBuf::from(path.trim_start_matches('/'))),
        false => Some(PathBuf::from(path)),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(match byte {
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
