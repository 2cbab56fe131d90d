//! A connection to a machine, signed in.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use smb2::client::Session;
use smb2::client::connection::{Connection, Frame};
use smb2::msg::tree_connect::{TreeConnectRequest, TreeConnectRequestFlags};
use smb2::pack::{Pack, ReadCursor, Unpack};
use smb2::transport::ConnectOptions;
use smb2::types::{Command, Dialect, TreeId};
use tokio::runtime::Runtime;
use tokio::time::timeout_at;
use wardline_kerberos::Ticket;

use crate::sign_in::{SERVICE, show_ticket};
use crate::status::{self, nt};
use crate::{Address, ConnectError, Credentials, ReadError, SignIn, runtime};

/// How long a machine may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time to connect. A machine that is switched off costs this and no more.
    pub connect: Duration,
    /// The time of one call, and of signing in. A machine that takes longer is given up.
    pub call: Duration,
    /// The time of all calls together, from connecting on.
    pub machine: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connect: Duration::from_secs(10), call: Duration::from_secs(20), machine: Duration::from_secs(600) }
    }
}

/// A running machine, connected and signed in.
pub struct Machine {
    address: Address,
    user: String,
    connection: Connection,
    runtime: &'static Runtime,
    limits: Limits,
    /// When the machine has had its time; `None` for a limit beyond the range of the clock.
    ends: Option<Instant>,
    lost: OnceLock<String>,
    bytes_read: AtomicU64,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("address", &self.address).field("user", &self.user).finish_non_exhaustive()
    }
}

impl Machine {
    /// Connects to a machine and signs in.
    ///
    /// # Errors
    ///
    /// If it cannot be reached in time, does not accept the credentials, or cannot sign its messages.
    pub fn connect(address: &Address, who: impl Into<SignIn>, limits: Limits) -> Result<Arc<Machine>, ConnectError> {
        let who = who.into();
        let runtime = runtime::runtime()?;
        let started = Instant::now();
        let no_answer = |limit: Duration| ConnectError::NoAnswer {
            host: address.host().to_owned(),
            port: address.port(),
            seconds: limit.as_secs(),
        };
        let connection = runtime.block_on(async {
            let connecting = tokio::time::timeout(limits.connect, connect(address, limits)).await;
            connecting.unwrap_or_else(|_| Err(no_answer(limits.connect)))
        })?;
        let proof = match &who {
            SignIn::Ntlm(credentials) => Proof::Password(credentials),
            SignIn::Kerberos(login) => Proof::Ticket(
                login
                    .ticket(SERVICE, address.host())
                    .map_err(|reason| ConnectError::NoTicket { host: address.host().to_owned(), reason })?,
            ),
        };
        // Signing in has a time of its own: a machine under load answers late, but it answers.
        let connection = runtime.block_on(async {
            let signing_in = tokio::time::timeout(limits.call, sign_in(connection, address, &proof, limits)).await;
            signing_in.unwrap_or_else(|_| Err(no_answer(limits.call)))
        })?;
        Ok(Arc::new(Machine {
            address: address.clone(),
            user: who.name(),
            connection,
            runtime,
            limits,
            ends: started.checked_add(limits.machine),
            lost: OnceLock::new(),
            bytes_read: AtomicU64::new(0),
        }))
    }

    /// The machine's address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The number of bytes of files and registry data read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// The reason the connection was lost, if it was: answers since then say nothing about the machine.
    #[must_use]
    pub fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }

    pub(crate) fn count(&self, bytes: usize) {
        self.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Runs a call to its end, or until its time is up: the caller's `until`, the limit of a call, or that of the machine. A machine
    /// that misses either of its own limits is given up.
    pub(crate) fn call<T>(
        &self,
        until: Option<Instant>,
        call: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<T, ReadError> {
        if let Some(reason) = self.lost() {
            return Err(ReadError::Lost(reason.to_owned()));
        }
        let now = Instant::now();
        if until.is_some_and(|until| until <= now) {
            return Err(ReadError::OutOfTime);
        }
        let of_call = now.checked_add(self.limits.call);
        let own = [self.ends, of_call].into_iter().flatten().min();
        let end = [own, until].into_iter().flatten().min();
        let result = match end {
            Some(end) => self.runtime.block_on(async { timeout_at(end.into(), call).await }),
            None => Ok(self.runtime.block_on(call)),
        };
        match result {
            Ok(Err(ReadError::Lost(reason))) => Err(self.lose(reason)),
            Ok(result) => result,
            Err(_) if end < own || own.is_none() => Err(ReadError::OutOfTime),
            Err(_) if own == self.ends => {
                Err(self.lose(format!("the machine took more than {} s altogether", self.limits.machine.as_secs())))
            }
            Err(_) => Err(self.lose(format!("no answer within {} s", self.limits.call.as_secs()))),
        }
    }

    fn lose(&self, reason: String) -> ReadError {
        self.connection.mark_dead();
        ReadError::Lost(self.lost.get_or_init(|| reason).clone())
    }

    /// Runs something without waiting for it: closing a handle.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let limit = self.limits.call;
        if self.lost.get().is_none() {
            self.runtime.spawn(async move {
                // A machine that does not answer is noticed by the next call that matters.
                let _ = tokio::time::timeout(limit, work).await;
            });
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Connects to a share.
    pub(crate) fn connect_share(&self, share: &str) -> Result<TreeId, ConnectError> {
        let path = format!("\\\\{}\\{share}", self.address.host());
        let request = TreeConnectRequest { flags: TreeConnectRequestFlags::default(), path };
        let tree = self.call(None, async {
            let frame = self.connection.execute(Command::TreeConnect, &request, None).await?;
            expect(&frame, Command::TreeConnect)?;
            frame.header.tree_id.ok_or_else(|| ReadError::bad("expected the number of the share"))
        });
        tree.map_err(|error| match error {
            ReadError::Status(nt::BAD_NETWORK_NAME) => {
                ConnectError::NoShare { host: self.host(), share: share.to_owned() }
            }
            error if error.is_denied() => self.no_administrator(format!("so it may not open the share {share}")),
            error => self.broke_off(&error),
        })
    }

    pub(crate) fn no_administrator(&self, what: String) -> ConnectError {
        ConnectError::NoAdministrator { host: self.host(), user: self.user.clone(), what }
    }

    pub(crate) fn broke_off(&self, error: &ReadError) -> ConnectError {
        ConnectError::Lost { host: self.host(), reason: error.to_string() }
    }

    pub(crate) fn host(&self) -> String {
        self.address.host().to_owned()
    }
}

async fn connect(address: &Address, limits: Limits) -> Result<Connection, ConnectError> {
    let options = ConnectOptions::with_timeout(limits.connect);
    let connected = Connection::connect_with(&address.socket(), options).await;
    connected.map_err(|error| unreachable(address, &error, limits))
}

/// The means to sign in on a machine.
enum Proof<'a> {
    Password(&'a Credentials),
    Ticket(Ticket),
}

impl Proof<'_> {
    fn user(&self) -> String {
        match self {
            Proof::Password(credentials) => credentials.name(),
            Proof::Ticket(ticket) => ticket.client().to_string(),
        }
    }

    /// The error for a machine that does not accept it.
    fn refused(&self, host: String) -> ConnectError {
        match self {
            Proof::Password(_) => ConnectError::WrongPassword { host, user: self.user() },
            Proof::Ticket(_) => ConnectError::TicketRefused { host, user: self.user() },
        }
    }
}

async fn sign_in(
    mut connection: Connection,
    address: &Address,
    proof: &Proof<'_>,
    limits: Limits,
) -> Result<Connection, ConnectError> {
    let host = || address.host().to_owned();
    let user = || proof.user();
    connection.set_response_timeout(Some(limits.call));
    let protocol = |error: &dyn fmt::Display| ConnectError::Protocol { host: host(), reason: error.to_string() };
    connection.negotiate().await.map_err(|error| match error {
        smb2::Error::Timeout => {
            ConnectError::NoAnswer { host: host(), port: address.port(), seconds: limits.call.as_secs() }
        }
        error => protocol(&error),
    })?;
    let parameters = connection.params().ok_or_else(|| protocol(&"no dialect was agreed"))?;
    if parameters.dialect == Dialect::Smb2_0_2 {
        return Err(ConnectError::OldDialect { host: host(), dialect: "SMB 2.0.2".to_owned() });
    }
    let session = match proof {
        Proof::Password(who) => Session::setup(&mut connection, who.user(), who.password(), who.domain()).await,
        Proof::Ticket(ticket) => show_ticket(&mut connection, ticket, address.host()).await,
    };
    let session = session.map_err(|error| match error {
        smb2::Error::Protocol { status, .. } => match status::account_problem(status.0) {
            Some(reason) => ConnectError::AccountBarred { host: host(), user: user(), reason },
            None if matches!(status.0, nt::LOGON_FAILURE | nt::ACCESS_DENIED | nt::TIME_DIFFERENCE_AT_DC) => {
                proof.refused(host())
            }
            None => protocol(&status::describe(status.0)),
        },
        // A guest is what some servers make of a user that they do not know.
        smb2::Error::GuestSessionRefused { .. } => proof.refused(host()),
        // An error of Kerberos is in a message that is not signed.
        smb2::Error::SignatureInvalid { .. } | smb2::Error::Auth { .. } if matches!(proof, Proof::Ticket(_)) => {
            proof.refused(host())
        }
        smb2::Error::SignatureInvalid { .. } => ConnectError::NotSigned { host: host(), user: user() },
        error => protocol(&error),
    })?;
    if !session.should_sign {
        return Err(ConnectError::NotSigned { host: host(), user: user() });
    }
    // The server need not ask for encryption; that it knows a cipher is enough (MS-SMB2 3.2.4.1.8).
    if !session.should_encrypt
        && let (Some(cipher), Some(encrypt), Some(decrypt)) =
            (parameters.cipher, &session.encryption_key, &session.decryption_key)
    {
        connection.activate_encryption(encrypt.clone(), decrypt.clone(), cipher);
    }
    Ok(connection)
}

fn unreachable(address: &Address, error: &smb2::Error, limits: Limits) -> ConnectError {
    let (host, port) = (address.host().to_owned(), address.port());
    let by_kind = |kind: Option<std::io::ErrorKind>, reason: String| match kind {
        Some(std::io::ErrorKind::ConnectionRefused) => ConnectError::Refused { host: host.clone(), port },
        Some(std::io::ErrorKind::TimedOut) | None => {
            ConnectError::NoAnswer { host: host.clone(), port, seconds: limits.connect.as_secs() }
        }
        Some(_) => ConnectError::Unreachable { host: host.clone(), reason },
    };
    match error {
        smb2::Error::Timeout => by_kind(None, String::new()),
        smb2::Error::ConnectFailed { attempts, .. } => {
            let kind = attempts.iter().find_map(|attempt| attempt.error_kind);
            by_kind(kind, kind.map_or_else(|| error.to_string(), |kind| kind.to_string()))
        }
        smb2::Error::Io(io) if io.raw_os_error().is_none() => {
            // The resolver's errors have no number.
            ConnectError::UnknownName { host }
        }
        smb2::Error::Io(io) => by_kind(Some(io.kind()), io.to_string()),
        error => ConnectError::Unreachable { host, reason: error.to_string() },
    }
}

/// Checks that a frame is a successful answer to a command.
pub(crate) fn expect(frame: &Frame, command: Command) -> Result<(), ReadError> {
    if frame.header.command != command {
        return Err(ReadError::bad(format!("expected an answer to {command:?}")));
    }
    match frame.header.status.0 {
        nt::SUCCESS => Ok(()),
        status => Err(ReadError::Status(status)),
    }
}

/// Parses the body of a frame.
pub(crate) fn unpack<T: Unpack>(frame: &Frame) -> Result<T, ReadError> {
    Ok(T::unpack(&mut ReadCursor::new(&frame.body))?)
}

/// Sends one request, and returns its successful answer.
pub(crate) async fn request(
    connection: &Connection,
    tree: TreeId,
    command: Command,
    body: &(dyn Pack + Send + Sync),
) -> Result<Frame, ReadError> {
    let frame = connection.execute(command, body, Some(tree)).await?;
    expect(&frame, command)?;
    Ok(frame)
}
