//! A connection to a domain controller, protected by TLS or by Kerberos.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use wardline_kerberos::{Seal, ber};

use crate::LdapError;
use crate::message::{self, Outcome, Reply};
use crate::sealed::Sealed;
use crate::server::{LDAP, Server};

/// The largest message that is read, in bytes. A page of computers has some hundred kilobytes in all.
const MAX_MESSAGE: usize = 4 << 20;

/// The result of an operation whose kind the server does not support, such as StartTLS without a certificate.
const UNAVAILABLE: [u32; 4] = [2, 12, 52, 53];

/// How long a server may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time to connect, and for each wait for further bytes.
    pub wait: Duration,
    /// The time for everything.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { wait: Duration::from_secs(20), whole: Duration::from_secs(300) }
    }
}

/// Returns the certificates of a file in PEM, in DER. Whatever else is in it is skipped.
#[must_use]
pub fn certificates(pem: &[u8]) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(pem).flatten().map(|certificate| certificate.as_ref().to_vec()).collect()
}

/// The certificates that a server's is checked against: the system's and the caller's own, in DER.
fn trusted(own: &[Vec<u8>]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // A certificate that cannot be used is not trusted; a server that needs it then fails with the reason.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(
        own.iter().map(|certificate| CertificateDer::from(certificate.as_slice())).collect::<Vec<_>>(),
    );
    roots
}

/// A connection to a server.
pub(crate) struct Connection {
    channel: Channel,
    server: String,
    next: u32,
}

/// How the bytes of a connection are protected.
enum Channel {
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
    /// Not at all, until the client has signed in with a ticket.
    Open(Timed),
    Sealed(Sealed<Timed>),
    /// Nothing can be sent any more.
    Closed,
}

impl Channel {
    fn clock(&self) -> Option<Clock> {
        match self {
            Channel::Tls(stream) => Some(stream.sock.clock),
            Channel::Open(stream) => Some(stream.clock),
            Channel::Sealed(stream) => Some(stream.stream().clock),
            Channel::Closed => None,
        }
    }
}

impl Read for Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Channel::Tls(stream) => stream.read(buffer),
            Channel::Open(stream) => stream.read(buffer),
            Channel::Sealed(stream) => stream.read(buffer),
            Channel::Closed => Ok(0),
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Channel::Tls(stream) => stream.write(bytes),
            Channel::Open(stream) => stream.write(bytes),
            Channel::Sealed(stream) => stream.write(bytes),
            Channel::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Channel::Tls(stream) => stream.flush(),
            Channel::Open(stream) => stream.flush(),
            Channel::Sealed(stream) => stream.flush(),
            Channel::Closed => Ok(()),
        }
    }
}

impl Connection {
    /// Connects without protection: nothing secret may be sent before [`Connection::seal`].
    pub(crate) fn open_unprotected(server: &Server, limits: Limits) -> Result<Connection, LdapError> {
        if !server.starts_tls && !server.tries_both {
            return Err(LdapError::TicketWithTls { server: server.to_string() });
        }
        let clock = Clock { ends: Instant::now().checked_add(limits.whole), limits };
        let stream = connect(server, if server.tries_both { LDAP } else { server.port }, clock)?;
        Ok(Connection { channel: Channel::Open(stream), server: server.to_string(), next: 1 })
    }

    /// Encrypts everything from here on.
    pub(crate) fn seal(&mut self, seal: Seal) {
        self.channel = match std::mem::replace(&mut self.channel, Channel::Closed) {
            Channel::Open(stream) => Channel::Sealed(Sealed::new(stream, seal)),
            other => other,
        };
    }

    /// Connects and agrees on TLS.
    pub(crate) fn open(server: &Server, roots: &[Vec<u8>], limits: Limits) -> Result<Connection, LdapError> {
        let clock = Clock { ends: Instant::now().checked_add(limits.whole), limits };
        let (stream, starts_tls) = match connect(server, server.port, clock) {
            Ok(stream) => (stream, server.starts_tls),
            Err(_) if server.tries_both => (connect(server, LDAP, clock)?, true),
            Err(error) => return Err(error),
        };
        let mut stream = stream;
        if starts_tls {
            start_tls(&mut stream, server)?;
        }
        let name =
            ServerName::try_from(server.host.clone()).map_err(|_| LdapError::UnknownName(server.host.clone()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| lost(server, &error))?
            .with_root_certificates(trusted(roots))
            .with_no_client_auth();
        let mut tls = ClientConnection::new(Arc::new(config), name).map_err(|error| lost(server, &error))?;
        while tls.is_handshaking() {
            tls.complete_io(&mut stream).map_err(|error| tls_failure(server, &error, clock))?;
        }
        let channel = Channel::Tls(Box::new(StreamOwned::new(tls, stream)));
        Ok(Connection { channel, server: server.to_string(), next: 2 })
    }

    /// Sends a request that `encode` makes for a number, and returns the number.
    pub(crate) fn send(&mut self, encode: impl FnOnce(u32) -> Vec<u8>) -> Result<u32, LdapError> {
        let id = self.next;
        self.next = self.next.wrapping_add(1).max(1);
        let sent = self.channel.write_all(&encode(id)).and_then(|()| self.channel.flush());
        let clock = self.clock()?;
        sent.map_err(|error| broken(&self.server, &error, clock))?;
        Ok(id)
    }

    /// Reads the next reply to a request. Messages that answer none, such as notices of disconnection, are errors.
    pub(crate) fn receive(&mut self, id: u32) -> Result<Reply, LdapError> {
        let clock = self.clock()?;
        receive(&mut self.channel, &self.server, id, clock)
    }

    fn clock(&self) -> Result<Clock, LdapError> {
        let closed = || LdapError::Lost { server: self.server.clone(), reason: "it is closed".to_owned() };
        self.channel.clock().ok_or_else(closed)
    }

    /// The server's name, for messages.
    pub(crate) fn server(&self) -> String {
        self.server.clone()
    }

    /// Says goodbye, without waiting for anything.
    pub(crate) fn close(mut self) {
        let _ = self.send(message::unbind);
        if let Channel::Tls(stream) = &mut self.channel {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }
}

fn start_tls(stream: &mut Timed, server: &Server) -> Result<(), LdapError> {
    let clock = stream.clock;
    stream.write_all(&message::start_tls(1)).map_err(|error| broken(&server.host, &error, clock))?;
    match receive(stream, &server.host, 1, clock)? {
        Reply::Extended(outcome) if outcome.code == 0 => Ok(()),
        Reply::Extended(outcome) if UNAVAILABLE.contains(&outcome.code) => {
            Err(LdapError::NoTls { server: server.to_string(), reason: format!("the LDAP result {}", outcome.code) })
        }
        Reply::Extended(outcome) => Err(refused(&server.host, "StartTLS", &outcome)),
        _ => Err(LdapError::BadReply { server: server.to_string(), reason: "it does not answer StartTLS" }),
    }
}

/// Reads one message, which must answer the request of this number.
fn receive(stream: &mut impl Read, server: &str, id: u32, clock: Clock) -> Result<Reply, LdapError> {
    let bad = |reason| LdapError::BadReply { server: server.to_owned(), reason };
    let failed = |error: io::Error| broken(server, &error, clock);
    // No message is shorter than seven bytes, and a header is not longer than six.
    let mut bytes = vec![0; 7];
    stream.read_exact(&mut bytes).map_err(failed)?;
    let (_, header, length) = ber::header(&bytes).map_err(bad)?.ok_or_else(|| bad("a message is truncated"))?;
    let size = header.saturating_add(length);
    if size < bytes.len() {
        return Err(bad("a message is too short"));
    }
    if size > MAX_MESSAGE {
        return Err(bad("a message is too large"));
    }
    let begun = bytes.len();
    bytes.resize(size, 0);
    stream.read_exact(bytes.get_mut(begun..).unwrap_or_default()).map_err(failed)?;
    let (answered, reply) = message::parse(&bytes).map_err(bad)?;
    if answered != id {
        return Err(bad("a message answers another request"));
    }
    Ok(reply)
}

/// The times of a connection.
#[derive(Clone, Copy)]
struct Clock {
    ends: Option<Instant>,
    limits: Limits,
}

impl Clock {
    fn left(&self) -> io::Result<Duration> {
        let Some(ends) = self.ends else { return Ok(self.limits.wait) };
        let left = ends.saturating_duration_since(Instant::now()).min(self.limits.wait);
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    fn is_over(&self) -> bool {
        self.ends.is_some_and(|ends| ends <= Instant::now())
    }
}

/// A stream on which every wait is limited, and all of them together.
struct Timed {
    stream: TcpStream,
    clock: Clock,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.clock.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.clock.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn connect(server: &Server, port: u16, clock: Clock) -> Result<Timed, LdapError> {
    let addresses = (server.host.as_str(), port).to_socket_addrs();
    let addresses = addresses.map_err(|_| LdapError::UnknownName(server.host.clone()))?;
    let mut failure = None;
    for address in addresses {
        let left = clock.left().map_err(|error| broken(&server.host, &error, clock))?;
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(Timed { stream, clock }),
            Err(error) => failure = Some(error),
        }
    }
    let reason = failure.map_or_else(|| "it has no address".to_owned(), |error| format!("port {port}: {error}"));
    Err(LdapError::Unreachable { server: server.to_string(), reason })
}

fn broken(server: &str, error: &io::Error, clock: Clock) -> LdapError {
    let server = server.to_owned();
    let waited = matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
    match (waited, clock.is_over()) {
        (true, true) => LdapError::OutOfTime { server, seconds: clock.limits.whole.as_secs() },
        (true, false) => LdapError::OutOfTime { server, seconds: clock.limits.wait.as_secs() },
        _ if error.kind() == io::ErrorKind::UnexpectedEof => {
            LdapError::Lost { server, reason: "it closed the connection".to_owned() }
        }
        _ => LdapError::Lost { server, reason: error.to_string() },
    }
}

fn lost(server: &Server, error: &rustls::Error) -> LdapError {
    LdapError::Lost { server: server.to_string(), reason: error.to_string() }
}

fn tls_failure(server: &Server, error: &io::Error, clock: Clock) -> LdapError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            LdapError::Untrusted { server: server.to_string(), reason: problem(reason).to_owned() }
        }
        Some(other) => LdapError::NoTls { server: server.to_string(), reason: other.to_string() },
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            LdapError::NoTls { server: server.to_string(), reason: "it closes the connection".to_owned() }
        }
        None => broken(&server.host, error, clock),
    }
}

/// Why a certificate is not trusted, in words: the library's own are for programmers.
fn problem(error: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError as Error;
    match error {
        Error::Expired | Error::ExpiredContext { .. } => "it has expired",
        Error::NotValidYet | Error::NotValidYetContext { .. } => "it is not valid yet; check this computer's clock",
        Error::NotValidForName | Error::NotValidForNameContext { .. } => "it is made out to another name",
        Error::UnknownIssuer => "its authority is not known",
        Error::Revoked => "it was revoked",
        _ => "its signature or its form is not accepted",
    }
}

/// The error for a server that refuses a request.
pub(crate) fn refused(server: &str, what: &'static str, outcome: &Outcome) -> LdapError {
    LdapError::Refused { server: server.to_owned(), what, code: outcome.code, text: shown(outcome) }
}

/// The server's own words for an outcome, in brackets; empty if it has none.
pub(crate) fn shown(outcome: &Outcome) -> String {
    // Servers end their texts with a NUL.
    let text =
        outcome.text.trim_end_matches('\0').chars().filter(|letter| !letter.is_control()).take(200).collect::<String>();
    if text.is_empty() { text } else { format!(" ({text})") }
}
